"""What a change means, in words that need no knowledge of the engine."""

from collections.abc import Iterable, Iterator, Sequence

from domain.document_text import to_text
from domain.wording import listed
from render.resource import Resource
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY
from review.plan.losses import loss_statements
from review.plan.model import Change, Loss, Op, Protection, Statement, Topic
from review.plan.places import place_statements
from review.plan.weaknesses import weaknesses
from review.plan.words import by_repository, grouped, noun, regions, repository_of, retire_until, subject

_TOPICS = list(Topic)


def statements(
    changes: Sequence[Change], lost: Sequence[Loss], olds: Sequence[Resource], *, is_new: bool
) -> tuple[Statement, ...]:
    """Everything worth a sentence; `olds` is what the base has, as far as it is known."""
    found = [*loss_statements(changes, olds), *_renames(changes), *_retirements(changes), *_retentions(changes, lost)]
    found += [*_lookalikes(changes), *_adoptions(changes), *_protections(changes)]
    if not is_new:
        weaker = weaknesses(changes, olds)
        found += [*place_statements(changes, olds), *(each.statement for each in weaker if not each.told_elsewhere)]
    return ordered(found)


def ordered(found: Iterable[Statement]) -> tuple[Statement, ...]:
    """The worst first."""
    return tuple(sorted(found, key=lambda statement: _TOPICS.index(statement.topic)))


def _renames(changes: Sequence[Change]) -> Iterator[Statement]:
    """A thing and what belongs to it have one name, and get another together."""
    turned = [change for change in changes if change.old_urn]
    things = grouped(turned, lambda change: (change.op is Op.RENAME, change.name, _short(change.old_urn)))
    for (made_anew, name, old), group in things.items():
        types = listed(sorted({change.short_type for change in group}))
        if made_anew:
            text = (
                f"{name} ({types}) is {old} under another name, and no alias says so: the engine would make it anew, "
                "which AWS refuses where it is a repository, and delete the old one, which is the same thing in AWS."
            )
        else:
            text = f"{name} ({types}) was {old}: an alias covers that, and AWS sees nothing of it."
        yield Statement(topic=Topic.RENAME, text=text, urns=_urns(group))


def _lookalikes(changes: Sequence[Change]) -> Iterator[Statement]:
    """A repository that comes as one goes which differs in nothing but its name: somebody hopes that it is renamed."""
    gone = [change for change in changes if change.type == REPOSITORY and change.op is Op.DELETE]
    alike = {(change.account, _but_name(change.old)): repository_of(change) for change in gone}
    come = [change for change in changes if change.type == REPOSITORY and change.op is Op.CREATE]
    pairs = [(each, alike.get((each.account, _but_name(each.new)))) for each in come]
    for (new, old), group in grouped(pairs, lambda pair: (repository_of(pair[0]), pair[1])).items():
        if old is not None:
            some = [change for change, _ in group]
            text = f"{new} looks like {old} under another name, but ECR renames nothing: it starts without images."
            yield Statement(topic=Topic.RENAME, text=text, urns=_urns(some))


def _but_name(resource: Resource | None) -> str:
    inputs = resource.inputs if resource else {}
    return to_text({key: value for key, value in inputs.items() if key not in ("name", "forceDelete")})


def _retirements(changes: Sequence[Change]) -> Iterator[Statement]:
    """The first of the two steps that destroy a repository: from then on a deletion takes its images along."""
    retiring = [change for change in changes if change.type == REPOSITORY and change.op is Op.UPDATE]
    days = grouped(retiring, lambda change: (retire_until(change.old), retire_until(change.new)))
    for (before, after), group in days.items():
        if before == after:
            continue
        for names, some in by_repository(group, _is_forced):
            who, lines = subject(names, "is", "are")
            if after is None:
                text = f"{who} no longer to be retired in {regions(some)}."
            elif _is_forced(some[0]):
                text = f"{who} retired until {after} in {regions(some)}: a deletion takes the images along from now on."
            else:
                text = f"{who} retired until {after} in {regions(some)}, but without force: images stop a deletion."
            yield Statement(topic=Topic.RETIREMENT, text=text, urns=_urns(some), lines=lines)


def _retentions(changes: Sequence[Change], lost: Sequence[Loss]) -> Iterator[Statement]:
    """Which rules of lifecycle go, come or change, where the repository stays."""
    destroyed = {(loss.repository, loss.region) for loss in lost}
    staying = [
        change
        for change in changes
        if change.type == LIFECYCLE_POLICY and (repository_of(change), str(change.region)) not in destroyed
    ]
    for names, group in by_repository([c for c in staying if c.old and c.new], _lines):
        lines = _lines(group[0])
        if lines:
            text = (
                f"Images of {listed(sorted(names))} in {regions(group)} are kept by other rules; "
                "what these expire is lost within a day."
            )
            yield Statement(topic=Topic.RETENTION, text=text, urns=_urns(group), lines=lines)
    for names, group in by_repository([c for c in staying if c.op is Op.DELETE], lambda _change: None):
        text = f"Images of {listed(sorted(names))} in {regions(group)} no longer expire: the lifecycle policy goes."
        yield Statement(topic=Topic.RETENTION, text=text, urns=_urns(group))


def _adoptions(changes: Sequence[Change]) -> Iterator[Statement]:
    adopted = [change for change in changes if change.op is Op.ADOPT]
    for names, group in by_repository(adopted, lambda change: change.type):
        who, lines = subject(names, "is", "are")
        text = (
            f"{who} adopted in {regions(group)}: settings and policies are put over what is there, and images that the "
            "new lifecycle policy expires are lost. With another encryption than is declared the import fails."
        )
        yield Statement(topic=Topic.ADOPTION, text=text, urns=_urns(group), lines=lines)


def _protections(changes: Sequence[Change]) -> Iterator[Statement]:
    turned = [change for change in changes if change.protection]
    for names, group in by_repository(turned, lambda change: (change.type, change.protection)):
        kind, some = noun(group[0]), listed(sorted(names), limit=10)
        if group[0].protection is Protection.LOST:
            text = f"The engine no longer refuses to delete the {kind} {some} in {regions(group)}."
        else:
            text = f"The engine refuses from now on to delete the {kind} {some} in {regions(group)}."
        yield Statement(topic=Topic.PROTECTION, text=text, urns=_urns(group))


def _lines(change: Change) -> tuple[str, ...]:
    return tuple(line for difference in change.differences for line in difference.lines)


def _is_forced(change: Change) -> bool:
    return bool(change.new and change.new.inputs.get("forceDelete"))


def _urns(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(change.urn for change in changes)


def _short(urn: str | None) -> str:
    return (urn or "").rpartition("::")[2]
