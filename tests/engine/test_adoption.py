"""A repository that exists already is imported, in each of the stack's regions."""

import pytest

from resources.ecr import REPOSITORY
from tests.engine.conftest import Make
from tests.engine.workspace import Workspace, of_type

pytestmark = pytest.mark.engine

NAME = "payments/api"
REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1")


@pytest.fixture
def settled(make: Make) -> Workspace:
    """The stack prod, over a cloud where the repository was created by hand."""
    workspace = make("prod")
    encryption = [{"encryptionType": "AES256"}]
    by_hand = {"name": NAME, "encryptionConfigurations": encryption, "tags": {"made-by": "hand"}}
    by_hand["imageTagMutability"] = "MUTABLE"
    for region in REGIONS:
        workspace.cloud.create(REPOSITORY, region, NAME, {**by_hand, "region": region})
    return workspace


def test_an_adopted_repository_is_imported_and_brought_into_line(settled: Workspace) -> None:
    settled.edit("catalog.yaml", lambda catalog: catalog["repositories"][NAME].update(adopt=True, encryption="aes256"))
    planned = settled.steps()
    assert {urn for urn, steps in planned.items() if "import" in steps} == set(_declared(settled))
    settled.up().ok()
    state = of_type(settled.state(), REPOSITORY, name=NAME)
    assert {f"{r['id']}@{r['inputs']['region']}" for r in state.values()} == {f"{NAME}@{r}" for r in REGIONS}
    assert all("made-by" not in r["inputs"]["tags"] for r in state.values())
    assert settled.preview("--expect-no-changes").code == 0


def test_adopting_what_the_stack_manages_already_changes_nothing(make: Make) -> None:
    workspace = make("dev")
    workspace.up().ok()
    workspace.edit("catalog.yaml", lambda catalog: catalog["repositories"][NAME].update(adopt=True))
    workspace.up().ok()
    assert workspace.cloud.read(REPOSITORY, "us-east-1", NAME)
    assert workspace.preview("--expect-no-changes").code == 0


def test_without_adoption_the_existing_repository_stops_the_update(settled: Workspace) -> None:
    refused = settled.up()
    assert refused.code != 0
    assert "AlreadyExistsException" in refused.output


def _declared(workspace: Workspace) -> dict[str, object]:
    return dict(of_type(workspace.render(), REPOSITORY, name=NAME))
