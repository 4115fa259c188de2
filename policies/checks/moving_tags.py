"""Tags that can move to another image, and the lifecycle rules of the repository that has them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.document_text import UNKNOWN
from domain.ecr.lifecycle import PolicyRule
from domain.ecr.tags import WILDCARD, TagMutability, tag_matches
from domain.problems import Path
from policies.checks.input_values import filter_texts, is_unknown
from policies.checks.lifecycle_policies import rules_in
from policies.checks.tag_mutability import EXCLUSION_FILTERS, MUTABILITY
from policies.pack.rule import CheckedResource, Undecided
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY

POLICY = "policy"


@dataclass(frozen=True, slots=True)
class MovingTags:
    """The tags of a repository that can move to another image."""

    patterns: tuple[tuple[str, Path], ...]
    """A tag that fits one of them can move; each with its path in the repository's inputs."""
    fixed: tuple[str, ...] = ()
    """Patterns of the tags that can't all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingRepository:
    """A repository whose tags can move, with its lifecycle policy."""

    tags: MovingTags
    policy: CheckedResource
    rules: tuple[PolicyRule, ...]


_Registry = tuple[str | None, str | None]
Found = Iterator[tuple[CheckedResource, MovingRepository | Undecided]]
"""Each with the repository, or with the policy whose text is not known."""


def moving_repositories(resources: Sequence[CheckedResource]) -> Found:
    """The repositories whose tags can move. One without a policy is ecr-lifecycle-present's, an invalid policy is
    ecr-lifecycle-sound's."""
    policies = defaultdict[_Registry, dict[str, list[CheckedResource]]](lambda: defaultdict(list))
    for each in resources:
        if each.type == LIFECYCLE_POLICY:
            policies[each.provider, each.region][_name(each, "repository")].append(each)
    for repository in (each for each in resources if each.type == REPOSITORY):
        tags = _moving_tags(repository.inputs)
        if isinstance(tags, Undecided):
            yield repository, tags
        elif tags is not None:
            yield from _with_policy(repository, tags, policies[repository.provider, repository.region])


def can_move(inputs: Mapping[str, Any], tag: str) -> bool | None:
    """Whether the repository's tag can move to another image; None where that is not known yet."""
    tags = _moving_tags(inputs)
    if isinstance(tags, Undecided):
        return None
    if tags is None or any(tag_matches(each, tag) for each in tags.fixed):
        return False
    return any(tag_matches(pattern, tag) for pattern, _ in tags.patterns)


def _with_policy(
    repository: CheckedResource, tags: MovingTags, policies: Mapping[str, Sequence[CheckedResource]]
) -> Found:
    name = _name(repository, "name")
    if name == UNKNOWN or name not in policies:
        if UNKNOWN in policies or (name == UNKNOWN and policies):
            yield repository, Undecided(("name",))
        return
    for policy in policies[name]:
        rules = rules_in(policy.inputs, POLICY)
        if isinstance(rules, Undecided):
            yield policy, rules
        elif rules:
            yield repository, MovingRepository(tags=tags, policy=policy, rules=rules)


def _name(resource: CheckedResource, key: str) -> str:
    name = resource.inputs.get(key)
    return UNKNOWN if is_unknown(name) else str(name)


def _moving_tags(inputs: Mapping[str, Any]) -> MovingTags | Undecided | None:
    mode, filters = inputs.get(MUTABILITY), inputs.get(EXCLUSION_FILTERS)
    if is_unknown(mode):
        return Undecided((MUTABILITY,))
    if mode == TagMutability.IMMUTABLE.value:
        return None
    texts = filter_texts(filters)
    if is_unknown(filters) or any(map(is_unknown, texts)):
        return Undecided((EXCLUSION_FILTERS,))
    written = [
        (each, (EXCLUSION_FILTERS, place, "filter")) for place, each in enumerate(texts) if isinstance(each, str)
    ]
    if mode == TagMutability.IMMUTABLE_WITH_EXCLUSION.value:
        return MovingTags(tuple(written)) if written else None
    # MUTABLE, which is the default, has no exclusions.
    fixed = tuple(text for text, _ in written)
    return None if WILDCARD in fixed else MovingTags(((WILDCARD, (MUTABILITY,)),), fixed)
