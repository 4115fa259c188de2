"""Trust in a cluster's service accounts; held against the tokens that others could bring."""

from typing import Any

from botocore.loaders import Loader

from domain.document_text import to_json_text
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.cluster_trust import (
    cluster_trust_policy,
    cluster_trust_problems,
    service_account_of,
    service_account_subject,
)
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from domain.iam.limits import ISSUER_URL_MAX, TRUST_TEXT_MAX
from domain.iam.oidc import AUDIENCE, issuer_name, issuer_problems, provider_arn
from tests.cases import cases

HOME = "111122223333"
URL = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
OTHER = "https://oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
PROVIDER = provider_arn(URL, HOME, "us-east-1")
API = service_account_subject("payments", "api")
WEB = service_account_subject("payments", "web")
TOKEN = {"aud": AUDIENCE, "sub": API}


def is_trusted(token: dict[str, str], *, issuer: str = URL, provider: str = PROVIDER) -> bool:
    document = parse(to_json_text(cluster_trust_policy(URL, [API, WEB], provider=PROVIDER)))
    request = Request(
        action="sts:AssumeRoleWithWebIdentity",
        resource=f"arn:aws:iam::{HOME}:role/puller",
        account=HOME,
        context={f"{issuer_name(issuer)}:{claim}": (value,) for claim, value in token.items()},
    )
    caller = Caller(identity=Identity(arn=provider, account=None))
    return evaluate(caller, request, (Policy(name="trust", document=document),)).allowed


def test_its_service_accounts_are_trusted_and_no_others() -> None:
    assert is_trusted(TOKEN)
    assert is_trusted({**TOKEN, "sub": WEB})
    subjects = (
        *(service_account_subject("payments", each) for each in ("default", "api2", "API", "ap", "*", "api:x")),
        *(service_account_subject(each, "api") for each in ("payment", "payments-2", "kube-system", "payments:x")),
        "payments:api",
    )
    assert [each for each in subjects if is_trusted({**TOKEN, "sub": each})] == []
    assert not is_trusted({**TOKEN, "aud": "https://kubernetes.default.svc"})
    assert not is_trusted({"aud": AUDIENCE})
    assert not is_trusted({"sub": API})


def test_another_clusters_token_is_not_trusted() -> None:
    assert not is_trusted(TOKEN, issuer=OTHER, provider=provider_arn(OTHER, HOME, "us-east-1"))
    assert not is_trusted(TOKEN, provider=provider_arn(OTHER, HOME, "us-east-1"))
    assert not is_trusted(TOKEN, issuer=OTHER)
    assert not is_trusted(TOKEN, provider=provider_arn(URL, "444455556666", "us-east-1"))


def test_the_policy_is_that_of_irsa() -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html, with the Sid."""
    name = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
    assert cluster_trust_policy(URL, [WEB, API, WEB], provider=PROVIDER) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ServiceAccounts",
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/{name}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{name}:aud": "sts.amazonaws.com",
                        f"{name}:sub": [
                            "system:serviceaccount:payments:api",
                            "system:serviceaccount:payments:web",
                        ],
                    }
                },
            }
        ],
    }


def test_a_trust_policy_that_is_too_long_is_a_problem() -> None:
    length = len(to_json_text(cluster_trust_policy(URL, [service_account_subject("payments", "")], provider=PROVIDER)))
    longest, longer = ([service_account_subject("payments", "x" * (TRUST_TEXT_MAX - length + more))] for more in (0, 1))
    assert cluster_trust_problems(URL, longest, provider=PROVIDER) == []
    (problem,) = cluster_trust_problems(URL, longer, provider=PROVIDER)
    assert problem.message == "makes the role's trust policy 2,049 characters long, and IAM allows 2,048"
    assert problem.fix == "name fewer service accounts"


@cases(
    "subject,known",
    (API, ("payments", "api")),
    ("system:serviceaccount:payments:*", ("payments", "*")),
    ("system:serviceaccount:payments", None),
    ("repo:acme/payments:ref:refs/heads/main", None),
    ("*", None),
)
def test_subjects_are_read(subject: str, known: tuple[str, str] | None) -> None:
    assert service_account_of(subject) == known


@cases(
    "url",
    URL,
    "https://oidc.eks.cn-north-1.amazonaws.com.cn/id/EXAMPLE",
    "https://container.googleapis.com/v1/projects/acme/locations/europe-west4/clusters/storefront",
    "https://eastus.oic.prod-aks.azure.com/00000000-0000-0000-0000-000000000000/11111111-1111-1111-1111-111111111111",
    "https://s3.eu-west-1.amazonaws.com/acme-k3s-issuer",
    "https://issuer.example.com",
    f"https://example.com/{'x' * (ISSUER_URL_MAX - len('https://example.com/'))}",
)
def test_the_urls_of_issuers(url: str) -> None:
    assert issuer_problems(url) == []


@cases(
    "url,instead",
    ("http://issuer.example.com", None),
    ("issuer.example.com/id/1", "https://issuer.example.com/id/1"),
    ("https://issuer.example.com/", "https://issuer.example.com"),
    ("https://issuer.example.com/id//1", None),
    ("https://issuer.example.com/../1", None),
    ("https://issuer.example.com:443/id", None),
    ("https://me@issuer.example.com", None),
    ("https://issuer.example.com?x=1", None),
    ("https://issuer.example.com/#x", None),
    ("https://issuer.example.com/*", None),
    ("https://*.example.com", None),
    ("https://Issuer.example.com", None),
    ("https://issuer.example.com/a,b", None),
    ("https://issuer.example.com/${x}", None),
    ("https://issuer.example.com\n", None),
    ("https://", None),
    ("https://issuer", None),
    ("", None),
)
def test_what_is_no_url_of_an_issuer(url: str, instead: str | None) -> None:
    (problem,) = issuer_problems(url)
    assert (problem.message, problem.instead) == ("is not the https URL of an OIDC issuer", instead)


@cases(
    "url",
    "https://kubernetes.default.svc",
    "https://kubernetes.default.svc.cluster.local",
    "https://api.internal",
    "https://10.96.0.1",
)
def test_an_issuer_that_aws_cannot_reach(url: str) -> None:
    (problem,) = issuer_problems(url)
    assert problem.message == "is no issuer whose keys AWS can fetch"


def test_an_issuers_url_can_be_too_long() -> None:
    (problem,) = issuer_problems(f"https://example.com/{'x' * ISSUER_URL_MAX}")
    assert problem.message == "has 275 characters, and IAM allows 255"


def test_the_limit_is_that_of_the_api() -> None:
    shapes: dict[str, Any] = Loader().load_service_model("iam", "service-2")["shapes"]
    assert shapes["OpenIDConnectProviderUrlType"]["max"] == ISSUER_URL_MAX
