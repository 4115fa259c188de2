"""Our answers beside those of an independent evaluator."""

from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.iam.access import Caller, Outcome, Policy, PolicyKind, Request
from domain.iam.evaluate import evaluate
from tests.domain.iam import test_iam_conditions
from tests.domain.iam.calls import allow, own, pull, user
from tests.domain.iam.peer.peer import NEEDED, Call, answers
from tests.domain.iam.strategies import ON_RESOURCE, OUTSIDERS, PEOPLE, REQUESTS
from tests.domain.iam.test_iam_evaluate import TABLE

SCENARIOS = 1_000
SCENARIOS_OF_EACH_OUTCOME = 30
pytestmark = NEEDED

SESSION_LIMITS = (
    "It lets a session policy limit every grant. AWS: 'Permissions granted directly to a session are not limited by an "
    "implicit deny in an identity-based policy, a permissions boundary, or session policy.'"
)
ROOT_HAS_NOTHING = (
    "It knows no root user. AWS: 'By default, all requests are implicitly denied with the exception of the AWS account "
    "root user, which has full access.'"
)
ROLE_WITHOUT_TRUST = (
    "Without a trust policy it is content with an identity policy. AWS: 'IAM role trust policies and KMS key policies "
    "are exceptions to this logic, because they must explicitly allow access for principals.' No role is without one."
)
TRUST_BEYOND_BOUNDARY = (
    "It takes trust for any grant. AWS: 'If a user is listed as the principal in a role's trust policy but cannot "
    "assume the role, check the user's permissions boundary. If a permissions boundary is set for the user, then it "
    "must allow the sts:AssumeRole action.'"
)
VERSION_IGNORED = (
    "It does not look at the version. AWS, of 2008-10-17: 'variables such as ${aws:username} aren't recognized as "
    "variables and are instead treated as literal strings in the policy.'"
)
KIND_UNKNOWN = (
    "It knows a caller by a text alone, whatever its kind. AWS: 'You can specify any of the following principals in a "
    "policy', of which federated principals and AWS services are two."
)
VARIABLE_NOT_REACHED = (
    "It does not read a variable in NotResource where the service or region differs already. AWS: 'If AWS cannot "
    "resolve a variable this might cause the entire statement to be invalid.'"
)
NAMED_IN_PART = (
    "It spares from NotPrincipal all that are named in any way. AWS: 'you must also specify the account ARN of the "
    "not-denied principal [...] AWS might validate the account first, then the role, and then the assumed-role user.'"
)
KEY_UNKNOWN = "It drops condition keys that are not in its table, such as those whose name holds another colon."
EMPTY_IS_A_VALUE = (
    "It counts an empty value. AWS: ForAllValues 'also returns true if there are no keys in the request, or if the key "
    "values resolve to a null data set, such as an empty string'; ForAnyValue: 'For no matching key or a null dataset, "
    "the condition returns false'; and Null with false keeps out 'context keys with empty values'."
)
IF_EXISTS_FORGOTTEN = (
    "Under a set operator it forgets IfExists. AWS: 'You can add IfExists to the end of any condition operator name "
    "except the Null condition [...] If the key is not present, evaluate the condition element as true.'"
)
ESCAPE_UNKNOWN = (
    "It knows no escapes where there are no wildcards. AWS: 'These predefined policy variables can be used in any "
    "string where you can use regular policy variables.'"
)
EMPTY_DEFAULT = (
    "It takes an empty default for none. AWS: 'If a value is not specified for the variable AWS uses the default text "
    "that you provided.'"
)
EPOCH_IN_MILLISECONDS = (
    "It compares seconds with milliseconds. AWS: 'You must specify date/time values with one of the W3C "
    "implementations of the ISO 8601 date formats or in epoch (UNIX) time.'"
)
LENIENT = (
    "It reads the beginning of a number, a time without a zone, and what is no base64. AWS leaves this open; here what "
    "cannot be read fits nothing."
)

