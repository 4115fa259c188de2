"""Pull secrets are of the form that a kubelet reads, hidden, and hold what lasts."""

from typing import Any

from domain.document_text import SECRET as HIDDEN
from domain.document_text import UNKNOWN
from policies.pack.rule import Finding, RuleContext
from policies.rules.k8s_pull_secret import RULE
from tests.cases import case, cases
from tests.policies.conftest import TODAY, Declared, findings, paths
from tests.policies.rules.clusters import HOST, encoded, secret

KEY, OLD = ".dockerconfigjson", ".dockercfg"
GHCR = {"ghcr.io": {"username": "acme-bot", "password": "canary-password"}}
GOOD = {"auths": GHCR}
NO_KEY = f"has no {KEY}"
WRONG_TYPE = "has the type kubernetes.io/dockercfg, whose .dockercfg has no level `auths`"
NOT_JSON = f"has a {KEY} that is not JSON with `auths`"
IN_CLEAR = "has credentials in the clear"
EXPIRES = "has a token of Amazon ECR (entry number 1), which expires in 12 hours"
BAD_AUTH = "has an entry (number 1) whose `auth` is not base64 of USER"
NO_PASSWORD = "has an entry (number 1) without a user or a password"  # noqa: S105


def unread(key: str, kind: str = "Opaque") -> str:
    return f"has credentials of registries under {key} and the type {kind}, from which no kubelet reads"


def first_words(resource: Declared) -> list[str]:
    return [each.partition(":")[0] for each in findings(RULE, resource)]


def shown(resource: Declared) -> list[str]:
    """What is found where the secret's values are shown, as on the engine."""
    context = RuleContext(RULE.parameters(), TODAY, shows_secrets=True)
    found = [each for each in RULE.check(resource, context) if isinstance(each, Finding)]
    assert not any("canary" in f"{each.message}{each.fix}{each.path}" for each in found)
    return [each.message.partition(":")[0] for each in found]


@cases(
    "resource, expected",
    case("compliant", secret(data=HIDDEN), []),
    case("compliant, one value hidden", secret(data={KEY: HIDDEN}), []),
    case("compliant, as a text", secret(stringData={KEY: HIDDEN}), []),
    case("a placeholder needs no hiding", secret(data={KEY: encoded({"auths": {}})}), []),
    case("unset", secret(), [NO_KEY]),
    case("an empty map", secret(data={}), [NO_KEY]),
    case("another key", secret(data={"config.json": HIDDEN}), [NO_KEY]),
    case("a key beside the right one", secret(data={KEY: HIDDEN, "note": "of ops"}), []),
    case("unknown", secret(data=UNKNOWN), ["undecided data"]),
    case("unknown inside", secret(stringData={KEY: UNKNOWN}), [f"undecided stringData.{KEY}"]),
    case("an unknown type", secret(UNKNOWN, data=HIDDEN), ["undecided type"]),
    case("the older type", secret("kubernetes.io/dockercfg", data=HIDDEN), [WRONG_TYPE]),
    case("the older type, well-formed", secret("kubernetes.io/dockercfg", data={OLD: HIDDEN}), [WRONG_TYPE]),
    case("the older key under the new type", secret(data={KEY: HIDDEN, OLD: HIDDEN}),
         ["has a .dockercfg, which is of another type, whose .dockercfg has no level `auths`"]),
    case("in the clear", secret(stringData={KEY: str(GOOD).replace("'", '"')}), [IN_CLEAR]),
    case("in the clear, in base64", secret(data={KEY: encoded(GOOD)}), [IN_CLEAR]),
    case("in the clear beside a hidden one", secret(data=HIDDEN, stringData={KEY: encoded(GOOD)}), [NOT_JSON]),
    case("an empty value", secret(data={KEY: ""}), [NOT_JSON]),
    case("an empty text", secret(stringData={KEY: ""}), [NOT_JSON]),
    case("no value", secret(stringData={KEY: None}), [NOT_JSON]),
    case("a number", secret(stringData={KEY: 1.0}), [NOT_JSON]),
    case("without auths", secret(data={KEY: encoded(GHCR)}), [NOT_JSON]),
    case("a list", secret(data={KEY: encoded([])}), [NOT_JSON]),
    case("a list of auths", secret(data={KEY: encoded({"auths": []})}), [NOT_JSON]),
    case("too deep", secret(stringData={KEY: "[" * 100_000}), [NOT_JSON]),
    case("base64 twice", secret(data={KEY: encoded(encoded(GOOD))}), [NOT_JSON]),
    case("no type", secret(None, data={KEY: HIDDEN}), [unread(KEY)]),
    case("no type, the older key", secret(None, stringData={OLD: HIDDEN}), [unread(OLD)]),
    case("Opaque, under any key", secret("Opaque", data={"x": encoded(GOOD)}), [unread("x")]),
    case("Opaque, as a text", secret("Opaque", stringData={"x": '{"auths": {}}'}), [unread("x")]),
    case("a type of one's own", secret("acme/pull", data={KEY: HIDDEN}), [unread(KEY, "acme/pull")]),
    case("capitals", secret("kubernetes.io/DockerConfigJson", data={KEY: HIDDEN}),
         [unread(KEY, "kubernetes.io/DockerConfigJson")]),
    case("Opaque, with something else", secret("Opaque", data={"x": encoded("y")}), []),
    case("Opaque, hidden", secret("Opaque", data=HIDDEN), []),
    case("Opaque, one value hidden", secret("Opaque", data={"x": HIDDEN}), []),
    case("of another kind, empty", secret("kubernetes.io/tls"), []),
)  # fmt: skip
def test_what_the_gate_finds(resource: Declared, expected: list[str]) -> None:
    assert first_words(resource) == expected


