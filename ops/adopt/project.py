"""The project as an adoption finds it: the stack's settings, its names, its presets, and the stacks beside it."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from domain.ecr.retention import Rule
from ops.adopt.inventory import Where
from policies.pack.levels import Setting, levels_file
from policies.pack.levels import load as load_levels
from render.rendering import PROGRAM, render
from render.resource import Render
from review.plan.words import listed
from settings import InvalidSettings, Settings, load
from settings.files.configuration import PROJECT_FILE, read_configuration, stack_file, stacks
from settings.files.source import read
from settings.written.catalog import RetentionRule, domain_rule

Entries = Mapping[str, Mapping[str, object]]
KINDS = ("accounts", "organizations", "keys")
"""The stack's keys that give names to ids."""


class NoStack(Exception):
    """Why nobody can tell which stack is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    root: Path
    settings: Settings
    catalog_file: str
    catalog: Mapping[str, Any]
    """As it is written."""
    names: Mapping[str, Mapping[str, Any]]
    """Of each kind, the stack's names with their ids."""
    levels: Mapping[str, Setting]
    """How each rule is applied in the stack."""

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
        with self._copy(entries, added) as folder:
            return load(folder, self.stack)

    def rendered_with(self, entries: Entries, added: Mapping[str, Mapping[str, Any]]) -> Render:
        """All that the stack would declare."""
        with self._copy(entries, added) as folder:
            (folder / PROGRAM).write_bytes((self.root / PROGRAM).read_bytes())
            return render(folder, self.stack)

    @contextmanager
    def _copy(self, entries: Entries, added: Mapping[str, Mapping[str, Any]]) -> Iterator[Path]:
        """A folder with the project's settings as they would be."""
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
            yield copy


def stack_of(root: Path, registries: Collection[Where]) -> str:
    """The stack whose home is among the registries; raises NoStack unless it is exactly one."""
    known = stacks(root)
    if not known:
        raise NoStack(f"{root} has no stack: there is no Pulumi.STACK.yaml beside {PROJECT_FILE} (see --project)")
    found = [stack for stack in known if read_configuration(root, stack).home() in registries]
    if len(found) == 1:
        return found[0]
    homes = f"the homes of {listed(found)} are" if found else "the home of no stack is"
    raise NoStack(f"{homes} described: say which is meant with --stack ({', '.join(known)})")


def project(root: Path, stack: str) -> Project:
    """Raises InvalidSettings and InvalidLevels where the project has faults before anything is added to it."""
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
        levels=load_levels(levels_file(root, stack)),
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
