"""The kubelet's rules for pull secrets, by its own code: what each mode's secret must look like to count."""

import base64
import json
from typing import Any

import pytest

from rehearsal.cluster.binaries import FOLDER, NotBuilt, require_binaries
from rehearsal.cluster.keyring import KeyringFailed, credentials_for
from tests.cases import case, cases
from tests.cluster.objects import pull_secret

pytestmark = pytest.mark.cluster

ECR = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
DUAL_STACK = "111122223333.dkr-ecr.us-east-1.on.aws"
IMAGE = f"{ECR}/payments/api@sha256:{'a' * 64}"
HUB = "https://index.docker.io/v1/"


@pytest.fixture(autouse=True)
def built() -> None:
    try:
        require_binaries("keyring")
    except NotBuilt as reason:
        pytest.skip(str(reason))


def auth(user: str) -> str:
    return base64.b64encode(f"{user}:secret".encode()).decode()


def entry(user: str) -> dict[str, str]:
    return {"username": user, "password": "secret"}


def secret(*keys: str) -> dict[str, Any]:
    """One of all these registries; the user of each is called after its key."""
    return pull_secret("default", "pull", {key: entry(key) for key in keys})


def document(text: object, type: str = "dockerconfigjson") -> dict[str, Any]:
    data = {f".{type}": base64.b64encode(json.dumps(text).encode()).decode()}
    return {"metadata": {"name": "pull"}, "type": f"kubernetes.io/{type}", "data": data}


def users(image: str, *secrets: dict[str, Any]) -> list[str]:
    return [each.username for each in credentials_for([image], secrets)[image]]


@cases(
    "keys, image, tried",
    case("the host", [ECR], IMAGE, [ECR]),
    case("a url", [f"https://{ECR}"], IMAGE, [f"https://{ECR}"]),
    case("a url with a path", [f"https://{ECR}/v2/"], IMAGE, [f"https://{ECR}/v2/"]),
    case("another region", [ECR.replace("us-east-1", "eu-west-1")], IMAGE, []),
    case("another account", [ECR.replace("1111", "4444")], IMAGE, []),
    case("the dual-stack name is another host", [ECR], f"{DUAL_STACK}/payments/api", []),
    case("a key of the dual-stack name", [ECR, DUAL_STACK], f"{DUAL_STACK}/payments/api", [DUAL_STACK]),
    case("a wildcard", ["*.dkr.ecr.us-east-1.amazonaws.com"], IMAGE, ["*.dkr.ecr.us-east-1.amazonaws.com"]),
    case("a wildcard is one label", ["*.amazonaws.com"], IMAGE, []),
    case("a path", [f"{ECR}/payments"], IMAGE, [f"{ECR}/payments"]),
    case("a path ends anywhere", [f"{ECR}/pay"], IMAGE, [f"{ECR}/pay"]),
    case("another path", [f"{ECR}/orders"], IMAGE, []),
    case("the longest first", [ECR, f"{ECR}/payments"], IMAGE, [f"{ECR}/payments", ECR]),
    case("a port", ["registry.example:5000"], "registry.example:5000/x", ["registry.example:5000"]),
    case("no port", ["registry.example"], "registry.example:5000/x", []),
    case("another port", ["registry.example:5000"], "registry.example/x", []),
    case("Docker Hub by its url", [HUB], "nginx", [HUB]),
    case("Docker Hub by its url, a whole name", [HUB], "docker.io/library/nginx", [HUB]),
    case("Docker Hub by its name", ["docker.io"], "nginx", []),
    case("Docker Hub by its name, a whole name", ["docker.io"], "docker.io/library/nginx", ["docker.io"]),
    case("Docker Hub's host", ["registry-1.docker.io"], "docker.io/library/nginx", []),
    case("no registry", [], IMAGE, []),
)
def test_a_key_is_a_prefix_of_the_image(keys: list[str], image: str, tried: list[str]) -> None:
    assert users(image, secret(*keys)) == tried


def test_secrets_are_tried_in_the_pods_order() -> None:
    stale, fresh = (pull_secret("default", name, {ECR: entry(name)}) for name in ("stale", "fresh"))
    assert users(IMAGE, stale, fresh) == ["stale", "fresh"]
    assert users(IMAGE, fresh, stale) == ["fresh", "stale"]


@cases(
    "given, user",
    case("user and password", {"username": "AWS", "password": "p"}, "AWS"),
    case("auth", {"auth": auth("AWS")}, "AWS"),
    case("auth wins", {"username": "other", "password": "p", "auth": auth("AWS")}, "AWS"),
)
def test_what_an_entry_can_hold(given: dict[str, str], user: str) -> None:
    assert users(IMAGE, document({"auths": {ECR: given}})) == [user]


@cases(
    "given",
    case("no auths", document({ECR: entry("AWS")})),
    case("no entries", document({"auths": {}})),
    case("the older form with auths", document({"auths": {ECR: entry("AWS")}}, "dockercfg")),
    case("another type", document({"auths": {ECR: entry("AWS")}}) | {"type": "Opaque"}),
    case("a credential helper", document({"credHelpers": {ECR: "ecr-login"}})),
)
def test_a_document_without_credentials_is_no_fault(given: dict[str, Any]) -> None:
    """Nothing says so, neither the API nor the kubelet: pulls are refused by the registry alone."""
    assert users(IMAGE, given) == []


def test_the_older_form_has_its_entries_at_the_top() -> None:
    assert users(IMAGE, document({ECR: entry("AWS")}, "dockercfg")) == ["AWS"]


@cases(
    "faulty",
    case("base64", document({"auths": {"other.example": {"auth": "%%%"}}})),
    case("no colon", document({"auths": {"other.example": {"auth": base64.b64encode(b"AWS").decode()}}})),
    case("no object", document(["auths"])),
)
def test_one_faulty_entry_hides_the_credentials_of_every_registry(faulty: dict[str, Any]) -> None:
    with pytest.raises(KeyringFailed):
        credentials_for([IMAGE], [secret(ECR), faulty])


def test_a_missing_program_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, "/nowhere")
    with pytest.raises(NotBuilt, match="/nowhere has no keyring"):
        credentials_for([IMAGE], [])
