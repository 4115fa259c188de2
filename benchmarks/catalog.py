"""Catalogs of any size, with a company's variety in them; the same entries for the same size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

Entry = dict[str, Any]

ROOT = Path(__file__).parent.parent
STACK = "bench"
REGION = "us-east-1"
REPLICAS = ("eu-west-1", "ap-northeast-1", "us-west-2")
ACCOUNT = "111122223333"
ACCOUNTS = {"workloads": "444455556666", "data-platform": "777788889999"}
AUDITOR = f"arn:aws:iam::{ACCOUNT}:role/security/auditor"
ORGANIZATION = "o-a1b2c3d4e5"
MONITORING_OFF: Entry = {"enabled": False}
"""The hand-written program declares none."""

PRESETS = {
    "default": [{"tag": "v*", "keep": 10}, {"untagged": True, "expire_after_days": 7}],
    "services": [
        {"tag": "release-*", "keep": 20},
        {"tag": "v*", "keep": 10},
        {"tag": "dev-*", "expire_after_days": 30},
        {"untagged": True, "expire_after_days": 7},
    ],
    "base-images": [{"tag": "v*", "archive_after_days": 180}, {"untagged": True, "expire_after_days": 7}],
    "batch": [{"tag": "dev-*", "archive_unpulled_after_days": 90}, {"untagged": True, "expire_after_days": 7}],
}
SOURCES = 300
"""More repositories share these: a role has one policy for all that it pushes."""

_TEAMS = ("payments", "storefront", "data-platform", "platform", "search", "logistics", "identity")
_KINDS = ("api", "worker", "web", "ingest", "base", "tool")
_PULLS: tuple[list[Entry], ...] = (
    [{"account": "workloads"}],
    [{"account": "workloads"}, {"organization": "acme"}],
    [{"account": "workloads", "role": "batch/task-execution"}, {"account": "data-platform"}],
    [{"service": "lambda"}, {"service": "lambda", "account": "workloads"}],
    [],
)
_TASKS: list[Entry] = [{"service": "ecs"}]
_LAST_TASK = 100
"""The tasks of the stack's own account have one role, whose policy has no room for more than some."""
_OWNER_ID = 1024
_FIRST_REPOSITORY_ID = 65_536
_REFS: tuple[list[str], ...] = (
    ["refs/heads/main"],
    ["refs/heads/main", "refs/tags/v*"],
    ["refs/heads/main", "refs/heads/release"],
)


def entries(count: int) -> dict[str, Entry]:
    """The repositories, as catalog.yaml has them."""
    return dict(_entry(index) for index in range(count))


def _entry(index: int) -> tuple[str, Entry]:
    team, kind = _TEAMS[index % len(_TEAMS)], _KINDS[index % len(_KINDS)]
    name = f"{team}/{kind}-{index:04}"
    pulls = _PULLS[index % len(_PULLS)]
    entry: Entry = {"owner": team, "pull": pulls or (_TASKS if index < _LAST_TASK else [])}
    if index % 2:
        entry["description"] = f"The {kind} number {index} of {team}"
    if kind in {"api", "worker", "web"}:
        entry["retention"] = "services"
        entry["mutable_tags"] = ["latest"]
    elif kind == "base":
        entry["retention"] = "base-images"
        entry["mutable_tags"] = ["preview-*", "latest"]
    elif kind == "ingest":
        entry["retention"] = "batch"
    elif kind == "tool":
        entry["retention"] = [{"tag": "dev-*", "expire_after_days": 30}, {"any": True, "keep": 20 + index % 80}]
        entry["encryption"] = "aws-managed"
    entry["push"] = [_push(kind, index % SOURCES)]
    return name, entry


def _push(kind: str, source: int) -> Entry:
    """What it says of a source is the same in every repository, or they would contradict each other."""
    push: Entry = {"github": f"acme/{kind}-{source:03}"}
    # Of the sources whose ids are known, some are older than subjects that have them.
    if source % 4:
        push |= {"owner_id": _OWNER_ID, "repository_id": _FIRST_REPOSITORY_ID + source}
    if source % 4 == 1:
        push["subject"] = "name"
    if source % 5 == 0:
        return {**push, "environment": "production"}
    return {**push, "refs": _REFS[source % len(_REFS)]}


def write_project(
    folder: Path,
    count: int,
    *,
    faulty: bool = False,
    clusters: Sequence[Entry] = (),
    github: Entry | None = None,
    monitoring: Entry = MONITORING_OFF,
    asking: int = 0,
    replicas: Sequence[str] = REPLICAS,
) -> None:
    """This project with a catalog of its own; a faulty one has a misspelt key in its last entry. As many of its
    repositories as are asking have an alarm of their own."""
    repositories = entries(count)
    for entry in list(repositories.values())[:asking]:
        entry["alarms"] = ["pulls-stopped"]
    if faulty:
        *_, last = repositories.values()
        last["retentoin"] = "services"
    folder.mkdir(parents=True)
    for name in ("__main__.py", "Pulumi.yaml"):
        (folder / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    config = {
        "aws:region": REGION,
        "aws:allowedAccountIds": [ACCOUNT],
        "container-registry:environment": STACK,
        "container-registry:accounts": ACCOUNTS,
        "container-registry:organizations": {"acme": ORGANIZATION},
        "container-registry:replicas": [{"region": region} for region in replicas],
        "container-registry:roles": {"auditors": [AUDITOR]},
        "container-registry:monitoring": monitoring,
    }
    if clusters:
        config["container-registry:clusters"] = list(clusters)
    if github:
        config["container-registry:github"] = github
    _write(folder / f"Pulumi.{STACK}.yaml", {"config": config})
    _write(folder / "catalog.yaml", {"retention": PRESETS, "repositories": repositories})


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # libyaml's, where it is there
    """Writes what is shared in full, as a person would: no anchors."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _write(file: Path, content: object) -> None:
    file.write_text(yaml.dump(content, Dumper=_Dumper, sort_keys=False), encoding="utf-8")
