"""Deletions by the bootstrap's two roles on a real engine: what deploy leaves, what destroy does, what the state says.

Each role has the policies of its template (tests/engine/standin/roles.py), in the stack's account and in a replica's;
what runs Pulumi are the steps of deploy.yml themselves."""

import json
import subprocess
from typing import Any

import pytest

from resources import PROVIDER
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY
from resources.kms import ALIAS, KEY
from tests.engine.conftest import Make
from tests.engine.workspace import Workspace, of_type
from tests.workflows.workflow import run_step

pytestmark = pytest.mark.engine

NAME = "storefront/web"
RETIREMENT = {"until": "2027-01-31", "reason": "replaced by storefront/site"}
ELSEWHERE = "444455556666.eu-west-1"
HERE = {f"{NAME}@us-east-1", f"{NAME}@{ELSEWHERE}"}
DEPLOY = "arn:aws:iam::444455556666:role/container-registry-dev-deploy"


def _small(stack: dict[str, Any]) -> None:
    """A replica in another account, everything protected, and no more than that."""
    replica = {"region": "eu-west-1", "account": "workloads", "role": DEPLOY.rpartition("/")[2]}
    more = {"replicas": [replica], "caches": [], "protect": True, "clusters": [], "monitoring": {"enabled": False}}
    stack["config"] |= {f"container-registry:{key}": value for key, value in more.items()}
    stack["config"].pop("container-registry:github", None)


def _two(catalog: dict[str, Any]) -> None:
    catalog["repositories"] = {name: catalog["repositories"][name] for name in ("payments/ledger", NAME)}
    catalog.pop("sources")


def _retire(catalog: dict[str, Any]) -> None:
    catalog["repositories"][NAME]["retire"] = RETIREMENT


def _remove(catalog: dict[str, Any]) -> None:
    del catalog["repositories"][NAME]
    catalog["removed"] = {NAME: RETIREMENT}


def _step(workspace: Workspace, job: str, step: str, role: str) -> subprocess.CompletedProcess[str]:
    """One step of deploy.yml, with the credentials of a role."""
    taken = workspace.as_role(role)
    more = {"STACK": taken.stack, "PULUMI_STATE_URL": taken.environment["PULUMI_BACKEND_URL"]}
    return run_step("deploy.yml", job, step, taken.folder, {**taken.environment, **more}, seconds=120)


def _ok(ran: subprocess.CompletedProcess[str]) -> str:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def _deploy(workspace: Workspace) -> list[str]:
    """The two steps of the job that deploys; what it leaves, by name."""
    _ok(_step(workspace, "prod", "deletions", "deploy"))
    left = (workspace.folder / "deletions.txt").read_text(encoding="utf-8").splitlines()
    _ok(_step(workspace, "prod", "up", "deploy"))
    return left


def _there(workspace: Workspace) -> set[str]:
    return {each for each in workspace.cloud.ids(REPOSITORY) if each.startswith(f"{NAME}@")}


def _roles(workspace: Workspace) -> list[str]:
    """Those that the state's providers for other accounts take."""
    providers = of_type(workspace.state(), PROVIDER).values()
    given = [json.loads(each["inputs"]["assumeRoles"]) for each in providers if "assumeRoles" in each["inputs"]]
    return [each["roleArn"] for (each,) in given]


@pytest.fixture(scope="module")
def retired(make: Make) -> Workspace:
    """A repository that was retired, and then left the catalog: by the deploy role, as everything before."""
    workspace = make("dev", ("Pulumi.dev.yaml", _small), ("catalog.yaml", _two))
    workspace.as_role("deploy").up().ok()
    workspace.edit("catalog.yaml", _retire)
    workspace.as_role("deploy").up().ok()
    return workspace


def test_deploy_deletes_no_protected_repository_though_told_to_ignore_it(make: Make) -> None:
    workspace = make("dev", ("Pulumi.dev.yaml", _small), ("catalog.yaml", _two))
    deploy = workspace.as_role("deploy")
    deploy.up().ok()
    workspace.edit("catalog.yaml", lambda catalog: catalog["repositories"].pop(NAME))
    refused = deploy.pulumi("up", "--yes", "--skip-preview", "--ignore-protect", "--stack", "dev")
    assert refused.code != 0
    who = "User: arn:aws:sts::111122223333:assumed-role/container-registry-dev-deploy/job"
    what = f"ecr:DeleteRepository on resource: arn:aws:ecr:us-east-1:111122223333:repository/{NAME}"
    assert (
        f"{who} is not authorized to perform: {what} with an explicit deny in an identity-based policy"
        in refused.output
    )
    assert _there(workspace) == HERE
    # The other key opens it no more than this one: it was never retired.
    other = workspace.as_role("destroy")
    urns = [urn for urn, each in of_type(workspace.state(), REPOSITORY, name=NAME).items() if "us-east-1" in urn]
    targets = [word for urn in urns for word in ("--target", urn)]
    refused = other.pulumi(
        "destroy", "--yes", "--skip-preview", "--ignore-protect", "--target-dependents", "--stack", "dev", *targets
    )
    assert refused.code != 0
    assert "is not authorized to perform: ecr:Delete" in refused.output
    assert _there(workspace) == HERE
    # As an account's sandbox both are one.
    workspace.as_role("sandbox").pulumi("up", "--yes", "--skip-preview", "--ignore-protect", "--stack", "dev").ok()


