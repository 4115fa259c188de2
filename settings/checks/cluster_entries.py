"""What is wrong with the clusters of a stack, and with what pulls from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain.aws import Arn, RegistryId
from domain.iam.limits import OIDC_PROVIDERS_MAX
from domain.kubernetes.cluster import PULL_TOKEN_PREFIX
from domain.kubernetes.platforms import PullMode
from domain.problems import Path, Problem, unknown
from domain.registries.table import lasting_login_problems
from settings.written.catalog import Pull, RepositoryEntry
from settings.written.clusters import ClusterEntry, NamespaceEntry, PullCredentialEntry
from settings.written.stack import CachePull, StackKeys

_CLUSTER_ARN = "cluster/"


def cluster_problems(keys: StackKeys, home: RegistryId) -> Iterator[Problem]:
    yield from _repeated([each.name for each in keys.clusters], "name")
    yield from _repeated([each.cluster_identifier for each in keys.clusters], "cluster_identifier")
    yield from _issuer_problems(keys)
    for index, cluster in enumerate(keys.clusters):
        for problem in _cluster_problems(cluster, keys, home):
            yield problem.under(index)


def _issuer_problems(keys: StackKeys) -> Iterator[Problem]:
    """Of clusters with one issuer each could assume the other's roles, and an account trusts so many issuers."""
    first: dict[str, str] = {}
    for index, cluster in enumerate(keys.clusters):
        if cluster.oidc_issuer and (other := first.setdefault(cluster.oidc_issuer, cluster.name)) != cluster.name:
            message, fix = f"is the issuer of cluster {other}, too", "write the cluster's own"
            yield Problem((index, "oidc_issuer"), cluster.oidc_issuer, message, fix)
    own = {each.oidc_issuer for each in keys.clusters if each.oidc_issuer and each.account is None}
    if len(own) >= OIDC_PROVIDERS_MAX:
        message = (
            f"have {len(own)} issuers in one account, and IAM has providers for {OIDC_PROVIDERS_MAX}, GitHub's with it"
        )
        yield Problem((), None, message, "ask AWS for more, or run some clusters in another account")


def _repeated(values: Sequence[str], *key: str) -> Iterator[Problem]:
    """Each value that is there already, at its place in a list."""
    for index, value in enumerate(values):
        if value in values[:index]:
            yield Problem((index, *key), value, "appears twice", "give it another, or remove the entry")


def _cluster_problems(cluster: ClusterEntry, keys: StackKeys, home: RegistryId) -> Iterator[Problem]:
    account = keys.accounts.get(cluster.account) if cluster.account else home.account
    if account is None:
        yield unknown(("account",), str(cluster.account), "is not an account of this stack", keys.accounts)
    elif cluster.kind.is_eks:
        yield from _arn_problems(cluster.cluster_identifier, account, home)
    yield from (each.under("namespaces") for each in _repeated([each.name for each in cluster.namespaces], "name"))
    for index, namespace in enumerate(cluster.namespaces):
        for problem in _namespace_problems(namespace, cluster, keys.pull_credentials):
            yield problem.under("namespaces", index)


def _arn_problems(identifier: str, account: str, home: RegistryId) -> Iterator[Problem]:
    arn = Arn.parse(identifier)
    sound = arn and arn.service == "eks" and arn.region and arn.resource.startswith(_CLUSTER_ARN)
    if not sound or arn is None:
        fix = f"write arn:{home.partition}:eks:REGION:{account}:cluster/NAME"
        yield Problem(("cluster_identifier",), identifier, "is not the ARN of an EKS cluster", fix)
    elif arn.account != account:
        message, fix = f"is not a cluster of account {account}", "name its account, by its name in accounts"
        yield Problem(("cluster_identifier",), identifier, message, fix)


def _namespace_problems(
    namespace: NamespaceEntry, cluster: ClusterEntry, credentials: Mapping[str, PullCredentialEntry]
) -> Iterator[Problem]:
    mode = namespace.pull_mode
    if mode not in cluster.kind.modes:
        message = f"is not possible on {cluster.platform}, whose nodes have no role that pulls from Amazon ECR"
        yield Problem(
            ("mode",), namespace.mode, message, f"write {', '.join(each.value for each in cluster.kind.modes)}"
        )
    yield from _missing(namespace, cluster)
    foreign = {
        "refresh_interval": PullMode.EXTERNAL_SECRETS,
        "credentials": PullMode.STATIC_REGISTRY,
        "per_service_account": PullMode.NODE_ROLE,
    }
    for key, only in foreign.items():
        if key in namespace.model_fields_set and mode is not only:
            yield Problem((key,), getattr(namespace, key), f"is not a key of mode {mode.value}", "remove it")
    for key in ("service_accounts", "patch_service_accounts"):
        yield from (each.under(key) for each in _repeated(getattr(namespace, key)))
    for index, name in enumerate(namespace.patch_service_accounts):
        if name in namespace.service_accounts:
            message = "is declared by service_accounts, and patched"
            yield Problem(("patch_service_accounts", index), name, message, "keep one of the two")
    yield from _service_account_problems(namespace)
    yield from _credential_problems(namespace, cluster, credentials)


