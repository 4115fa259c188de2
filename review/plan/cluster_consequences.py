"""What changes for the pods of clusters: how they pull, and which images they can use."""

from collections.abc import Iterator, Sequence

from domain.kubernetes.image_admission import NAME as IMAGE_ADMISSION
from domain.wording import listed
from policies.pack.rule import Level
from render.resource import Resource
from resources.kubernetes import (
    ADMISSION_BINDING,
    CLAIM,
    CRON_JOB,
    DEPLOYMENT,
    EXTERNAL_SECRET,
    NAMESPACE,
    SECRET,
    SERVICE_ACCOUNT,
    SERVICE_ACCOUNT_PATCH,
)
from resources.providers import CLUSTER_PROVIDER
from review.plan.model import Change, Compared, Consequence, Op, Topic
from review.plan.phrases import grouped, urns_of

_SOURCES = {
    CRON_JOB: "is no longer refreshed, and its token expires within 12 hours",
    EXTERNAL_SECRET: "is deleted",
    SECRET: "is deleted",
}
"""What keeps a pull secret, and what its end means for the secret."""
_TAKES_OVER = {
    CRON_JOB: "; the end of the old one deletes it after the first job wrote it: run the CronJob once more then",
    EXTERNAL_SECRET: "",
    SECRET: "; it exists already, and its creation is refused: delete it first",
}
"""What else happens where this becomes the source."""
_WITHOUT_ACCOUNT = {
    SERVICE_ACCOUNT: "No pod can start any more as",
    SERVICE_ACCOUNT_PATCH: "No pull secret at all is left to",
}
_REFUSES = "images of other registries, and tags that can move"
_LIMIT = 10
_OWN_REGISTRY = ":SelfHostedRegistry$"
"""In the URN of what is of a registry of one's own: its secrets and jobs are no pull secret's."""


def cluster_consequences(compared: Compared) -> Iterator[Consequence]:
    changes = [each for each in compared.changes if each.cluster]
    yield from _renames(changes)
    yield from _sources([each for each in changes if _OWN_REGISTRY not in each.urn])
    yield from _own_registries([each for each in changes if _OWN_REGISTRY in each.urn])
    yield from _accounts(changes)
    yield from _namespaces(changes)
    yield from _admissions(changes)


def _renames(changes: Sequence[Change]) -> Iterator[Consequence]:
    """The same cluster under another name, which is part of every URN in it."""
    providers = [each for each in changes if each.type == CLUSTER_PROVIDER]
    gone = {_identifier(each.old): each for each in providers if each.op is Op.DELETE}
    for each in providers:
        old = gone.get(_identifier(each.new)) if each.op is Op.CREATE else None
        if old is not None:
            text = (
                f"Cluster {old.name} becomes {each.name}: the engine would create all that is declared in it, which "
                "the cluster refuses since it exists, and delete it."
            )
            yield Consequence(
                topic=Topic.RENAME, text=text, urns=(each.urn,), id="plan-renames", level=Level.MANDATORY,
                fix=f"keep the name {old.name}",
            )  # fmt: skip


def _identifier(provider: Resource | None) -> object:
    return provider.inputs.get("clusterIdentifier") if provider else None


def _sources(changes: Sequence[Change]) -> Iterator[Consequence]:
    """Namespaces that have no pull secret any more, or another's."""
    sources = [each for each in changes if each.type in _SOURCES]
    made = {_namespace(each): each.type for each in sources if each.op is Op.CREATE}
    gone = [each for each in sources if each.op is Op.DELETE]
    for (_, old, new), group in grouped(
        gone, lambda each: (each.cluster, each.type, made.get(_namespace(each)))
    ).items():
        if new is None:
            text = f"Pods can't pull any more in {_where(group)}: the pull secret {_SOURCES[old]}."
        else:
            text = f"The pull secret has another source in {_where(group)}{_TAKES_OVER[new]}."
        yield Consequence(topic=Topic.CLUSTER, text=text, urns=urns_of(group))


def _accounts(changes: Sequence[Change]) -> Iterator[Consequence]:
    """Service accounts of workloads, which alone have pull secrets of their own."""
    gone = [each for each in changes if each.op is Op.DELETE and each.old and "imagePullSecrets" in each.old.inputs]
    for (what, cluster), group in grouped(gone, lambda each: (each.type, each.cluster)).items():
        names = listed(sorted(f"{_namespace(each)[1]}/{_name(each.old)}" for each in group), limit=_LIMIT)
        kind = "service account" if len(group) == 1 else "service accounts"
        text = f"{_WITHOUT_ACCOUNT[what]} {kind} {names} in cluster {cluster}."
        yield Consequence(topic=Topic.CLUSTER, text=text, urns=urns_of(group))


def _own_registries(changes: Sequence[Change]) -> Iterator[Consequence]:
    gone = [each for each in changes if each.op is Op.DELETE and each.type in {DEPLOYMENT, CLAIM}]
    for (what, cluster), group in grouped(gone, lambda each: (each.type, each.cluster)).items():
        names = listed(sorted(f"{_namespace(each)[1]}/{_name(each.old)}" for each in group), limit=_LIMIT)
        text = f"No longer served in cluster {cluster}: {names}, so nothing can be pulled from there."
        if what == CLAIM:
            text = f"No longer declared in cluster {cluster}, and not deleted: the images of {names}."
        yield Consequence(topic=Topic.CLUSTER, text=text, urns=urns_of(group))


def _namespaces(changes: Sequence[Change]) -> Iterator[Consequence]:
    gone = [each for each in changes if each.type == NAMESPACE and each.op is Op.DELETE and each.retained]
    for group in grouped(gone, lambda each: each.cluster).values():
        text = f"No longer declared, and not deleted: {_where(group)}, with all that runs there."
        yield Consequence(topic=Topic.CLUSTER, text=text, urns=urns_of(group))


def _admissions(changes: Sequence[Change]) -> Iterator[Consequence]:
    for each in changes:
        if each.type != ADMISSION_BINDING or _name(each.new or each.old) != IMAGE_ADMISSION:
            continue
        before, after = _denies(each.old), _denies(each.new)
        if before and not after:
            text = f"Cluster {each.cluster} no longer refuses {_REFUSES}."
            yield Consequence(topic=Topic.WEAKER, text=text, urns=(each.urn,), id="plan-weakens")
        elif after and not before:
            text = f"Cluster {each.cluster} from now on refuses {_REFUSES}: pods that run stay, new ones are not made."
            yield Consequence(topic=Topic.CLUSTER, text=text, urns=(each.urn,))


def _denies(binding: Resource | None) -> bool:
    return binding is not None and "Deny" in binding.inputs["spec"]["validationActions"]


def _where(changes: Sequence[Change]) -> str:
    names = sorted({_namespace(each)[1] for each in changes})
    kind = "namespace" if len(names) == 1 else "namespaces"
    return f"{kind} {listed(names, limit=_LIMIT)} of cluster {changes[0].cluster}"


def _namespace(change: Change) -> tuple[str, str]:
    """The cluster, and the namespace that it is or that it is in."""
    resource = change.new or change.old
    metadata = resource.inputs["metadata"] if resource else {}
    return str(change.cluster), str(metadata.get("namespace", metadata.get("name")))


def _name(resource: Resource | None) -> str:
    return str(resource.inputs["metadata"]["name"]) if resource else ""
