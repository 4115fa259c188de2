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
    NOT_RESOURCE,
    ORGANIZATION,
    OTHER,
    allow,
    deny,
    policy,
    root,
    to,
)

RESOURCE = f"arn:aws:ecr:us-east-1:{HOME}:repository/*"
EVERYONE = "allows everyone (*) to call"
RESTRICTED = "no condition restricts it to known callers"
REPLICATE = ["ecr:ReplicateImage", "ecr:CreateRepository"]
SOUND = allow(Sid="Replicate", Principal=to(root(OTHER)), Action=REPLICATE, Resource=RESOURCE)


def but(**elements: object) -> dict[str, object]:
    """The sound statement with other elements; one that is None is left out."""
    return allow(**{**SOUND, **elements})


def declared(*statements: dict[str, object]) -> Declared:
    return Declared(type=REGISTRY_POLICY, inputs={"policy": policy(*statements)})


NO_ACCOUNT = "allow only accounts and their roles"
ONLY = "allow only replication, repository creation and import"
OF_REGISTRY = "list repositories of one account and region, such as team/*"


@cases(
    "statement, expected",
    (but(Action=["ECR:replicateimage", "ecr:BatchImportUpstreamImage"]), []),
    (but(Principal=to(f"arn:aws:iam::{OTHER}:role/r", OTHER)), []),
    (but(Resource=[RESOURCE, f"arn:aws-cn:ecr:cn-north-1:{HOME}:repository/team/*"]), []),
    (but(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), []),
    (
        but(Principal=to("*"), Action=REPLICATE[0], Condition={"Bool": {"aws:SecureTransport": "true"}}),
        [f"{EVERYONE} ecr:ReplicateImage: {RESTRICTED} (Bool aws:SecureTransport does not say who calls)"],
    ),
    (but(Principal=None, NotPrincipal=to(OTHER), Action="ecr:ReplicateImage"), [NOT_PRINCIPAL]),
    (but(Principal=None), ["has no Principal: Amazon ECR rejects it"]),
    (but(Principal={"Service": LAMBDA, "AWS": OTHER}), [f"allows Service {LAMBDA}: {NO_ACCOUNT}"]),
    (but(Principal={"Federated": "google.com"}), [f"allows Federated google.com: {NO_ACCOUNT}"]),
    (but(Action="ecr:*"), [f"allows ecr:*: {ONLY}"]),
    (but(Action="*"), [f"allows *: {ONLY}"]),
    (but(Action=["ecr:Replicate*", *REPLICATE]), [f"allows ecr:Replicate*: {ONLY}"]),
    (but(Action=["ecr:DeleteRepository", "s3:GetObject"]), [f"allows ecr:DeleteRepository and s3:GetObject: {ONLY}"]),
    (but(Action=None, NotAction="ecr:Delete*"), [f"allows every action except ecr:Delete* {NOT_ACTION}"]),
    (but(Resource="*"), [f"applies to *: {OF_REGISTRY}"]),
    (but(Resource=[RESOURCE, "*"]), [f"applies to *: {OF_REGISTRY}"]),
    (but(Resource=None), ["has no Resource: list the repositories"]),
    (but(Resource=None, NotResource=RESOURCE), [f"applies to every resource except {RESOURCE} {NOT_RESOURCE}"]),
    *(
        (but(Resource=each), [f"applies to {each}: {OF_REGISTRY}"])
        for each in (
            *(f"arn:aws:ecr:us-east-1:{account}:repository/*" for account in ("*", "11112222333?")),
            *(f"arn:aws:ecr:{region}:{HOME}:repository/*" for region in ("*", "us-east-?")),
            *(f"arn:aws:{service}:us-east-1:{HOME}:repository/*" for service in ("*", "s3")),
            f"arn:aws:ecr:us-east-1:{HOME}:*",
        )
    ),
    (
        but(Principal="*", Action="ecr:*", Resource="*"),
        [f"{EVERYONE} ecr:*: {RESTRICTED}", f"allows ecr:*: {ONLY}", f"applies to *: {OF_REGISTRY}"],
    ),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(statement)) == [f"statement 'Replicate' {each}" for each in expected]


def test_a_deny_is_no_grant() -> None:
    assert findings(RULE, declared(SOUND, deny(Principal="*", NotAction=REPLICATE, Resource="*"))) == []
