"""The hand-written program is frozen: what it declares, ours declares too, or its time says nothing."""

from pathlib import Path

from benchmarks.catalog import REPLICAS, SOURCES, entries, write_project
from benchmarks.render import types_by_hand, types_of

SIZE = 10
"""So many that each kind of source and of repository is there."""
FROZEN = {
    "aws:ecr/accountSetting:AccountSetting",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
    "aws:ecr/replicationConfiguration:ReplicationConfiguration",
    "aws:ecr/repository:Repository",
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:kms/alias:Alias",
    "aws:kms/key:Key",
}


def test_the_peer_declares_what_it_declared_and_ours_still_does(tmp_path: Path) -> None:
    project = tmp_path / "project"
    write_project(project, SIZE)
    by_hand = types_by_hand(SIZE)
    assert {each for each in by_hand if each.startswith("aws:")} == FROZEN
    assert by_hand - types_of(project) == set()


def test_a_company_has_at_most_so_many_sources() -> None:
    pushes = [push for entry in entries(SOURCES * 2).values() for push in entry["push"]]
    assert len({push["github"] for push in pushes}) == SOURCES
    assert {key for push in pushes for key in push} > {"environment", "refs", "owner_id", "repository_id", "subject"}
    assert any(ref.endswith("*") for push in pushes for ref in push.get("refs", []))
    assert len(REPLICAS) == 3
