"""Runs the program once more, before a monitor that makes each resource in the local cloud as it is declared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.clients import Clients
from rehearsal.apply import cloudwatch, ecr, events, iam, kms, kubernetes, logs, secretsmanager, sns, sqs
from rehearsal.apply.builder import Builder, NotMade, Order, StandIn
from rehearsal.apply.kubernetes import ApiServers, JobFailed
from rehearsal.cluster.kubernetes_client import KubernetesRefusal, Unreachable
from rehearsal.github_record import RECORDED, GitHubRecord
from render.monitor import RecordingMonitor
from render.rendering import home_account, run_program, sound_configuration
from resources import Answer, github
from resources.chatbot import SLACK_CHANNEL
from resources.logs import QUERY_DEFINITION
from resources.providers import cluster_of, is_provider, owner_of
from settings import Settings

BUILT: dict[str, Builder] = {
    **cloudwatch.BUILDERS,
    **ecr.BUILDERS,
    **events.BUILDERS,
    **iam.BUILDERS,
    **kms.BUILDERS,
    **kubernetes.BUILDERS,
    **logs.BUILDERS,
    **secretsmanager.BUILDERS,
    **sns.BUILDERS,
    **sqs.BUILDERS,
}
NOT_BUILT: dict[str, str] = {
    **{each.token: "declared at GitHub" for each in github.TYPES},
    **dict.fromkeys(RECORDED, "declared at GitHub, proven by a record of it"),
    QUERY_DEFINITION: "a saved query, proven by the tests over recorded calls: there are no saved queries here",
    SLACK_CHANNEL: "declared, not delivered: there is no Amazon Q Developer in chat here",
}
"""Types that the local cloud has no part for, each with the reason."""
_NO_CLUSTERS = ApiServers()


class NotApplied(Exception):
    """The local cloud does not hold what was declared, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What the program declared, and what was created."""

    settings: Settings
    built: int
    not_built: Mapping[str, str]
    """Resources that the local cloud has no part for, each with the reason."""
    outputs: Mapping[str, object]
    github: GitHubRecord = field(default_factory=GitHubRecord)
    clusters: tuple[str, ...] = ()
    """Those with an API server in their place."""


def apply(
    root: Path,
    stack: str,
    clients: Clients,
    report: Callable[[str], None],
    servers: ApiServers = _NO_CLUSTERS,
    *,
    endpoint: StandIn = str,
) -> Applied:
    """Builds the stack; `report` is called with each resource. Raises InvalidSettings or NotApplied."""
    configuration = sound_configuration(root, stack)
    account = home_account(configuration)
    monitor = BuildingMonitor(
        project=configuration.project, stack=stack, account=account, clients=clients, report=report, servers=servers,
        endpoint=endpoint,
    )  # fmt: skip
    try:
        settings = run_program(root, configuration, monitor)
    except Exception:
        # The SDK wraps what the monitor raised in errors of its own, or reports it twice.
        if isinstance(monitor.failure, NotApplied):
            raise monitor.failure from None
        raise
    return Applied(
        settings=settings, built=monitor.built, not_built=dict(monitor.not_built), outputs=monitor.outputs,
        github=monitor.github, clusters=tuple(servers.clients),
    )  # fmt: skip


class BuildingMonitor(RecordingMonitor):
    """Creates where the recording one only answers, so that every apply in the program runs on real values."""

    def __init__(
        self,
        *,
        project: str,
        stack: str,
        account: str,
        clients: Clients,
        report: Callable[[str], None],
        servers: ApiServers = _NO_CLUSTERS,
        endpoint: StandIn = str,
    ) -> None:
        super().__init__(project=project, stack=stack, account=account, preview=False)
        self.built = 0
        self.not_built: dict[str, str] = {}
        self.github = GitHubRecord()
        self._clients = clients
        self._servers = servers
        self._endpoint = endpoint
        self._report = report

    def create(self, request: Any, inputs: dict[str, Any]) -> Answer:
        label = f"{request.type} {request.name}"
        if is_provider(request.type):
            return super().create(request, inputs)
        self._report(label)
        if reason := self._reason_not_built(request, inputs):
            self.not_built[label] = reason
            if owner := owner_of(request.provider):
                self.github.declare(request.type, owner, inputs)
            return super().create(request, inputs)
        if request.type not in BUILT:
            raise NotApplied(f"{label}: no such type is known to the rehearsal; add it to a table in rehearsal/apply/")
        made = self._built(BUILT[request.type], request, inputs, label)
        self.built += 1
        return made

    def _reason_not_built(self, request: Any, inputs: dict[str, Any]) -> str | None:
        if (cluster := cluster_of(request.provider)) is None:
            return NOT_BUILT.get(request.type)
        return kubernetes.not_built(request.type, inputs, cluster, self.account, self._servers)

    def _built(self, builder: Builder, request: Any, inputs: dict[str, Any], label: str) -> Answer:
        if unknown := builder.unknown(inputs):
            fix = "build it in rehearsal/apply/, or the rehearsal would prove less than it says"
            raise NotApplied(f"{label}: {', '.join(unknown)} is declared and not built; {fix}")
        order = Order(
            name=request.name, inputs=inputs, account=self.account_of(request), import_id=request.importId or None,
            clients=self._clients, api=self._servers.clients.get(cluster_of(request.provider) or ""),
            endpoint=self._endpoint,
        )  # fmt: skip
        try:
            return builder.build(order)
        except ClientError as refused:
            error = "{Code}: {Message}".format_map(refused.response["Error"])
            raise NotApplied(f"{label}: {refused.operation_name} was refused: {error}") from refused
        except KubernetesRefusal as refused:
            raise NotApplied(f"{label}: its cluster refused it: {refused}") from refused
        except (BotoCoreError, JobFailed, NotMade, TimeoutError, Unreachable) as failed:
            raise NotApplied(f"{label}: {failed}") from failed
