"""Repository policies list actions, and don't allow other accounts to delete or configure."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.document_text import UNKNOWN
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.actions import PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from policies.rules.ecr_policy_least_privilege import RULE
from resources.ecr import REPOSITORY_POLICY
from tests.cases import case, cases
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
    policy,
    root,
    to,
)

PULL = list(PULL_ACTIONS)
COVERS = "which includes write actions: list each action"


def declared(text: object) -> Declared:
    return Declared(type=REPOSITORY_POLICY, inputs={"repository": "payments/api", "policy": text})


@cases(
    "inputs, expected",
    case("compliant", {"policy": policy(allow(Principal=to(OTHER), Action=PULL))}, []),
    case(
        "violating",
        {"policy": policy(allow(Sid="All", Principal=to(OTHER), Action="ecr:*"))},
        [f"statement 'All' allows ecr:*, {COVERS}"],
    ),
    case("unset", {}, []),
    case("unknown", {"policy": UNKNOWN}, ["undecided policy"]),
)
def test_a_repository_policy(inputs: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=REPOSITORY_POLICY, inputs=inputs)) == expected


DELETE = "ecr:BatchDeleteImage"


@cases(
    "statement, expected",
    (allow(Principal=to(OTHER), Action=list(PUSH_ACTIONS)), []),
    (allow(Principal=to(OTHER), Action=["ECR:BATCHGETIMAGE", "ecr:Describe*", "ecr:GetLifecycle*"]), []),
    (allow(Principal=to(OTHER), Action=["ecr:ReplicateImage", "ecr:BatchImportUpstreamImage"]), []),
    (allow(Principal=to(OTHER), Action="*"), [f"statement 1 allows *, {COVERS}"]),
    (allow(Principal=to(OTHER), Action="ECR:*"), [f"statement 1 allows ECR:*, {COVERS}"]),
    (
        allow(Principal=to(OTHER), Action=["ecr:Put*", "ecr:Batch*"]),
        [f"statement 1 allows ecr:Batch* and ecr:Put*, {COVERS}"],
    ),
    (allow(Principal=to(OTHER), Action="*:PutImage"), [f"statement 1 allows *:PutImage, {COVERS}"]),
    (allow(Principal=to(OTHER), Action="ecr:PutImag?"), [f"statement 1 allows ecr:PutImag?, {COVERS}"]),
    (
        allow(Principal=to(OTHER), NotAction=DELETE),
        [f"statement 1 allows every action except {DELETE} {NOT_ACTION}"],
    ),
    (
        allow(NotPrincipal=to(OTHER), Action=PULL),
        [f"statement 1 {NOT_PRINCIPAL}"],
    ),
    (allow(Action=PULL), ["statement 1 has no Principal: Amazon ECR rejects it"]),
    (
        allow(Principal=to(OTHER), Action=["s3:PutObject", "ecr-public:*", *PULL]),
        ["statement 1 allows ecr-public:* and s3:PutObject, which is not an action of Amazon ECR"],
    ),
    (
        allow(Principal=to(OTHER), Action=[DELETE, *PULL]),
        [f"statement 1 allows account {OTHER} to delete or configure: {DELETE}"],
    ),
    (
        allow(Principal=to(root(OTHER)), Action="ECR:setREPOSITORYpolicy"),
        [f"statement 1 allows account {OTHER} to delete or configure: ECR:setREPOSITORYpolicy"],
    ),
    (
        allow(Principal=to(f"arn:aws:iam::{OTHER}:role/r"), Action="ecr:TagResource"),
        [f"statement 1 allows arn:aws:iam::{OTHER}:role/r to delete or configure: ecr:TagResource"],
    ),
    (allow(Principal="*", Action=DELETE), [f"statement 1 allows everybody (*) to delete or configure: {DELETE}"]),
    (
        allow(Principal={"Service": LAMBDA}, Action="ecr:PutLifecyclePolicy"),
        [f"statement 1 allows Service {LAMBDA} to delete or configure: ecr:PutLifecyclePolicy"],
    ),
    (
        allow(Principal=to(OTHER), Action="ecr:NeverHeardOf"),
        [f"statement 1 allows account {OTHER} to delete or configure: ecr:NeverHeardOf"],
    ),
    (
        allow(Principal=to(OTHER), Action=DELETE, Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}),
        [f"statement 1 allows account {OTHER} to delete or configure: {DELETE}"],
    ),
    (deny(Principal="*", Action="ecr:*"), []),
    (deny(NotPrincipal=to(OTHER), NotAction=DELETE), []),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(policy(statement))) == expected


def test_an_own_account_may_delete() -> None:
    text = policy(allow(Principal=to(HOME, OTHER, f"arn:aws:iam::{HOME}:role/r"), Action=DELETE))
    assert findings(RULE, declared(text), own_accounts=[HOME]) == [
        f"statement 1 allows account {OTHER} to delete or configure: {DELETE}"
    ]
    assert findings(RULE, declared(text), own_accounts=[HOME, OTHER]) == []
    everybody = policy(allow(Principal="*", Action=DELETE))
    assert findings(RULE, declared(everybody), own_accounts=[HOME]) == findings(RULE, declared(everybody))


CALLER = Caller(
    identity=Identity(arn=f"arn:aws:iam::{OTHER}:user/u", account=OTHER),
    policies=(own(statement_of_caller("All", Action="ecr:*")),),
)
ACTIONS = st.sampled_from(
    [
        "*",
        "ecr:*",
        "ecr:Get*",
        "ecr:Batch*",
        "ecr:batchget*",
        "ecr:*Image",
        "ecr:Delete?epository",
        DELETE,
        "ecr:PutImage",
    ]
)
STATEMENTS = st.builds(
    lambda *parts: {key: value for part in parts for key, value in part.items()},
    st.sampled_from([*[{"Effect": "Allow"}] * 3, {"Effect": "Deny"}]),
    st.sampled_from(
        [{"Principal": to(OTHER)}, {"Principal": "*"}, {"NotPrincipal": to(HOME)}, {"Principal": to(HOME)}]
    ),
    st.builds(
        lambda key, names: {key: names},
        st.sampled_from(["Action", "Action", "NotAction"]),
        st.lists(ACTIONS, min_size=1, max_size=2),
    ),
)


@settings(max_examples=examples(200))
@given(st.lists(STATEMENTS, min_size=1, max_size=2))
def test_without_a_finding_no_other_account_deletes(statements: list[dict[str, object]]) -> None:
    text = policy(*statements)
    if not findings(RULE, declared(text), own_accounts=[HOME]):
        for action in (DELETE, "ecr:DeleteRepository", "ecr:SetRepositoryPolicy", "ecr:NeverHeardOf"):
            request = Request(action=action, resource=REPOSITORY, account=HOME)
            assert not evaluate(CALLER, request, (Policy(name="resource", document=parse(text)),)).allowed
