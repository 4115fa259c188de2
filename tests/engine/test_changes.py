"""Changes to a stack whose repositories are protected: what is an everyday change must not be refused."""

from typing import Any

import pytest

from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY
from tests.engine.conftest import Make
from tests.engine.workspace import Resource, Workspace, of_type

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def protected(make: Make) -> Workspace:
    workspace = make("dev", ("Pulumi.dev.yaml", _protect))
    workspace.up().ok()
    return workspace


def test_a_changed_retention_replaces_the_policy_and_not_the_repository(protected: Workspace) -> None:
    before = protected.state()

    def keep_more(catalog: dict[str, Any]) -> None:
        catalog["repositories"]["payments/ledger"]["retention"] = [{"any": True, "keep": 77}]

    protected.edit("catalog.yaml", keep_more)
    (policy,) = of_type(before, LIFECYCLE_POLICY, repository="payments/ledger")
    assert _changing(protected) == {policy: {"replace"}}
    protected.up().ok()
    after = protected.state()
    assert "77" in after[policy]["inputs"]["policy"]
    # Put first and deleted afterwards, the new policy would be gone.
    assert "payments/ledger@us-east-1" in protected.cloud.ids(LIFECYCLE_POLICY)
    assert _made(after) == _made(before)


def test_the_last_grant_leaves_with_its_policy_and_not_with_the_repository(protected: Workspace) -> None:
    before = protected.state()
    protected.edit("catalog.yaml", lambda catalog: catalog["repositories"]["payments/api"].pop("pull"))
    (policy,) = of_type(before, REPOSITORY_POLICY, repository="payments/api")
    assert _changing(protected) == {policy: {"delete"}}
    protected.up().ok()
    assert "payments/api@us-east-1" not in protected.cloud.ids(REPOSITORY_POLICY)
    assert _made(protected.state()) == _made(before)


def test_a_full_repository_outlives_its_entry(protected: Workspace) -> None:
    # Last in this file: the failed update leaves the stack short of its policies.
    protected.edit("Pulumi.dev.yaml", lambda stack: stack["config"].update({"container-registry:protect": False}))
    protected.up().ok()
    protected.cloud.push("us-east-1", "storefront/web")
    protected.edit("catalog.yaml", lambda catalog: catalog["repositories"].pop("storefront/web"))
    refused = protected.up()
    assert refused.code != 0
    assert "storefront/web not empty" in refused.output
    assert "storefront/web@us-east-1" in protected.cloud.ids(REPOSITORY)


def test_a_retired_and_removed_repository_leaves_with_its_images(make: Make) -> None:
    workspace = make("dev", ("Pulumi.dev.yaml", _protect))
    workspace.up().ok()
    workspace.cloud.push("us-east-1", "storefront/web")
    retirement = {"until": "2027-01-31", "reason": "replaced by storefront/site"}

    workspace.edit("catalog.yaml", lambda catalog: catalog["repositories"]["storefront/web"].update(retire=retirement))
    workspace.up().ok()
    (retired,) = of_type(workspace.state(), REPOSITORY, name="storefront/web").values()
    assert retired["inputs"]["forceDelete"] is True
    assert not retired.get("protect")

    def remove(catalog: dict[str, Any]) -> None:
        del catalog["repositories"]["storefront/web"]
        catalog["removed"] = {"storefront/web": retirement}

    workspace.edit("catalog.yaml", remove)
    workspace.up().ok()
    assert "storefront/web@us-east-1" not in workspace.cloud.ids(REPOSITORY)
    assert workspace.preview("--expect-no-changes").code == 0


def _protect(stack: dict[str, Any]) -> None:
    stack["config"]["container-registry:protect"] = True


def _changing(workspace: Workspace) -> dict[str, set[str]]:
    """What a preview would do to AWS: a component whose outputs change costs nothing there."""
    return {urn: steps for urn, steps in workspace.steps().items() if "$aws:" in urn}


def _made(state: dict[str, Resource]) -> dict[str, str]:
    """When each repository came to be: a replacement would be younger."""
    return {urn: repository["created"] for urn, repository in of_type(state, REPOSITORY).items()}