DEPARTURES = {
    "limits: neither limits a grant to the session": SESSION_LIMITS,
    "limits: neither limits a grant to all": SESSION_LIMITS,
    "across accounts: the other account's root is its account": ROOT_HAS_NOTHING,
    "root user: is allowed everything in its account": ROOT_HAS_NOTHING,
    "root user: whatever the resource's policy leaves out": ROOT_HAS_NOTHING,
    "keys: root by the account's share": ROOT_HAS_NOTHING,
    "roles: no identity policy by itself": ROLE_WITHOUT_TRUST,
    "roles: trust in the user, within its boundary": TRUST_BEYOND_BOUNDARY,
    "roles: a token of the named branch": KEY_UNKNOWN,
    "roles: a service account's token": KEY_UNKNOWN,
    "roles: no service of the provider's name": KIND_UNKNOWN,
    "variables: no tag, refused all but elsewhere": VARIABLE_NOT_REACHED,
    "all but: a session by itself is not": NAMED_IN_PART,
    "all but: a session without its role is not": NAMED_IN_PART,
    "all but: a session without its account is not": NAMED_IN_PART,
    "all but: another session of it is not": NAMED_IN_PART,
    "all but: a user without its account is not": NAMED_IN_PART,
    "all but: an account's user by the account alone is not": NAMED_IN_PART,
    "all but: an account's root is spared by the account": ROOT_HAS_NOTHING,
    "old version: has no variables in a resource": VERSION_IGNORED,
    "old version: has none in a condition": VERSION_IGNORED,
    "key grants: through ECR": KEY_UNKNOWN,
    "key grants: through ECR, by root": KEY_UNKNOWN,
}
CONDITION_DEPARTURES = {
    "ForAnyValue:StringEquals '' ('',)": EMPTY_IS_A_VALUE,
    "ForAllValues:StringEquals ['a'] ('',)": EMPTY_IS_A_VALUE,
    "ForAnyValue:StringNotEquals ['a'] ('',)": EMPTY_IS_A_VALUE,
    "Null 'TRUE' ('',)": EMPTY_IS_A_VALUE,
    "Null 'false' ('',)": EMPTY_IS_A_VALUE,
    "ForAnyValue:StringEqualsIfExists 'true' ()": IF_EXISTS_FORGOTTEN,
    "StringEquals '${*}' ('*',)": ESCAPE_UNKNOWN,
    "StringEquals \"${aws:PrincipalTag/team, ''}x\" ('x',)": EMPTY_DEFAULT,
    "NumericLessThan '10' ('1e0',)": LENIENT,
    "DateLessThan '2026-01-02' ('2020-01-02T00:00:00',)": LENIENT,
    "BinaryEquals '?' ('?',)": LENIENT,
    **{
        f"{qualifier}{operator} {expected!r} ({actual!r},)": EPOCH_IN_MILLISECONDS
        for qualifier in ("", "ForAnyValue:")
        for operator, expected, actual in [
            ("DateEquals", "2026-01-02T00:00:00Z", "1767312000"),
            ("DateNotEquals", "2026-01-02", "1767312000"),
            ("DateGreaterThan", "2026-01-02", "1767312001"),
        ]
    },
}


def compared(calls: dict[str, Call]) -> set[str]:
    """The names of those on which we differ."""
    theirs = answers(list(calls.values()))
    ours = [evaluate(*each).outcome for each in calls.values()]
    return {name for name, one, other in zip(calls, ours, theirs, strict=True) if one is not other}


def test_the_table() -> None:
    calls: dict[str, Call] = {name: (each.caller, each.request, each.resource_policies) for name, each in TABLE.items()}
    assert compared(calls) == set(DEPARTURES)


def condition_call(operator: str, expected: object, actual: tuple[str, ...]) -> Call:
    # The peer takes several values only for a key that it knows to have them.
    key = "aws:PrincipalTag/x" if ":" not in operator and len(actual) == 1 else "aws:TagKeys"
    caller = user(own(allow("Pull", Condition={operator: {key: expected}})))
    return caller, pull(context={key: actual} if actual else {}), ()


def test_conditions() -> None:
    rows: list[tuple[str, object, tuple[str, ...]]] = [
        *((operator, expected, (actual,)) for operator, expected, actual, _ in test_iam_conditions.OPERATORS),
        *(
            (f"ForAnyValue:{operator}", expected, (actual,))
            for operator, expected, actual, _ in test_iam_conditions.OPERATORS
        ),
        *((operator, expected, (actual,)) for operator, expected, actual in test_iam_conditions.UNREADABLE),
        *((operator, expected, (actual,)) for operator, expected, actual, _ in test_iam_conditions.VARIABLES),
        *((operator, "true", ()) for operator, _ in test_iam_conditions.ABSENT),
        *((operator, expected, actual) for operator, expected, actual, _ in test_iam_conditions.SETS),
    ]
    calls = {f"{row[0]} {row[1]!r} {row[2]!r}": condition_call(*row) for row in rows}
    assert compared(calls) == set(CONDITION_DEPARTURES)


def test_scenarios_at_random() -> None:
    calls = scenarios()
    assert len(calls) >= SCENARIOS // 2
    outcomes = [evaluate(*each).outcome for each in calls.values()]
    assert min(outcomes.count(each) for each in Outcome) >= SCENARIOS_OF_EACH_OUTCOME
    different = compared(calls)
    explained = (granted_beside_a_silent_session, refused_to_all_but_some)
    assert [name for name in different if not any(each(*calls[name]) for each in explained)] == []


def scenarios() -> dict[str, Call]:
    found: dict[str, Call] = {}

    @settings(max_examples=SCENARIOS, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(PEOPLE | OUTSIDERS, REQUESTS, st.lists(ON_RESOURCE, max_size=1))
    def collect(caller: Caller, request: Request, resource_policies: list[Policy]) -> None:
        found[repr((caller, request, resource_policies))] = caller, request, resource_policies

    collect()
    return found


def granted_beside_a_silent_session(caller: Caller, request: Request, resource_policies: Sequence[Policy]) -> bool:
    """Where SESSION_LIMITS shows."""
    decision = evaluate(caller, request, resource_policies)
    by_session = Caller(identity=caller.identity, policies=caller.identity.session_policies)
    by_resource = (decision.outcome, decision.source) == (Outcome.ALLOWED, PolicyKind.RESOURCE)
    return by_resource and bool(caller.identity.session_policies) and not evaluate(by_session, request).allowed


def refused_to_all_but_some(caller: Caller, request: Request, resource_policies: Sequence[Policy]) -> bool:
    """Where NAMED_IN_PART shows."""
    decision = evaluate(caller, request, resource_policies)
    if (decision.outcome, decision.source) != (Outcome.EXPLICIT_DENY, PolicyKind.RESOURCE):
        return False
    (policy,) = resource_policies
    return policy.document.statements[decision.statement or 0].not_principals is not None
