"""Tests of access that a change removes or weakens."""

from collections.abc import Iterable, Iterator

from domain.iam.access_test import AccessTest
from domain.wording import counted, listed
from resources.ecr import REPOSITORY
from review.plan.model import Compared, Consequence, Topic
from review.plan.phrases import grouped

_Expectation = tuple[str, str, str, str]
"""A repository, a principal, an action, and what is expected."""
_EVERY = "*"


def weakened_tests(compared: Compared) -> Iterator[Consequence]:
    """By repository; one that is deleted, or a registry that leaves, takes its tests along."""
    if compared.base is None or compared.head is None:
        return
    there = [each for each in compared.head.resources if each.type == REPOSITORY]
    urns = grouped(there, lambda each: str(each.inputs.get("name")))
    regions_of = {name: {_EVERY, *(str(each.region) for each in some)} for name, some in urns.items()}
    before, after = _expectations(compared.base.access_tests), _expectations(compared.head.access_tests)
    lost = [
        (key, gone)
        for key, regions in before.items()
        if (gone := _lost(regions, after.get(key, set())) & regions_of.get(key[0], set()))
    ]
    for name, some in grouped(lost, lambda item: item[0][0]).items():
        lines = tuple(
            f"{who}: {action} {expect}{'' if _EVERY in gone else f' in {listed(sorted(gone))}'}"
            for (_, who, action, expect), gone in some
        )
        verb = "is removed or weaker" if len(lines) == 1 else "are removed or weaker"
        text = f"{counted(len(lines), 'test')} of access to {name} {verb} from now on."
        where = tuple(sorted(each.urn for each in urns[name]))
        yield Consequence(topic=Topic.WEAKER, text=text, urns=where, lines=lines, id="plan-weakens")


def _expectations(tests: Iterable[AccessTest]) -> dict[_Expectation, set[str]]:
    """The regions in which each is tested."""
    found: dict[_Expectation, set[str]] = {}
    for test in tests:
        for principal in test.principals:
            key = (test.repository, principal.label, test.action, test.expect)
            found.setdefault(key, set()).update(test.regions or (_EVERY,))
    return found


def _lost(before: set[str], after: set[str]) -> set[str]:
    return set() if _EVERY in after else before - after
