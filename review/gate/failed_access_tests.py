"""The tests of access, evaluated on a render: one remark for each principal and registry where one fails."""

from collections.abc import Iterator

from domain.iam.access_test import ALLOWED, AccessTest
from domain.resource_tags import RETIRE_UNTIL
from policies.pack.rule import Level
from render.resource import Render, account_of
from resources.ecr import REPOSITORY
from review.access.access_questions import AccessQuestions
from review.access.matrix import Access
from review.access.targets import AccessTarget
from review.gate.remarks import ACCESS_TEST, Remark, RemarkKind
from review.gate.settings_lines import SettingsLines

_BASE_FIX = (
    "it is a test of the base: change what is granted, or first merge the change of the test, in a pull request of its "
    "own"
)


def failed_tests(
    head: Render, questions: AccessQuestions, lines: SettingsLines, base: Render | None = None
) -> Iterator[Remark]:
    """Of the head's tests, at their lines; or of those of a base, by its principals and where it has the repository."""
    urns, before = _urns(head), _urns(base or head)
    for test in (base or head).access_tests:
        for target in questions.targets(test.repository, test.regions):
            place = (target.name, target.account, target.region)
            if place not in urns or place not in before or (base and _ends_with_retirement(test, target)):
                continue
            line = lines.of_urn(urns[place]) if base else lines.in_catalog(test.path)
            for each in test.principals:
                asked = (each, Access(test.action), target)
                if questions.ask(*asked).verdict != test.expect:
                    must = f"{each.label}: {test.action} must be {test.expect}"
                    yield Remark(
                        kind=RemarkKind.FINDING, id=ACCESS_TEST, level=Level.MANDATORY, urn=urns[place],
                        path=(test.action, each.label),
                        message=f"{must}, and is {questions.obstacle(*asked)}",
                        fix=_BASE_FIX if base else _fix(test, target, head), file=line.file, line=line.line,
                    )  # fmt: skip


def _urns(rendered: Render) -> dict[tuple[object, ...], str]:
    """Of the repositories, each by its name, account and region."""
    return {
        (each.inputs.get("name"), account_of(each, rendered.account), each.region): each.urn
        for each in rendered.resources
        if each.type == REPOSITORY
    }


def _is_push(test: AccessTest) -> bool:
    return (test.action, test.expect) == (Access.PUSH, ALLOWED)


def _ends_with_retirement(test: AccessTest, target: AccessTarget) -> bool:
    """A retirement takes the grants to push away."""
    return _is_push(test) and RETIRE_UNTIL in dict(target.tags)


def _fix(test: AccessTest, target: AccessTarget, head: Render) -> str:
    if _is_push(test) and not test.regions and (target.account, target.region) != (head.account, head.home):
        return f"workflows push to the home region: add `regions: [{head.home}]`"
    return "change what is granted, or the test"
