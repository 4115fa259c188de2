"""Kubernetes: the objects of clusters. Their inputs are the API's own; no region and no account of AWS holds them."""

from collections.abc import Sequence

from domain.wording import listed
from resources.record import Inputs, ResourceType, words_in

_PACKAGE = "kubernetes:"
NAMESPACE = f"{_PACKAGE}core/v1:Namespace"
SERVICE_ACCOUNT = f"{_PACKAGE}core/v1:ServiceAccount"
SERVICE_ACCOUNT_PATCH = f"{_PACKAGE}core/v1:ServiceAccountPatch"
CONFIG_MAP = f"{_PACKAGE}core/v1:ConfigMap"
SECRET = f"{_PACKAGE}core/v1:Secret"
POLICY_ROLE = f"{_PACKAGE}rbac.authorization.k8s.io/v1:Role"
ROLE_BINDING = f"{_PACKAGE}rbac.authorization.k8s.io/v1:RoleBinding"
JOB = f"{_PACKAGE}batch/v1:Job"
CRON_JOB = f"{_PACKAGE}batch/v1:CronJob"
DEPLOYMENT = f"{_PACKAGE}apps/v1:Deployment"
SERVICE = f"{_PACKAGE}core/v1:Service"
INGRESS = f"{_PACKAGE}networking.k8s.io/v1:Ingress"
CLAIM = f"{_PACKAGE}core/v1:PersistentVolumeClaim"
NETWORK_POLICY = f"{_PACKAGE}networking.k8s.io/v1:NetworkPolicy"
ADMISSION_POLICY = f"{_PACKAGE}admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"
ADMISSION_BINDING = f"{_PACKAGE}admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding"
EXTERNAL_SECRET = f"{_PACKAGE}external-secrets.io/v1:ExternalSecret"
TOKEN_GENERATOR = f"{_PACKAGE}generators.external-secrets.io/v1alpha1:ECRAuthorizationToken"

_OBJECT = ("apiVersion", "kind", "metadata")
_SOURCE = "provider/pkg/provider/diff.go 9497796: forceNew on "
"""Of pulumi/pulumi-kubernetes, for a provider under which secrets and maps are mutable."""
_NAME, _NAMESPACE = "metadata.name", "metadata.namespace"


def is_kubernetes(token: str) -> bool:
    """Whether the type is one of a cluster's."""
    return token.startswith(_PACKAGE)


def _namespaced(token: str, inputs: str, replaces: str = "", **fields: object) -> ResourceType:
    return _object(token, inputs, (_NAME, _NAMESPACE, *words_in(replaces)), **fields)


def _object(token: str, inputs: str, replaces: Sequence[str] = (_NAME,), **fields: object) -> ResourceType:
    """The provider deletes an object with a given name before it makes another of that name."""
    return ResourceType(
        token=token,
        source=_SOURCE + ", ".join(replaces),
        identity=(_NAMESPACE, _NAME) if _NAMESPACE in replaces else (_NAME,),
        make_id=lambda declaration: "/".join(_full_name(declaration.inputs)),
        replaces=tuple(replaces),
        updates=(*_OBJECT, *(each for each in words_in(inputs) if each not in replaces)),
        regional=False,
        exclusive=not token.endswith("Patch"),
        deletes_first=True,
        settings_key="clusters",
        **fields,  # type: ignore[arg-type]
    )


def _full_name(inputs: Inputs) -> list[str]:
    metadata = inputs["metadata"]
    return [str(metadata[each]) for each in ("namespace", "name") if each in metadata]


def _name(inputs: Inputs) -> str:
    return str(inputs["metadata"]["name"])


def _account(inputs: Inputs) -> Sequence[str]:
    secrets = [each["name"] for each in inputs.get("imagePullSecrets", ())]
    pulls = [f"pulls with {listed(secrets)}"] if secrets else []
    notes = inputs["metadata"].get("annotations", {})
    roles = [f"as {value}" for key, value in notes.items() if key.endswith("role-arn")]
    return [_name(inputs), *pulls, *roles]


def _rules(inputs: Inputs) -> Sequence[str]:
    return [
        f"{', '.join(each['verbs'])} {' '.join(each['resources'])} {' '.join(each.get('resourceNames', ['*']))}"
        for each in inputs["rules"]
    ]


def _config_map(inputs: Inputs) -> Sequence[str]:
    return [_name(inputs), f"{len(inputs['data'])} keys" if len(inputs["data"]) > 1 else "1 key"]


