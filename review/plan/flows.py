"""What a replication configuration sends where, and what differs between two of them, in words."""

from domain.aws import RegistryId
from domain.ecr.replication import ReplicationRule

CONFIGURATION = "replicationConfiguration"
"""The input that holds all of it."""


def rules_of(written: object) -> list[ReplicationRule]:
    """The rules of the input; none where it is not there, or not known yet."""
    rules = written.get("rules") if isinstance(written, dict) else None
    return [
        ReplicationRule(
            destinations=tuple(RegistryId(account=e["registryId"], region=e["region"]) for e in each["destinations"]),
            prefixes=tuple(str(e["filter"]) for e in each.get("repositoryFilters") or ()),
        )
        for each in (rules if isinstance(rules, list) else ())
    ]


def flow_lines(old: object, new: object) -> tuple[str, ...]:
    """What no longer goes where, and what goes where from now on; the order of rules and destinations says nothing."""
    before, after = _flows(old), _flows(new)
    return (
        *(f"- {each}" for each in before if each not in after),
        *(f"+ {each}" for each in after if each not in before),
    )


def _flows(written: object) -> list[str]:
    found = {
        f"{f'{prefix}*' if prefix else 'every repository'} to {each.region} (account {each.account})"
        for rule in rules_of(written)
        for prefix in rule.prefixes or ("",)
        for each in rule.destinations
    }
    return sorted(found)
