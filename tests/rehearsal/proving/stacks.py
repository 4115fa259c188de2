"""The stacks that proofs are tried on: the tests' own two, and one for each thing that a stack can have."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from localcloud.clients import Clients
from rehearsal.apply import preconditions
from rehearsal.apply.applying import Applied, apply
from rehearsal.apply.builder import StandIn
from rehearsal.apply.kubernetes import ApiServers
from rehearsal.proofs.harness.case import RegistryCase
from rehearsal.proofs.harness.http_endpoints import HttpEndpoints
from rehearsal.proofs.harness.principals import Principals
from rehearsal.proofs.harness.run import Proof, ProofOutcome, cases, found, promised, prove
from settings import Settings, load
from tests.clusters import STOREFRONT
from tests.rehearsal.proving.breaking import REGION
from tests.stacks import NO_GITHUB, NO_MONITORING, copied

DEV_ACCOUNT, OTHER_ACCOUNT, WORKLOADS = "111122223333", "999900001111", "444455556666"
COPY, PART, THERE = "eu-west-1", "eu-central-1", "us-west-2"
CACHES_ACCOUNT, UPSTREAM_ACCOUNT = "550000330001", "999988887777"
REPLICAS_ACCOUNT = "550000110001"
ROLES_ACCOUNT = "550000220001"
CLUSTERS_ACCOUNT = "550000440001"
SOURCES_ACCOUNT = "550000660001"
MONITORED_ACCOUNT = "550000770001"
SUBSCRIBED_QUEUE = f"arn:aws:sqs:{REGION}:{OTHER_ACCOUNT}:registry-events"
SUBSCRIBED_ENDPOINT = "https://pager.acme.example/registry"
SECRET = f"arn:aws:secretsmanager:{REGION}:{CACHES_ACCOUNT}:secret:ecr-pullthroughcache/hub-a1b2c3"


def stack_file(account: str, *lines: str) -> str:
    """A stack in the account, with these keys of ours beside the usual ones; monitoring is off but where it is one."""
    accounts = f'accounts: {{workloads: "{WORKLOADS}", self: "{account}"}}'
    off = () if any(each.startswith("monitoring:") for each in lines) else ("monitoring: {enabled: false}",)
    ours = ("environment: dev", accounts, "organizations: {acme: o-a1b2c3d4e5}", "protect: false", *off, *lines)
    keys = "".join(f"  container-registry:{line}\n" for line in ours)
    return f'config:\n  aws:region: {REGION}\n  aws:allowedAccountIds: ["{account}"]\n{keys}'


CACHES = f"""caches:
    - {{upstream: ecr-public, pull: [{{account: workloads}}, {{organization: acme}}, {{service: ecs}}]}}
    - {{upstream: quay, prefix: their/quay, upstream_prefix: team, pull: [{{account: workloads, role: ci/runner}}]}}
    - {{upstream: docker-hub, credentials: "{SECRET}", pull: [{{account: self}}, {{account: self, role: builder}}]}}
    - {{upstream: ecr, registry: {UPSTREAM_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com, pull: [{{account: workloads}}]}}
    - {{upstream: kubernetes}}"""
REPLICAS = f"""replicas:
    - region: {COPY}
    - {{region: {PART}, prefixes: [team/app]}}
    - {{region: {THERE}, account: workloads, role: deploy}}"""
ROLES = f"""roles:
    auditors: ["arn:aws:iam::{WORKLOADS}:role/security/audit", "arn:aws:iam::{{account}}:user/ada"]"""
MONITORING = f"""monitoring:
    enabled: true
    subscribers: [{{sqs: "{SUBSCRIBED_QUEUE}"}}, {{https: "{SUBSCRIBED_ENDPOINT}"}}, {{email: a@acme.example}}]
    trail: true
    trail_log_group: arn:aws:logs:{REGION}:{MONITORED_ACCOUNT}:log-group:trail"""
_NAMESPACES: Mapping[str, list[dict[str, object]]] = {
    "storefront": [
        {"name": "team", "mode": "refreshed-secret"},
        {"name": "web", "mode": "external-secrets"},
        {"name": "jobs", "mode": "node-role", "per_service_account": True, "service_accounts": ["runner", "janitor"]},
        {"name": "idle", "mode": "refreshed-secret"},
        {"name": "batch", "mode": "node-role"},
    ],
    "edge": [{"name": "team", "mode": "refreshed-secret"}],
    "far": [{"name": "team", "mode": "refreshed-secret"}],
}


NO_SERVERS = ApiServers()
_ADMISSION: Mapping[str, Mapping[str, object]] = {
    "storefront": {"admission": {"action": "deny", "except": ["monitoring"]}},
    "edge": {"admission": {"action": "audit"}},
}


def _cluster(name: str, number: int) -> dict[str, object]:
    """One by each way to pull; `far` is in another account."""
    return {
        **STOREFRONT,
        "name": name,
        "platform": "credential-provider",
        "cluster_identifier": name,
        "oidc_issuer": f"https://oidc.eks.us-east-1.amazonaws.com/id/{CLUSTERS_ACCOUNT}{number}",
        "namespaces": _NAMESPACES[name],
        **_ADMISSION.get(name, {}),
        **({"account": "workloads"} if name == "far" else {}),
    }


_CLUSTERS = [_cluster(name, number) for number, name in enumerate(_NAMESPACES)]
FILES: Mapping[str, tuple[str, str]] = {
    "caches": (
        stack_file(CACHES_ACCOUNT, CACHES),
        "repositories:\n  team/app: {owner: team, retention: [{any: true, keep: 10}]}\n",
    ),
    "replicas": (
        stack_file(REPLICAS_ACCOUNT, REPLICAS),
        """\
retention:
  default: [{tag: "v*", keep: 10}, {untagged: true, expire_after_days: 7}]
repositories:
  team/app: {owner: team, mutable_tags: [latest], pull: [{account: workloads}]}
  team/web: {owner: team, pull: [{account: workloads, role: web-runner}]}
""",
    ),
    "roles": (
        stack_file(ROLES_ACCOUNT, f"replicas: [{{region: {COPY}}}]", ROLES.format(account=ROLES_ACCOUNT)),
        """\
retention: {default: [{any: true, keep: 10}]}
repositories:
  team/app:
    owner: team
    pull: [{service: ecs}]
    access_tests:
      - {principal: {role: dev.ecs-task-execution}, action: pull, expect: allowed}
      - {principal: {role: dev.auditor}, action: pull, expect: denied}
  team/named: {owner: team, pull: [{account: self, role: container-registry/dev/dev.ecs-task-execution}]}
  team/web: {owner: team, pull: [{account: workloads}]}
""",
    ),
    "clusters": (
        stack_file(
            CLUSTERS_ACCOUNT,
            f"replicas: [{{region: {COPY}}}]",
            f"clusters: {json.dumps(_CLUSTERS)}",
            """caches:
    - upstream: ecr-public
      pull:
        - {cluster: storefront, namespace: team}
        - {cluster: storefront, namespace: batch}
        - {cluster: far, namespace: team}
    - {upstream: quay}""",
        ),
        """\
retention: {default: [{any: true, keep: 10}]}
repositories:
  team/app:
    owner: team
    pull:
      - {cluster: storefront, namespace: team}
      - {cluster: storefront, namespace: jobs}
      - {cluster: storefront, namespace: batch}
      - {cluster: far, namespace: team}
    access_tests:
      - {principal: {namespace: storefront/team}, action: pull, expect: allowed}
      - {principal: {namespace: storefront/batch}, action: pull, expect: allowed}
      - {principal: {role: dev.pull.storefront.team}, action: push, expect: denied}
      - {principal: {namespace: edge/team}, action: pull, expect: denied}
  team/web: {owner: team, pull: [{cluster: storefront, namespace: web}, {cluster: edge, namespace: team}]}
  team/named:
    owner: team
    mutable_tags: [latest, "dev-*"]
    pull: [{account: self, role: container-registry/dev/dev.pull.storefront.web}]
""",
    ),
    "sources": (
        stack_file(SOURCES_ACCOUNT, "github: {owner: Initech, registry: {repository: registry}}"),
        """\
retention: {default: [{any: true, keep: 10}]}
repositories:
  team/app:
    owner: team
    push:
      - {github: initech/app, environment: production}
      - {github: initech/app, environment: Releases, admits: ["refs/tags/v*", refs/heads/release/1]}
  team/web: {owner: team, push: [{github: initech/web, refs: [refs/heads/main]}]}
  team/other: {owner: team, push: [{github: globex/app, environment: production}]}
""",
    ),
    "monitored": (
        stack_file(
            MONITORED_ACCOUNT, f"replicas: [{{region: {COPY}}}]", "caches: [{upstream: ecr-public}]", MONITORING
        ),
        """\
retention: {default: [{any: true, keep: 10}]}
repositories:
  team/app: {owner: team, push: [{github: acme/app, refs: [refs/heads/main]}], alarms: [pulls-stopped]}
""",
    ),
}
"""A stack's file and its catalog, by the stack's name here."""


def project_of(folder: Path, stack: str, catalog: str) -> Path:
    """The project with another stack dev and another catalog, in the folder."""
    copied(folder, *NO_GITHUB)
    (folder / "Pulumi.dev.yaml").write_text(stack, encoding="utf-8")
    (folder / "catalog.yaml").write_text(catalog, encoding="utf-8")
    return folder


def build(
    project: Path, stack: str, clients: Clients, servers: ApiServers = NO_SERVERS, endpoint: StandIn = str
) -> Applied:
    """As `up` does it, the bootstrap first."""
    preconditions.bootstrap(load(project, stack), clients)
    return apply(project, stack, clients, lambda _label: None, servers, endpoint=endpoint)


class Stack:
    """One that stands in the shared cloud, and what became of its promises."""

    def __init__(
        self,
        applied: Applied,
        clients: Clients,
        principals: Principals,
        servers: ApiServers = NO_SERVERS,
        http_endpoints: HttpEndpoints | None = None,
    ) -> None:
        self.applied = applied
        self.settings: Settings = applied.settings
        more: dict[str, Any] = {"github": applied.github, "http_endpoints": http_endpoints}
        self.cases: Mapping[str, RegistryCase] = {
            each.subject: each for each in cases(self.settings, clients, principals, servers.clients, **more)
        }
        self._promised: Callable[[], list[tuple[Proof, RegistryCase]]] = lambda: promised(
            self.settings, clients, principals, None, servers.clients, **more
        )
        self._kept: dict[tuple[str, str], ProofOutcome] = {}
        self._broken: set[tuple[str, str]] = set()

    @cached_property
    def promises(self) -> list[tuple[str, str]]:
        """Each promise's proof and subject."""
        return [(proof.name, case.subject) for proof, case in self._promised()]

    def subjects(self, *proofs: str) -> set[str]:
        return {subject for proof, subject in self.promises if proof in proofs}

    def case(self, subject: str) -> RegistryCase:
        return self.cases.get(f"{subject}@{REGION}") or self.cases[subject]

    def prove(self, proof: str, subject: str) -> ProofOutcome:
        (wanted,) = [each for each in found() if each.name == proof]
        return prove(wanted, self.case(subject))

    def kept(self, proof: str, subject: str) -> ProofOutcome:
        """How the promise was proven before anything was broken."""
        if (proof, subject) not in self._kept:
            self._kept[proof, subject] = self.prove(proof, subject)
        return self._kept[proof, subject]

    def broken(self, proof: str, subject: str) -> ProofOutcome:
        """The proof while something is broken."""
        self._broken.add((proof, subject))
        return self.prove(proof, subject)

    def not_mended(self) -> list[ProofOutcome]:
        """What was broken before, and still is."""
        return [each for pair in sorted(self._broken) if not (each := self.prove(*pair)).held]


class Stacks:
    """Built when they are first asked for."""

    def __init__(
        self,
        folder: Path,
        clients: Clients,
        principals: Principals,
        prepare: Callable[[Settings], None],
        http_endpoints: HttpEndpoints,
    ) -> None:
        self._folder, self._clients, self._visitors, self._prepare = folder, clients, principals, prepare
        self._http_endpoints = http_endpoints
        self._built: dict[str, Stack] = {}

    def __getitem__(self, name: str) -> Stack:
        if name not in self._built:
            self._built[name] = self.build(self.project(name), "prod" if name == "prod" else "dev")
        return self._built[name]

    def project(self, name: str) -> Path:
        if name in FILES:
            return project_of(self._folder / name, *FILES[name])
        return copied(self._folder / name, *NO_MONITORING)

    def build(self, project: Path, stack: str = "dev") -> Stack:
        self._prepare(load(project, stack))
        built = build(project, stack, self._clients, endpoint=self._http_endpoints.stand_in)
        return Stack(built, self._clients, self._visitors, http_endpoints=self._http_endpoints)

    def not_mended(self) -> list[ProofOutcome]:
        return [each for stack in self._built.values() for each in stack.not_mended()]
