"""Registry policies let named accounts replicate and import."""

from domain.document_text import UNKNOWN
from policies.rules.ecr_registry_policy_narrow import RULE
from resources.ecr import REGISTRY_POLICY
from tests.cases import case, cases
from tests.policies.conftest import Declared, told
from tests.policies.rules.texts import HOME, LAMBDA, ORGANIZATION, OTHER, allow, deny, policy, root, to

RESOURCE = f"arn:aws:ecr:us-east-1:{HOME}:repository/*"
INSECURE = "Bool aws:SecureTransport does not say who calls"
NARROWED = "no condition narrows it to somebody known"
REPLICATE = ["ecr:ReplicateImage", "ecr:CreateRepository"]
SOUND = allow(Sid="Replicate", Principal=to(root(OTHER)), Action=REPLICATE, Resource=RESOURCE)


def but(**elements: object) -> dict[str, object]:
    """The sound statement with other elements; one that is None is left out."""
    return {key: value for key, value in {**SOUND, **elements}.items() if value is not None}


def declared(text: object) -> Declared:
    return Declared(type=REGISTRY_POLICY, inputs={"policy": text})


@cases(
    "inputs, expected",
    case("compliant", {"policy": policy(SOUND)}, []),
    case(
        "violating",
        {"policy": policy(but(Principal="*"))},
        [f"statement 'Replicate' lets everybody (*) call ecr:CreateRepository and ecr:ReplicateImage: {NARROWED}"],
    ),
    case("unset", {}, []),
    case("unknown", {"policy": UNKNOWN}, ["undecided policy"]),
)
def test_a_registry_policy(inputs: dict[str, object], expected: list[str]) -> None:
    assert told(RULE, Declared(type=REGISTRY_POLICY, inputs=inputs)) == expected


def test_no_other_type() -> None:
    assert RULE.types == (REGISTRY_POLICY,)


ALONE = "a registry grants replication, creation and import alone"
OF_REGISTRY = "name repositories of the account and region, such as team/*"


OF_OTHERS = (
    "arn:aws:ecr:us-east-1:*:repository/*", f"arn:aws:ecr:*:{HOME}:repository/*",
    f"arn:aws:ecr:us-east-?:{HOME}:repository/*", f"arn:aws:*:us-east-1:{HOME}:repository/*",
    f"arn:aws:ecr:us-east-1:{HOME}:*", "arn:aws:ecr:us-east-1:11112222333?:repository/*",
    f"arn:aws:s3:us-east-1:{HOME}:repository/*",
)  # fmt: skip


@cases(
    "statement, expected",
    (but(Action=["ECR:replicateimage", "ecr:BatchImportUpstreamImage"]), []),
    (but(Principal=to(f"arn:aws:iam::{OTHER}:role/r", OTHER)), []),
    (but(Resource=[RESOURCE, f"arn:aws-cn:ecr:cn-north-1:{HOME}:repository/team/*"]), []),
    (but(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), []),
    (
        but(Principal=to("*"), Action="ecr:ReplicateImage", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        [f"lets everybody (*) call ecr:ReplicateImage: {NARROWED} ({INSECURE})"],
    ),
    (
        but(Principal=None, NotPrincipal=to(OTHER), Action="ecr:ReplicateImage"),
        ["grants to all but some (NotPrincipal): list the allowed principals in Principal"],
    ),
    (but(Principal=None), ["has no Principal: Amazon ECR refuses it"]),
    (
        but(Principal={"Service": LAMBDA, "AWS": OTHER}),
        [f"grants to Service {LAMBDA}: only accounts and their roles fill a registry"],
    ),
    (
        but(Principal={"Federated": "accounts.google.com"}),
        ["grants to Federated accounts.google.com: only accounts and their roles fill a registry"],
    ),
    (but(Action="ecr:*"), [f"allows ecr:*: {ALONE}"]),
    (but(Action="*"), [f"allows *: {ALONE}"]),
    (but(Action=["ecr:Replicate*", *REPLICATE]), [f"allows ecr:Replicate*: {ALONE}"]),
    (but(Action=["ecr:DeleteRepository", "s3:GetObject"]), [f"allows ecr:DeleteRepository and s3:GetObject: {ALONE}"]),
    (
        but(Action=None, NotAction="ecr:DeleteRepository"),
        ["allows everything but ecr:DeleteRepository (NotAction): name what is meant"],
    ),
    (but(Resource="*"), [f"is about *: {OF_REGISTRY}"]),
    (but(Resource=[RESOURCE, "*"]), [f"is about *: {OF_REGISTRY}"]),
    (but(Resource=None), ["has no Resource: name the repositories"]),
    (but(Resource=None, NotResource=RESOURCE), [f"is about all but {RESOURCE} (NotResource): name what is meant"]),
    *((but(Resource=each), [f"is about {each}: {OF_REGISTRY}"]) for each in OF_OTHERS),
    (
        but(Principal="*", Action="ecr:*", Resource="*"),
        [f"lets everybody (*) call ecr:*: {NARROWED}", f"allows ecr:*: {ALONE}", f"is about *: {OF_REGISTRY}"],
    ),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert told(RULE, declared(policy(statement))) == [f"statement 'Replicate' {each}" for each in expected]


def test_a_deny_is_no_grant() -> None:
    assert told(RULE, declared(policy(SOUND, deny(Principal="*", NotAction=REPLICATE, Resource="*")))) == []
