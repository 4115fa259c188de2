"""Namespaces enforce the Pod Security Standard restricted, and the pods of the stack satisfy it.

Each control is also in the pods of k8s.io/pod-security-admission, test/testdata."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN
from domain.kubernetes.refreshed_secret import SecretRefresh, refresher_objects
from domain.kubernetes.service_accounts import namespace_object
from policies.rules.k8s_namespace_restricted import RULE
from resources.kubernetes import NAMESPACE
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.clusters import IMAGE, POD, SECURE, container, cron_job, declared, job, pod_spec

ENFORCE, VERSION = "pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/enforce-version"
NONE = "enforces no Pod Security Standard"


def namespace(labels: Any = None, token: str = NAMESPACE) -> Declared:
    return declared(token, metadata={"name": "payments", **({} if labels is None else {"labels": labels})})


def beginnings(resource: Declared) -> list[str]:
    return [each.partition(":")[0] for each in findings(RULE, resource)]


def older(version: object) -> str:
    return f"enforces the standard of {version!r}, which has fewer controls"


@cases(
    "labels, expected",
    case("compliant", {ENFORCE: "restricted"}, []),
    case("with the latest version", {ENFORCE: "restricted", VERSION: "latest"}, []),
    case("with a version", {ENFORCE: "restricted", VERSION: "v1.25"}, []),
    case("unset", None, [NONE]),
    case("no labels", {}, [NONE]),
    case("unknown", {ENFORCE: UNKNOWN}, [f"undecided metadata.labels.{ENFORCE}"]),
    case("unknown labels", UNKNOWN, [f"undecided metadata.labels.{each}" for each in (ENFORCE, VERSION)]),
    case("a weaker level", {ENFORCE: "baseline"}, ["enforces the level 'baseline'"]),
    case("none", {ENFORCE: "privileged"}, ["enforces the level 'privileged'"]),
    case("empty", {ENFORCE: ""}, ["enforces the level ''"]),
    case("capitals", {ENFORCE: "Restricted"}, ["enforces the level 'Restricted'"]),
    case("a space", {ENFORCE: "restricted "}, ["enforces the level 'restricted '"]),
    case("only warned of", {ENFORCE.replace("enforce", "warn"): "restricted"}, [NONE]),
    case("only audited", {ENFORCE.replace("enforce", "audit"): "restricted"}, [NONE]),
    case("another domain", {ENFORCE.replace("kubernetes.io", "acme.example"): "restricted"}, [NONE]),
    case("an old version", {ENFORCE: "restricted", VERSION: "v1.24"}, [older("v1.24")]),
    case("the oldest version", {ENFORCE: "restricted", VERSION: "v1.0"}, [older("v1.0")]),
    case("a version without its v", {ENFORCE: "restricted", VERSION: "1.36"}, [older("1.36")]),
    case("a number", {ENFORCE: "restricted", VERSION: 1.36}, [older(1.36)]),
    case("an unknown version", {ENFORCE: "restricted", VERSION: UNKNOWN}, [f"undecided metadata.labels.{VERSION}"]),
)
def test_a_namespace(labels: Any, expected: list[str]) -> None:
    assert beginnings(namespace(labels)) == expected


def test_a_patch_and_a_list_of_namespaces() -> None:
    patch = f"{NAMESPACE}Patch"
    assert beginnings(namespace(token=patch)) == []
    assert beginnings(namespace({ENFORCE: "baseline"}, patch)) == ["enforces the level 'baseline'"]
    listed = declared(f"{NAMESPACE}List", items=[namespace({ENFORCE: "restricted"}).inputs, namespace().inputs])
    assert paths(RULE, listed) == [("items", 1, "metadata", "labels", ENFORCE)]
    assert beginnings(declared("kubernetes:core/v1:ConfigMap", metadata={"name": "x"})) == []


Path = tuple[str | int, ...]
CONTEXT, SYSCTLS = "securityContext", ("securityContext", "sysctls")
HTTP, TCP = {"httpGet": {"host": "169.254.169.254", "port": 80}}, {"tcpSocket": {"host": "10.0.0.1", "port": 80}}


@cases(
    "field, value, path",
    *(case(f"{each} {value}", each, value, (each,) if value is True else None)
      for each in ("hostNetwork", "hostPID", "hostIPC") for value in (True, False)),
    case("root by the pod", CONTEXT, {"runAsNonRoot": False}, (CONTEXT, "runAsNonRoot")),
    case("root by its number", CONTEXT, {"runAsUser": 0.0}, (CONTEXT, "runAsUser")),
    case("another number", CONTEXT, {"runAsUser": 65532.0}, None),
    case("no seccomp", CONTEXT, {"seccompProfile": {"type": "Unconfined"}}, (CONTEXT, "seccompProfile", "type")),
    case("a seccomp profile of the node", CONTEXT, {"seccompProfile": {"type": "Localhost"}}, None),
    case("no AppArmor", CONTEXT, {"appArmorProfile": {"type": "Unconfined"}}, (CONTEXT, "appArmorProfile", "type")),
    case("SELinux", CONTEXT, {"seLinuxOptions": {"type": "spc_t"}}, (CONTEXT, "seLinuxOptions", "type")),
    case("SELinux, a container's", CONTEXT, {"seLinuxOptions": {"type": "container_init_t", "level": "s0"}}, None),
    case("SELinux's user", CONTEXT, {"seLinuxOptions": {"user": "root"}}, (CONTEXT, "seLinuxOptions", "user")),
    case("SELinux's role", CONTEXT, {"seLinuxOptions": {"role": "sysadm_r"}}, (CONTEXT, "seLinuxOptions", "role")),
    case("a Windows host process", CONTEXT, {"windowsOptions": {"hostProcess": True}},
         (CONTEXT, "windowsOptions", "hostProcess")),
    case("a sysctl", CONTEXT, {"sysctls": [{"name": "net.ipv4.tcp_syncookies"}, {"name": "kernel.msgmax"}]},
         (*SYSCTLS, 1, "name")),
    case("safe sysctls", CONTEXT, {"sysctls": [{"name": "net.ipv4.tcp_syncookies"}]}, None),
    case("unknown sysctls", CONTEXT, {"sysctls": UNKNOWN}, SYSCTLS),
    case("a file of the host", "volumes", [{"name": "a", "hostPath": {"path": "/"}}], ("volumes", 0)),
    case("two types", "volumes", [{"emptyDir": {}, "nfs": {"server": "x"}}], ("volumes", 0)),
    case("types that are allowed", "volumes", [{"emptyDir": {}}, {"image": {}}, {"projected": {}, "nfs": None}], None),
    case("unknown volumes", "volumes", UNKNOWN, ("volumes",)),
    case("an unknown volume", "volumes", [UNKNOWN], ("volumes", 0)),
    case("an unknown field", "hostNetwork", UNKNOWN, ("hostNetwork",)),
)  # fmt: skip
def test_a_pod(field: str, value: Any, path: Path | None) -> None:
    merged = pod_spec()[field] | value if field == CONTEXT else value
    assert paths(RULE, job(**{field: merged})) == ([] if path is None else [(*POD, *path)])


@cases(
    "fields, path",
    case("privileged", {"privileged": True}, ("privileged",)),
    case("not privileged", {"privileged": False}, None),
    case("more privileges later", {"allowPrivilegeEscalation": True}, ("allowPrivilegeEscalation",)),
    case("the same, left out", {"allowPrivilegeEscalation": None}, ("allowPrivilegeEscalation",)),
    case("root, whatever the pod says", {"runAsNonRoot": False}, ("runAsNonRoot",)),
    case("root by its number", {"runAsUser": 0}, ("runAsUser",)),
    case("no seccomp, whatever the pod says", {"seccompProfile": {"type": "Unconfined"}}, ("seccompProfile", "type")),
    case("the host's /proc", {"procMount": "Unmasked"}, ("procMount",)),
    case("a capability", {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}}, ("capabilities", "add", 0)),
    case("the one that is allowed", {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}, None),
    case("unknown capabilities", {"capabilities": {"drop": ["ALL"], "add": UNKNOWN}}, ("capabilities", "add")),
    case("some dropped", {"capabilities": {"drop": ["NET_RAW"]}}, ("capabilities", "drop")),
    case("dropped in small letters", {"capabilities": {"drop": ["all"]}}, ("capabilities", "drop")),
    case("none dropped", {"capabilities": None}, ("capabilities", "drop")),
    case("unknown dropped", {"capabilities": {"drop": UNKNOWN}}, ("capabilities", "drop")),
    case("a text", {"allowPrivilegeEscalation": "false"}, ("allowPrivilegeEscalation",)),
)
def test_a_container(fields: dict[str, Any], path: Path | None) -> None:
    for key in ("containers", "initContainers", "ephemeralContainers"):
        made = job(**{key: [container(), container(securityContext=SECURE | fields)]})
        assert paths(RULE, made) == ([] if path is None else [(*POD, key, 1, CONTEXT, *path)])


@cases(
    "dropped, expected",
    case("none", [], "has a container that does not drop the capabilities ALL"),
    case("one that is not known yet", ["NET_RAW", UNKNOWN], "undecided"),
    case("all, and one that is not known yet", ["ALL", UNKNOWN], None),
)
def test_dropped_capabilities(dropped: list[str], expected: str | None) -> None:
    context = SECURE | {"capabilities": {"drop": dropped}}
    found = findings(RULE, job(container(securityContext=context)))
    assert len(found) == (0 if expected is None else 1)
    assert all(each.startswith(str(expected)) for each in found)


@cases(
    "fields, path",
    case("a port of the host", {"ports": [{"containerPort": 80}, {"hostPort": 80.0}]}, ("ports", 1, "hostPort")),
    case("a port", {"ports": [{"containerPort": 80, "hostPort": 0}]}, None),
    case("a probe of another host", {"livenessProbe": HTTP}, ("livenessProbe", "httpGet", "host")),
    case("another probe", {"startupProbe": TCP}, ("startupProbe", "tcpSocket", "host")),
    case("a hook", {"lifecycle": {"preStop": HTTP}}, ("lifecycle", "preStop", "httpGet", "host")),
    case("a probe of its own", {"readinessProbe": {"httpGet": {"port": 80}}}, None),
    case("no context", {"securityContext": None}, (CONTEXT, "allowPrivilegeEscalation")),
    case("an unknown context", {"securityContext": SECRET}, (CONTEXT, "runAsNonRoot")),
)
def test_more_of_a_container(fields: dict[str, Any], path: Path | None) -> None:
    found = paths(RULE, job(container(**fields)))
    assert found[:1] == ([] if path is None else [(*POD, "containers", 0, *path)])


def test_what_the_pod_leaves_out_each_container_has() -> None:
    bare = {"securityContext": None}
    missing = [(*POD, "containers", 0, CONTEXT, *each) for each in (("runAsNonRoot",), ("seccompProfile", "type"))]
    assert paths(RULE, job(container(), **bare)) == missing
    own = SECURE | {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert paths(RULE, job(container(securityContext=own), **bare)) == []
    assert len(paths(RULE, job(container(securityContext=own), container(), **bare))) == len(missing)


def test_a_profile_of_apparmor_in_an_annotation() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/refresh"
    for profile, allowed in (("unconfined", False), ("runtime/default", True), ("localhost/x", True)):
        annotations = {key: profile, "acme.example/note": "unconfined"}
        spec = {"template": {"metadata": {"annotations": annotations}, "spec": pod_spec()}}
        found = paths(RULE, declared("kubernetes:apps/v1:Deployment", spec=spec))
        assert found == ([] if allowed else [("spec", "template", "metadata", "annotations", key)])


def test_of_a_patch_only_what_it_sets() -> None:
    def patch(**fields: Any) -> Declared:
        spec = {"template": {"spec": {"containers": [{"name": "refresh", **fields}]}}}
        return declared("kubernetes:apps/v1:DeploymentPatch", spec=spec)

    assert findings(RULE, patch()) == []
    where = (*POD, "containers", 0, CONTEXT, "privileged")
    assert paths(RULE, patch(securityContext={"privileged": True})) == [where]


def test_pods_that_are_not_known_yet() -> None:
    assert paths(RULE, cron_job(UNKNOWN)) == [("spec", "jobTemplate", *POD)]
    assert paths(RULE, job(containers=[UNKNOWN])) == [(*POD, "containers", 0)]
    assert paths(RULE, job(containers=UNKNOWN)) == [(*POD, "containers")]


def test_a_cron_job_is_accepted_by_the_api_and_found_here() -> None:
    [found] = findings(RULE, cron_job(pod_spec(hostNetwork=True)))
    where, forbidden = "spec.jobTemplate.spec.template.spec.hostNetwork", "the Pod Security Standard restricted forbids"
    assert found == f"has {where} = true, which {forbidden}: allowed is false"


def test_what_this_program_declares_passes() -> None:
    refresh = SecretRefresh(
        name="ecr-refresher", cluster="market", namespace="payments", secret="ecr-pull", image=IMAGE,  # noqa: S106
        script="", hosts=(), role_arn="arn:aws:iam::111122223333:role/pull", api_port=443,
    )  # fmt: skip
    made = [each for step in refresher_objects(refresh) for each in step]
    for each in (*made, namespace_object("payments")):
        assert findings(RULE, declared(each.token, **each.manifest)) == []
