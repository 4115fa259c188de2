"""Whoever changes what the server remembers does so in the server's own thread."""

import threading
from datetime import UTC, datetime

import pytest

from domain.iam.access import Policy
from domain.iam.document import Document
from localcloud.ecr.authorization_tokens import AuthorizationToken
from localcloud.iam_and_kms import KmsKey
from localcloud.tests.clouds import ACCOUNT, Door

GIVEN = "given"
KEY = KmsKey(
    arn=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
    account=ACCOUNT,
    region="us-east-1",
    enabled=True,
    usage="ENCRYPT_DECRYPT",
    spec="SYMMETRIC_DEFAULT",
    policy=Policy(name="none", document=Document(statements=())),
)


def test_what_a_caller_changes_is_changed_in_the_servers_thread(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, _ = door
    threads: list[str] = []

    def told(*_: object, **__: object) -> AuthorizationToken:
        threads.append(threading.current_thread().name)
        return AuthorizationToken(password=GIVEN, expires=datetime.now(UTC))

    monkeypatch.setattr(cloud._callers, "join", told)
    monkeypatch.setattr(cloud._backend, "add_key", told)
    monkeypatch.setattr(cloud._tokens, "issue", told)
    cloud.join(ACCOUNT, "o-a1b2c3d4e5")
    cloud.add_key(KEY)
    assert cloud.service_password("lambda.amazonaws.com", "arn:aws:lambda:us-east-1:1:function:a", ACCOUNT) == GIVEN
    assert threads == [cloud._server._thread.name] * 3
