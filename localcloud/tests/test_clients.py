"""The user's AWS variables and files neither end a run nor come into it."""

from pathlib import Path

import pytest
from botocore.session import Session

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from localcloud.tests.cases import case, cases
from localcloud.tests.clouds import ACCOUNT, REGION

FILE = """\
[default]
defaults_mode = bogus
endpoint_url = http://127.0.0.1:1
max_attempts = bogus
retry_mode = bogus
"""
HEARD = {
    name
    for _, names, _, _ in Session.SESSION_VARIABLES.values()
    for name in ((names,) if isinstance(names, str) else names or ())
}
"""Every variable that botocore has a setting for."""
OTHERS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_ECR": "bogus",
    "AWS_REGION": "eu-west-1",
    "AWS_SESSION_TOKEN": "bogus",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "REQUESTS_CA_BUNDLE": "/nowhere",
}


def works(cloud: LocalCloud) -> None:
    with Clients(cloud.endpoint) as clients:
        assert clients.root("ecr", REGION, ACCOUNT).describe_registry()["registryId"] == ACCOUNT
        assert clients.root("sts", REGION, ACCOUNT).get_caller_identity()["Account"] == ACCOUNT


def test_no_variable_is_heard(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once: whichever is heard ends it."""
    for name in {*HEARD, *OTHERS}:
        monkeypatch.setenv(name, OTHERS.get(name, "bogus"))
    works(cloud)


@cases("content", case("bogus", FILE.encode()), case("junk", b"\xff\x00[["))
def test_no_file_is_read(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / ".aws" / "config"
    file.parent.mkdir()
    file.write_bytes(content)
    monkeypatch.setenv("HOME", str(tmp_path))
    works(cloud)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    works(cloud)


def test_botocore_s_own_defaults_stay(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "mine")
    with Clients(cloud.endpoint) as clients:
        config = clients.root("ecr", REGION, ACCOUNT).meta.config
    assert (config.use_fips_endpoint, config.user_agent_appid, config.parameter_validation) == (None, None, True)
    assert config.request_checksum_calculation == "when_supported"
