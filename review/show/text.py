"""A repository for a terminal; what is there to be copied is not indented, and never wrapped."""

from collections.abc import Iterator, Sequence

from domain.wording import listed
from render.output import wrapped
from review.access.text import OTHERS_POLICIES
from review.plan.phrases import grouped
from review.show.lines import PUSH_LINES
from review.show.shown_namespaces import ShownNamespace
from review.show.summary import RepositorySummary, RepositoryUser

NO_PUSH = "no principal of this stack"
NO_PULL = "no principal beside those that the account's policies allow"


def to_text(found: RepositorySummary) -> str:
    return "\n".join(_lines(found))


def _lines(found: RepositorySummary) -> Iterator[str]:
    yield f"{found.name}, stack {found.stack} of {found.project} (account {found.account})"
    yield from wrapped(f"  {found.description}", "  ") if found.description else ()
    yield from wrapped(f"  {'; '.join(f'{name} {value}' for name, value in summary_facts(found).items())}", "  ")
    if found.push:
        yield from ("", "Push to", *(f"  {each.url}" for each in found.registries if each.home))
    yield from ("", "Pull from", *(f"  {each.url}" for each in found.registries))
    for where, sentences in retention_of(found):
        yield from ("", f"Retention{where}", *(line for each in sentences for line in wrapped(f"  {each}", "    ")))
    yield from ("", "Who pushes", *_users(found.push, NO_PUSH))
    if not found.push and found.retires is None:
        yield from (*wrapped(f"  {how_to_push(found)}", "  "), PUSH_LINES)
    yield from ("", "Who pulls", *_users(found.pull, NO_PULL))
    yield from _namespaces(found.clusters)
    for note in notes_of(found):
        yield from ("", *wrapped(f"Note: {note}", "  "))
    for who, text in found.workflows.items():
        yield from ("", *wrapped(f"Workflow of {who}", "  "), text.rstrip())
    yield from ("", "By hand", *(line for use, line in found.docker.items() if found.push or use != "push"))


def _namespaces(some: Sequence[ShownNamespace]) -> Iterator[str]:
    if some:
        yield from ("", "In a pod of")
    for each in some:
        yield from wrapped(
            f"  cluster {each.cluster}, namespace {each.namespace}: {each.mode}, {each.credentials}", "    "
        )
        yield f"    {each.image}"
        yield f"    {each.role_arn}"
        if not each.role_is_declared:
            yield from wrapped("    not declared by this stack; what it needs is printed by", "    ")
            yield f"    {each.cluster_role}"


def _users(some: Sequence[RepositoryUser], none: str) -> Iterator[str]:
    if not some:
        yield f"  {none}"
    for each in some:
        yield from wrapped(f"  {user_phrase(each)}", "    ")
        if each.role_arn is not None:
            yield f"    {each.role_arn}"


def summary_facts(found: RepositorySummary) -> dict[str, str]:
    """What is said of the repository in a word or two."""
    retires = {"retires": f"and can be deleted until {found.retires}"} if found.retires else {}
    return {
        "owner": found.owner,
        "tags": f"immutable but for {listed(found.mutable_tags)}" if found.mutable_tags else "immutable",
        "encryption": found.encryption,
        **({"alarm": listed(found.alarms)} if found.alarms else {}),
        **retires,
    }


def retention_of(found: RepositorySummary) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The sentences, and where they hold: ` in eu-west-1`, or nothing where they do in all registries."""
    for sentences, some in grouped(found.registries, lambda each: each.retention).items():
        yield "" if len(some) == len(found.registries) else f" in {listed(each.region for each in some)}", sentences


def how_to_push(found: RepositorySummary) -> str:
    return f"No workflow pushes in the stack {found.stack}. For one that does, add to its entry in catalog.yaml:"


def user_phrase(user: RepositoryUser) -> str:
    where = () if user.everywhere else (f"in {listed(user.regions)}",)
    who = f"{user.who} *" if user.as_far_as_its_own_policies_allow else user.who
    return ", ".join((who, *where, *user.conditions))


def notes_of(found: RepositorySummary) -> tuple[str, ...]:
    marked = any(each.as_far_as_its_own_policies_allow for each in (*found.push, *found.pull))
    return (OTHERS_POLICIES, *found.notes) if marked else found.notes
