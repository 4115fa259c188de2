"""`python -m ops cluster-role`: the role that a namespace pulls with, to be made in another account."""

import argparse
import json
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from domain.aws import Arn
from domain.document_text import to_json_text
from domain.iam.oidc import AUDIENCE
from domain.iam.roles import Document, pull_policy
from domain.kubernetes.cluster import Cluster, Namespace
from domain.wording import listed, nearest
from render.output import print_text, refuse, wrapped
from settings import InvalidSettings, Settings, load
from settings.declared.iam_roles import namespace_roles

_VERSION = 1
_POLICY = "pull"


class NoPullRole(Exception):
    """A namespace that is not declared, or that pulls with no role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRole:
    """A role that pulls; `trust` is None where only its permissions are ours to say."""

    about: str
    """What it is for, and who makes it."""
    account: str
    arn: str
    name: str
    path: str
    trust: Document | None
    policy: Document
    provider: str | None
    """The command that makes the account's provider of the cluster's issuer, which it has once."""
    commands: tuple[str, ...]
    """Those that make the role; none where the stack itself declares it."""


def run(options: argparse.Namespace) -> int:
    try:
        settings = load(options.project, options.stack)
        role = pull_role(settings, *_found(settings, options.cluster, options.namespace))
    except (InvalidSettings, NoPullRole) as fault:
        return refuse(fault)
    print_text((_to_json if options.format == "json" else _to_text)(role))
    return 0


def _found(settings: Settings, cluster_name: str, name: str) -> tuple[Cluster, Namespace]:
    clusters = {each.name: each for each in settings.clusters}
    if not clusters:
        raise NoPullRole(f"the stack {settings.stack} declares no clusters (write clusters in its file)")
    if cluster_name not in clusters:
        hint = nearest(cluster_name, clusters)
        raise NoPullRole(f"the stack {settings.stack} declares no cluster {cluster_name!r} ({hint})")
    cluster = clusters[cluster_name]
    namespaces = {each.name: each for each in cluster.namespaces}
    if name not in namespaces:
        raise NoPullRole(f"cluster {cluster_name} has no namespace {name!r} ({nearest(name, namespaces)})")
    return cluster, namespaces[name]


def pull_role(settings: Settings, cluster: Cluster, namespace: Namespace) -> PullRole:
    """The role that the namespace pulls with; raises NoPullRole where it has none."""
    if not namespace.mode.pulls_from_ecr:
        text = f"{namespace.mode.value}: it pulls from other registries alone, with no role"
        raise NoPullRole(f"namespace {namespace.name} of cluster {cluster.name} has the mode {text}")
    return _own_role(settings, cluster, namespace) if namespace.role else _node_role(settings, cluster)


def _own_role(settings: Settings, cluster: Cluster, namespace: Namespace) -> PullRole:
    registries = [each.id for each in settings.registries]
    found = namespace_roles(
        [cluster], registries=registries, repositories=settings.repositories, caches=settings.caches
    )
    role = next(each for each in found if each.name == namespace.role)
    arn, about = str(settings.pull_role_arn(cluster, namespace)), f"The role of namespace {namespace.name} of cluster "
    if cluster.own_account:
        about += f"{cluster.name}. The stack declares it: there is nothing to make."
        provider, commands = None, tuple[str, ...]()
    else:
        about += f"{cluster.name}. Make it before the stack is deployed: a repository policy can't name a missing role."
        provider = _command("create-open-id-connect-provider", url=str(cluster.issuer), client_id_list=AUDIENCE)
        trust, policy = to_json_text(role.trust), to_json_text(role.policy)
        commands = (
            _command("create-role", path=settings.role_path, role_name=role.name, assume_role_policy_document=trust),
            _command("put-role-policy", role_name=role.name, policy_name=_POLICY, policy_document=policy),
        )
    return PullRole(
        about=about,
        account=cluster.account,
        arn=arn,
        name=role.name,
        path=settings.role_path,
        trust=role.trust,
        policy=role.policy,
        provider=provider,
        commands=commands,
    )


def _node_role(settings: Settings, cluster: Cluster) -> PullRole:
    """For all namespaces that pull with it: a policy of one would take the others' away."""
    arn = str(settings.node_role_arn(cluster))
    _, _, path_and_name = str(getattr(Arn.parse(arn), "resource", "")).partition("/")
    folders, _, name = path_and_name.rpartition("/")
    sharing = {each.id: each.name for each in cluster.namespaces if each.mode.pulls_from_ecr and not each.role}
    policy = pull_policy(
        [each.name for each in settings.repositories if not sharing.keys().isdisjoint(each.namespaces)],
        [each.id for each in settings.registries],
        [each.rule.prefix for each in settings.caches if not sharing.keys().isdisjoint(each.namespaces)],
    )
    own = f"{settings.project}-{settings.stack}-{_POLICY}"
    return PullRole(
        about=f"The role of the nodes of cluster {cluster.name}, with which every namespace of it can pull what is "
        f"declared for {listed(sharing.values())}.",
        account=cluster.account,
        arn=arn,
        name=name,
        path=f"/{folders}/" if folders else "/",
        trust=None,
        policy=policy,
        provider=None,
        commands=(_command("put-role-policy", role_name=name, policy_name=own, policy_document=to_json_text(policy)),),
    )


def _command(operation: str, **options: str) -> str:
    words = (word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value))
    return shlex.join(["aws", "iam", operation, *words])


def _to_json(role: PullRole) -> str:
    return json.dumps({"version": _VERSION, **asdict(role)}, indent=1, ensure_ascii=False)


def _to_text(role: PullRole) -> str:
    return "\n".join(_lines(role))


def _lines(role: PullRole) -> Iterator[str]:
    """What is there to be copied is neither indented nor wrapped."""
    yield role.arn
    yield from wrapped(f"  {role.about}", "  ")
    yield f"  account {role.account}, path {role.path}, name {role.name}"
    for title, document in (("Trust policy", role.trust), ("Permissions", role.policy)):
        if document is not None:
            yield from ("", title, json.dumps(document, indent=2))
    if role.commands:
        yield from ("", f"With credentials of account {role.account}")
    if role.provider:
        yield from ("# Once an account: where it has no provider of the issuer yet.", role.provider)
    yield from role.commands
