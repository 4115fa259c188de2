"""Registry policies only allow named accounts to replicate and import."""

from policies.rules.ecr_registry_policy_narrow import RULE
from resources.ecr import REGISTRY_POLICY
from tests.cases import cases
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

RESOURCE = f"arn:aws:ecr:us-east-1:{HOME}:repository/*"
INSECURE = "Bool aws:SecureTransport does not say who calls"
EVERYBODY = "allows everybody (*) to call"
RESTRICTED = "no condition restricts it to known callers"
REPLICATE = ["ecr:ReplicateImage", "ecr:CreateRepository"]
SOUND = allow(Sid="Replicate", Principal=to(root(OTHER)), Action=REPLICATE, Resource=RESOURCE)


def but(**elements: object) -> dict[str, object]:
    """The sound statement with other elements; one that is None is left out."""
    return {key: value for key, value in {**SOUND, **elements}.items() if value is not None}


def declared(text: object) -> Declared:
    return Declared(type=REGISTRY_POLICY, inputs={"policy": text})


ONLY = "allow only replication, repository creation and import"
OF_REGISTRY = "list repositories of one account and region, such as team/*"


@cases(
    "statement, expected",
    (but(Action=["ECR:replicateimage", "ecr:BatchImportUpstreamImage"]), []),
    (but(Principal=to(f"arn:aws:iam::{OTHER}:role/r", OTHER)), []),
    (but(Resource=[RESOURCE, f"arn:aws-cn:ecr:cn-north-1:{HOME}:repository/team/*"]), []),
    (but(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), []),
    (
        but(Principal=to("*"), Action="ecr:ReplicateImage", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        [f"{EVERYBODY} ecr:ReplicateImage: {RESTRICTED} ({INSECURE})"],
    ),
    (but(Principal=None, NotPrincipal=to(OTHER), Action="ecr:ReplicateImage"), [NOT_PRINCIPAL]),
    (but(Principal=None), ["has no Principal: Amazon ECR rejects it"]),
    (
        but(Principal={"Service": LAMBDA, "AWS": OTHER}),
        [f"allows Service {LAMBDA}: allow only accounts and their roles"],
    ),
    (
        but(Principal={"Federated": "accounts.google.com"}),
        ["allows Federated accounts.google.com: allow only accounts and their roles"],
    ),
    (but(Action="ecr:*"), [f"allows ecr:*: {ONLY}"]),
    (but(Action="*"), [f"allows *: {ONLY}"]),
    (but(Action=["ecr:Replicate*", *REPLICATE]), [f"allows ecr:Replicate*: {ONLY}"]),
    (but(Action=["ecr:DeleteRepository", "s3:GetObject"]), [f"allows ecr:DeleteRepository and s3:GetObject: {ONLY}"]),
    (
        but(Action=None, NotAction="ecr:DeleteRepository"),
        [f"allows every action except ecr:DeleteRepository {NOT_ACTION}"],
    ),
    (but(Resource="*"), [f"applies to *: {OF_REGISTRY}"]),
    (but(Resource=[RESOURCE, "*"]), [f"applies to *: {OF_REGISTRY}"]),
    (but(Resource=None), ["has no Resource: list the repositories"]),
    (
        but(Resource=None, NotResource=RESOURCE),
        [f"applies to every resource except {RESOURCE} (NotResource): list the resources in Resource"],
    ),
    *(
        (but(Resource=each), [f"applies to {each}: {OF_REGISTRY}"])
        for each in (
            "arn:aws:ecr:us-east-1:*:repository/*",
            f"arn:aws:ecr:*:{HOME}:repository/*",
            f"arn:aws:ecr:us-east-?:{HOME}:repository/*",
            f"arn:aws:*:us-east-1:{HOME}:repository/*",
            f"arn:aws:ecr:us-east-1:{HOME}:*",
            "arn:aws:ecr:us-east-1:11112222333?:repository/*",
            f"arn:aws:s3:us-east-1:{HOME}:repository/*",
        )
    ),
    (
        but(Principal="*", Action="ecr:*", Resource="*"),
        [f"{EVERYBODY} ecr:*: {RESTRICTED}", f"allows ecr:*: {ONLY}", f"applies to *: {OF_REGISTRY}"],
    ),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(policy(statement))) == [f"statement 'Replicate' {each}" for each in expected]


def test_a_deny_is_no_grant() -> None:
    assert findings(RULE, declared(policy(SOUND, deny(Principal="*", NotAction=REPLICATE, Resource="*")))) == []
