"""Repository policies list actions, and don't allow other accounts to delete or configure."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.actions import PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from policies.rules.ecr_policy_least_privilege import RULE
from resources.ecr import REPOSITORY_POLICY
from tests.cases import cases
from tests.conftest import examples
from tests.domain.iam.calls import REPOSITORY, own
from tests.domain.iam.calls import allow as statement_of_caller
from tests.policies.conftest import Declared, findings
from tests.policies.rules.texts import (
    HOME,
    LAMBDA,
    NOT_ACTION,
    NOT_PRINCIPAL,
    ORGANIZATION,
    OTHER,
    allow,
    deny,
    listing,
    policy,
    root,
    statement_lists,
    to,
)

PULL = list(PULL_ACTIONS)
COVERS = "which includes write actions: list each action"


def declared(text: object) -> Declared:
    return Declared(type=REPOSITORY_POLICY, inputs={"repository": "payments/api", "policy": text})


DELETE, SET = "ecr:BatchDeleteImage", "ECR:setREPOSITORYpolicy"
THEIR_ROLE = f"arn:aws:iam::{OTHER}:role/r"
IN_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}


def writes(who: str, action: str = DELETE) -> str:
    return f"allows {who} to delete or configure: {action}"


@cases(
    "statement, expected",
    (allow(Principal=to(OTHER), Action=list(PUSH_ACTIONS)), []),
    (allow(Principal=to(OTHER), Action=["ECR:BATCHGETIMAGE", "ecr:Describe*", "ecr:GetLifecycle*"]), []),
    (allow(Principal=to(OTHER), Action=["ecr:ReplicateImage", "ecr:BatchImportUpstreamImage"]), []),
    (allow(Principal=to(OTHER), Action="*"), [f"allows *, {COVERS}"]),
    (allow(Principal=to(OTHER), Action="ECR:*"), [f"allows ECR:*, {COVERS}"]),
    (allow(Principal=to(OTHER), Action=["ecr:Put*", "ecr:Batch*"]), [f"allows ecr:Batch* and ecr:Put*, {COVERS}"]),
    (allow(Principal=to(OTHER), Action="*:PutImage"), [f"allows *:PutImage, {COVERS}"]),
    (allow(Principal=to(OTHER), Action="ecr:PutImag?"), [f"allows ecr:PutImag?, {COVERS}"]),
    (allow(Principal=to(OTHER), NotAction=DELETE), [f"allows every action except {DELETE} {NOT_ACTION}"]),
    (allow(NotPrincipal=to(OTHER), Action=PULL), [NOT_PRINCIPAL]),
    (allow(Action=PULL), ["has no Principal: Amazon ECR rejects it"]),
    (
        allow(Principal=to(OTHER), Action=["s3:PutObject", "ecr-public:*", *PULL]),
        ["allows ecr-public:* and s3:PutObject, which is not an action of Amazon ECR"],
    ),
    (allow(Principal=to(OTHER), Action=[DELETE, *PULL]), [writes(f"account {OTHER}")]),
    (allow(Principal=to(root(OTHER)), Action=SET), [writes(f"account {OTHER}", SET)]),
    (allow(Principal=to(THEIR_ROLE), Action="ecr:TagResource"), [writes(THEIR_ROLE, "ecr:TagResource")]),
    (allow(Principal="*", Action=DELETE), [writes("everyone (*)")]),
    (allow(Principal={"Service": LAMBDA}, Action=SET), [writes(f"Service {LAMBDA}", SET)]),
    (allow(Principal=to(OTHER), Action="ecr:NeverHeardOf"), [writes(f"account {OTHER}", "ecr:NeverHeardOf")]),
    (allow(Principal=to(OTHER), Action=DELETE, Condition=IN_ORGANIZATION), [writes(f"account {OTHER}")]),
    (deny(Principal="*", Action="ecr:*"), []),
    (deny(NotPrincipal=to(OTHER), NotAction=DELETE), []),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(policy(statement))) == [f"statement 1 {each}" for each in expected]


def test_an_own_account_may_delete() -> None:
    text = policy(allow(Principal=to(HOME, OTHER, f"arn:aws:iam::{HOME}:role/r"), Action=DELETE))
    assert findings(RULE, declared(text), own_accounts=[HOME]) == [f"statement 1 {writes(f'account {OTHER}')}"]
    assert findings(RULE, declared(text), own_accounts=[HOME, OTHER]) == []
    public = policy(allow(Principal="*", Action=DELETE))
    assert findings(RULE, declared(public), own_accounts=[HOME]) == findings(RULE, declared(public))


CALLER = Caller(
    identity=Identity(arn=f"arn:aws:iam::{OTHER}:user/u", account=OTHER),
    policies=(own(statement_of_caller("All", Action="ecr:*")),),
)
ACTIONS = ["*", "ecr:*", "ecr:Get*", "ecr:Batch*", "ecr:batchget*", "ecr:*Image", "ecr:Delete?epository", DELETE]
PRINCIPALS = [{"Principal": to(OTHER)}, {"Principal": "*"}, {"NotPrincipal": to(HOME)}, {"Principal": to(HOME)}]
STATEMENTS = statement_lists(
    st.sampled_from([*[{"Effect": "Allow"}] * 3, {"Effect": "Deny"}]),
    st.sampled_from(PRINCIPALS),
    listing(["Action", "Action", "NotAction"], ACTIONS),
)


@settings(max_examples=examples(200))
@given(STATEMENTS)
def test_without_a_finding_no_other_account_deletes(statements: list[dict[str, object]]) -> None:
    text = policy(*statements)
    if not findings(RULE, declared(text), own_accounts=[HOME]):
        for action in (DELETE, "ecr:DeleteRepository", "ecr:SetRepositoryPolicy", "ecr:NeverHeardOf"):
            request = Request(action=action, resource=REPOSITORY, account=HOME)
            assert not evaluate(CALLER, request, (Policy(name="resource", document=parse(text)),)).allowed
