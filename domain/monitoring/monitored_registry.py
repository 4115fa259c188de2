"""Everything that the monitoring of one registry declares."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.document_text import to_json_text
from domain.monitoring.dashboard import dashboard_body
from domain.monitoring.derived_metrics import DerivedMetric
from domain.monitoring.event_rules import EventRule, key_disabled
from domain.monitoring.monitoring_names import MonitoringNames
from domain.monitoring.registry_alarms import RegistryAlarm, composite_rule
from domain.monitoring.saved_queries import SavedQuery
from domain.monitoring.service_access import dead_letters_key_policy, topic_key_policy
from domain.monitoring.subscribers import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringKeyPolicies:
    """Of its two keys, as text."""

    topic: str
    dead_letters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredRegistry:
    """An account in a region."""

    names: MonitoringNames
    home: bool
    runbooks: str
    """Where they are published."""
    subscriptions: tuple[Subscription, ...]
    rules: tuple[EventRule, ...]
    named_keys: tuple[str, ...]
    """ARNs of keys that are not the stack's own, and encrypt some of its repositories."""
    trail: bool
    audited: bool
    """Whether every call is kept in a log group of its own."""
    trail_log_group: str | None
    """The name of the trail's, where it is in this region."""
    retention_days: int
    metrics_of_events: tuple[DerivedMetric, ...]
    metrics_of_trail: tuple[DerivedMetric, ...]
    alarms: tuple[RegistryAlarm, ...]
    queries: tuple[SavedQuery, ...]

    @property
    def composite_rule(self) -> str:
        return composite_rule(self.names, self.alarms)

    @property
    def dashboard_body(self) -> str:
        ids = [each.id for each in self.alarms]
        return dashboard_body(self.names, ids, runbooks=self.runbooks, replica=not self.home)

    @property
    def queried_log_groups(self) -> tuple[str, ...]:
        """What the saved queries read: a trail's log group has more than one of our own."""
        if self.trail_log_group:
            return (self.trail_log_group,)
        return (self.names.audit_log,) if self.audited else ()

    @property
    def key_policies(self) -> MonitoringKeyPolicies:
        return MonitoringKeyPolicies(
            topic=to_json_text(topic_key_policy(self.names)),
            dead_letters=to_json_text(dead_letters_key_policy(self.names)),
        )

    @property
    def secret_endpoints(self) -> tuple[str, ...]:
        """The keys of the stack's configuration that have them."""
        return tuple(each.secret_key for each in self.subscriptions if each.secret)

    def key_rule(self, keys: Sequence[str]) -> EventRule | None:
        """Of the stack's own keys, whose ARNs AWS makes up, and of those that are named."""
        return key_disabled(self.names, [*keys, *self.named_keys]) if self.trail else None
