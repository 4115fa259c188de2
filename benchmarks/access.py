"""`python -m benchmarks.access`: who may do what in a company's whole registry, from a render.

The render is that of a generated catalog in a home region and three replicas, with as many publishers as there are
teams' pipelines: each has a role within the stack's boundary, whose policy names some repositories in every region. An
auditor and a task's role may read or pull everything. The bar is held to CPU time.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from benchmarks.catalog import ACCOUNT, REGION, ROOT, STACK, write_project
from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.document import CURRENT_VERSION
from domain.iam.github import AUDIENCE, ISSUER
from policies.kinds import ROLE, ROLE_POLICY
from review.access import Matrix, matrix
from review.bootstrap_template import boundaries
from review.render import render
from review.resource import Render, Resource

REPOSITORIES = 1_000
PUBLISHERS = 300
REPLICAS = ("eu-west-1", "eu-central-1", "ap-northeast-1")
SECONDS = 10.0
_PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.access", description=__doc__)
    parser.add_argument("--repositories", type=int, default=REPOSITORIES)
    parser.add_argument("--publishers", type=int, default=PUBLISHERS)
    parser.add_argument("--check", action="store_true", help="exit with 1 when the bar is missed")
    options = parser.parse_args()
    rendered = _rendered(options.repositories, options.publishers)
    seconds, found = _timed(rendered)
    copies = sum(len(regions) for regions in found.repositories.values())
    print(f"{copies:,} repositories in {len(REPLICAS) + 1} regions, {options.publishers} publishers: ", end="")
    print(f"{len(found.cells):,} cells")
    print(f"{'holds ' if seconds <= SECONDS else 'MISSED'}  seconds: {seconds:.2f}, at most {SECONDS:.2f}")
    return 1 if options.check and seconds > SECONDS else 0


def _timed(rendered: Render) -> tuple[float, Matrix]:
    known = boundaries(ROOT, rendered.project, rendered.stack, rendered.account, rendered.home)
    started = time.process_time()
    found = matrix(rendered, known)
    return time.process_time() - started, found


def _rendered(repositories: int, publishers: int) -> Render:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write_project(project, repositories)
        stack = project / f"Pulumi.{STACK}.yaml"
        settings = yaml.safe_load(stack.read_text(encoding="utf-8"))
        settings["config"]["container-registry:replicas"] = [{"region": each} for each in REPLICAS]
        stack.write_text(yaml.safe_dump(settings), encoding="utf-8")
        rendered = render(project, STACK)
    names = sorted(rendered.outputs["registries"][REGION]["repositories"])
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/{rendered.project}-{STACK}-boundary"
    roles = [*_publishers(names, publishers, boundary), *_readers(boundary)]
    return replace(rendered, resources=(*rendered.resources, *roles))


def _publishers(names: list[str], count: int, boundary: str) -> Iterator[Resource]:
    """Each pushes to its share of the repositories, and every tenth to a whole team's by a pattern."""
    for index in range(count):
        own = names[index::count] or names[:1]
        resources = [f"arn:aws:ecr:*:{ACCOUNT}:repository/{each}" for each in own]
        if index % 10 == 0:
            resources = [f"arn:aws:ecr:*:{ACCOUNT}:repository/{own[0].partition('/')[0]}/*"]
        subject = f"repo:acme/pipeline-{index:03}:ref:refs/heads/main"
        condition = {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}}
        trust = {"Principal": {"Federated": _PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"}
        yield from _role(f"push-{index:03}", boundary, {**trust, "Condition": condition}, list(PUSH_ACTIONS), resources)


def _readers(boundary: str) -> Iterator[Resource]:
    everything = [f"arn:aws:ecr:*:{ACCOUNT}:repository/*"]
    tasks = {"Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    yield from _role("task-execution", boundary, tasks, list(PULL_ACTIONS), everything)
    auditor = {"Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    yield from _role("auditor", boundary, auditor, ["ecr:BatchGet*", "ecr:Describe*", "ecr:Get*"], ["*"])


def _role(
    name: str, boundary: str, trust: Mapping[str, object], actions: list[str], resources: list[str]
) -> Iterator[Resource]:
    login = {"Effect": "Allow", "Action": LOGIN_ACTION, "Resource": "*"}
    policy: list[Mapping[str, object]] = [login, {"Effect": "Allow", "Action": actions, "Resource": resources}]
    inputs = {
        "name": name,
        "path": f"/container-registry/{STACK}/",
        "permissionsBoundary": boundary,
        "assumeRolePolicy": _document([{"Effect": "Allow", **trust}]),
    }
    yield _resource(ROLE, name, inputs)
    yield _resource(ROLE_POLICY, name, {"role": name, "name": "own", "policy": _document(policy)})


def _document(statements: Sequence[Mapping[str, object]]) -> str:
    return json.dumps({"Version": CURRENT_VERSION, "Statement": statements})


def _resource(kind: str, name: str, inputs: Mapping[str, object]) -> Resource:
    return Resource(
        urn=f"urn:pulumi:{STACK}::container-registry::{kind}::{name}", type=kind, name=name, custom=True, parent="",
        provider=None, region=None, protect=False, inputs=dict(inputs), outputs={}, dependencies=(), options={},
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
