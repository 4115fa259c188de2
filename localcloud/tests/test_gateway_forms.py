"""The query protocol's forms: bounded, and read once."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from localcloud import gateway
from localcloud.tests.cases import case, cases
from localcloud.tests.clouds import ACCOUNT, Door, fetch


def _scope(service: str) -> str:
    credential = f"{ACCOUNT}/20261121/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=x"


FORM = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": _scope("sts")}
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"


@cases(
    "more, status, code",
    case("long", b"&a=" + b"b" * 1024 * 1024, 413, b"<Code>RequestEntityTooLarge</Code>"),
    case("of many fields", b"&a" * 20_000, 400, b"<Code>MalformedQueryString</Code>"),
    case("ordinary", b"&a=b" * 1_000, 200, b"<GetCallerIdentityResult>"),
)
def test_a_form_is_bounded(door: Door, more: bytes, status: int, code: bytes) -> None:
    answer = fetch(door[0].endpoint, method="POST", body=WHO + more, headers=FORM)
    assert answer.status == status
    assert code in answer.data


def test_a_form_is_read_once(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def counted(text: str, **more: Any) -> list[tuple[str, str]]:
        read.append(text.encode())
        return parse_qsl(text, **more)

    monkeypatch.setattr(gateway, "parse_qsl", counted)
    assert fetch(door[0].endpoint, method="POST", body=WHO, headers=FORM).status == 200
    assert read == [WHO]


def test_what_is_no_call_is_no_form(door: Door) -> None:
    """`curl --data-binary` calls every body a form."""
    signed, endpoint = {**FORM, "Authorization": _scope("s3")}, door[0].endpoint
    assert fetch(f"{endpoint}/forms", method="PUT", headers=signed).status == 200
    body = b"&" * 2 * 1024 * 1024
    assert fetch(f"{endpoint}/forms/key", method="PUT", body=body, headers=signed).status == 200
