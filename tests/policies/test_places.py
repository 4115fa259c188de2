"""In which registry a resource stands."""

from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.checks.places import Place, Places
from policies.kinds import PROVIDER, REPOSITORY
from tests.policies.conftest import Declared
from tests.policies.rules.texts import HOME, OTHER

URN = f"urn:pulumi:prod::container-registry::{PROVIDER}::"
EU = "eu-west-1"


def provider(name: str = "default", **inputs: Any) -> Declared:
    return Declared(type=PROVIDER, inputs={"allowedAccountIds": f'["{HOME}"]', **inputs}, name=name, region=None)


def repository(provider: str | None = None, region: str | None = EU) -> Declared:
    return Declared(type=REPOSITORY, inputs={}, provider=provider, region=region)


def found(resource: Declared, *providers: Declared) -> tuple[str | None, str | None]:
    place = Places([repository(), *providers, resource]).of(resource)
    return place.account, place.region


@pytest.mark.parametrize(
    ("allowed", "account"),
    [
        pytest.param(f'["{HOME}"]', HOME, id="the text of a list"),
        pytest.param([HOME], HOME, id="a list"),
        pytest.param([HOME, OTHER], None, id="two"),
        pytest.param([], None, id="none"),
        pytest.param(None, None, id="unset"),
        pytest.param(UNKNOWN, None, id="unknown"),
        pytest.param([SECRET], None, id="secret"),
        pytest.param(["1234"], None, id="no account"),
        pytest.param([111122223333.0], None, id="a number"),
        pytest.param("{", None, id="no JSON"),
    ],
)
def test_the_account_is_the_one_that_the_provider_allows(allowed: object, account: str | None) -> None:
    assert found(repository(), provider(allowedAccountIds=allowed)) == (account, EU)
    assert Places([provider(allowedAccountIds=allowed)]).has(HOME) is (account == HOME)


@pytest.mark.parametrize(
    ("reference", "name", "account"),
    [
        pytest.param(None, "default", HOME, id="the default one"),
        pytest.param(None, "default_7_51_1", HOME, id="of a version"),
        pytest.param(f"{URN}default_7_51_1", "default_7_51_1", HOME, id="as the engine says it"),
        pytest.param(f"{URN}default_7_51_1", "default", HOME, id="of another version"),
        pytest.param(f"{URN}other", "other", HOME, id="another one"),
        pytest.param(f"{URN}other::71b8f2c4", "other", HOME, id="with its id"),
        pytest.param(f"{URN}defaults", "default", None, id="a name that only begins so"),
        pytest.param(None, "other", None, id="the default one, and another is declared"),
        pytest.param(f"{URN}other", "default", None, id="another one, and the default is declared"),
    ],
)
def test_a_resource_is_of_its_provider(reference: str | None, name: str, account: str | None) -> None:
    assert found(repository(reference), provider(name)) == (account, EU)


@pytest.mark.parametrize(
    ("own", "providers", "region"),
    [
        (EU, "us-east-1", EU),
        (None, "us-east-1", "us-east-1"),
        (UNKNOWN, "us-east-1", "us-east-1"),
        (None, UNKNOWN, None),
        (None, "mars-1", None),
        (None, None, None),
    ],
)
def test_the_region_is_the_resources_or_the_providers(own: str | None, providers: object, region: str | None) -> None:
    assert found(repository(region=own), provider(region=providers)) == (HOME, region)


@pytest.mark.parametrize(
    ("account", "region", "expected"),
    [(HOME, EU, True), (None, EU, True), (HOME, None, True), (OTHER, EU, False), (None, "us-east-1", False)],
)
def test_what_is_not_known_may_be_there(account: str | None, region: str | None, *, expected: bool) -> None:
    assert Place(account=account, region=region).may_be(Place(account=HOME, region=EU)) is expected
