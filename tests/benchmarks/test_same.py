"""The hand-written program is frozen: what it declares, ours declares too, or its time says nothing."""

import json
from pathlib import Path

from benchmarks.catalog import REPLICAS, SOURCES, STACK, entries, write_project
from benchmarks.clusters import clusters, declared_alone, of_clusters
from benchmarks.render import types_by_hand, types_of
from render.as_json import to_json
from render.rendering import render

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


def test_the_floor_declares_what_ours_does_in_clusters(tmp_path: Path) -> None:
    """Each object after what it waits for, with the inputs that the settings make."""
    project = tmp_path / "project"
    write_project(project, SIZE, clusters=[{**each, "namespaces": each["namespaces"][:2]} for each in clusters(2)])
    ours = of_clusters(json.loads(to_json(render(project, STACK)))["resources"])
    kinds = {each["type"].rpartition(":")[2] for each in ours}
    assert {"CronJob", "Job", "ServiceAccount", "ValidatingAdmissionPolicy", "ClusterPullAccess"} < kinds
    floor = {each.name + each.type: each for each in declared_alone(ours)}
    assert len(floor) == len(ours)
    for each in ours:
        found = floor[each["name"] + each["type"]]
        assert found.inputs == each["inputs"]
        assert len(found.dependencies) == len(each["dependencies"])
