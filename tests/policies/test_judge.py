"""Rules put to resources: levels, exceptions, and rules that fail."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from domain.document_text import UNKNOWN
from policies.pack import judge as judging
from policies.pack.judge import Judgement, judge
from policies.pack.levels import RuleConfig
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Exemption,
    Finding,
    Level,
    Parameters,
    ResourceRule,
    Rule,
    RuleContext,
    StackRule,
)
from policies.rules.kms_rotation import RULE
from resources.ecr import LIFECYCLE_POLICY, REGISTRY_POLICY, REPOSITORY, REPOSITORY_POLICY
from resources.iam import ROLE
from resources.kms import KEY
from tests.policies.conftest import TODAY, Declared

COUNTING = StackRule(
    id="only-one-key", title="One key", severity="low", risk="-", remediation="-", parameters=Parameters,
    types=(KEY,), check=lambda resources, _given: [(each, Finding("is one of several")) for each in resources[1:]],
)  # fmt: skip

GOOD = Declared(type=KEY, name="good", inputs={"enableKeyRotation": True})
BAD = Declared(type=KEY, name="bad", inputs={})
OPEN = Declared(type=KEY, name="open", inputs={"enableKeyRotation": UNKNOWN})
OTHER = Declared(type="aws:s3/bucket:Bucket", name="other", inputs={})


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts rules to resources, each with a level and exceptions."""

    def put(
        resources: Sequence[CheckedResource], *rules: Rule, level: Level = Level.MANDATORY, today: date = TODAY,
        exceptions: tuple[Exemption, ...] = (),
    ) -> Judgement:  # fmt: skip
        on_one = tuple(each for each in rules if isinstance(each, ResourceRule))
        monkeypatch.setattr(judging, "resource_rules", lambda: {KEY: on_one})
        monkeypatch.setattr(judging, "stack_rules", lambda: tuple(each for each in rules if each not in on_one))
        configs = {each.id: RuleConfig(each, level, Parameters(exceptions=exceptions)) for each in rules}
        return judge(resources, configs, today)

    return put


def _exemption(resource: Declared, until: date = TODAY) -> Exemption:
    return Exemption(urn=resource.urn, reason="it leaves", until=until)


HOME, COPY = "payments/ledger@us-east-1", "payments/ledger@111122223333.eu-west-1"
LEDGER = [
    Declared(type=REPOSITORY, name=HOME, inputs={"name": "payments/ledger"}),
    Declared(type=REPOSITORY, name=COPY, inputs={"name": UNKNOWN}),
    Declared(type=LIFECYCLE_POLICY, name=HOME, inputs={"repository": "payments/ledger"}),
    Declared(type=REPOSITORY_POLICY, name=COPY, inputs={"repository": UNKNOWN}),
    Declared(type=REPOSITORY, name="another", inputs={"name": "payments/ledger"}),
]
NOT_LEDGER = [
    Declared(type=REPOSITORY, name="payments/ledger-v2@us-east-1", inputs={"name": "payments/ledger-v2"}),
    Declared(type=REPOSITORY, name="payments/ledger@ap-south-1", inputs={"name": "payments/api"}),
    Declared(type=KEY, name="payments/ledger", inputs={"name": "payments/ledger"}),
    Declared(type=REGISTRY_POLICY, name="payments/ledger@us-east-1", inputs={"repository": "payments/ledger"}),
    Declared(type=ROLE, name="payments/ledger@us-east-1", inputs={"name": "payments/ledger"}),
]
EVERY_ONE = StackRule(
    id="nothing-passes", title="-", severity="low", risk="-", remediation="-", parameters=Parameters,
    types=tuple({each.type for each in (*LEDGER, *NOT_LEDGER)}),
    check=lambda resources, _given: [(each, Finding("is there")) for each in resources],
)  # fmt: skip


