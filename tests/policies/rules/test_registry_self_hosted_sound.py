"""A registry of one's own: what the stack declares is sound, and what examples leave out is found."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain.document_text import UNKNOWN
from domain.selfhosted.cluster_registry import ClusterRegistry, registry_steps
from domain.selfhosted.collection_objects import collection_steps
from domain.selfhosted.own_registry import READ_ONLY, WRITABLE
from policies.rules.k8s_images_from_registry import RULE as IMAGES
from policies.rules.k8s_namespace_restricted import RULE as RESTRICTED
from policies.rules.k8s_pull_secret import RULE as SECRETS
from policies.rules.k8s_refresher_narrow import RULE as ROLES
from policies.rules.registry_self_hosted_sound import RULE
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings
from tests.policies.rules.clusters import DIGEST, declared
from tests.selfhosted.own import OWN, REGISTRY

PLAIN = replace(OWN, registry=REGISTRY)
LOGIN, TLS, SAYS, SPACE = (
    "serves and takes images without a login", "is served without TLS", "does not say whether images can be deleted",
    "deletes images, and nothing collects what they leave",
)  # fmt: skip
NAMESPACE = {"namespace": "registry"}


def objects(placed: ClusterRegistry = PLAIN) -> list[Declared]:
    steps = registry_steps(placed, {"htpasswd": "eA=="}, None)
    config = next(each for step in steps for each in step if each.part == "config").manifest["metadata"]["name"]
    made = [each for step in (*steps, *collection_steps(placed, config, "")) for each in step]
    return [declared(each.token, f"own@factory.{each.part}", "factory", **each.manifest) for each in made]


def changed(kind: str, *path: Any, value: Any) -> list[Declared]:
    """With another value in each object of the kind."""
    found = objects()
    for each in found:
        if each.inputs["kind"] == kind:
            holder: Any = each.inputs
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = value
    return found


def configured(**fields: Any) -> list[Declared]:
    """With other parts of the configuration; None leaves one out."""
    found = objects()
    for each in found:
        for mode in (WRITABLE, READ_ONLY):
            file = f"{mode}.json"
            if file in each.inputs.get("data", {}):
                config = {**json.loads(each.inputs["data"][file]), **fields}
                text = json.dumps({key: value for key, value in config.items() if value is not None})
                each.inputs["data"][file] = text
    return found


def without(kind: str) -> list[Declared]:
    return [each for each in objects() if each.inputs["kind"] != kind]


def seed(*variables: str, image: str = "registry:2", **more: Any) -> list[Declared]:
    """As examples run it, configured by variables."""
    env = [dict(zip(("name", "value"), each.split("=", 1), strict=True)) for each in variables]
    pod = {"containers": [{"name": "registry", "image": image, "env": env, **more}]}
    inputs = {"metadata": {"name": "registry", **NAMESPACE}, "spec": {"template": {"spec": pod}}}
    return [declared("kubernetes:apps/v1:Deployment", "seed", "factory", **inputs)]


def beginnings(resources: list[Declared]) -> list[str]:
    return sorted({each.partition(" ")[2].partition(":")[0] for each in findings(RULE, *resources)})


def test_what_the_stack_declares_is_sound() -> None:
    for rule in (RULE, IMAGES, RESTRICTED, SECRETS, ROLES):
        assert findings(rule, *objects()) == [], rule.id
        assert findings(rule, *objects(OWN)) == [], rule.id


def proxy(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"remoteurl": "https://registry-1.docker.io", **fields}


AUTH, DELETE = "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd", "REGISTRY_STORAGE_DELETE_ENABLED=true"
CERTIFICATE = "REGISTRY_HTTP_TLS_CERTIFICATE=/tls/tls.crt"
OF_SEED = f"registry@sha256:{DIGEST}"


@cases(
    "resources, expected",
    case("no login", configured(auth=None), [LOGIN]),
    case("a login that is none", configured(auth={"silly": {"realm": "x"}}), [LOGIN]),
    case("tokens", configured(auth={"token": {"realm": "https://x"}}), []),
    case("nothing said of deletion", configured(storage={"filesystem": {}}), [SAYS]),
    case("no collection", without("CronJob"), [SPACE]),
    case("no collection, and no deletion", [each for each in configured(storage={"delete": {"enabled": False}})
                                            if each.inputs["kind"] != "CronJob"], []),
    case("no collection of a pull-through", [each for each in configured(proxy=proxy({}))
                                             if each.inputs["kind"] != "CronJob"], []),
    case("no Ingress", without("Ingress"), [TLS]),
    case("TLS of its own", [each for each in configured(http={"tls": {"certificate": "/tls/tls.crt"}})
                            if each.inputs["kind"] != "Ingress"], []),
    case("an Ingress without TLS", changed("Ingress", "spec", "tls", value=[]), [TLS, "serves a registry without TLS"]),
    case("a tag", seed(AUTH, DELETE.replace("true", "false"), CERTIFICATE),
         ["runs the image 'registry"]),
    case("as examples run it", seed("REGISTRY_HTTP_ADDR=0.0.0.0:5000"),
         sorted([LOGIN, TLS, SAYS, "runs the image 'registry"])),
    case("by variables, sound", seed(AUTH, DELETE.replace("true", "false"), CERTIFICATE, image=OF_SEED), []),
    case("by variables, never collected", seed(AUTH, DELETE, CERTIFICATE, image=OF_SEED), [SPACE]),
    case("by variables, a pull-through", seed(AUTH, DELETE, CERTIFICATE, "REGISTRY_PROXY_REMOTEURL=https://x",
                                             image=OF_SEED), []),
    case("nothing else", seed(image=f"docker.io/library/nginx@sha256:{DIGEST}"), []),
)  # fmt: skip
def test_what_is_found(resources: list[Declared], expected: list[str]) -> None:
    assert beginnings(resources) == expected


@cases(
    "resources, expected",
    case("no configuration", seed(image=OF_SEED), ["seed undecided spec.template.spec.containers.0"]),
    case("an unknown variable", seed(f"REGISTRY_AUTH={UNKNOWN}", image=OF_SEED),
         ["seed undecided spec.template.spec.containers.0"]),
)  # fmt: skip
def test_what_is_not_known(resources: list[Declared], expected: list[str]) -> None:
    assert findings(RULE, *resources) == expected


@cases("path, value", (("metadata", "namespace"), "other"), (("data",), UNKNOWN))
def test_a_map_that_is_not_its_own_or_not_known_is_no_configuration(path: tuple[str, ...], value: str) -> None:
    found = findings(RULE, *changed("ConfigMap", *path, value=value))
    assert found
    assert all(" undecided spec" in each for each in found)
