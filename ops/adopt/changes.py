"""What adoption changes in one region: what stands there, beside the copy that the settings declare."""

from collections.abc import Iterable, Iterator

from domain.aws import RegistryId
from domain.ecr.names import repository_arn
from domain.ecr.repository import RepositoryCopy
from domain.ecr.tags import TagMutability
from domain.iam.grants import Grant
from ops.adopt import pulls, retention
from ops.adopt.inventory import Found
from ops.adopt.model import Change
from review.plan.words import listed

_AWS_TAGS = "aws:"
_LOST = "images that the entry's rules expire are lost"


def changes(found: Found, copy: RepositoryCopy, grants: tuple[Grant, ...]) -> Iterator[Change]:
    """Everything that is not as the entry says; `grants` are who may pull by it."""
    yield from (Change(text=text) for text in _settings(found, copy))
    yield from _retention(found, copy)
    yield from _policy(found, copy, grants)


def _settings(found: Found, copy: RepositoryCopy) -> Iterator[str]:
    yield from _mutability(found, copy)
    if not found.scan_on_push:
        yield "images are scanned when they are pushed"
    yield from _tags(found, copy)


def _mutability(found: Found, copy: RepositoryCopy) -> Iterator[str]:
    mode = TagMutability(found.mutability)
    filters, movable = set(found.filters), set(copy.mutable_tags)
    if mode in (TagMutability.MUTABLE, TagMutability.MUTABLE_WITH_EXCLUSION):
        but = f", {listed(sorted(filters))} excepted," if filters else ""
        if "*" in movable:
            return
        if movable:
            yield f"tags are mutable{but} and become immutable, {listed(sorted(movable))} excepted"
        else:
            yield (
                f"tags are mutable{but} and become immutable: an image with a tag that is in use is refused; "
                "`mutable_tags: [latest]` keeps one movable"
            )
        return
    if gone := sorted(filters - movable):
        yield f"tags {listed(gone)} become immutable"
    if come := sorted(movable - filters):
        yield f"tags {listed(come)} become mutable"


def _tags(found: Found, copy: RepositoryCopy) -> Iterator[str]:
    if found.tags is None:
        yield "its tags were not given: those that the entry does not make go away"
        return
    own = {key: value for key, value in found.tags.items() if not key.startswith(_AWS_TAGS)}
    if gone := [f"{key} ({value})" for key, value in sorted(own.items()) if key not in copy.tags]:
        yield f"tags that go away: {listed(gone, limit=len(gone))}"
    for key, value in sorted(copy.tags.items()):
        if own.get(key, value) != value:
            yield f"the tag {key} changes from {own[key]} to {value}"
    if come := [key for key in sorted(copy.tags) if key not in own]:
        yield f"tags that come: {listed(come, limit=len(come))}"


def _retention(found: Found, copy: RepositoryCopy) -> Iterator[Change]:
    if found.lifecycle is None:
        yield Change(text=f"its lifecycle policy was not given: the entry's is put over whatever is there, and {_LOST}")
        return
    if reasons := retention.unsayable(found.lifecycle):
        yield Change(text="the catalog can't say its lifecycle policy", details=reasons)
    differences = retention.differences(found.lifecycle, copy.lifecycle_text)
    if differences is None:
        yield Change(text=f"its lifecycle policy is replaced, and {_LOST}")
    elif differences:
        yield Change(text=f"its lifecycle policy changes, and {_LOST}", details=differences)


def _policy(found: Found, copy: RepositoryCopy, grants: tuple[Grant, ...]) -> Iterator[Change]:
    if found.policy is None:
        if copy.policy_text:
            yield Change(
                text="its repository policy was not given: it goes, and only what the entry's `pull` says is granted"
            )
        return
    registry = RegistryId(account=found.account, region=found.region)
    read = pulls.read(found.policy, repository_arn(found.region, found.account, found.name), registry)
    if copy.policy_text is None:
        text = "its repository policy stays as it is and nobody manages it, for the entry lets nobody pull"
        yield Change(text=text, details=tuple(f"= {each}" for each in [*_told(read.grants), *read.beyond]))
        return
    gone = [*_told(each for each in read.grants if each not in grants), *read.beyond]
    come = _told(each for each in grants if each not in read.grants)
    if details := (*(f"- {each}" for each in gone), *(f"+ {each}" for each in come)):
        yield Change(text="its repository policy is replaced: `-` goes, `+` comes", details=details)


def _told(grants: Iterable[Grant]) -> list[str]:
    return [f"{pulls.grant_in_words(grant)} may pull" for grant in grants]
