"""Everything by which one namespace of a cluster pulls, and what a cluster has once for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from domain.kubernetes.cluster import Cluster, Namespace
from domain.kubernetes.external_secrets import external_secret_objects
from domain.kubernetes.image_admission import AdmittedImages, admission_objects
from domain.kubernetes.objects import KubernetesObject
from domain.kubernetes.platforms import PullMode
from domain.kubernetes.refreshed_secret import SecretRefresh, refresher_objects
from domain.kubernetes.refresher_pin import refresher_pin
from domain.kubernetes.service_accounts import namespace_object, role_account, secret_account
from domain.kubernetes.static_registry import static_secret

Steps = tuple[tuple[KubernetesObject, ...], ...]
"""Objects in the order of their creation: each step needs those before it."""
_HTTPS = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class PullAccess:
    """What a namespace's objects are made of."""

    cluster: Cluster
    namespace: Namespace
    hosts: tuple[str, ...]
    """The registries that it pulls from."""
    role_arn: str | None
    """Of its pull role."""
    script: str
    """The text of the refresher's program."""

    def steps(self, data: Any = None) -> Steps:
        """`data` is that of static-registry's secret, which is a secret of the stack's."""
        namespace = self.namespace
        made = ((namespace_object(namespace.name),),) if namespace.create else ()
        (*needed, last), accounts = self._by_mode(data) or ((),), self._accounts()
        return tuple(filter(None, (*made, *needed, (*last, *accounts))))

    def _by_mode(self, data: Any) -> Steps:
        cluster, name = self.cluster, self.namespace.name
        match self.namespace.mode:
            case PullMode.REFRESHED_SECRET:
                return self._refreshed()
            case PullMode.EXTERNAL_SECRETS:
                return external_secret_objects(
                    name, secret=cluster.secret, hosts=self.hosts, interval=self.namespace.refresh_interval,
                    account=self.namespace.trusted[0], role_arn=self.role_arn,
                )  # fmt: skip
            case PullMode.STATIC_REGISTRY:
                return ((KubernetesObject(manifest=static_secret(cluster.secret, name, data)),),)
            case PullMode.NODE_ROLE:
                return ()

    def _refreshed(self) -> Steps:
        cluster = self.cluster
        if cluster.refresher is None:
            return ()
        return refresher_objects(
            SecretRefresh(
                name=cluster.refresher.name, cluster=cluster.name, namespace=self.namespace.name, secret=cluster.secret,
                image=cluster.refresher.image, script=self.script, hosts=self.hosts, role_arn=self.role_arn,
                api_port=urlsplit(cluster.endpoint).port or _HTTPS,
            )
        )  # fmt: skip

    def _accounts(self) -> tuple[KubernetesObject, ...]:
        namespace, name = self.namespace, self.namespace.name
        if namespace.mode is PullMode.NODE_ROLE:
            return tuple(role_account(each, name, self.role_arn) for each in namespace.service_accounts)
        named = [(each, False) for each in namespace.service_accounts]
        named += [(each, True) for each in namespace.patched_service_accounts]
        return tuple(secret_account(each, name, self.cluster.secret, exists=exists) for each, exists in named)


def cluster_steps(cluster: Cluster, hosts: tuple[str, ...], mutable_tags: Mapping[str, tuple[str, ...]]) -> Steps:
    """The policies that the whole cluster has; none where no namespace has a refresher and all images are admitted."""
    refreshed = tuple(each.name for each in cluster.namespaces if each.mode is PullMode.REFRESHED_SECRET)
    found: list[Steps] = []
    if cluster.refresher is not None and refreshed:
        found.append(refresher_pin(cluster.refresher.name, cluster.secret, refreshed))
    if cluster.admission is not None:
        images = AdmittedImages(
            hosts=hosts, mutable_tags=mutable_tags, refresher=cluster.refresher, refreshed=refreshed
        )  # fmt: skip
        found.append(admission_objects(images, deny=cluster.admission.deny, excepted=cluster.admission.excepted))
    return tuple(tuple(chain.from_iterable(step)) for step in zip(*found, strict=True))
