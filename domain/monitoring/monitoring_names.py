"""What the monitoring of one registry is called; all begin with the project's and the stack's names."""

from dataclasses import dataclass

from domain.aws import Arn, RegistryId


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringNames:
    """By the stack and the registry, an account in a region."""

    prefix: str
    """PROJECT-STACK."""
    registry: RegistryId

    @property
    def topic(self) -> str:
        return f"{self.prefix}-monitoring"

    @property
    def topic_arn(self) -> str:
        return self._arn("sns", self.topic)

    @property
    def dead_letters(self) -> str:
        """The queue of what could not be delivered."""
        return f"{self.prefix}-undelivered"

    @property
    def dead_letters_arn(self) -> str:
        return self._arn("sqs", self.dead_letters)

    @property
    def events_log(self) -> str:
        """The log group of what was notified."""
        return f"/aws/events/{self.prefix}-monitoring"

    @property
    def audit_log(self) -> str:
        """The log group of every call."""
        return f"/aws/events/{self.prefix}-audit"

    @property
    def log_groups_arn(self) -> str:
        """A pattern of both."""
        return self._arn("logs", f"log-group:/aws/events/{self.prefix}-*")

    def log_group_arn(self, name: str) -> str:
        return self._arn("logs", f"log-group:{name}")

    @property
    def rules_arn(self) -> str:
        """A pattern of all event rules."""
        return self._arn("events", f"rule/{self.prefix}-*")

    @property
    def alarms_arn(self) -> str:
        """A pattern of all alarms."""
        return self._arn("cloudwatch", f"alarm:{self.prefix}-*")

    def alarm_arn(self, id: str) -> str:
        return self._arn("cloudwatch", f"alarm:{self.named(id)}")

    @property
    def namespace(self) -> str:
        """Of metrics that are derived."""
        return self.prefix

    @property
    def dashboard(self) -> str:
        return f"{self.prefix}-{self.registry.region}"

    def named(self, id: str) -> str:
        """A rule, an alarm or a metric filter."""
        return f"{self.prefix}-{id}"

    def _arn(self, service: str, resource: str) -> str:
        return str(Arn(self.registry.partition, service, self.registry.region, self.registry.account, resource))