def test_an_approval_that_comes_too_late_deletes_nothing(make: Make) -> None:
    """By then the repository is declared again: it is protected, and has lost the tag."""
    workspace = make("dev", ("Pulumi.dev.yaml", _small), ("catalog.yaml", _two), ("catalog.yaml", _retire))
    deploy = workspace.as_role("deploy")
    deploy.up().ok()
    listed = [urn for urn in workspace.state() if f"::{NAME}@" in urn]
    (workspace.folder / "deletions.txt").write_text("".join(f"{urn}\n" for urn in listed), encoding="utf-8")
    workspace.edit("catalog.yaml", lambda catalog: catalog["repositories"][NAME].pop("retire"))
    deploy.up().ok()
    late = _step(workspace, "destroy-prod", "destroy", "destroy")
    assert late.returncode != 0
    assert "protected" in late.stdout + late.stderr
    assert _there(workspace) == HERE
    assert _roles(workspace) == [DEPLOY]
    assert deploy.preview("--expect-no-changes").code == 0


def test_the_two_jobs_hand_over(retired: Workspace) -> None:
    retired.cloud.push("us-east-1", NAME)
    retired.edit("catalog.yaml", _remove)
    before = retired.state()
    left = _deploy(retired)
    # What a refused approval leaves: all of it, in AWS and in the state.
    assert _there(retired) == HERE
    assert retired.state().keys() == before.keys()
    assert {each.rpartition("::")[2].partition("@")[0] for each in left} == {NAME}
    kinds = {each.split("::")[2].rpartition("$")[2] for each in left}
    assert kinds == {REPOSITORY, LIFECYCLE_POLICY, REPOSITORY_POLICY, "container-registry:index:ImageRepository"}
    assert (retired.folder / "output").read_text(encoding="utf-8") == "found=true\n"

    _ok(_step(retired, "destroy-prod", "destroy", "destroy"))
    assert _there(retired) == set()
    assert retired.state().keys() == before.keys() - set(left)
    assert _roles(retired) == [DEPLOY]
    assert retired.as_role("deploy").preview("--expect-no-changes").code == 0

    # Once more, as a job that is run again: there is nothing left of it.
    _ok(_step(retired, "destroy-prod", "destroy", "destroy"))
    assert _roles(retired) == [DEPLOY]
    assert _deploy(retired) == []


def test_a_replica_leaves_with_its_key_and_its_provider(retired: Workspace) -> None:
    """After the test before. Its account leaves the program, so that only the state knows by what it is deleted."""

    def retire(stack: dict[str, Any]) -> None:
        stack["config"]["container-registry:replicas"][0]["retire"] = RETIREMENT

    retired.edit("Pulumi.dev.yaml", retire)
    assert _deploy(retired) == []
    retired.edit("Pulumi.dev.yaml", lambda stack: stack["config"].pop("container-registry:replicas"))
    left = _deploy(retired)
    kinds = {each.split("::")[2].rpartition("$")[2] for each in left}
    assert {REPOSITORY, KEY, ALIAS, PROVIDER} < kinds
    assert any(each.endswith(ELSEWHERE) for each in retired.cloud.ids(KEY)), "the key waits for the approval"
    _ok(_step(retired, "destroy-prod", "destroy", "destroy"))
    assert not [each for kind in (REPOSITORY, KEY, ALIAS) for each in retired.cloud.ids(kind) if ELSEWHERE in each]
    assert _roles(retired) == []
    assert retired.as_role("deploy").preview("--expect-no-changes").code == 0


def test_what_was_not_retired_stops_the_deployment(retired: Workspace) -> None:
    """After the test before."""
    retired.edit("Pulumi.dev.yaml", lambda stack: stack["config"].update({"container-registry:protect": False}))
    retired.as_role("deploy").up().ok()
    retired.edit("catalog.yaml", lambda catalog: catalog["repositories"].pop("payments/ledger"))
    stopped = _step(retired, "prod", "deletions", "deploy")
    assert stopped.returncode == 2
    assert "repository payments/ledger in us-east-1: is deleted without the tag retire-until" in stopped.stderr