def test_an_exception_for_a_repository_is_for_its_policies_in_every_region_and_for_nothing_else(put: Any) -> None:
    exemption = Exemption(repository="payments/ledger", reason="it leaves", until=TODAY)
    judgement = put([*LEDGER, *NOT_LEDGER], EVERY_ONE, exceptions=(exemption,))
    assert [each.resource for each in judgement.excepted] == LEDGER
    assert [each.resource for each in judgement.findings] == NOT_LEDGER
    assert judgement.unused == ()


def test_one_for_a_repository_that_ended_is_a_violation_of_each_of_its_resources(put: Any) -> None:
    exemption = Exemption(repository="payments/ledger", reason="it leaves", until=ENDED)
    found = put([LEDGER[0], LEDGER[2], NOT_LEDGER[0]], EVERY_ONE, exceptions=(exemption,)).findings
    assert [each.resource for each in found if each.outcome.message.startswith("has an exception that expired")] == [
        LEDGER[0], LEDGER[2],
    ]  # fmt: skip
    assert len(found) == 5


def _messages(judgement: Judgement) -> list[str]:
    outcomes: list[tuple[str, Any]] = [(each.resource.name, each.outcome) for each in judgement.findings]
    return [f"{name}: {outcome.message}" for name, outcome in outcomes]


def test_each_resource_of_its_type_is_looked_at(put: Any) -> None:
    judgement = put([GOOD, BAD, OPEN, OTHER], RULE, COUNTING)
    assert _messages(judgement) == ["bad: is not rotated", "bad: is one of several", "open: is one of several"]
    assert [each.resource.name for each in judgement.undecided] == ["open"]


def test_a_disabled_rule_says_nothing(put: Any) -> None:
    judgement = put([BAD, OPEN, BAD], RULE, COUNTING, level=Level.DISABLED)
    assert judgement == Judgement(findings=(), undecided=(), excepted=(), unused=())


@pytest.mark.parametrize("level", [Level.ADVISORY, Level.MANDATORY])
def test_a_finding_has_its_rules_level(put: Any, level: Level) -> None:
    assert {each.level for each in put([BAD, OPEN], RULE, COUNTING, level=level).findings} == {level}


@pytest.mark.parametrize("rule", [RULE, COUNTING])
def test_an_exception_lets_one_resource_pass_until_its_last_day(put: Any, rule: Rule) -> None:
    resources = [GOOD, BAD]
    assert len(_messages(put(resources, rule))) == 1
    judgement = put(resources, rule, exceptions=(_exemption(BAD),))
    assert _messages(judgement) == []
    assert [each.outcome.exemption.reason for each in judgement.excepted] == ["it leaves"]
    assert judgement.unused == ()


def test_an_exception_that_nothing_needs_is_reported(put: Any) -> None:
    exceptions = (_exemption(GOOD), _exemption(OTHER), _exemption(BAD))
    assert [each.urn for _, each in put([GOOD, BAD], RULE, exceptions=exceptions).unused] == [GOOD.urn, OTHER.urn]


FAR, LAST = TODAY + timedelta(days=367), TODAY + timedelta(days=366)
ENDED = TODAY - timedelta(days=1)


@pytest.mark.parametrize("rule", [RULE, COUNTING])
def test_an_exception_may_not_be_for_ever(put: Any, rule: Rule) -> None:
    assert _messages(put([GOOD, BAD], rule, exceptions=(_exemption(BAD, LAST),))) == []
    (finding,) = _messages(put([GOOD, BAD], rule))
    for until in (FAR, date.max):
        judgement = put([GOOD, BAD], rule, exceptions=(_exemption(BAD, until),))
        message = f"has an exception until {until} (it leaves), which is too long: the last allowed day is 2027-11-22"
        assert _messages(judgement) == [f"bad: {message}", finding]
        assert (judgement.excepted, judgement.unused) == ((), ())


