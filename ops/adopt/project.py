"""The project as an adoption finds it: the stack's settings, its names, its presets, and the stacks beside it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from domain.ecr.lifecycle import Rule
from ops.adopt.inventory import Where
from settings import InvalidSettings, Settings, load
from settings.catalog import RetentionRule
from settings.check import domain_rule
from settings.configuration import PROJECT_FILE, read_configuration, stack_file, stacks
from settings.source import read

Entries = Mapping[str, Mapping[str, object]]
KINDS = ("accounts", "organizations", "keys")
"""The stack's keys that give names to ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    root: Path
    settings: Settings
    catalog_file: str
    catalog: Mapping[str, Any]
    """As it is written."""
    names: Mapping[str, Mapping[str, Any]]
    """Of each kind, the stack's names with their ids."""

    @property
    def stack(self) -> str:
        return self.settings.stack

    @property
    def entries(self) -> Entries:
        entries: Entries = self.catalog["repositories"]
        return entries

    @property
    def others(self) -> list[str]:
        return [stack for stack in stacks(self.root) if stack != self.stack]

    def presets(self) -> dict[str, tuple[Rule, ...]]:
        written = {
            name: map(RetentionRule.model_validate, rules) for name, rules in self.catalog.get("retention", {}).items()
        }
        return {
            name: tuple(rule for each in rules if (rule := domain_rule(each.model_dump(exclude_none=True))))
            for name, rules in written.items()
        }

    def registries_of_others(self) -> dict[Where, str]:
        """The registries of the other stacks, as far as their settings have no faults."""
        return {where: stack for stack in self.others for where in _registries(self.root, stack)}

    def missing_names(self, used: Mapping[str, set[str]]) -> Iterator[tuple[str, str, list[str]]]:
        """Of each other stack and kind, the names that its file does not have."""
        for stack in self.others:
            names = _names(self.root, stack)
            for kind in KINDS:
                if missing := sorted(used[kind] - set(names[kind])):
                    yield stack, kind, missing

    def with_entries(self, entries: Entries, added: Mapping[str, Mapping[str, Any]]) -> Settings:
        """The stack's settings as they would be; raises InvalidSettings, whose paths are those of the catalog."""
        stack = stack_file(self.stack)
        source, _ = read(self.root / stack, stack)
        written: dict[str, Any] = source.value if source else {}
        config = {**written["config"], f"{self.settings.project}:catalog": "catalog.yaml"}
        for kind, names in added.items():
            key = f"{self.settings.project}:{kind}"
            config[key] = {**self.names[kind], **names}
        catalog = {**self.catalog, "repositories": {**self.entries, **entries}}
        with TemporaryDirectory(prefix="adopt-") as folder:
            copy = Path(folder)
            (copy / PROJECT_FILE).write_bytes((self.root / PROJECT_FILE).read_bytes())
            for other in self.others:
                (copy / stack_file(other)).touch()
            _write(copy / stack, {**written, "config": config})
            _write(copy / "catalog.yaml", catalog)
            return load(copy, self.stack)


def project(root: Path, stack: str) -> Project:
    """Raises InvalidSettings where the project has faults before anything is added to it."""
    settings = load(root, stack)
    configuration = read_configuration(root, stack)
    file = str(configuration.own()["catalog"])
    source, _ = read(root / file, file)
    return Project(
        root=root,
        settings=settings,
        catalog_file=file,
        catalog=source.value if source else {},
        names=_names(root, stack),
    )


def _names(root: Path, stack: str) -> dict[str, dict[str, Any]]:
    own = read_configuration(root, stack).own()
    found = {kind: own.get(kind) for kind in KINDS}
    return {kind: value if isinstance(value, dict) else {} for kind, value in found.items()}


def _registries(root: Path, stack: str) -> set[Where]:
    try:
        settings = load(root, stack)
    except InvalidSettings:
        return set()
    return {(place.account, place.region) for place in (*settings.places, *settings.elsewhere)}


def _write(file: Path, value: object) -> None:
    """As JSON, which is YAML in which nothing is left to guess."""
    file.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
