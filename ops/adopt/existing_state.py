"""What adoption changes: the plan between a repository as it exists and as the stack would declare it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.ecr.tags import FILTER_TYPE
from domain.wording import listed
from ops.adopt.described import ExistingRepository
from ops.adopt.entry import pulls_of
from ops.adopt.retention_rules import like, not_sayable
from policies.checks.tag_mutability import EXCLUSION_FILTERS, MUTABILITY
from render.resource import Render, Resource
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY
from review.plan.groups import shown
from review.plan.model import Change
from review.plan.phrases import grouped
from review.plan.render_diff import plan

TYPES = (REPOSITORY, LIFECYCLE_POLICY, REPOSITORY_POLICY)
"""What an entry comes to; all of it has the repository's name, and the region."""
_POLICY, _TAGS = "policy", "tags."
_LOST = "images that the entry's rules expire are lost"
_REFUSED = "pushing a tag that exists is refused from then on"
_HINT = "`mutable_tags: [latest]` keeps one mutable"


@dataclass(frozen=True, slots=True)
class AdoptionChange:
    """What adoption would change, and in which regions."""

    text: str
    details: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class ExistingState:
    """What exists, beside what the head declares of it."""

    def __init__(self, head: Render) -> None:
        self._head = head
        self._declared = grouped((each for each in head.resources if each.type in TYPES), lambda each: each.name)

    def changes(self, copies: Iterable[ExistingRepository]) -> list[AdoptionChange]:
        """What is not as it is declared, in each region; what is the same in several regions once."""
        regions: dict[AdoptionChange, list[str]] = {}
        for copy in copies:
            for change in self._changes(copy, self._declared[f"{copy.name}@{copy.region}"]):
                regions.setdefault(change, []).append(copy.region)
        return [replace(change, regions=tuple(where)) for change, where in regions.items()]

    def _changes(self, found: ExistingRepository, declared: Sequence[Resource]) -> Iterator[AdoptionChange]:
        existing = [each for resource in declared if (each := _existing(resource, found)) is not None]
        base, head = (replace(self._head, resources=tuple(each)) for each in (existing, declared))
        changes = {change.type: change for change in plan(base, head).changes}
        if REPOSITORY in changes:
            yield from _of_repository(changes[REPOSITORY])
        if found.tags is None:
            yield AdoptionChange(text="its tags were not given: those that the entry does not make go away")
        yield from _of_lifecycle(found, changes.get(LIFECYCLE_POLICY))
        yield from _of_policy(found, changes.get(REPOSITORY_POLICY), is_declared=len(declared) == len(TYPES))


def _existing(declared: Resource, found: ExistingRepository) -> Resource | None:
    """The resource as it exists; None where that was not given."""
    if declared.type == REPOSITORY:
        return replace(declared, inputs={**declared.inputs, **_settings(found, declared.inputs)})
    if declared.type == LIFECYCLE_POLICY:
        text = None if found.lifecycle is None else like(found.lifecycle, declared.inputs[_POLICY])
    else:
        text = pulls.policy if (pulls := pulls_of(found)) else None
    return None if text is None else replace(declared, inputs={**declared.inputs, _POLICY: text})


def _settings(found: ExistingRepository, declared: Mapping[str, Any]) -> dict[str, Any]:
    """All that can be changed of the repository itself; filters that stay in the order in which they are declared."""
    order = [each["filter"] for each in declared.get(EXCLUSION_FILTERS, ())]
    filters = sorted(found.filters, key=lambda each: order.index(each) if each in order else len(order))
    tags = {key: value for key, value in (found.tags or {}).items() if not key.startswith("aws:")}
    return {
        MUTABILITY: found.described.mutability,
        EXCLUSION_FILTERS: [{"filter": each, "filterType": FILTER_TYPE} for each in filters] or None,
        "imageScanningConfiguration": {"scanOnPush": found.described.scanning.on_push},
        "tags": declared["tags"] if found.tags is None else tags,
    }


def _of_repository(change: Change) -> Iterator[AdoptionChange]:
    words = {each.path: f"{each.path}: {shown(each.old)} → {shown(each.new)}" for each in change.differences}
    yield from (AdoptionChange(text=text) for path, text in words.items() if not path.startswith((MUTABILITY, _TAGS)))
    if change.old and change.new and any(path.startswith(MUTABILITY) for path in words):
        text = f"{MUTABILITY}: {_mutability(change.old)} → {_mutability(change.new)}"
        if str(change.old.inputs[MUTABILITY]).startswith("MUTABLE"):
            text += f": {_REFUSED}{'' if change.new.inputs.get(EXCLUSION_FILTERS) else f'; {_HINT}'}"
        yield AdoptionChange(text=text)
    if tags := [text.removeprefix(_TAGS) for path, text in words.items() if path.startswith(_TAGS)]:
        yield AdoptionChange(text=f"tags: {'; '.join(tags)}")


def _mutability(repository: Resource) -> str:
    """The mode, with the tags that it excludes."""
    filters = [each["filter"] for each in repository.inputs.get(EXCLUSION_FILTERS) or ()]
    return f"{repository.inputs[MUTABILITY]}{f' ({listed(filters)})' if filters else ''}"


def _of_lifecycle(found: ExistingRepository, change: Change | None) -> Iterator[AdoptionChange]:
    if found.lifecycle is None:
        text = "its lifecycle policy was not given: the entry's is put over whatever is there"
        yield AdoptionChange(f"{text}, and {_LOST}")
        return
    if reasons := not_sayable(found.lifecycle):
        yield AdoptionChange(text="the catalog can't say its lifecycle policy", details=reasons)
    if change:
        lines = tuple(line for each in change.differences for line in each.lines)
        yield AdoptionChange(f"its lifecycle policy {'changes' if lines else 'is replaced'}, and {_LOST}", lines)


def _of_policy(found: ExistingRepository, change: Change | None, *, is_declared: bool) -> Iterator[AdoptionChange]:
    pulls = pulls_of(found)
    if pulls is None:
        if is_declared:
            text = "its repository policy was not given: it goes, and only what the entry's `pull` says is granted"
            yield AdoptionChange(text)
    elif not is_declared:
        text = "its repository policy stays as it is and is not managed, for the entry has no `pull`"
        yield AdoptionChange(text=text, details=(*(f"= {each}" for each in pulls.beyond), *pulls.remarks))
    elif change:
        lines = (line for each in change.differences for line in each.lines)
        yield AdoptionChange(text="its repository policy is replaced", details=(*lines, *pulls.remarks))
