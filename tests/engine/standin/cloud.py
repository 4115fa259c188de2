"""What exists, in one JSON file: so that an import finds something, and a full repository refuses its deletion."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.cloudwatch.composite_rules import children
from resources import TYPES
from resources.cloudwatch import COMPOSITE_ALARM, METRIC_ALARM
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY
from resources.events import EVENT_RULE, EVENT_TARGET

Values = dict[str, Any]
OF_A_REPOSITORY = (LIFECYCLE_POLICY, REPOSITORY_POLICY)


class RefusedError(Exception):
    """What AWS would answer instead of doing it."""


@dataclass(frozen=True)
class Cloud:
    """The file, locked around every access: the engine may run several providers at once.

    A region is one of the account whose credentials the engine runs with, or `account.region`; IAM's is empty, and
    what is in a cluster has the cluster's name."""

    path: Path

    def create(self, type: str, region: str, id: str, inputs: Values) -> None:
        with self._open() as things:
            if TYPES[type].exclusive and _key(type, region, id) in things:
                raise RefusedError(f"AlreadyExistsException: {id} already exists in {region}")
            if type in OF_A_REPOSITORY and _key(REPOSITORY, region, id) not in things:
                raise RefusedError(f"RepositoryNotFoundException: no repository {id} in {region}")
            _check_alarms(things, type, region, inputs)
            things[_key(type, region, id)] = {"inputs": inputs, "images": 0}

    def read(self, type: str, region: str, id: str) -> Values | None:
        with self._open() as things:
            thing = things.get(_key(type, region, id))
            return None if thing is None else dict(thing["inputs"])

    def update(self, type: str, region: str, id: str, inputs: Values) -> None:
        with self._open() as things:
            if _key(type, region, id) not in things:
                raise RefusedError(f"NotFoundException: no {id} in {region}")
            _check_alarms(things, type, region, inputs)
            things[_key(type, region, id)]["inputs"] = inputs

    def delete(self, type: str, region: str, id: str, *, force: bool) -> None:
        with self._open() as things:
            thing = things.get(_key(type, region, id), {})
            if thing.get("images") and not force:
                raise RefusedError(f"RepositoryNotEmptyException: {id} not empty, consider using force_delete")
            if type == EVENT_RULE and any(each["rule"] == id for each in _of_type(things, EVENT_TARGET, region)):
                raise RefusedError(f"ValidationException: Rule can't be deleted since it has targets: {id}")
            composites = _of_type(things, COMPOSITE_ALARM, region) if type == METRIC_ALARM else ()
            if any(id in children(each["alarmRule"]) for each in composites):
                raise RefusedError(
                    f"ValidationError: Cannot delete {id} as there are composite alarm(s) depending on it"
                )
            things.pop(_key(type, region, id), None)
            if type == REPOSITORY:
                for policy in OF_A_REPOSITORY:
                    things.pop(_key(policy, region, id), None)

    def push(self, region: str, repository: str) -> None:
        """Put an image into a repository."""
        with self._open() as things:
            things[_key(REPOSITORY, region, repository)]["images"] += 1

    def ids(self, type: str) -> set[str]:
        """`id@region` of all that exists of a type; in another account `id@account.region`."""
        with self._open() as things:
            found = [key.split("|", 2) for key in things]
        return {f"{name}@{region}" for kind, region, name in found if kind == type}

    def types(self) -> set[str]:
        """Of all that exists."""
        with self._open() as things:
            return {key.partition("|")[0] for key in things}

    @contextmanager
    def _open(self) -> Iterator[dict[str, Any]]:
        with self.path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            before = file.read() or "{}"
            things: dict[str, Any] = json.loads(before)
            yield things
            after = json.dumps(things, sort_keys=True)
            if after != before:
                file.truncate(0)
                file.write(after)


def _of_type(things: Values, type: str, region: str) -> list[Values]:
    """The inputs of each in a region."""
    return [thing["inputs"] for key, thing in things.items() if key.startswith(_key(type, region, ""))]


def _check_alarms(things: Values, type: str, region: str, inputs: Values) -> None:
    """A composite refers to its alarms by name: nothing makes the engine wait for them."""
    if type != COMPOSITE_ALARM:
        return
    known = {each["name"] for each in _of_type(things, METRIC_ALARM, region)}
    if missing := sorted(set(children(inputs["alarmRule"])) - known):
        raise RefusedError(f"ValidationError: alarms {missing} in the alarm rule do not exist")


def _key(type: str, region: str, id: str) -> str:
    return f"{type}|{region}|{id}"
