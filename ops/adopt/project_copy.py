"""The project as an adoption finds it, and what its stack declares once entries are added."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from domain.aws import RegistryId
from domain.ecr.retention import Rule
from domain.wording import listed
from ops.adopt.naming import KINDS, Names
from policies.pack.levels import RuleConfig, levels_file, load_levels
from render.rendering import PROGRAM, render
from render.resource import Render
from settings import InvalidSettings, Settings, load
from settings.files.configuration import PROJECT_FILE, read_configuration, stack_file, stacks
from settings.files.source import read
from settings.written.catalog import RetentionRule, domain_rule

Entries = Mapping[str, Mapping[str, Any]]


class NoStack(Exception):
    """Why it is not known which stack is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    root: Path
    settings: Settings
    catalog_file: str
    catalog: Mapping[str, Any]
    """As it is written."""
    names: Names
    """The stack's own."""
    levels: Mapping[str, RuleConfig]
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
        def rule(written: object) -> Rule | None:
            return domain_rule(RetentionRule.model_validate(written).model_dump(exclude_none=True))

        written = self.catalog.get("retention", {})
        return {name: tuple(filter(None, map(rule, rules))) for name, rules in written.items()}

    def registries_of_others(self) -> dict[RegistryId, str]:
        """The registries of the other stacks, as far as their settings have no faults."""
        found: dict[RegistryId, str] = {}
        for stack in self.others:
            with suppress(InvalidSettings):
                found |= {registry.id: stack for registry in load(self.root, stack).all_registries}
        return found

    def missing_names(self, used: Mapping[str, Collection[str]]) -> Iterator[tuple[str, str, list[str]]]:
        """Of each other stack and kind, the names that its file does not have."""
        for stack in self.others:
            names = _names(self.root, stack)
            for kind in KINDS:
                if missing := sorted(set(used[kind]) - set(names[kind])):
                    yield stack, kind, missing

    def rendered_with(self, entries: Entries, added: Mapping[str, Mapping[str, Any]]) -> Render:
        """All that the stack would declare; raises InvalidSettings, whose paths are those of the catalog."""
        file = stack_file(self.stack)
        source, _ = read(self.root / file, file)
        written: dict[str, Any] = source.value if source else {}
        prefix = self.settings.project
        named = {f"{prefix}:{kind}": {**self.names[kind], **names} for kind, names in added.items()}
        config = {**written["config"], f"{prefix}:catalog": "catalog.yaml", **named}
        catalog = {**self.catalog, "repositories": {**self.entries, **entries}}
        with TemporaryDirectory(prefix="adopt-") as folder:
            copy = Path(folder)
            # The catalog names the other stacks, and their clusters.
            for name in (PROJECT_FILE, PROGRAM, *map(stack_file, self.others)):
                (copy / name).write_bytes((self.root / name).read_bytes())
            # JSON is YAML in which nothing is left to guess.
            for name, value in ((file, {**written, "config": config}), ("catalog.yaml", catalog)):
                (copy / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
            return render(copy, self.stack)


def stack_of_homes(root: Path, registries: Collection[RegistryId]) -> str:
    """The stack whose home is among the registries; raises NoStack unless it is exactly one."""
    known = stacks(root)
    if not known:
        raise NoStack(f"{root} has no stack: there is no Pulumi.STACK.yaml beside {PROJECT_FILE} (see --project)")
    described = {(each.account, each.region) for each in registries}
    found = [stack for stack in known if read_configuration(root, stack).home() in described]
    if len(found) == 1:
        return found[0]
    homes = f"the homes of {listed(found)} are" if found else "the home of no stack is"
    raise NoStack(f"{homes} described: say which is meant with --stack ({', '.join(known)})")


def read_project(root: Path, stack: str) -> Project:
    """Raises InvalidSettings and InvalidLevels where the project has faults before anything is added to it."""
    settings = load(root, stack)
    file = str(read_configuration(root, stack).own()["catalog"])
    source, _ = read(root / file, file)
    catalog, levels = source.value if source else {}, load_levels(levels_file(root, stack))
    names = _names(root, stack)
    return Project(root=root, settings=settings, catalog_file=file, catalog=catalog, names=names, levels=levels)


def _names(root: Path, stack: str) -> dict[str, dict[str, Any]]:
    own = read_configuration(root, stack).own()
    return {kind: value if isinstance(value := own.get(kind), dict) else {} for kind in KINDS}
