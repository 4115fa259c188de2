"""A cluster's service accounts and their roles: by the tokens of the cluster's issuer, and by EKS Pod Identity."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.iam.oidc import AUDIENCE
from localcloud.cloud import LocalCloud
from localcloud.cluster_issuer import POD_IDENTITY_AUDIENCE, ClusterIssuer
from localcloud.oidc_issuers import OidcIssuers, PublishedKeys
from localcloud.pod_identity import PodIdentityAssociation
from localcloud.tests.cases import cases
from localcloud.tests.clouds import REGION, Connect, fetch
from localcloud.tests.github_roles import Roles, provider, trust
from localcloud.tests.statements import allow, text, trusts

HOME = "771100005555"
HOST = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
URL = f"https://{HOST}"
NAMESPACE, ACCOUNT = "payments", "ecr-refresher"
SUBJECT = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
DENIED = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
NO_KEY = "Couldn't retrieve verification key from your identity provider, "
CLUSTER = f"arn:aws:eks:{REGION}:{HOME}:cluster/prod"


@pytest.fixture(scope="session")
def issuer(cloud: LocalCloud) -> ClusterIssuer:
    made = ClusterIssuer(URL)
    cloud.add_issuer(URL, made)
    return made


@pytest.fixture(scope="session")
def roles(cloud: LocalCloud, connect: Connect) -> Roles:
    made = Roles(cloud, connect)
    made.vouch(HOME, HOST)
    return made


def trusted(claims: Mapping[str, object] | None = None, issuer: str = HOST) -> str:
    """A trust policy as IRSA has it."""
    wanted = {"sub": SUBJECT, "aud": AUDIENCE} if claims is None else claims
    return trust(wanted, principal=provider(HOME, issuer), issuer=issuer)


@pytest.fixture(scope="session")
def role(roles: Roles) -> str:
    return roles.make(trusted(), account=HOME)


def test_a_service_account_gets_the_role_that_trusts_it(roles: Roles, issuer: ClusterIssuer, role: str) -> None:
    given = roles.assume(role, issuer.token(NAMESPACE, ACCOUNT))
    assert (given["SubjectFromWebIdentityToken"], given["Audience"], given["Provider"]) == (SUBJECT, AUDIENCE, URL)
    assert given["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{HOME}:assumed-role/")


@cases("namespace, account", ("other", ACCOUNT), (NAMESPACE, "default"), (f"{NAMESPACE}:{ACCOUNT}", ""))
def test_another_service_account_is_refused(
    roles: Roles, issuer: ClusterIssuer, role: str, namespace: str, account: str
) -> None:
    assert roles.refused(role, issuer.token(namespace, account)) == DENIED


def test_another_clusters_service_account_of_the_same_name_is_refused(
    roles: Roles, cloud: LocalCloud, role: str, issuer: ClusterIssuer
) -> None:
    other = ClusterIssuer("https://oidc.eks.us-east-1.amazonaws.com/id/OTHER")
    cloud.add_issuer(other.url, other)
    token = other.token(NAMESPACE, ACCOUNT)
    unknown = ("InvalidIdentityToken", 400, f"No OpenIDConnect provider found in your account for {other.url}")
    assert roles.refused(role, token) == unknown
    roles.vouch(HOME, other.url.removeprefix("https://"))
    assert roles.refused(role, token) == DENIED
    of_other = roles.make(trusted(issuer=other.url.removeprefix("https://")), account=HOME)
    assert roles.assume(of_other, token)
    assert roles.refused(of_other, issuer.token(NAMESPACE, ACCOUNT)) == DENIED


def test_a_token_that_another_key_signed_is_refused(roles: Roles, issuer: ClusterIssuer, role: str) -> None:
    forger = ClusterIssuer(URL)
    assert roles.refused(role, forger.token(NAMESPACE, ACCOUNT))[2].startswith(NO_KEY)
    forger._key_id = issuer._key_id
    assert "signature proves nothing" in roles.refused(role, forger.token(NAMESPACE, ACCOUNT))[2]


def test_a_token_for_another_audience_is_refused(roles: Roles, issuer: ClusterIssuer, role: str) -> None:
    for_the_api = issuer.token(NAMESPACE, ACCOUNT, audience="https://kubernetes.default.svc")
    assert roles.refused(role, for_the_api) == ("InvalidIdentityToken", 400, "Incorrect token audience")


def test_an_expired_token_is_refused(roles: Roles, issuer: ClusterIssuer, role: str) -> None:
    old = issuer.token(NAMESPACE, ACCOUNT, at=datetime.now(UTC) - timedelta(hours=1))
    assert roles.refused(role, old)[:2] == ("ExpiredTokenException", 400)
    assert roles.assume(role, issuer.token(NAMESPACE, ACCOUNT, at=datetime.now(UTC) - timedelta(minutes=59)))


def test_an_issuer_without_a_known_key_is_refused(roles: Roles) -> None:
    roles.vouch(HOME, "oidc.example.com/unknown")
    unknown = roles.make(trusted(issuer="oidc.example.com/unknown"), account=HOME)
    token = ClusterIssuer("https://oidc.example.com/unknown").token(NAMESPACE, ACCOUNT)
    assert roles.refused(unknown, token)[2].startswith(NO_KEY)


def test_github_claims_are_no_condition_keys_of_a_cluster(roles: Roles, issuer: ClusterIssuer) -> None:
    now = datetime.now(UTC)
    claims = {"aud": [AUDIENCE], "iss": URL, "sub": SUBJECT, "iat": now, "exp": now + timedelta(minutes=5)}
    token = issuer.signed({**claims, "repository_id": "65536"})
    assert roles.assume(roles.make(trusted({"sub": SUBJECT}), account=HOME), token)
    assert roles.refused(roles.make(trusted({"sub": SUBJECT, "repository_id": "65536"}), account=HOME), token) == DENIED


@cases("audiences", [AUDIENCE, "https://kubernetes.default.svc"], [], [1])
def test_a_token_for_several_audiences_is_refused(
    roles: Roles, issuer: ClusterIssuer, role: str, audiences: list[object]
) -> None:
    now = datetime.now(UTC)
    token = issuer.signed({"aud": audiences, "iss": URL, "sub": SUBJECT, "iat": now, "exp": now + timedelta(minutes=5)})
    assert roles.refused(role, token)[2].startswith(f"The claim aud has {len(audiences)} audiences, ")


def test_the_token_says_what_a_real_one_says(issuer: ClusterIssuer) -> None:
    claims = jwt.decode(issuer.token(NAMESPACE, ACCOUNT), options={"verify_signature": False})
    assert sorted(claims) == ["aud", "exp", "iat", "iss", "jti", "kubernetes.io", "nbf", "sub"]
    assert (claims["aud"], claims["iss"], claims["sub"]) == ([AUDIENCE], URL, SUBJECT)
    assert claims["exp"] - claims["iat"] == 3600
    about = claims["kubernetes.io"]
    assert (about["namespace"], about["serviceaccount"]["name"]) == (NAMESPACE, ACCOUNT)
    again = jwt.decode(issuer.token(NAMESPACE, ACCOUNT), options={"verify_signature": False})["kubernetes.io"]
    assert about["serviceaccount"] == again["serviceaccount"]
    assert about["pod"] != again["pod"]


def published(issuer: ClusterIssuer) -> dict[str, str]:
    """The issuer's key as an API server has it: its JWKS, and the file of its --service-account-key-file."""
    public = issuer._key.public_key()
    key = {
        **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(public)),
        "kid": issuer._key_id,
        "use": "sig",
        "alg": "RS256",
    }
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return {"jwks": json.dumps({"keys": [key]}), "pem": pem}


