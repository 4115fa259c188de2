"""In which registry a resource is."""

from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.checks.locations import Location, ResourceLocations
from resources import PROVIDER
from resources.ecr import REPOSITORY
from tests.cases import case, cases
from tests.policies.conftest import Declared
from tests.policies.rules.texts import HOME, OTHER

URN = f"urn:pulumi:prod::container-registry::{PROVIDER}::"
EU = "eu-west-1"


def provider(name: str = "default", **inputs: Any) -> Declared:
    return Declared(type=PROVIDER, inputs={"allowedAccountIds": f'["{HOME}"]', **inputs}, name=name, region=None)


def repository(provider: str | None = None, region: str | None = EU) -> Declared:
    return Declared(type=REPOSITORY, inputs={}, provider=provider, region=region)


def found(resource: Declared, *providers: Declared) -> tuple[str | None, str | None]:
    place = ResourceLocations([repository(), *providers, resource]).of(resource)
    return place.account, place.region


@cases(
    "allowed, account",
    case("the text of a list", f'["{HOME}"]', HOME),
    case("a list", [HOME], HOME),
    case("two", [HOME, OTHER], None),
    case("none", [], None),
    case("unset", None, None),
    case("unknown", UNKNOWN, None),
    case("secret", [SECRET], None),
    case("no account", ["1234"], None),
    case("a number", [111122223333.0], None),
    case("no JSON", "{", None),
)
def test_the_account_is_the_one_that_the_provider_allows(allowed: object, account: str | None) -> None:
    assert found(repository(), provider(allowedAccountIds=allowed)) == (account, EU)
    assert ResourceLocations([provider(allowedAccountIds=allowed)]).has_account(HOME) is (account == HOME)


@cases(
    "reference, name, account",
    case("the default one", None, "default", HOME),
    case("of a version", None, "default_7_51_1", HOME),
    case("as the engine says it", f"{URN}default_7_51_1", "default_7_51_1", HOME),
    case("of another version", f"{URN}default_7_51_1", "default", HOME),
    case("another one", f"{URN}other", "other", HOME),
    case("with its id", f"{URN}other::71b8f2c4", "other", HOME),
    case("a name that only begins so", f"{URN}defaults", "default", None),
    case("the default one, and another is declared", None, "other", None),
    case("another one, and the default is declared", f"{URN}other", "default", None),
)
def test_a_resource_is_of_its_provider(reference: str | None, name: str, account: str | None) -> None:
    assert found(repository(reference), provider(name)) == (account, EU)


@cases(
    "own, providers, region",
    (EU, "us-east-1", EU),
    (None, "us-east-1", "us-east-1"),
    (UNKNOWN, "us-east-1", "us-east-1"),
    (None, UNKNOWN, None),
    (None, "mars-1", None),
    (None, None, None),
)
def test_the_region_is_the_resources_or_the_providers(own: str | None, providers: object, region: str | None) -> None:
    assert found(repository(region=own), provider(region=providers)) == (HOME, region)


@pytest.mark.parametrize(
    ("account", "region", "expected"),
    [(HOME, EU, True), (None, EU, True), (HOME, None, True), (OTHER, EU, False), (None, "us-east-1", False)],
)
def test_what_is_not_known_may_be_there(account: str | None, region: str | None, *, expected: bool) -> None:
    assert Location(account=account, region=region).may_be(Location(account=HOME, region=EU)) is expected
