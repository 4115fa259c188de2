"""The monitoring of a replica with everything that it can have, as values."""

from domain.monitoring.monitored_registry import MonitoredRegistry
from domain.monitoring.registry_alarms import pulls_stopped
from settings.declared.monitored_registries import monitored_registries
from settings.declared.values import StackRegistry
from settings.written.monitoring_options import MonitoringOptions

ACCOUNT, REGION = "111122223333", "eu-west-1"
RUNBOOKS = "https://github.com/acme/container-registry/blob/HEAD/docs/runbooks"
HOME = StackRegistry(account=ACCOUNT, region="us-east-1", home=True)
REPLICA = StackRegistry(account=ACCOUNT, region=REGION, home=False)
OPTIONS = MonitoringOptions.model_validate(
    {
        "subscribers": [
            {"email": "platform@acme.example"},
            {"https_secret": "pager"},
            {"sqs": f"arn:aws:sqs:{REGION}:{ACCOUNT}:events"},
        ],
        "trail": True,
        "trail_log_group": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail",
        "audit_log": True,
    }
)


def monitored(options: MonitoringOptions = OPTIONS, registry: StackRegistry = REPLICA) -> MonitoredRegistry:
    """That of one of two registries."""
    registries = [HOME, REPLICA]
    found = monitored_registries(options, registries, [], project="container-registry", stack="test", runbooks=RUNBOOKS)
    return found[registry]


MONITORED = monitored()
PULLS_STOPPED = pulls_stopped("payments/api", "payments")