@cases("form", "jwks", "pem")
def test_the_published_key_of_an_api_server_proves_its_tokens(roles: Roles, cloud: LocalCloud, form: str) -> None:
    server = ClusterIssuer(f"https://oidc.example.com/{form}")
    keys = PublishedKeys(published(server)[form])
    if form == "pem":
        (server._key_id,) = keys._keys
    cloud.add_issuer(server.url, keys)
    roles.vouch(HOME, f"oidc.example.com/{form}")
    role = roles.make(trusted(issuer=f"oidc.example.com/{form}"), account=HOME)
    assert roles.assume(role, server.token(NAMESPACE, ACCOUNT))
    forger = ClusterIssuer(server.url)
    forger._key_id = server._key_id
    assert "signature proves nothing" in roles.refused(role, forger.token(NAMESPACE, ACCOUNT))[2]


OPENSSL_KEY = """\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmadHU0BOFTRhP88cA5AW
qw9BLukJEJT4J/QAJTB5PAuN9uMy+JtPXTLXH2QFtzO8hS1NTMwt08ZpfP9O4sXm
y6FDDKOUkzD41i1yhQ4KnE+e8blGud51Kptjz1d87msu5yjFn1q05TMWtzCF43Hd
ImT5b8MOkNtPYf1jFFTnx+jCknVu6srweI/iyTpl7hfs3Pqb5bhP5OaNf/yD6xXn
n1jtFhMUj9G/kIZtsm6tqy/USAqFBT/faeiVTK4l9bLWgFaJ6TYS4mO0yOfXAOHq
e9+l1aKS464Hil66F9/TZk3YgnRnY3S10FERioCqFP+qkAc2I1Ml9OT4J70qkTT5
MQIDAQAB
-----END PUBLIC KEY-----
"""
"""openssl genrsa -out sa.key 2048; openssl rsa -in sa.key -pubout -out sa.pub"""


def test_the_id_of_a_key_in_pem_is_the_digest_that_kubernetes_takes() -> None:
    # openssl rsa -pubin -in sa.pub -outform der | openssl dgst -sha256 -binary | base64 | tr '+/' '-_' | tr -d '='
    keys = PublishedKeys(OPENSSL_KEY)
    assert keys.key("wd9jxS-7FLa3REvau4wSoyDHk-fAlPoG6VlA0bhKo5g") is not None
    assert keys.key("another") is None


@cases("text", "{}", '{"keys": []}', '{"keys": 1}', "{", "no key", "")
def test_keys_that_can_not_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PublishedKeys(text)


def test_a_key_of_another_kind_is_refused() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(ValueError, match="is not an RSA public key"):
        PublishedKeys(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


@cases("url", "http://oidc.example.com", "oidc.example.com", "https://", "https://oidc.example.com/", "")
def test_what_is_no_issuers_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of an OIDC issuer"):
        OidcIssuers().add(url, ClusterIssuer(url))


POD = {"Service": "pods.eks.amazonaws.com"}


@pytest.fixture(scope="session")
def association(roles: Roles, issuer: ClusterIssuer) -> PodIdentityAssociation:
    """Of a role that trusts this cluster, and that can log in."""
    by_cluster = {"StringEquals": {"aws:SourceAccount": HOME}, "ArnEquals": {"aws:SourceArn": CLUSTER}}
    role = roles.make(text(trusts(POD, "sts:AssumeRole", "sts:TagSession", Condition=by_cluster)), account=HOME)
    tagged = {"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": NAMESPACE}}
    allowed = text(allow("ecr:GetAuthorizationToken", Condition=tagged))
    roles.iam(HOME).put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="own", PolicyDocument=allowed)
    return PodIdentityAssociation(
        cluster=CLUSTER, issuer=issuer.url, namespace=NAMESPACE, service_account=ACCOUNT, role=role
    )


def answered(url: str, token: str) -> tuple[int, str]:
    answer = fetch(url, headers={"Authorization": token} if token else {})
    return answer.status, answer.data.decode()


def test_pod_identity_gives_the_pod_a_session_of_its_role(
    cloud: LocalCloud, connect: Connect, issuer: ClusterIssuer, association: PodIdentityAssociation
) -> None:
    url = cloud.associate(association)
    status, body = answered(url, issuer.token(NAMESPACE, ACCOUNT, audience=POD_IDENTITY_AUDIENCE))
    given = json.loads(body)
    assert (status, sorted(given)) == (200, ["AccessKeyId", "AccountId", "Expiration", "SecretAccessKey", "Token"])
    credentials = {**given, "SessionToken": given["Token"]}
    assert connect(cloud, "ecr", credentials=credentials).get_authorization_token()["authorizationData"]
    name = association.role.rpartition("/")[2]
    caller = connect(cloud, "sts", credentials=credentials).get_caller_identity()["Arn"]
    assert caller.startswith(f"arn:aws:sts::{HOME}:assumed-role/{name}/")
    with pytest.raises(ClientError, match="AccessDenied"):
        connect(cloud, "ecr", credentials=credentials).describe_repositories()
    assert cloud.associate(replace(association, service_account="other")) == url


def test_pod_identity_refuses_every_other_token(
    cloud: LocalCloud, issuer: ClusterIssuer, association: PodIdentityAssociation
) -> None:
    url = cloud.associate(association)
    old = datetime.now(UTC) - timedelta(hours=2)
    other = ClusterIssuer("https://oidc.example.com/other-cluster")
    cloud.add_issuer(other.url, other)
    refused = {
        "": (400, "Service account token cannot be empty\n"),
        "nonsense": (400, "(InvalidIdentityToken)"),
        issuer.token(NAMESPACE, ACCOUNT): (400, "Incorrect token audience"),
        issuer.token(NAMESPACE, ACCOUNT, audience=POD_IDENTITY_AUDIENCE, at=old): (400, "(ExpiredTokenException)"),
        issuer.token(NAMESPACE, "default", audience=POD_IDENTITY_AUDIENCE): (
            404,
            f"No association found for system:serviceaccount:{NAMESPACE}:",
        ),
        other.token(NAMESPACE, ACCOUNT, audience=POD_IDENTITY_AUDIENCE): (404, "No association found for "),
        ClusterIssuer(URL).token(NAMESPACE, ACCOUNT, audience=POD_IDENTITY_AUDIENCE): (400, NO_KEY),
    }
    for token, (status, words) in refused.items():
        answer = answered(url, token)
        assert answer[0] == status, words
        assert words in answer[1]


@cases(
    "trusted",
    trusts(POD, "sts:AssumeRole"),
    trusts({"Service": "ecs-tasks.amazonaws.com"}, "sts:AssumeRole", "sts:TagSession"),
    trusts(POD, "sts:AssumeRole", "sts:TagSession", Condition={"ArnEquals": {"aws:SourceArn": f"{CLUSTER}-2"}}),
    trusts(POD, "sts:*", Condition={"StringEquals": {"aws:RequestTag/kubernetes-namespace": "other"}}),
)
def test_pod_identity_needs_the_roles_trust(
    roles: Roles, issuer: ClusterIssuer, association: PodIdentityAssociation, trusted: Mapping[str, object]
) -> None:
    role = roles.make(text(trusted), account=HOME)
    url = roles.cloud.associate(replace(association, service_account="untrusted", role=role))
    status, body = answered(url, issuer.token(NAMESPACE, "untrusted", audience=POD_IDENTITY_AUDIENCE))
    assert (status, f"{role} does not trust pods.eks.amazonaws.com" in body) == (403, True)
