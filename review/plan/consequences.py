"""What a change means for images, keys and their users: each event once."""

from collections.abc import Iterable, Iterator, Sequence

from domain.wording import listed
from policies.pack.rule import Level
from review.plan.cluster_consequences import cluster_consequences
from review.plan.destruction import destructions, retirements
from review.plan.github_consequences import github_consequences
from review.plan.model import Change, Compared, Consequence, Op, Topic
from review.plan.monitoring_consequences import monitoring_consequences
from review.plan.monitoring_cost import monitoring_cost
from review.plan.phrases import by_repository, grouped, regions, subject_phrase, urns_of
from review.plan.registries import registry_consequences
from review.plan.retention_consequences import retentions
from review.plan.weaknesses import weaknesses

_TOPICS = list(Topic)


def consequences(compared: Compared) -> tuple[Consequence, ...]:
    """All consequences, the worst first."""
    changes = compared.changes
    found = [*destructions(compared), *_renames(changes), *retirements(changes)]
    found += [*_adoptions(changes), *retentions(compared), *weaknesses(compared), *registry_consequences(compared)]
    found += [*cluster_consequences(compared), *github_consequences(compared), *monitoring_consequences(compared)]
    found += monitoring_cost(compared)
    return ordered(found)


def ordered(found: Iterable[Consequence]) -> tuple[Consequence, ...]:
    """The worst first."""
    return tuple(sorted(found, key=lambda each: _TOPICS.index(each.topic)))


def _renames(changes: Sequence[Change]) -> Iterator[Consequence]:
    """A repository or role and its parts have one name, and get another together."""
    turned = [change for change in changes if change.old_urn]
    things = grouped(
        turned, lambda change: (change.op is Op.RENAME, change.name, str(change.old_urn).rpartition("::")[2])
    )
    for (made_anew, name, old), group in things.items():
        head, urns = f"{name} ({listed(sorted({change.short_type for change in group}))})", urns_of(group)
        if made_anew:
            text = (
                f"{head} is {old} under another name without an alias: the engine would create it, which AWS "
                "refuses for a repository, and delete the old one, which is the same resource in AWS."
            )
            fix = "add an alias to the old name, or keep the name"
            yield Consequence(
                topic=Topic.RENAME, text=text, urns=urns, id="plan-renames", level=Level.MANDATORY, fix=fix
            )
        else:
            text = f"{head} was {old}: it has an alias, and nothing changes in AWS."
            yield Consequence(topic=Topic.RENAME, text=text, urns=urns)


def _adoptions(changes: Sequence[Change]) -> Iterator[Consequence]:
    adopted = [change for change in changes if change.op is Op.ADOPT and not change.owner]
    if at_github := [change for change in changes if change.op is Op.ADOPT and change.owner]:
        some = listed(sorted(each.name for each in at_github), limit=10)
        text = f"{some} imported from GitHub: what is set there is overwritten, and the import fails without it."
        yield Consequence(topic=Topic.ADOPTION, text=text, urns=urns_of(at_github))
    for names, group in by_repository(adopted, lambda change: change.type):
        who, lines = subject_phrase(names, "is", "are")
        text = (
            f"{who} imported in {regions(group)}: existing settings and policies are overwritten, and images that the "
            "new lifecycle policy expires are lost. The import fails where the encryption is not the declared one."
        )
        yield Consequence(topic=Topic.ADOPTION, text=text, urns=urns_of(group), lines=lines)
