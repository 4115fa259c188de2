"""What makes a resource of one type in the local cloud, and answers as the provider would."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.clients import Clients
from localcloud.iam_and_kms import IAM_REGION
from rehearsal.cluster.kubernetes_client import KubernetesClient
from resources import Answer, Declaration, Inputs

StandIn = Callable[[str], str]
"""By an address, the one on loopback in its place."""


class NotMade(Exception):
    """What the answer of a call that succeeded says against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Declaration):
    """One resource to make."""

    import_id: str | None
    clients: Clients
    api: KubernetesClient | None = None
    """Of the resource's cluster."""
    endpoint: StandIn = str
    """Where what is for an HTTPS endpoint is sent to."""

    def tags(self, name: str = "tags", *, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
        """As the APIs have them."""
        return [{key: each, value: text} for each, text in self.inputs.get(name, {}).items()]

    def client(self, service: str) -> Any:
        """In the resource's region; one without is of a global service, which is called where IAM is."""
        return self.clients.root(service, self.inputs.get("region", IAM_REGION), self.account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """`properties` are the inputs that it builds; one beyond them fails the run: nothing is left out in silence."""

    build: Callable[[Order], Answer]
    properties: tuple[str, ...]
    at_deletion: tuple[str, ...] = ()
    """Inputs that say how the resource is deleted one day, and change nothing before."""

    def unknown(self, inputs: Inputs) -> list[str]:
        return sorted(set(inputs) - {*self.properties, *self.at_deletion, "region"})
