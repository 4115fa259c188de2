import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.iam.access import Caller, Decision, Outcome, Policy, PolicyKind, Request
from domain.iam.document import Document
from domain.iam.evaluate import evaluate, reason, request_context
from domain.iam.statement import Effect
from tests.cases import cases
from tests.domain.iam.calls import (
    HOME,
    ORGANIZATION,
    OTHER,
    REPOSITORY,
    UNSIGNED,
    Case,
    allow,
    answered,
    deny,
    on_resource,
    own,
    pull,
    role_arn,
    root,
    service,
    session,
    session_arn,
    token_holder,
    user,
    user_arn,
)
from tests.domain.iam.cases import GROUPS
from tests.domain.iam.key_and_role_cases import KEY_AND_ROLE_GROUPS
from tests.domain.iam.strategies import ON_RESOURCE, OUTSIDERS, OWN, PEOPLE, REQUESTS

ALL_GROUPS = {**GROUPS, **KEY_AND_ROLE_GROUPS}
TABLE = {f"{group}: {each.id}": each for group, of_group in ALL_GROUPS.items() for each in of_group}
PULL = own(allow("Pull"))


@pytest.mark.parametrize("case", TABLE.values(), ids=TABLE.keys())
def test_the_answer(case: Case) -> None:
    assert answered(evaluate(case.caller, case.request, case.resource_policies)) == case.expected


def test_no_two_cases_have_one_name() -> None:
    assert len(TABLE) == sum(map(len, ALL_GROUPS.values()))


def test_the_deciding_statement_is_named() -> None:
    policy = own(allow("Push", Action="ecr:PutImage"), allow("Pull"), name="release")
    assert evaluate(user(own(allow("Login", Action="ecr:GetAuthorizationToken")), policy), pull()) == Decision(
        outcome=Outcome.ALLOWED, source=PolicyKind.IDENTITY, policy="release", statement=1, sid="Pull"
    )


def test_where_nothing_is_said_nothing_is_named() -> None:
    assert evaluate(user(PULL, boundary=own(allow("Push", Action="ecr:PutImage"))), pull()) == Decision(
        outcome=Outcome.IMPLICIT_DENY, source=PolicyKind.BOUNDARY
    )


CALLERS = {
    "root": (root(), {"aws:principaltype": ("Account",), "aws:principalarn": (f"arn:aws:iam::{HOME}:root",)}),
    "user": (user(), {"aws:principaltype": ("User",), "aws:principalarn": (user_arn(),), "aws:username": ("ana",)}),
    "session": (session(), {"aws:principaltype": ("AssumedRole",), "aws:principalarn": (role_arn(),)}),
}


@pytest.mark.parametrize(("caller", "expected"), CALLERS.values(), ids=CALLERS.keys())
def test_keys_of_a_caller_with_an_account(caller: Caller, expected: dict[str, tuple[str, ...]]) -> None:
    assert request_context(caller, Request(action="ecr:PutImage", resource=REPOSITORY, account=OTHER)) == {
        **expected,
        "aws:principalaccount": (HOME,),
        "aws:principalorgid": (ORGANIZATION,),
        "aws:principalisawsservice": ("false",),
        "aws:resourceaccount": (OTHER,),
    }


def test_keys_of_the_others() -> None:
    of_resource = {"aws:resourceaccount": (HOME,)}
    anonymous = {"aws:principaltype": ("Anonymous",), "aws:principalaccount": ("anonymous",)}
    assert request_context(UNSIGNED, pull()) == {**of_resource, **anonymous}
    by_lambda = {"aws:principalisawsservice": ("true",), "aws:principalservicename": ("lambda.amazonaws.com",)}
    assert request_context(service("lambda.amazonaws.com"), pull()) == {**of_resource, **by_lambda}
    assert request_context(token_holder({}), pull()) == {**of_resource, "aws:principalisawsservice": ("false",)}


def test_what_the_request_brings_comes_before_what_the_caller_brings() -> None:
    caller = session(context={"AWS:SourceIp": ("192.0.2.1",), "aws:PrincipalOrgID": ("o-bbbbbbbbbb",)})
    context = request_context(caller, pull(context={"aws:sourceip": ("192.0.2.2",)}))
    assert (context["aws:sourceip"], context["aws:principalorgid"]) == (("192.0.2.2",), ("o-bbbbbbbbbb",))


