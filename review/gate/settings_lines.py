"""The line of the settings that declares a resource."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.problems import Path as KeyPath
from policies.checks.input_values import as_list, value_at
from policies.pack.rule import CheckedResource
from resources import TYPES
from resources.github import is_github
from resources.kubernetes import is_kubernetes
from resources.providers import CLUSTER_PROVIDER, GITHUB_PROVIDER
from review.plan.engine_state import type_of
from settings.declared.iam_roles import task_role
from settings.declared.resolve import source
from settings.files.configuration import ACCOUNTS, REGION, stack_file
from settings.files.source import Source, read
from settings.written.catalog import TASKS, Push
from settings.written.github_options import EVERY_OTHER
from settings.written.stack import StackKeys

_CATALOG = str(StackKeys.model_fields["catalog"].default)

REGISTRY = "registry"
"""The name of the components that exist once in a registry."""

_CLUSTERS, _NAMESPACES, _SELF_HOSTED = "clusters", "namespaces", "self_hosted"
_GITHUB, _ENVIRONMENTS = "github", "environments"
_OF_ENVIRONMENTS = ("canAdminsBypass", "preventSelfReview", "reviewers", "waitTimer")
"""Inputs that the stack's key declares, in place of the catalog."""
_MONITORING = "monitoring"
_ROLES, _RETENTION = "roles", "retention"
"""Keys whose value is defined elsewhere."""

_RULE_KEYS = {"ecr-protected": "protect", "kms-protected": "protect", "ecr-scan-on-push": "scanning"}
"""The stack's key, where it is written, that a rule is about."""
_CLUSTER_KEYS = {"k8s-images-from-registry": "refresher"}
"""The same of a cluster's entry."""


@dataclass(frozen=True, slots=True)
class SettingsLine:
    file: str
    line: int


