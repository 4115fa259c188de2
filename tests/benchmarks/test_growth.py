"""Monitoring grows with registries and with the repositories that ask for an alarm, not with all of them."""

import json
from pathlib import Path

import pytest

from benchmarks.catalog import REPLICAS, STACK, write_project
from benchmarks.clusters import Declared, declared_alone
from benchmarks.monitoring import OPTIONS, of_monitoring
from render.as_json import to_json
from render.rendering import render

FEW, MANY, ASKING = 10, 200, 3
ONE, TWO, THREE = (REPLICAS[:more] for more in range(3))


def monitored(folder: Path, count: int, replicas: tuple[str, ...] = ONE, asking: int = 0) -> list[Declared]:
    write_project(folder, count, monitoring=OPTIONS, asking=asking, replicas=replicas)
    return of_monitoring(json.loads(to_json(render(folder, STACK)))["resources"])


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> list[Declared]:
    return monitored(tmp_path_factory.mktemp("few") / "project", FEW)


def test_repositories_that_do_not_ask_cost_nothing(tmp_path: Path, few: list[Declared]) -> None:
    many = monitored(tmp_path / "many", MANY)
    assert [each["urn"] for each in many] == [each["urn"] for each in few]
    # Nor do documents grow: what must name each repository would meet a limit of AWS's at some size.
    assert len(json.dumps(many)) == len(json.dumps(few))


def test_each_that_asks_has_one_alarm_in_all_regions(tmp_path: Path, few: list[Declared]) -> None:
    one, three = monitored(tmp_path / "one", FEW, ONE, ASKING), monitored(tmp_path / "three", FEW, THREE, ASKING)
    more = {each["name"] for each in one} - {each["name"] for each in few}
    assert len(more) == ASKING == len(one) - len(few)
    assert len([each for each in three if "pulls-stopped" in each["name"]]) == ASKING


def test_each_region_costs_as_much_as_the_one_before(tmp_path: Path, few: list[Declared]) -> None:
    two, three = monitored(tmp_path / "two", FEW, TWO), monitored(tmp_path / "three", FEW, THREE)
    replica = len(two) - len(few)
    assert len(three) - len(two) == replica
    # A replica has the rule of failed replication as well, and its target.
    assert replica == len(few) + 2


def test_the_floor_declares_what_ours_does(few: list[Declared]) -> None:
    floor = {each.name + each.type: each for each in declared_alone(few)}
    assert len(floor) == len(few)
    for each in few:
        assert floor[each["name"] + each["type"]].inputs == each["inputs"]