@pytest.mark.parametrize("rule", [RULE, COUNTING])
@pytest.mark.parametrize("until", [ENDED, FAR])
def test_one_that_counts_makes_up_for_one_that_does_not(put: Any, rule: Rule, until: date) -> None:
    valid, void = _exemption(BAD), _exemption(BAD, until)
    for exceptions in ((valid, void), (void, valid)):
        judgement = put([GOOD, BAD], rule, exceptions=exceptions)
        assert _messages(judgement) == []
        assert [each.outcome.exemption for each in judgement.excepted] == [valid]
        assert [each for _, each in judgement.unused] == [void]


@pytest.mark.parametrize("rule", [RULE, COUNTING])
def test_each_that_ended_is_a_violation_itself(put: Any, rule: Rule) -> None:
    ended = (_exemption(GOOD, ENDED), _exemption(GOOD, ENDED - timedelta(days=1)))
    judgement = put([GOOD], rule, exceptions=ended)
    assert _messages(judgement) == [
        f"good: has an exception that expired on {day} (it leaves): fix the finding, or renew the exception"
        for day in ("2026-11-20", "2026-11-19")
    ]
    assert judgement.unused == ()
    assert len(_messages(put([GOOD, BAD], rule, exceptions=(_exemption(BAD, ENDED),)))) == 2


def test_one_that_counts_and_nothing_needs_makes_up_too(put: Any) -> None:
    exceptions = (_exemption(GOOD, ENDED), _exemption(GOOD))
    judgement = put([GOOD], RULE, exceptions=exceptions)
    assert (_messages(judgement), [each for _, each in judgement.unused]) == ([], list(exceptions))


@pytest.mark.parametrize("until", [TODAY, ENDED, FAR])
@pytest.mark.parametrize("rule", [RULE, COUNTING])
def test_what_the_rule_never_sees_is_unused(put: Any, rule: Rule, until: date) -> None:
    exceptions = (_exemption(OTHER, until), _exemption(OPEN, until))
    judgement = put([GOOD, OTHER], rule, exceptions=exceptions)
    assert (_messages(judgement), [each for _, each in judgement.unused]) == ([], list(exceptions))
    judgement = put([BAD, BAD], rule, exceptions=(_exemption(BAD, until),), level=Level.DISABLED)
    assert (_messages(judgement), [each.urn for _, each in judgement.unused]) == ([], [BAD.urn])


def test_what_is_undecided_is_not_excepted(put: Any) -> None:
    judgement = put([OPEN], RULE, exceptions=(_exemption(OPEN),))
    assert [len(judgement.undecided), len(judgement.excepted), len(judgement.unused)] == [1, 0, 1]


def _breaks(_resource: CheckedResource, _given: RuleContext[Parameters]) -> Iterator[CheckResult]:
    yield Finding("this far")
    raise KeyError("policy")


def _breaks_on_all(
    resources: Sequence[CheckedResource], _given: RuleContext[Parameters]
) -> Iterator[tuple[CheckedResource, CheckResult]]:
    yield resources[1], Finding("this far")
    raise KeyError("policy")


WORDS: dict[str, Any] = {"id": "odd", "title": "-", "severity": "low", "risk": "-", "remediation": "-"}
ON_ALL = StackRule(**WORDS, parameters=Parameters, types=(KEY,), check=_breaks_on_all)


def test_a_rule_that_fails_is_a_finding_and_not_a_crash(put: Any) -> None:
    one = ResourceRule(**WORDS, parameters=Parameters, types=(KEY,), check=_breaks)
    failed = "could not be checked: the rule failed with KeyError: 'policy'"
    assert _messages(put([GOOD], one)) == [f"good: {failed}"]
    assert _messages(put([GOOD, BAD], ON_ALL)) == [f"good: {failed}", "bad: this far", f"bad: {failed}"]


def test_an_exception_for_one_hides_no_rule_that_fails_on_all(put: Any) -> None:
    assert "bad: could not be checked" in " ".join(_messages(put([GOOD, BAD], ON_ALL, exceptions=(_exemption(GOOD),))))