def entry(host: str = "ghcr.io", **fields: object) -> dict[str, object]:
    written = {"username": "acme", "password": "canary-password"} | fields
    return {host: {key: each for key, each in written.items() if each is not None}}


@cases(
    "auths, expected",
    case("a user and a password", entry(), []),
    case("with the same in auth", entry(auth=encoded("acme:canary")), []),
    case("auth alone", entry(username=None, password=None, auth=encoded("acme:canary:x:")), []),
    case("a port", entry("registry.acme.example:5000"), []),
    case("Docker Hub's", entry("https://index.docker.io/v1/"), []),
    case("no user", entry(username=None), [NO_PASSWORD]),
    case("no password", entry(password=None), [NO_PASSWORD]),
    case("a token in place of both", entry(username=None, password=None, identitytoken="canary"), [NO_PASSWORD]),
    case("numbers", entry(username=1.0, password=2.0), [NO_PASSWORD]),
    case("a text in place of an entry", {"ghcr.io": "canary"}, [NO_PASSWORD]),
    case("bad base64", entry(auth="canary"), [BAD_AUTH]),
    case("base64 that is no text", entry(auth="/////w=="), [BAD_AUTH]),
    case("base64 without a colon", entry(auth=encoded("canary")), [BAD_AUTH]),
    *(case(f"ECR at {host}", entry(host), [EXPIRES]) for host in (
        HOST, f"https://{HOST}", f"{HOST}/payments", f"{HOST}:443", HOST.upper(), "*.dkr.ecr.us-east-1.amazonaws.com",
        "*.dkr.ecr.*.amazonaws.com", HOST.replace(".ecr", ".ecr-fips"), f"{HOST}.cn", "public.ecr.aws",
        HOST.replace(".dkr.ecr", ".dkr-ecr").replace("amazonaws.com", "on.aws"), "https://PUBLIC.ECR.AWS/acme",
        "ecr-public.aws.com",
    )),
    case("ECR behind a name of one's own", entry("registry.acme.example", username="AWS"), [EXPIRES]),
    case("the same in auth", entry("registry.acme.example", auth=encoded("AWS:canary")), [EXPIRES]),
    case("only the end of ECR's name", entry("notpublic.ecr.aws.example"), []),
    case("a host that only ends so", entry("xpublic.ecr.aws"), []),
    case("none", {}, []),
)  # fmt: skip
def test_what_the_engine_finds(auths: dict[str, Any], expected: list[str]) -> None:
    """There secrets are shown: their content is checked, and no message has any of it."""
    assert shown(secret(data={KEY: encoded({"auths": auths})})) == expected
    assert shown(secret(stringData={KEY: encoded({"auths": auths})})) == [NOT_JSON]


def test_each_entry_is_checked() -> None:
    auths = {**GHCR, **entry(HOST), **entry("quay.io", password="")}
    found = [EXPIRES.replace("1)", "2)"), NO_PASSWORD.replace("1)", "3)")]
    assert shown(secret(data={KEY: encoded({"auths": auths})})) == found
    assert findings(RULE, secret(data={KEY: encoded({"auths": auths})}))[1:] != []


@cases(
    "token, wrapped",
    case("a patch", "kubernetes:core/v1:SecretPatch", False),
    case("a list", "kubernetes:core/v1:SecretList", True),
)
def test_other_forms_of_declaration(token: str, wrapped: bool) -> None:
    def in_form(kind: object, **inputs: Any) -> Declared:
        single = secret(kind, token, **inputs)
        return Declared(type=token, inputs={"items": [single.inputs]}) if wrapped else single

    begin: tuple[str | int, ...] = ("items", 0) if wrapped else ()
    assert paths(RULE, in_form("kubernetes.io/dockercfg", data=HIDDEN)) == [(*begin, "type")]
    clear = in_form("kubernetes.io/dockerconfigjson", data={KEY: encoded(GOOD)})
    assert paths(RULE, clear) == [(*begin, "data", KEY)]
    assert findings(RULE, in_form("kubernetes.io/dockerconfigjson", data=HIDDEN)) == []
    if wrapped:
        assert findings(RULE, Declared(type=token, inputs={"items": UNKNOWN})) == ["undecided items.0.type"]


def test_a_patch_may_leave_out_what_the_secret_has() -> None:
    patch = "kubernetes:core/v1:SecretPatch"
    assert first_words(secret(None, patch)) == []
    assert first_words(secret(None, patch, data={KEY: encoded(GOOD)})) == [IN_CLEAR]
    assert first_words(secret(None, patch, data={OLD: HIDDEN})) != []