def _missing(namespace: NamespaceEntry, cluster: ClusterEntry) -> Iterator[Problem]:
    """The cluster's keys that the mode needs, reported at the mode."""
    mode = namespace.pull_mode
    own_role = mode in {PullMode.REFRESHED_SECRET, PullMode.EXTERNAL_SECRETS} or namespace.per_service_account
    needed = {
        "oidc_issuer: https://…": own_role and cluster.oidc_issuer is None,
        "refresher: {image: …@sha256:…}": mode is PullMode.REFRESHED_SECRET and cluster.refresher is None,
        "node_role: ROLE": mode is PullMode.NODE_ROLE and not own_role and cluster.node_role is None,
    }
    for line, missing in needed.items():
        if missing:
            key = line.partition(":")[0]
            yield Problem(("mode",), namespace.mode, f"needs the cluster's {key}", f"add `{line}` to {cluster.name}")


def _service_account_problems(namespace: NamespaceEntry) -> Iterator[Problem]:
    if namespace.pull_mode is PullMode.NODE_ROLE:
        if namespace.per_service_account and not namespace.service_accounts:
            yield Problem(("service_accounts",), None, "is missing", "name those that pull: [NAME]")
        unused = [] if namespace.per_service_account else ["service_accounts"]
        for key in (*unused, "patch_service_accounts"):
            if getattr(namespace, key):
                message = "is not needed: the nodes pull, whatever a pod's service account"
                yield Problem((key,), getattr(namespace, key), message, "remove it")


def _credential_problems(
    namespace: NamespaceEntry, cluster: ClusterEntry, credentials: Mapping[str, PullCredentialEntry]
) -> Iterator[Problem]:
    if namespace.pull_mode is not PullMode.STATIC_REGISTRY:
        return
    admission = cluster.admission
    if admission is not None and admission.action == "deny" and namespace.name not in admission.excepted:
        message = f"is the mode of {namespace.name}, and the cluster denies the images of other registries"
        yield Problem(("mode",), namespace.mode, message, f"add {namespace.name} to admission: except")
    if not namespace.credentials:
        yield Problem(("credentials",), None, "is missing", "name some of pull_credentials: [NAME]")
    yield from (each.under("credentials") for each in _repeated(namespace.credentials))
    hosts: dict[str, str] = {}
    for index, name in enumerate(namespace.credentials):
        if name not in credentials:
            yield unknown(("credentials", index), name, "is not a name in pull_credentials", credentials)
        elif hosts.setdefault(credentials[name].registry, name) != name:
            message = f"logs in at {credentials[name].registry} as {hosts[credentials[name].registry]} does"
            yield Problem(("credentials", index), name, message, "keep one of the two")


def pull_tokens(keys: StackKeys) -> dict[str, tuple[str, Path, str]]:
    """The secrets that `pull_credentials` need: for each its key of the stack, the path in it, and the user name."""
    return {
        f"{PULL_TOKEN_PREFIX}{name}": ("pull_credentials", (name, "username"), each.username)
        for name, each in keys.pull_credentials.items()
    }


def pull_credential_problems(keys: StackKeys) -> Iterator[Problem]:
    """Of a login that its registry can't take, and of one that no namespace uses: its token is kept for nothing."""
    used = {name for cluster in keys.clusters for each in cluster.namespaces for name in each.credentials}
    for name, entry in keys.pull_credentials.items():
        yield from (each.under(name) for each in lasting_login_problems(entry.registry, entry.username))
        if name not in used:
            fix = "name it in the credentials of a namespace with the mode static-registry, or remove it"
            yield Problem((name,), name, "is not used by a namespace", fix)


def pull_problems_in_catalog(entries: Iterable[tuple[str, RepositoryEntry]], keys: StackKeys) -> Iterator[Problem]:
    """At their paths in the catalog."""
    for name, entry in entries:
        for index, pull in enumerate(entry.pull):
            for problem in namespace_problems(pull, keys):
                yield problem.under("repositories", name, "pull", index)


def namespace_problems(pull: Pull | CachePull, keys: StackKeys) -> Iterator[Problem]:
    """Of the namespace that a grant names, where the stack has its cluster."""
    cluster = next((each for each in keys.clusters if each.name == pull.cluster), None)
    if cluster is None or pull.namespace is None:
        return
    namespace = next((each for each in cluster.namespaces if each.name == pull.namespace), None)
    if namespace is None:
        known = [each.name for each in cluster.namespaces]
        yield unknown(("namespace",), pull.namespace, f"is not a namespace of cluster {cluster.name}", known)
    elif not namespace.pull_mode.pulls_from_ecr:
        message = f"has the mode {namespace.mode}, which pulls from other registries alone"
        yield Problem(("namespace",), pull.namespace, message, "give the namespace another mode, or remove the grant")
