"""Clusters as they are declared, and what the namespaces that the settings name can pull with."""

from collections.abc import Iterable, Iterator, Sequence

from domain.iam.grants import AccountGrant
from domain.iam.roles import stack_role_name
from domain.kubernetes.cluster import Admission, Cluster, Namespace, PullCredential, Refresher
from domain.kubernetes.object_names import ClusterNamespace
from domain.kubernetes.platforms import PullMode
from settings.written.catalog import Pull
from settings.written.clusters import ClusterEntry, NamespaceEntry
from settings.written.stack import CachePull, StackKeys

EXTERNAL_SECRETS_ACCOUNT = "ecr-pull"
"""The service account whose token the External Secrets Operator takes to AWS."""
_REFRESH_INTERVAL = "6h0m0s"


def clusters(keys: StackKeys, stack: str, own: str) -> tuple[Cluster, ...]:
    """Those of the stack; one of an account that is not known has a fault of its own."""
    accounts = {each.name: keys.accounts.get(each.account) if each.account else own for each in keys.clusters}
    return tuple(
        _cluster(each, keys, stack, account, own) for each in keys.clusters if (account := accounts[each.name])
    )


def _cluster(entry: ClusterEntry, keys: StackKeys, stack: str, account: str, own: str) -> Cluster:
    admission, refresher = entry.admission, entry.refresher
    return Cluster(
        name=entry.name,
        account=account,
        own_account=account == own,
        platform=entry.kind,
        endpoint=entry.endpoint.rstrip("/"),
        ca=entry.ca,
        identifier=entry.cluster_identifier,
        issuer=entry.oidc_issuer,
        node_role=entry.node_role,
        secret=entry.secret,
        refresher=Refresher(name=refresher.name, image=refresher.image) if refresher else None,
        admission=Admission(deny=admission.action == "deny", excepted=admission.excepted) if admission else None,
        namespaces=tuple(_namespace(each, entry, keys, stack) for each in entry.namespaces),
    )


def _namespace(entry: NamespaceEntry, cluster: ClusterEntry, keys: StackKeys, stack: str) -> Namespace:
    trusted = _trusted(entry, cluster)
    return Namespace(
        id=ClusterNamespace(cluster.name, entry.name),
        mode=entry.pull_mode,
        create=entry.create,
        service_accounts=entry.service_accounts,
        patched_service_accounts=entry.patch_service_accounts,
        role=stack_role_name(stack, f"pull.{cluster.name}.{entry.name}") if trusted else None,
        trusted=trusted,
        refresh_interval=entry.refresh_interval or _REFRESH_INTERVAL,
        credentials=tuple(
            PullCredential(name=name, registry=each.registry, username=each.username)
            for name in entry.credentials
            if (each := keys.pull_credentials.get(name))
        ),
    )


def _trusted(entry: NamespaceEntry, cluster: ClusterEntry) -> tuple[str, ...]:
    """The service accounts that assume the namespace's role; none where it has none."""
    match entry.pull_mode:
        case PullMode.REFRESHED_SECRET:
            return (cluster.refresher.name,) if cluster.refresher else ()
        case PullMode.EXTERNAL_SECRETS:
            return (EXTERNAL_SECRETS_ACCOUNT,)
        case PullMode.NODE_ROLE if entry.per_service_account:
            return entry.service_accounts
    return ()


class NamespacePulls:
    """What namespaces pull with: roles of the stack's own, or roles that repository policies name."""

    def __init__(self, role_path: str, found: Sequence[Cluster]) -> None:
        self._path = role_path
        self._known = {each.id: (cluster, each) for cluster in found for each in cluster.namespaces}

    def named(self, pulls: Iterable[Pull | CachePull]) -> tuple[ClusterNamespace, ...]:
        """The namespaces of this stack that these name, each once."""
        ids = (ClusterNamespace(each.cluster, each.namespace) for each in pulls if each.cluster and each.namespace)
        known = (each for each in ids if each in self._known and self._known[each][1].mode.pulls_from_ecr)
        return tuple(dict.fromkeys(known))

    def grants(self, namespaces: Iterable[ClusterNamespace]) -> tuple[AccountGrant, ...]:
        """To nodes, and to pull roles in other accounts; a role of the stack's own has a policy that allows it."""
        return tuple(dict.fromkeys(self._grants(namespaces)))

    def _grants(self, namespaces: Iterable[ClusterNamespace]) -> Iterator[AccountGrant]:
        for cluster, namespace in (self._known[each] for each in namespaces):
            if namespace.role is None and cluster.node_role:
                yield AccountGrant(account=cluster.account, role=cluster.node_role)
            elif namespace.role and not cluster.own_account:
                yield AccountGrant(account=cluster.account, role=f"{self._path}/{namespace.role}")
