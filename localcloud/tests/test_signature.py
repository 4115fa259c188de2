"""A signature proves who calls ECR: every way to get it wrong has its own name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from localcloud.tests.cases import case, cases
from localcloud.tests.clouds import ACCOUNT, Connect, Door, fetch
from localcloud.tests.statements import text, trusts

ROOT = {"AccessKeyId": ACCOUNT, "SecretAccessKey": "whatever"}
_TARGET = "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"


@pytest.fixture(scope="module")
def session(door: Door, connect: Connect) -> dict[str, Any]:
    trust = text(trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    role = connect(door[0], "iam").create_role(RoleName="signer", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    return dict(connect(door[0], "sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"])


Change = Callable[[AWSRequest], None]


def _as_it_is(_: AWSRequest) -> None:
    return


def _sent(
    door: Door,
    credentials: dict[str, Any],
    *,
    before: Change = _as_it_is,
    after: Change = _as_it_is,
) -> str:
    """The error's code, or "" for an answer; the request changed before it is signed, or after."""
    url = door[0].endpoint + "/"
    headers = {"X-Amz-Target": _TARGET, "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", url, headers=headers, data=b'{"repositoryNames": ["a"]}')
    before(request)
    key = Credentials(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials.get("SessionToken"))
    SigV4Auth(key, "ecr", "us-east-1").add_auth(request)
    after(request)
    answer = fetch(url, method="POST", body=request.data, headers={**request.prepare().headers})
    if answer.status == 200:
        return ""
    code = str(answer.json()["__type"])
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, code)
    return code


def _header(name: str, value: str | None) -> Change:
    def change(request: AWSRequest) -> None:
        del request.headers[name]
        if value is not None:
            request.headers[name] = value

    return change


def _in_authorization(old: str, new: str) -> Change:
    def change(request: AWSRequest) -> None:
        header = request.headers["Authorization"]
        assert old in header
        _header("Authorization", header.replace(old, new))(request)

    return change


def _another_day(request: AWSRequest) -> None:
    day = request.headers["X-Amz-Date"][:8]
    _in_authorization(f"/{day}/", "/20200101/")(request)


def _data(request: AWSRequest) -> None:
    request.data = b'{"repositoryNames": ["b"]}'


def test_an_accounts_root_may_have_any_secret_but_signs_for_a_region(door: Door) -> None:
    assert _sent(door, ROOT) == ""
    assert _sent(door, ROOT, after=_in_authorization("/us-east-1", "")) == "IncompleteSignatureException"


def test_headers_with_odd_spaces_are_signed_as_aws_does(door: Door, session: dict[str, Any]) -> None:
    assert _sent(door, session, before=_header("X-Amz-Note", "a   b")) == ""


@cases(
    "changed, code",
    ({"SecretAccessKey": "wrong"}, "InvalidSignatureException"),
    ({"AccessKeyId": "ASIAUNKNOWNUNKNOWN00"}, "UnrecognizedClientException"),
    ({"SessionToken": "another"}, "UnrecognizedClientException"),
    ({"SessionToken": None}, "UnrecognizedClientException"),
)
def test_wrong_credentials_are_refused(door: Door, session: dict[str, Any], changed: dict[str, Any], code: str) -> None:
    assert _sent(door, {**session, **changed}) == code


def test_botocore_shows_the_refusal_as_aws_does(door: Door, connect: Connect, session: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="signature we calculated does not match") as refused:
        connect(door[0], "ecr", credentials={**session, "SecretAccessKey": "wrong"}).describe_repositories()
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"


@cases(
    "forged",
    case("another body", _data),
    case("another operation", _header("X-Amz-Target", _TARGET.replace("Describe", "Delete"))),
    case("a header that is not signed", _header("X-Amz-Extra", "1")),
    case("another region", _in_authorization("us-east-1", "eu-west-1")),
    case("a header fewer", _in_authorization("host;", "")),
    case("another day", _another_day),
)
def test_what_was_changed_after_signing_is_refused(door: Door, session: dict[str, Any], forged: Change) -> None:
    assert _sent(door, session, after=forged) == "InvalidSignatureException"


def test_an_operation_that_was_not_signed_is_refused(door: Door, session: dict[str, Any]) -> None:
    before, after = _header("X-Amz-Target", None), _header("X-Amz-Target", _TARGET)
    assert _sent(door, session, before=before, after=after) == "InvalidSignatureException"


def test_a_signed_digest_must_be_the_bodys(door: Door, session: dict[str, Any]) -> None:
    from hashlib import sha256

    right = _header("X-Amz-Content-SHA256", sha256(b'{"repositoryNames": ["a"]}').hexdigest())
    assert _sent(door, session, before=right) == ""
    assert _sent(door, session, before=right, after=_data) == "InvalidSignatureException"
    unsigned = _header("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")
    assert _sent(door, session, before=unsigned) == "InvalidSignatureException"


@cases("minutes, code", (-16, "InvalidSignatureException"), (16, "InvalidSignatureException"), (-14, ""), (14, ""))
def test_a_signature_holds_for_a_quarter_of_an_hour(
    door: Door, session: dict[str, Any], minutes: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: at)
    assert _sent(door, session) == code


def test_the_expiry_is_the_one_that_sts_gave(door: Door, session: dict[str, Any]) -> None:
    assert door[0]._callers._keys[session["AccessKeyId"]].expires == session["Expiration"]


@cases(
    "broken",
    case("another algorithm", _in_authorization("AWS4-HMAC-SHA256", "AWS3")),
    case("no signed headers", _in_authorization("SignedHeaders", "Signed")),
    case("a short scope", _in_authorization("/aws4_request", "")),
    case("no region", _in_authorization("/us-east-1", "")),
    case("no moment", _header("X-Amz-Date", "yesterday")),
    case("a token that is no text", _header("X-Amz-Security-Token", "\xff")),
    case("a signature that is no text", _in_authorization("Signature=", "Signature=\xff")),
    case("another header that is no text", _header("X-Amz-Note", "\xff")),
)
def test_an_incomplete_signature_is_called_so(door: Door, session: dict[str, Any], broken: Change) -> None:
    assert _sent(door, session, after=broken) == "IncompleteSignatureException"
