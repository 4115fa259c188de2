"""What the table says of a kind, fact by fact, each with its source."""

from collections.abc import Iterator

from domain.registries.kind import Ability, RegistryKind, Sourced

_NO_SOURCE = Sourced("nothing found in public sources", "", "")


def facts_of(kind: RegistryKind) -> Iterator[tuple[str, str, Sourced | Ability]]:
    """What each is about, what it says, and where it is from."""
    yield "A name", kind.naming.text, kind.naming
    yield "The login", kind.login.fact.text, kind.login.fact
    abilities = {
        "Immutable tags": kind.immutable_tags,
        "Referrers API": kind.referrers,
        "Deletion": kind.deletion,
        "Catalog": kind.catalog,
    }
    for about, ability in abilities.items():
        yield about, f"{ability.support.value}; {ability.text}", ability
    for about, fact in (("Limits", kind.limits or _NO_SOURCE), ("Retention", kind.retention or _NO_SOURCE)):
        yield about, fact.text, fact


def seen(kind: RegistryKind) -> str:
    return kind.seen or "never: its sources alone speak"


def workflow_title(kind: RegistryKind) -> str:
    return f"From GitHub Actions, {'with' if kind.login.stores_a_secret else 'without'} a stored secret"


def laptop_title(kind: RegistryKind) -> str:
    return f"From a laptop, with {kind.login.typed}"
