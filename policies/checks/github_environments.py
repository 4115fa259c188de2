"""Environments of GitHub repositories in the inputs of resources, and the branches and tags that they admit."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policies.checks.input_values import as_list, is_unknown, value_at
from policies.pack.rule import CheckedResource
from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT

BRANCH, TAG = "branchPattern", "tagPattern"
KINDS = {BRANCH: "branch", TAG: "tag"}
POLICY, CUSTOM, PROTECTED = "deploymentBranchPolicy", "customBranchPolicies", "protectedBranches"
_WILDCARD = re.compile(r"[*?\[\\]")
"""GitHub compares as Ruby's File.fnmatch with FNM_PATHNAME does."""
_NO_TEXT = re.compile(r"(?:\[[^\]]*\]|[*?/])*")
_EVERY_REF = "admits every branch and tag"
_PROTECTED = "admits protected branches, which are all branches where the repository has no protection rule"

Key = tuple[str, ...]
"""Of a repository or environment: names whose case makes no difference to GitHub."""


@dataclass(frozen=True, slots=True)
class RefPattern:
    """A branch or tag, or a pattern of some, that an environment admits."""

    resource: CheckedResource
    key: str
    text: object

    @property
    def is_pattern(self) -> bool:
        return bool(_WILDCARD.search(str(self.text)))

    @property
    def is_every(self) -> bool:
        """Whether it has no text of its own, so that every name of its depth matches, or nearly."""
        return bool(_NO_TEXT.fullmatch(str(self.text).strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredEnvironment:
    """An environment with what it admits."""

    resource: CheckedResource
    repository: Key
    name: str
    patterns: tuple[RefPattern, ...]

    @property
    def is_undecided(self) -> bool:
        """Whether what it admits is not known yet."""
        policy = _policy(self.resource)
        return is_unknown(policy) or any(is_unknown(value_at(policy, each)) for each in (CUSTOM, PROTECTED))

    @property
    def why_unrestricted(self) -> str | None:
        """That it admits branches and tags that nothing names; None where each is named, or a pattern of some."""
        policy = _policy(self.resource)
        if value_at(policy, PROTECTED) is True:
            return _PROTECTED
        return None if value_at(policy, CUSTOM) is True else _EVERY_REF


def _policy(environment: CheckedResource) -> object:
    """The SDK takes one block, which a provider of an older release holds as a list of one."""
    return next(iter(as_list(environment.inputs.get(POLICY))), None)


def environments(resources: Sequence[CheckedResource]) -> Iterator[DeclaredEnvironment]:
    """Those whose names are known."""
    owners = owners_by_provider(resources)
    patterns: dict[tuple[Key, str], list[RefPattern]] = {}
    for each in resources:
        if each.type == DEPLOYMENT_POLICY:
            found = patterns.setdefault((repository_key(each, owners), _name(each).casefold()), [])
            found += (RefPattern(each, key, each.inputs[key]) for key in KINDS if each.inputs.get(key) is not None)
    for each in resources:
        if each.type == ENVIRONMENT and not has_unknown_name(each):
            repository = repository_key(each, owners)
            mine = patterns.get((repository, _name(each).casefold()), ())
            yield DeclaredEnvironment(resource=each, repository=repository, name=_name(each), patterns=tuple(mine))


def has_unknown_name(resource: CheckedResource) -> bool:
    return any(is_unknown(resource.inputs.get(key)) for key in ("repository", "environment"))


def _name(resource: CheckedResource) -> str:
    return str(resource.inputs.get("environment", ""))


def owners_by_provider(resources: Sequence[CheckedResource]) -> Mapping[str, str]:
    """The owner of each of GitHub's providers, by its URN; no other resource of these rules has one."""
    found = {each.urn: each.inputs.get("owner") for each in resources}
    return {urn: owner for urn, owner in found.items() if isinstance(owner, str) and not is_unknown(owner)}


def repository_key(resource: CheckedResource, owners: Mapping[str, str]) -> Key:
    """Its owner, which is empty where nothing says it, and its name."""
    owner = next((owner for urn, owner in owners.items() if (resource.provider or "").startswith(urn)), "")
    return (owner.casefold(), str(resource.inputs.get("repository", "")).casefold())


def is_repository(key: Key, owner: str, name: str) -> bool:
    """Whether the key can be that repository's."""
    return key[0] in ("", owner.casefold()) and key[1] == name.casefold()
