"""What is said once for a whole registry: scanning, settings, exclusions, tokens."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ecr.limits import PULL_TIME_EXCLUSIONS_MAX
from localcloud.calls import Call
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.authorization_tokens import LIFE, Tokens
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import NAME, ROLE, Plane, root, user
from localcloud.tests.statements import allow


def scan(frequency: str, *filters: str) -> dict[str, Any]:
    listed = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    return {"scanFrequency": frequency, "repositoryFilters": listed}


def test_the_scanning_configuration_is_kept_in_its_registry(plane: Plane) -> None:
    rules = [scan("SCAN_ON_PUSH", "dev-*", "*"), scan("CONTINUOUS_SCAN", "prod")]
    configuration: dict[str, Any] = {"scanType": "ENHANCED", "rules": rules}
    answer = plane("PutRegistryScanningConfiguration", **configuration)
    assert answer == {"registryScanningConfiguration": configuration}
    assert plane("GetRegistryScanningConfiguration")["scanningConfiguration"] == configuration
    default = {"registryId": ACCOUNT, "scanningConfiguration": {"scanType": "BASIC", "rules": []}}
    assert plane("GetRegistryScanningConfiguration", region=OTHER_REGION) == default
    plane("PutRegistryScanningConfiguration")
    assert plane("GetRegistryScanningConfiguration") == default


@cases(
    "configuration",
    {"scanType": "BASIC", "rules": [scan("CONTINUOUS_SCAN", "*")]},
    {"scanType": "ENHANCED", "rules": [scan("SCAN_ON_PUSH", "a"), scan("SCAN_ON_PUSH", "b")]},
    {"scanType": "ENHANCED", "rules": [scan("SCAN_ON_PUSH", "Upper")]},
)
def test_an_invalid_scanning_configuration_is_refused(configuration: dict[str, Any]) -> None:
    assert Plane().code("PutRegistryScanningConfiguration", **configuration) == "InvalidParameterException"


@cases(
    "configuration, on_push, expected",
    ({}, False, (False, "MANUAL", [])),
    ({}, True, (True, "SCAN_ON_PUSH", [])),
    ({"rules": [scan("SCAN_ON_PUSH", "search")]}, True, (False, "MANUAL", [])),
    ({"rules": [scan("SCAN_ON_PUSH", "pay", "x")]}, False, (True, "SCAN_ON_PUSH", ["pay"])),
    ({"scanType": "ENHANCED", "rules": [scan("CONTINUOUS_SCAN", "*api")]}, False, (True, "CONTINUOUS_SCAN", ["*api"])),
    ({"scanType": "ENHANCED"}, True, (False, None, [])),
)
def test_how_often_a_repository_is_scanned(
    configuration: dict[str, Any], on_push: bool, expected: tuple[bool, str | None, list[str]]
) -> None:
    plane = Plane()
    plane.create()
    plane("PutImageScanningConfiguration", repositoryName=NAME, imageScanningConfiguration={"scanOnPush": on_push})
    plane("PutRegistryScanningConfiguration", **configuration)
    answer = plane("BatchGetRepositoryScanningConfiguration", repositoryNames=[NAME, "missing", NAME])
    (found,) = answer["scanningConfigurations"]
    filters = [each["filter"] for each in found["appliedScanFilters"]]
    assert (found["scanOnPush"], found.get("scanFrequency"), filters) == expected
    (failure,) = answer["failures"]
    assert (failure["repositoryName"], failure["failureCode"]) == ("missing", "REPOSITORY_NOT_FOUND")


@cases(
    "name, default, values",
    ("BASIC_SCAN_TYPE_VERSION", "AWS_NATIVE", ["AWS_NATIVE"]),
    ("BLOB_MOUNTING", "DISABLED", ["ENABLED", "DISABLED"]),
    ("REGISTRY_POLICY_SCOPE", "V2", ["V2"]),
)
def test_account_settings_have_their_default_and_their_values(name: str, default: str, values: list[str]) -> None:
    plane = Plane()
    assert plane("GetAccountSetting", name=name) == {"name": name, "value": default}
    for value in values:
        assert plane("PutAccountSetting", name=name, value=value) == {"name": name, "value": value}
        assert plane("GetAccountSetting", name=name) == {"name": name, "value": value}
        assert plane("GetAccountSetting", name=name, region=OTHER_REGION)["value"] == default
    for value in ("", "CLAIR", "V1", values[0].lower()):
        assert plane.code("PutAccountSetting", name=name, value=value) == "InvalidParameterException"
    assert plane("GetAccountSetting", name=name)["value"] == values[-1]


def test_an_unknown_account_setting_is_refused() -> None:
    assert Plane().code("GetAccountSetting", name="COLOUR") == "InvalidParameterException"
    assert Plane().code("PutAccountSetting", name="COLOUR", value="V2") == "InvalidParameterException"


def test_an_exclusion_is_registered_once(plane: Plane) -> None:
    assert plane("RegisterPullTimeUpdateExclusion", principalArn=ROLE)["principalArn"] == ROLE
    assert plane.code("RegisterPullTimeUpdateExclusion", principalArn=ROLE) == "ExclusionAlreadyExistsException"
    assert plane("ListPullTimeUpdateExclusions")["pullTimeUpdateExclusions"] == [ROLE]
    assert plane("DeregisterPullTimeUpdateExclusion", principalArn=ROLE) == {"principalArn": ROLE}
    assert plane.code("DeregisterPullTimeUpdateExclusion", principalArn=ROLE) == "ExclusionNotFoundException"
    assert plane("ListPullTimeUpdateExclusions") == {"pullTimeUpdateExclusions": []}


def test_a_registry_has_a_hundred_exclusions_at_most(plane: Plane) -> None:
    for number in range(PULL_TIME_EXCLUSIONS_MAX):
        plane("RegisterPullTimeUpdateExclusion", principalArn=f"{ROLE}{number}")
    assert plane.code("RegisterPullTimeUpdateExclusion", principalArn=ROLE) == "LimitExceededException"


def test_a_token_names_its_caller_for_twelve_hours(plane: Plane) -> None:
    ada = user(allow("ecr:GetAuthorizationToken"))
    (data,) = plane("GetAuthorizationToken", by=ada)["authorizationData"]
    name, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    assert (name, plane.tokens.identity(password)) == ("AWS", ada.identity)
    assert timedelta(hours=11, minutes=59) < data["expiresAt"] - datetime.now(UTC) <= timedelta(hours=12)


def test_a_token_that_has_ended_is_forgotten_with_the_next() -> None:
    tokens, now = Tokens(), datetime.now(UTC)
    identity = root().identity
    old, young = (tokens.issue(identity, now=now - age).password for age in (LIFE, LIFE - timedelta(minutes=1)))
    tokens.issue(identity, now=now)
    assert len(tokens._identities) == 2
    assert tokens.identity(young) == identity
    with pytest.raises(EcrError, match="ExpiredToken"):
        tokens.identity(old)


def test_a_moved_clock_ends_what_was_given_out_and_begins_later() -> None:
    tokens, identity, now = Tokens(), root().identity, datetime.now(UTC)
    tokens.fix("my-own-token", identity)
    old = tokens.issue(identity, now=now).password
    tokens.move_clock(LIFE - timedelta(minutes=1))
    assert tokens.identity(old) == identity
    tokens.move_clock(timedelta(minutes=1))
    with pytest.raises(EcrError, match="ExpiredToken"):
        tokens.identity(old)
    new = tokens.issue(identity, now=now)
    assert (new.expires, len(tokens._identities)) == (now + 2 * LIFE, 1)
    assert tokens.identity(new.password) == tokens.identity("my-own-token") == identity


def test_a_fixed_password_names_its_identity_and_does_not_end() -> None:
    tokens, now = Tokens(), datetime.now(UTC)
    tokens.fix("my-own-token", root().identity)
    tokens.issue(root().identity, now=now + 2 * LIFE)
    assert tokens.identity("my-own-token", now=now + 2 * LIFE) == root().identity
    for other in ("my-own-toke", "my-own-token-2"):
        with pytest.raises(EcrError, match="InvalidToken"):
            tokens.identity(other)


def test_requests_at_once_for_an_address_get_the_same_one(plane: Plane) -> None:
    call = Call(caller=root(), region=REGION)

    async def at_once() -> list[Any]:
        return await asyncio.gather(*(plane.control.answer("GetAuthorizationToken", {}, call) for _ in range(3)))

    answers = asyncio.run(at_once())
    assert {each["authorizationData"][0]["proxyEndpoint"] for each in answers} == {"http://127.0.0.1:5001"}


def test_a_token_has_the_address_of_each_registry_that_is_named_which_is_that_of_its_repositories(plane: Plane) -> None:
    data = plane("GetAuthorizationToken", registryIds=[OTHER_ACCOUNT, ACCOUNT])["authorizationData"]
    assert [each["proxyEndpoint"] for each in data] == ["http://127.0.0.1:5001", "http://127.0.0.1:5002"]
    (own,) = plane("GetAuthorizationToken", by=root(OTHER_ACCOUNT))["authorizationData"]
    assert own["proxyEndpoint"] == "http://127.0.0.1:5001"
    uri = plane("CreateRepository", repositoryName=NAME)["repository"]["repositoryUri"]
    assert uri == f"127.0.0.1:5002/{NAME}"