class SettingsLines:
    """The lines of one stack's resources; a file that can't be read has only a first line."""

    def __init__(self, folder: Path, project: str, stack: str) -> None:
        self._folder = folder
        self._project = project
        self._stack_name = stack
        self._stack_file = stack_file(stack)

    def place(self, resource: CheckedResource, path: KeyPath, rule: str) -> SettingsLine:
        """The line of the resource, or of the input at the path; some rules are about a stack's key."""
        if rule in _RULE_KEYS and f"{self._project}:{_RULE_KEYS[rule]}" in self._config:
            return self._in_stack(_RULE_KEYS[rule])
        record = TYPES.get(resource.type)
        key = record.settings_key_of(path) if record else None
        if key == _CLUSTERS:
            return self._in_cluster(resource.name, _CLUSTER_KEYS.get(rule))
        if key == _GITHUB:
            return self._at_github(resource.name, str(path[0]) if path else "")
        repository = resource.name.rpartition("@")[0]
        entry = self._entries.get(repository)
        if isinstance(entry, Mapping):
            return self.in_catalog(_catalog_path(key, path, repository, entry))
        if key == _ROLES and (wanted := self._roles.get(resource.name.removeprefix(f"{REGISTRY}."))):
            return self.in_catalog(wanted)
        return self._in_stack(key if key in StackKeys.model_fields else "environment")

    def of_urn(self, urn: str) -> SettingsLine:
        """The line of a component by a resource's URN; the head need not declare it any more."""
        name = urn.rpartition("::")[2]
        repository = name.rpartition("@")[0]
        if not name:
            return self._in_stack(ACCOUNTS)
        if is_kubernetes(type_of(urn)) or type_of(urn) == CLUSTER_PROVIDER:
            return self._in_cluster(name)
        if is_github(type_of(urn)) or type_of(urn) == GITHUB_PROVIDER:
            return self._at_github(name)
        record = TYPES.get(type_of(urn))
        if record and record.settings_key == _MONITORING:
            return self._in_stack(_MONITORING)
        if repository == REGISTRY:
            return self._in_stack("replicas")
        left = self._catalog and self._catalog.value.get("removed")
        holder = "removed" if isinstance(left, Mapping) and repository in left else "repositories"
        return self.in_catalog((holder, repository))

    def in_catalog(self, path: KeyPath) -> SettingsLine:
        """The line of a path in the catalog."""
        return SettingsLine(self._catalog_file, self._catalog.line(path) or 1 if self._catalog else 1)

    def _in_stack(self, key: str, inside: KeyPath = ()) -> SettingsLine:
        full = key if ":" in key else f"{self._project}:{key}"
        if full not in self._config:
            full, inside = REGION, ()
        return SettingsLine(self._stack_file, self._stack.line(("config", full, *inside)) or 1 if self._stack else 1)

    def _in_cluster(self, name: str, key: str | None = None) -> SettingsLine:
        """The line of the registry of one's own, of the object's namespace, or of its cluster where that has it once:
        its name ends with both. Or the line of the cluster's key, where it is written."""
        namespace, _, end = name.partition("@")
        own = as_list(self._config.get(f"{self._project}:{_SELF_HOSTED}"))
        for index, each in enumerate(own):
            if (value_at(each, "name"), value_at(each, "cluster")) == (namespace, end.partition(".")[0]):
                return self._in_stack(_SELF_HOSTED, (index,))
        clusters = as_list(self._config.get(f"{self._project}:{_CLUSTERS}"))
        here = _position(clusters, end.partition(".")[0] or name)
        if here is None:
            return self._in_stack(_CLUSTERS)
        if key is not None and value_at(clusters[here], key) is not None:
            return self._in_stack(_CLUSTERS, (here, key))
        within = _position(as_list(value_at(clusters[here], _NAMESPACES)), namespace)
        return self._in_stack(_CLUSTERS, (here,) if within is None else (here, _NAMESPACES, within))

    def _at_github(self, name: str, changed: str = "") -> SettingsLine:
        """The line of the first push from the environment, or of what declares the input otherwise."""
        source, _, inside = name.partition(":")
        environment, _, _ = inside.partition(":")
        environment = environment.replace("??", ":").casefold()
        options = self._config.get(f"{self._project}:{_GITHUB}")
        if f"{value_at(options, 'owner')}/{value_at(value_at(options, 'registry'), 'repository')}" == source:
            return self._in_stack(_GITHUB, ("registry",))
        if changed in _OF_ENVIRONMENTS:
            named = {str(each).casefold(): each for each in _keys(value_at(options, _ENVIRONMENTS))}
            if key := named.get(environment, named.get(EVERY_OTHER)):
                return self._in_stack(_GITHUB, (_ENVIRONMENTS, key))
        pushes = self._pushes.get(source.casefold(), {})
        if not inside and value_at(value_at(self._catalog and self._catalog.value, "sources"), source):
            return self.in_catalog(("sources", source))
        if found := pushes.get(environment) or next(iter(pushes.values()), None):
            return self.in_catalog(found)
        return self._in_stack(_GITHUB)

    @cached_property
    def _pushes(self) -> Mapping[str, Mapping[str, KeyPath]]:
        """By repository at GitHub and environment, none where it pushes from refs: the first push of this stack."""
        found: dict[str, dict[str, KeyPath]] = {}
        for repository, entry in self._entries.items():
            for index, raw in enumerate(as_list(value_at(entry, "push"))):
                stacks = as_list(value_at(raw, "stacks"))
                if not stacks or self._stack_name in stacks:
                    of_source = found.setdefault(str(value_at(raw, "github")).casefold(), {})
                    name = str(value_at(raw, "environment") or "").casefold()
                    of_source.setdefault(name, ("repositories", repository, "push", index))
        return found

    @cached_property
    def _config(self) -> Mapping[str, object]:
        config = self._stack.value.get("config") if self._stack else None
        return config if isinstance(config, Mapping) else {}

    @cached_property
    def _stack(self) -> Source | None:
        return read(self._folder / self._stack_file, self._stack_file)[0]

    @cached_property
    def _catalog_file(self) -> str:
        named = self._config.get(f"{self._project}:catalog")
        return named if isinstance(named, str) else _CATALOG

    @cached_property
    def _catalog(self) -> Source | None:
        return read(self._folder / self._catalog_file, self._catalog_file)[0]

    @cached_property
    def _entries(self) -> Mapping[str, object]:
        entries = self._catalog.value.get("repositories") if self._catalog else None
        return entries if isinstance(entries, Mapping) else {}

    @cached_property
    def _roles(self) -> Mapping[str, KeyPath]:
        """By role name, the first line that needs it."""
        found: dict[str, KeyPath] = {}
        for repository, entry in self._entries.items():
            for index, raw in enumerate(as_list(value_at(entry, "push"))):
                with suppress(ValidationError):  # of another revision's catalog, say
                    name = source(Push.model_validate(raw)).role_name(self._stack_name)
                    found.setdefault(name, ("repositories", repository, "push", index))
            for index, raw in enumerate(as_list(value_at(entry, "pull"))):
                if value_at(raw, "service") == TASKS:
                    found.setdefault(task_role(self._stack_name), ("repositories", repository, "pull", index))
        return found


def _position(entries: Sequence[object], name: str) -> int | None:
    """Of the entry with the name."""
    return next((index for index, each in enumerate(entries) if value_at(each, "name") == name), None)


def _keys(holder: object) -> list[Any]:
    return list(holder) if isinstance(holder, Mapping) else []


def _catalog_path(key: str | None, path: KeyPath, repository: str, entry: Mapping[str, object]) -> KeyPath:
    here = ("repositories", repository)
    if key == _RETENTION:
        retention = entry.get(key, "default")
        rule = path[2:3] if path[:2] == ("policy", "rules") else ()
        return (key, retention, *rule) if isinstance(retention, str) else (*here, key, *rule)
    return (*here, key) if key is not None and key in entry else here