def test_the_callers_own_tags_give_way_to_its_sessions() -> None:
    caller = replace(session(context={"aws:PrincipalTag/Team": ("web",)}), tags={"team": "payments", "stage": "prod"})
    context = request_context(caller, pull())
    assert (context["aws:principaltag/team"], context["aws:principaltag/stage"]) == (("web",), ("prod",))


def test_a_caller_outside_every_organization_has_no_key_of_one() -> None:
    assert "aws:principalorgid" not in request_context(Caller(identity=root().identity), pull())


PUSH_ONLY, REFUSED = own(allow("Push", Action="ecr:PutImage")), own(deny("No"))
REFUSED_BY_RESOURCE = (on_resource(deny("No", Principal="*")),)
SILENT, EXPLICIT = "because no {} allows the ecr:BatchGetImage action", "with an explicit deny in {}"


@cases(
    "who, caller, resource_policies, why",
    (session_arn(), session(), (), SILENT.format("identity-based policy")),
    (user_arn(), user(PULL, boundary=PUSH_ONLY), (), SILENT.format("permissions boundary")),
    (session_arn(), session(PULL, within=[PUSH_ONLY]), (), SILENT.format("session policy")),
    (user_arn(OTHER), user(PULL, account=OTHER), (), SILENT.format("resource-based policy")),
    (user_arn(), user(REFUSED), (), EXPLICIT.format("an identity-based policy")),
    (user_arn(), user(boundary=REFUSED), (), EXPLICIT.format("a permissions boundary")),
    (session_arn(), session(within=[REFUSED]), (), EXPLICIT.format("a session policy")),
    ("anonymous", UNSIGNED, REFUSED_BY_RESOURCE, EXPLICIT.format("a resource-based policy")),
)
def test_a_deny_reads_as_aws_s(who: str, caller: Caller, resource_policies: tuple[Policy, ...], why: str) -> None:
    requested = f"User: {who} is not authorized to perform: ecr:BatchGetImage on resource: {REPOSITORY}"
    assert reason(evaluate(caller, pull(), resource_policies), caller, pull()) == f"{requested} {why}"


def test_an_allow_is_reported_with_its_source() -> None:
    reported = f"User: arn:aws:iam::{HOME}:root is authorized to perform: ecr:BatchGetImage on resource: {REPOSITORY}"
    assert reason(evaluate(root(), pull()), root(), pull()) == f"{reported} by an account root"


ANY_CALLER = PEOPLE | OUTSIDERS | st.sampled_from([root(), root(OTHER)])


@given(ANY_CALLER, REQUESTS, st.lists(ON_RESOURCE, max_size=2))
def test_an_explicit_deny_always_wins(caller: Caller, requested: Request, policies: list[Policy]) -> None:
    refusal = on_resource(deny("No", Principal="*", Action="*"))
    assert evaluate(caller, requested, [*policies, refusal]).outcome is Outcome.EXPLICIT_DENY
    if caller.policies:
        refused = Caller(identity=caller.identity, policies=(*caller.policies, own(deny("No", Action="*"))))
        assert evaluate(refused, requested, policies).outcome is Outcome.EXPLICIT_DENY


@given(ANY_CALLER, REQUESTS, st.lists(ON_RESOURCE, max_size=2), OWN, ON_RESOURCE)
def test_an_allow_more_takes_nothing_away(
    caller: Caller, requested: Request, policies: list[Policy], more: Policy, on_it: Policy
) -> None:
    before = evaluate(caller, requested, policies)
    richer = replace(caller, policies=(*caller.policies, *_allowing(more)))
    after = evaluate(richer, requested, [*policies, *_allowing(on_it)])
    assert after.allowed or not before.allowed


@given(ANY_CALLER, REQUESTS, ON_RESOURCE)
def test_the_order_of_statements_changes_no_answer(caller: Caller, requested: Request, policy: Policy) -> None:
    orders = (Document(statements=statements) for statements in itertools.permutations(policy.document.statements))
    policies = (Policy(name="resource", document=each) for each in orders)
    answers = {evaluate(caller, requested, [each]).outcome for each in policies}
    assert len(answers) == 1


def _allowing(policy: Policy) -> tuple[Policy, ...]:
    statements = tuple(each for each in policy.document.statements if each.effect is Effect.ALLOW)
    return (Policy(name=policy.name, document=Document(statements=statements)),)
