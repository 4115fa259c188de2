"""A stack with everything in it: replicas in another account, caches that log in, roles; the pack held to the gate."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from resources.ecr import REPOSITORY
from resources.secretsmanager import SECRET_VERSION
from tests.bootstrap.full import more_of
from tests.engine.conftest import Make
from tests.engine.workspace import Resource, Workspace, of_type

pytestmark = pytest.mark.engine

STACK = "prod"
TOKENS = {"cache-token-docker-hub": "dckr_pat_8Qm2Zt5w", "cache-token-acme": "azr_pat_4Hs9Lk1x"}
ELSEWHERE = "555566667777.eu-west-1"

Finding = tuple[str, str, str, str]
"""A rule, its level, a resource, what the one says of the other."""


def _whole(make: Make) -> Workspace:
    # Its tests of access are the gate's alone, and the account that they deny has a replica of its own here.
    workspace = make(
        STACK,
        (f"Pulumi.{STACK}.yaml", lambda stack: more_of(stack["config"], STACK)),
        ("catalog.yaml", lambda catalog: [each.pop("access_tests", None) for each in catalog["repositories"].values()]),
    )
    for key, token in TOKENS.items():
        workspace.pulumi("config", "set", "--secret", f"container-registry:{key}", token, "--stack", STACK).ok()
    return workspace


@dataclass(frozen=True)
class Lived:
    """Its life: each call costs seconds, so the tests share them."""

    workspace: Workspace
    preview: str
    events: str
    update: str
    again: int
    state: dict[str, Resource]


@pytest.fixture(scope="module")
def lived(make: Make) -> Lived:
    workspace = _whole(make)
    preview, events = workspace.preview("--json").ok().output, workspace.events()
    update = workspace.pulumi("up", "--yes", "--diff", "--stack", STACK).ok().output
    again = workspace.preview("--expect-no-changes").code
    return Lived(workspace, preview, events, update, again, workspace.state())


def test_the_pack_says_what_the_gate_says(lived: Lived) -> None:
    found = _by_pack(lived.events)
    assert found == _by_gate(lived.workspace)
    assert {(rule, level) for rule, level, _, _ in found} == {("iam-github-ids", "advisory")}


def test_what_is_of_another_account_is_made_there(lived: Lived) -> None:
    there = {each for each in lived.workspace.cloud.ids(REPOSITORY) if each.endswith(ELSEWHERE)}
    declared = {each["inputs"]["name"] for each in of_type(lived.state, REPOSITORY).values()}
    assert there == {f"{name}@{ELSEWHERE}" for name in declared}
    # In the stack's own account there are replicas in the same region, by the same names.
    assert {each.replace("555566667777.", "") for each in there} <= lived.workspace.cloud.ids(REPOSITORY)


def test_a_second_preview_has_nothing_to_do(lived: Lived) -> None:
    assert lived.again == 0


def test_every_resource_is_the_renders(lived: Lived) -> None:
    declared = [each for each in lived.workspace.render().values() if not each["type"].startswith("pulumi:")]
    held = {urn for urn, each in lived.state.items() if not each["type"].startswith("pulumi:")}
    assert held == {each["urn"] for each in declared}


def test_a_token_reaches_aws_and_is_shown_nowhere(lived: Lived) -> None:
    made = Path(lived.workspace.environment["STANDIN_CLOUD"]).read_text(encoding="utf-8")
    shown = lived.preview + lived.events + lived.update + json.dumps(lived.state)
    shown += (lived.workspace.folder / f"Pulumi.{STACK}.yaml").read_text(encoding="utf-8")
    assert len(of_type(lived.state, SECRET_VERSION)) == len(TOKENS)
    assert [token in made for token in TOKENS.values()] == [True, True]
    assert [token in shown for token in TOKENS.values()] == [False, False]


def test_what_no_settings_could_ask_for_is_refused_as_the_gate_refuses_it(make: Make) -> None:
    workspace = _whole(make)
    workspace.rewrite("__main__.py", "settings.copies(registry)", "settings.copies(registry) if registry.home else ()")
    workspace.rewrite("components/registry_roles.py", "            permissions_boundary=args.boundary,\n", "")
    workspace.rewrite(
        "components/pull_through_cache.py", "else rule.credential_arn", "else _moved(rule.credential_arn)"
    )
    _append(workspace, "components/pull_through_cache.py", _MOVED)
    found = _by_pack(workspace.events(fails=True))
    assert found == _by_gate(workspace)
    mandatory = {rule for rule, level, _, _ in found if level == "mandatory"}
    assert mandatory == {"ecr-replication-sound", "ecr-pull-through-credentials", "iam-role-bounded"}
    of_replication = [message for rule, _, _, message in found if rule == "ecr-replication-sound"]
    lacking = {each for message in of_replication for each in re.findall(r"(\d{12}) in ([a-z0-9-]+)", message)}
    assert lacking == {
        ("222233334444", "ap-northeast-1"), ("222233334444", "eu-west-1"), ("555566667777", "eu-west-1"),
    }  # fmt: skip


_MOVED = """

def _moved(arn: str | None) -> str | None:
    return arn and arn.replace(":222233334444:", ":555566667777:")
"""


def _append(workspace: Workspace, name: str, text: str) -> None:
    with (workspace.folder / name).open("a", encoding="utf-8") as file:
        file.write(text)


def _by_pack(events: str) -> set[Finding]:
    lines = [json.loads(line) for line in events.splitlines() if line.startswith("{")]
    told = [line["policyEvent"] for line in lines if "policyEvent" in line]
    # The rule's title comes first.
    return {
        (each["policyName"], each["enforcementLevel"], each["resourceUrn"], each["message"].split("\n", 1)[1].strip())
        for each in told
    }


def _by_gate(workspace: Workspace) -> set[Finding]:
    """By the copy's own code, of what the copy's program declares."""
    render = workspace.folder.parent / "head.json"
    render.write_text(_review(workspace, "render"), encoding="utf-8")
    today = datetime.now(UTC).date().isoformat()
    remarks = json.loads(_review(workspace, "gate", "--render", str(render), "--today", today))["remarks"]
    found = [each for each in remarks if each["kind"] == "finding"]
    return {(each["id"], each["level"], each["urn"], each["message"]) for each in found}


def _review(workspace: Workspace, command: str, *arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "review", command, "--stack", STACK, "--format", "json", *arguments],
        cwd=workspace.folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout
