"""Which token gets which role, and how every other is refused."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.iam.github import ISSUER
from domain.iam.oidc import AUDIENCE
from localcloud.cloud import LocalCloud
from localcloud.github_issuer import GithubIssuer, Job
from localcloud.tests.cases import case, cases
from localcloud.tests.clouds import Connect, fetch
from localcloud.tests.github_roles import ELSEWHERE, HOME, JOB, SUBJECT, Roles, by_token, provider, trust

DENIED = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
NO_KEY = "Couldn't retrieve verification key from your identity provider, "


@pytest.fixture(scope="session")
def roles(cloud: LocalCloud, connect: Connect) -> Roles:
    made = Roles(cloud, connect)
    made.vouch()
    return made


@pytest.fixture(scope="session")
def role(roles: Roles) -> str:
    """Trusts JOB, by everything that its token says of where it comes from."""
    return roles.make()


def test_a_job_gets_the_role_that_trusts_it(roles: Roles, role: str) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    given = roles.assume(role)
    name = role.rpartition("/")[2]
    role_id = roles.iam().get_role(RoleName=name)["Role"]["RoleId"]
    assert given["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role_id}:run-7",
        "Arn": f"arn:aws:sts::{HOME}:assumed-role/{name}/run-7",
    }
    assert (given["SubjectFromWebIdentityToken"], given["Audience"]) == (SUBJECT, AUDIENCE)
    assert given["Provider"] == f"https://{ISSUER}"
    assert given["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert timedelta(0) <= given["Credentials"]["Expiration"] - before - timedelta(hours=1) < timedelta(seconds=10)


def test_two_sessions_have_nothing_in_common(roles: Roles, role: str) -> None:
    one, other = (roles.assume(role)["Credentials"] for _ in range(2))
    assert [name for name in one if one[name] == other[name] and name != "Expiration"] == []


OTHER_JOBS = {
    "another branch": replace(JOB, ref="refs/heads/feature"),
    "a tag": replace(JOB, ref="refs/tags/main"),
    "an environment": replace(JOB, environment="production"),
    "a pull request": replace(JOB, pull_request=True),
    "another repository": replace(JOB, repository="payments-web", repository_id="65537"),
    "a fork": replace(JOB, owner="mallory", owner_id="666", repository_id="70000"),
    "a fork that took the owner's name": replace(JOB, repository_id="70000"),
    "a renamed owner's successor": replace(JOB, owner_id="666"),
    "a repository made anew under the name": replace(JOB, repository_id="70001"),
    "another letter case": replace(JOB, owner="Acme"),
    "the subject with ids": replace(JOB, ids_in_subject=True),
}


@pytest.mark.parametrize("job", OTHER_JOBS.values(), ids=OTHER_JOBS)
def test_another_job_is_refused(roles: Roles, role: str, job: Job) -> None:
    assert roles.refused(role, roles.token(job)) == DENIED


@cases(
    "claim, value, job",
    ("actor", "octocat", replace(JOB, actor="mallory")),
    ("actor_id", "583231", replace(JOB, actor_id="1")),
    ("enterprise_id", "9", replace(JOB, enterprise_id="10")),
    ("environment", "production", replace(JOB, environment="staging")),
    ("job_workflow_ref", "acme/ci/.github/workflows/push.yml@refs/heads/main", JOB),
    ("ref", "refs/heads/main", replace(JOB, ref="refs/heads/feature")),
    ("repository", "acme/payments-api", replace(JOB, repository="payments-web")),
    ("workflow", "release", replace(JOB, workflow="nightly")),
    ("sub", "repo:acme@1024/payments-api@65536:ref:refs/heads/main", JOB),
)
def test_each_claim_that_aws_maps_decides(roles: Roles, claim: str, value: str, job: Job) -> None:
    role = roles.make(trust({"aud": AUDIENCE, claim: value}))
    right = replace(
        JOB,
        enterprise_id="9",
        environment="production" if claim == "environment" else None,
        ids_in_subject=claim == "sub",
        job_workflow_ref="acme/ci/.github/workflows/push.yml@refs/heads/main",
    )
    assert roles.assume(role, roles.token(right))["AssumedRoleUser"]
    assert roles.refused(role, roles.token(job)) == DENIED


@cases("claim", "repository_owner", "event_name", "iss", "ref_type", "repository_visibility")
def test_a_claim_that_aws_does_not_map_is_no_condition_key(roles: Roles, claim: str) -> None:
    said = {**JOB.claims, "iss": f"https://{ISSUER}"}[claim]
    assert roles.refused(roles.make(trust({"aud": AUDIENCE, claim: said}))) == DENIED


def test_the_sessions_name_can_be_a_condition(roles: Roles) -> None:
    role = roles.make(by_token({"StringEquals": {f"{ISSUER}:sub": SUBJECT, "sts:RoleSessionName": "release"}}))
    assert roles.assume(role, RoleSessionName="release")["AssumedRoleUser"]["Arn"].endswith("/release")
    assert roles.refused(role) == DENIED


def test_a_changed_trust_counts_at_once(roles: Roles) -> None:
    role = roles.make()
    assert roles.assume(role)
    another = trust({"aud": AUDIENCE, "sub": "repo:acme/nothing:ref:refs/heads/main"})
    roles.iam().update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=another)
    assert roles.refused(role) == DENIED


def test_a_role_that_does_not_exist_is_refused_in_the_same_words(roles: Roles, role: str) -> None:
    assert roles.refused(f"{role}-not") == DENIED
    assert roles.refused(role.replace("/container-registry/dev/", "/")) == DENIED
    assert roles.refused(role.replace("/dev/", "/prod/")) == DENIED


def test_another_accounts_role_does_not_take_this_accounts_provider(roles: Roles) -> None:
    foreign = roles.make(trust(), account=ELSEWHERE)
    words = f"No OpenIDConnect provider found in your account for https://{ISSUER}"
    assert roles.refused(foreign) == ("InvalidIdentityToken", 400, words)
    roles.vouch(ELSEWHERE)
    assert roles.refused(foreign) == DENIED
    assert roles.assume(roles.make(account=ELSEWHERE))


def test_another_audience_is_refused(roles: Roles, role: str) -> None:
    for_github = roles.token(audience="https://github.com/acme")
    assert roles.refused(role, for_github) == ("InvalidIdentityToken", 400, "Incorrect token audience")
    roles.vouch(ELSEWHERE)
    elsewhere = roles.make(account=ELSEWHERE)
    iam, audiences = roles.iam(ELSEWHERE), [AUDIENCE, "https://github.com/acme"]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider(ELSEWHERE))
    iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=audiences)
    assert roles.refused(elsewhere, for_github) == DENIED
    assert roles.assume(elsewhere)


@cases(
    "age, code, words",
    case("just expired", timedelta(minutes=5), "ExpiredTokenException", "Token expired: current date/time "),
    case("not yet valid", timedelta(minutes=-11), "InvalidIdentityToken", "Token not yet valid: current date/time "),
)
def test_a_token_counts_in_its_time_only(roles: Roles, role: str, age: timedelta, code: str, words: str) -> None:
    refusal = roles.refused(role, roles.token(at=datetime.now(UTC) - age))
    assert refusal[:2] == (code, 400)
    assert refusal[2].startswith(words)


def test_a_token_counts_until_its_end(roles: Roles, role: str) -> None:
    assert roles.assume(role, roles.token(at=datetime.now(UTC) - timedelta(minutes=4)))
    assert roles.assume(role, roles.token(at=datetime.now(UTC) + timedelta(minutes=9)))


def claims(**more: Any) -> dict[str, Any]:
    """Those of JOB, as of now; None takes one out."""
    now = int(datetime.now(UTC).timestamp())
    times = {"iat": now, "nbf": now - 600, "exp": now + 300}
    given = {**JOB.claims, **times, "iss": f"https://{ISSUER}", "aud": AUDIENCE, "jti": "1", **more}
    return {name: value for name, value in given.items() if value is not None}


def signed(cloud: LocalCloud, given: Mapping[str, Any], *, by: GithubIssuer | None = None, **more: Any) -> str:
    """A token under the cloud's own key id, signed by its issuer or by another."""
    header = {"kid": cloud._github._key_id, **more.pop("headers", {})}
    return jwt.encode(dict(given), (by or cloud._github)._key, **{"algorithm": "RS256", **more}, headers=header)


def test_what_the_tests_sign_themselves_is_taken_as_it_is(roles: Roles, role: str, cloud: LocalCloud) -> None:
    assert roles.assume(role, signed(cloud, claims()))
    assert roles.assume(role, signed(cloud, claims(nbf=None, jti=None)))


def test_a_token_of_another_issuer_is_refused(roles: Roles, role: str, cloud: LocalCloud) -> None:
    other = signed(cloud, claims(iss="https://gitlab.com"))
    words = "No OpenIDConnect provider found in your account for https://gitlab.com"
    assert roles.refused(role, other) == ("InvalidIdentityToken", 400, words)
    roles.vouch(issuer="gitlab.com")
    of_gitlab = roles.make(trust(principal=provider(issuer="gitlab.com"), issuer="gitlab.com"))
    assert roles.refused(of_gitlab, other)[2].startswith(NO_KEY)
    for none in (ISSUER, "", None):
        nameless = signed(cloud, claims(iss=none))
        assert roles.refused(role, nameless) == ("InvalidIdentityToken", 400, "Issuer must be a valid URL")


@cases("missing", "aud", "exp", "iat", "sub")
def test_a_token_without_a_claim_is_refused(roles: Roles, role: str, cloud: LocalCloud, missing: str) -> None:
    refusal = roles.refused(role, signed(cloud, claims(**{missing: None})))
    assert refusal == ("InvalidIdentityToken", 400, f"Missing a required claim: {missing}")


@cases("name", "aud", "sub", "repository_id", "exp", "nbf")
def test_a_claim_of_another_type_is_refused(roles: Roles, role: str, cloud: LocalCloud, name: str) -> None:
    code, status, words = roles.refused(role, signed(cloud, claims(**{name: {"of": AUDIENCE}})))
    assert (code, status) == ("InvalidIdentityToken", 400)
    assert words.startswith(f"The claim {name} is not ")


def forged(cloud: LocalCloud) -> dict[str, str]:
    """Tokens that say what the right one says, and that GitHub never signed."""
    head, body, signature = signed(cloud, claims()).split(".")
    public = cloud._github._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    confused = part({"alg": "HS256", "typ": "JWT", "kid": cloud._github._key_id})
    mac = hmac.new(public, f"{confused}.{body}".encode(), hashlib.sha256).digest()
    return {
        "another key": signed(cloud, claims(), by=GithubIssuer()),
        "another body": f"{head}.{part(claims(repository='mallory/x'))}.{signature}",
        "no signature": f"{head}.{body}.",
        "alg none": f"{part({'alg': 'none', 'typ': 'JWT', 'kid': cloud._github._key_id})}.{body}.",
        "the public key as a secret": f"{confused}.{body}.{encoded(mac)}",
        "another algorithm of the same key": signed(cloud, claims(), algorithm="PS256"),
    }


def part(data: Mapping[str, Any]) -> str:
    return encoded(json.dumps(data).encode())


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_forged_token_is_refused(roles: Roles, role: str, cloud: LocalCloud) -> None:
    for how, token in forged(cloud).items():
        code, status, words = roles.refused(role, token)
        assert (code, status) == ("InvalidIdentityToken", 400), how
        assert words.startswith("The token's signature proves nothing: "), how


@cases("key", "another", "")
def test_a_key_that_github_does_not_have_proves_nothing(roles: Roles, role: str, cloud: LocalCloud, key: str) -> None:
    assert roles.refused(role, signed(cloud, claims(), headers={"kid": key}))[2].startswith(NO_KEY)


def test_another_clouds_token_is_refused(roles: Roles, role: str) -> None:
    foreign = GithubIssuer().token(JOB, audience=AUDIENCE, now=datetime.now(UTC))
    assert roles.refused(role, foreign)[2].startswith(NO_KEY)


@cases(
    "text",
    case("words", "none at all"),
    case("three words", "a.b.c"),
    case("a list", f"{part({'alg': 'RS256'})}.{encoded(b'[]')}.eA"),
    case("a deep list", f"{part({'alg': 'RS256'})}.{encoded(b'[' * 9000)}.eA"),
)
def test_what_is_no_token_is_refused(roles: Roles, role: str, text: str) -> None:
    assert roles.refused(role, text) == ("InvalidIdentityToken", 400, NOT_A_JWT)


@cases(
    "given, words",
    ({"DurationSeconds": 3601}, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ({"DurationSeconds": 43201}, "Value at 'durationSeconds' failed to satisfy constraint: Member must have value"),
    ({"PolicyArns": [{"arn": "a" * 2049}]}, "Value at 'policyArns.1.member.arn' failed to satisfy constraint: "),
    ({"RoleSessionName": "a b"}, "Value at 'roleSessionName' failed to satisfy constraint: Member must satisfy"),
    ({"RoleArn": f"arn:aws:iam::{HOME}:user/other"}, "Request ARN is invalid"),
    ({"RoleArn": "arn:aws:iam::12345:role/other"}, "Request ARN is invalid"),
    ({"RoleArn": "arn:aws:sts::771100002222:role/other"}, "Request ARN is invalid"),
    ({"RoleArn": "a role without an arn"}, "Request ARN is invalid"),
)
def test_bad_input_is_refused(roles: Roles, role: str, given: dict[str, Any], words: str) -> None:
    code, status, said = roles.refused(given.pop("RoleArn", role), **given)
    assert (code, status) == ("ValidationError", 400)
    assert words in said


def test_a_session_lasts_as_long_as_the_role_lets_it(roles: Roles) -> None:
    role = roles.make(MaxSessionDuration=7200)
    for seconds in (7200, 900):
        ends = roles.assume(role, DurationSeconds=seconds)["Credentials"]["Expiration"] - datetime.now(UTC)
        assert timedelta(seconds=seconds - 10) < ends <= timedelta(seconds=seconds)


@cases(
    "more, words",
    ("", "ValidationError: 1 validation error detected: Value at 'roleArn' failed to satisfy constraint: "),
    ("&RoleArn=", "ValidationError: 1 validation error detected: Value at 'roleArn' failed to satisfy constraint: "),
    (f"&RoleArn=arn:aws:iam::{HOME}:role/x&DurationSeconds=soon", "SerializationException: DurationSeconds must be "),
)
def test_what_no_client_would_send_is_refused_too(cloud: LocalCloud, more: str, words: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=run&WebIdentityToken=a.b.c{more}"
    answer = fetch(cloud.endpoint, method="POST", body=body.encode(), headers=form)
    assert answer.status == 400
    code, message = re.findall("<(?:Code|Message)>(.*?)</", answer.data.decode())
    assert f"{code}: {unescape(message)}".startswith(words)
