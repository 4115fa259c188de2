"""The hand-written program declares what ours does, or its time says nothing."""

from pathlib import Path

import pytest

from benchmarks.catalog import REPLICAS, SOURCES, entries
from benchmarks.render import Bench, Declared, difference

KEY: Declared = ("aws:kms/key:Key", "registry@us-east-1", {"region": "us-east-1"}, [])
KEY_URN = "urn:pulumi:bench::container-registry::{}aws:kms/key:Key::registry@us-east-1"
ALIAS = ("aws:kms/alias:Alias", "registry@us-east-1", {"name": "alias/x"})


def test_the_two_declare_the_same(tmp_path: Path) -> None:
    """So many that each kind of source and of repository is there."""
    Bench(tmp_path, [30]).check_same()


def test_urns_are_compared_by_type_and_name() -> None:
    """The SDK's mocks qualify a type by one parent only, the engine by all."""
    ours: list[Declared] = [KEY, (*ALIAS, [KEY_URN.format("a:index:A$b:index:B$")])]
    theirs: list[Declared] = [(*ALIAS, [KEY_URN.format("b:index:B$")]), KEY]
    assert difference(ours, theirs) is None


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.param([(*ALIAS, [KEY_URN.format("")])], id="a resource less"),
        pytest.param([KEY, (*ALIAS, [])], id="a dependency less"),
        pytest.param([KEY, (*ALIAS[:2], {"name": "alias/y"}, [KEY_URN.format("")])], id="another input"),
    ],
)
def test_a_difference_is_told(theirs: list[Declared]) -> None:
    assert difference([KEY, (*ALIAS, [KEY_URN.format("")])], theirs) is not None


def test_a_company_has_at_most_so_many_sources() -> None:
    pushes = [push for entry in entries(SOURCES * 2).values() for push in entry["push"]]
    assert len({push["github"] for push in pushes}) == SOURCES
    assert {key for push in pushes for key in push} > {"environment", "refs", "owner_id", "repository_id", "subject"}
    assert any(ref.endswith("*") for push in pushes for ref in push.get("refs", []))
    assert len(REPLICAS) == 3