def _cron_job(inputs: Inputs) -> Sequence[str]:
    spec = inputs["spec"]
    containers = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return [_name(inputs), f"{spec['schedule']} {spec['timeZone']}", *(each["image"] for each in containers)]


def _network_policy(inputs: Inputs) -> Sequence[str]:
    ways = []
    for key, word in (("egress", "out to"), ("ingress", "in by")):
        numbers = dict.fromkeys(str(port["port"]) for rule in inputs["spec"].get(key, ()) for port in rule["ports"])
        ways.append(f"{word} ports {', '.join(numbers)}" if numbers else f"nothing {word.partition(' ')[0]}")
    return [", ".join(ways)]


def _deployment(inputs: Inputs) -> Sequence[str]:
    spec = inputs["spec"]
    stopped = ["none runs"] if spec.get("replicas") == 0 else []
    return [_name(inputs), *stopped, *(each["image"] for each in spec["template"]["spec"]["containers"])]


def _ingress(inputs: Inputs) -> Sequence[str]:
    spec = inputs["spec"]
    return [", ".join(f"https://{host}" for each in spec["tls"] for host in each["hosts"])]


def _claim(inputs: Inputs) -> Sequence[str]:
    return [_name(inputs), inputs["spec"]["resources"]["requests"]["storage"]]


def _judged(inputs: Inputs) -> list[str]:
    rules = inputs["spec"]["matchConstraints"]["resourceRules"]
    return [each for rule in rules for each in rule["resources"]]


def _binding(inputs: Inputs) -> Sequence[str]:
    spec = inputs["spec"]
    selectors = spec["matchResources"]["namespaceSelector"]["matchExpressions"]
    where = [f"{'in' if each['operator'] == 'In' else 'not in'} {listed(each['values'])}" for each in selectors]
    return [_name(inputs), " and ".join(spec["validationActions"]), *where]


def _standard(inputs: Inputs) -> Sequence[str]:
    labels = inputs["metadata"].get("labels", {})
    return [f"Pod Security {value}" for key, value in labels.items() if key == "pod-security.kubernetes.io/enforce"]


TYPES = (
    _object(NAMESPACE, "spec", describe=lambda inputs: [_name(inputs), *_standard(inputs)]),
    _namespaced(
        SERVICE_ACCOUNT, "automountServiceAccountToken imagePullSecrets secrets", describe=_account
    ),
    _namespaced(
        SERVICE_ACCOUNT_PATCH, "automountServiceAccountToken imagePullSecrets secrets", describe=_account
    ),
    # Of one that is immutable, `data` forces a replacement; its name then changes with it.
    _namespaced(CONFIG_MAP, "binaryData data immutable", describe=_config_map),
    _namespaced(
        SECRET, "data immutable stringData type", replaces="type",
        describe=lambda inputs: [_name(inputs), str(inputs["type"])],
    ),
    _namespaced(POLICY_ROLE, "rules", describe=_rules),
    _namespaced(
        ROLE_BINDING, "roleRef subjects", replaces="roleRef",
        describe=lambda inputs: [each["name"] for each in inputs["subjects"]],
    ),
    _namespaced(
        JOB, "spec", replaces="spec.completions spec.parallelism spec.selector spec.template",
        describe=lambda inputs: [_name(inputs)],
    ),
    _namespaced(CRON_JOB, "spec", describe=_cron_job),
    _namespaced(NETWORK_POLICY, "spec", describe=_network_policy),
    _namespaced(DEPLOYMENT, "spec", replaces="spec.selector", describe=_deployment),
    _namespaced(
        SERVICE, "spec", replaces="spec.clusterIP",
        describe=lambda inputs: [_name(inputs), *(f"port {each['port']}" for each in inputs["spec"]["ports"])],
    ),
    _namespaced(INGRESS, "spec", describe=_ingress),
    _namespaced(CLAIM, "spec", replaces="spec", describe=_claim),
    _object(
        ADMISSION_POLICY, "spec",
        describe=lambda inputs: [_name(inputs), f"judges {listed(_judged(inputs))}"],
    ),
    _object(ADMISSION_BINDING, "spec", describe=_binding),
    _namespaced(
        EXTERNAL_SECRET, "spec", describe=lambda inputs: [_name(inputs), f"every {inputs['spec']['refreshInterval']}"]
    ),
    _namespaced(TOKEN_GENERATOR, "spec", describe=lambda inputs: [inputs["spec"]["region"]]),
)  # fmt: skip
