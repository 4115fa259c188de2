"""What the monitoring of each registry declares, from the stack's key `monitoring` and what repositories ask for."""

from collections.abc import Sequence

from domain.aws import Arn
from domain.monitoring.derived_metrics import metrics_of_events, metrics_of_trail
from domain.monitoring.event_rules import Deployment, event_rules, rule_ids
from domain.monitoring.monitored_registry import MonitoredRegistry
from domain.monitoring.monitoring_names import MonitoringNames
from domain.monitoring.registry_alarms import AlarmThresholds, pulls_stopped, registry_alarms
from domain.monitoring.saved_queries import saved_queries
from domain.monitoring.subscribers import Protocol, Subscription
from settings.declared.values import Repository, StackRegistry
from settings.written.monitoring_options import MonitoringOptions, Subscriber

_IN_EVENTS = "detail."
"""Where the record of a call begins in an event."""


def monitored_registries(
    options: MonitoringOptions,
    registries: Sequence[StackRegistry],
    repositories: Sequence[Repository],
    *,
    project: str,
    stack: str,
    runbooks: str,
) -> dict[StackRegistry, MonitoredRegistry]:
    """Of each."""
    prefix, home = f"{project}-{stack}", registries[0]
    found = {}
    for registry in registries:
        names = MonitoringNames(prefix=prefix, registry=registry.id)
        deploy = registry.role or str(Arn(home.id.partition, "iam", "", home.account, f"role/{prefix}-deploy"))
        roles = str(Arn(home.id.partition, "iam", "", home.account, f"role/{project}/{stack}/"))
        rules = event_rules(
            names, deployment=Deployment(role_path=roles, deploy_role=deploy), home=registry.home, trail=options.trail
        )
        log_group = _log_group_in(options, registry)
        found[registry] = MonitoredRegistry(
            names=names,
            home=registry.home,
            runbooks=runbooks,
            subscriptions=tuple(_subscriptions(options.subscribers, registry)),
            rules=(declared := tuple(rules)),
            named_keys=tuple(sorted({arn for each in repositories if (arn := each.key_arns.get(registry.region))})),
            trail=options.trail,
            audited=options.audit_log,
            trail_log_group=log_group,
            retention_days=options.log_retention_days,
            metrics_of_events=tuple(metrics_of_events()),
            metrics_of_trail=tuple(metrics_of_trail(registry.account)) if log_group else (),
            alarms=(
                *registry_alarms(
                    names,
                    _thresholds(options),
                    rules=rule_ids(declared, trail=options.trail, audited=options.audit_log),
                    counted=bool(log_group),
                ),
                *(pulls_stopped(each.name, each.owner) for each in repositories if _asks(each, registry)),
            ),
            queries=tuple(saved_queries("" if log_group else _IN_EVENTS)) if log_group or options.audit_log else (),
        )
    return found


def _asks(repository: Repository, registry: StackRegistry) -> bool:
    """At home, where it is pulled; a replica may be there for the day that it is needed."""
    return registry.home and bool(repository.alarms)


def _subscriptions(subscribers: Sequence[Subscriber], registry: StackRegistry) -> list[Subscription]:
    found = []
    for each in subscribers:
        if each.email:
            found.append(Subscription(protocol=Protocol.EMAIL, endpoint=each.email))
        if each.https:
            found.append(Subscription(protocol=Protocol.HTTPS, endpoint=each.https))
        if each.https_secret:
            found.append(Subscription(protocol=Protocol.HTTPS, endpoint=each.https_secret, secret=True))
        if each.sqs and (arn := Arn.parse(each.sqs)) and arn.region == registry.region:
            found.append(Subscription(protocol=Protocol.SQS, endpoint=each.sqs))
    return found


def _log_group_in(options: MonitoringOptions, registry: StackRegistry) -> str | None:
    """A metric filter is made where its log group is."""
    arn = Arn.parse(options.trail_log_group or "")
    if arn is None or (arn.account, arn.region) != (registry.account, registry.region):
        return None
    return arn.resource.removeprefix("log-group:").removesuffix(":*")


def _thresholds(options: MonitoringOptions) -> AlarmThresholds:
    return AlarmThresholds(**options.thresholds.model_dump())
