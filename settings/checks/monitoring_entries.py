"""What is wrong with a stack's key `monitoring`: between its keys, and with what it makes together."""

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from domain.aws import REGIONS, Arn, Partition
from domain.monitoring.subscribers import ENDPOINT_KEY_PREFIX
from domain.problems import Path, Problem
from settings.declared.values import StackRegistry
from settings.written.monitoring_options import SUBSCRIBERS, MonitoringOptions, Subscriber
from settings.written.stack import StackKeys

if TYPE_CHECKING:
    from domain.monitoring.monitored_registry import MonitoredRegistry

_AT = "trail_log_group"


def endpoint_secrets(keys: StackKeys) -> dict[str, tuple[str, Path, str]]:
    """The secrets that endpoints need: for each its key of the stack, the path in it, and its name."""
    found = ((index, each.https_secret) for index, each in enumerate(keys.monitoring.subscribers))
    return {
        f"{ENDPOINT_KEY_PREFIX}{name}": ("monitoring", ("subscribers", index, "https_secret"), name)
        for index, name in found
        if name
    }


def monitoring_entry_problems(options: MonitoringOptions, registries: Iterable[StackRegistry]) -> Iterator[Problem]:
    """Inside the key; what is off can be wrong."""
    if not options.enabled:
        return
    known = list(registries)
    first: dict[Subscriber, int] = {}
    for index, each in enumerate(options.subscribers):
        path: Path = ("subscribers", index)
        given = [key for key in SUBSCRIBERS if getattr(each, key) is not None]
        if len(given) != 1:
            message = f"has {' and '.join(given)}" if given else "has no endpoint"
            yield Problem(path, each.model_dump(exclude_none=True), message, f"write one of {', '.join(SUBSCRIBERS)}")
        elif (at := first.setdefault(each, index)) != index:
            message = f"is the same as subscribers[{at}], and each message would come twice"
            yield Problem(path, getattr(each, given[0]), message, "remove it")
        elif each.sqs:
            yield from _queue_problems((*path, "sqs"), each.sqs, known)
        elif each.slack and REGIONS[known[0].region] is not Partition.AWS:
            message = f"is a channel, and Amazon Q Developer in chat applications does not serve {known[0].region}"
            yield Problem((*path, "slack"), each.slack.channel, message, "name another subscriber")
    yield from _trail_problems(options, known)


def _queue_problems(path: Path, queue: str, registries: list[StackRegistry]) -> Iterator[Problem]:
    arn, regions = Arn.parse(queue), [each.region for each in registries]
    if arn and arn.region not in regions:
        message = f"is a queue in {arn.region}, where this stack has no registry: it would get nothing"
        yield Problem(path, queue, message, f"name one in {' or '.join(dict.fromkeys(regions))}")


def _trail_problems(options: MonitoringOptions, registries: list[StackRegistry]) -> Iterator[Problem]:
    if options.audit_log and not options.trail:
        message = "needs a trail: without one no call becomes an event, and the log group stays empty"
        yield Problem(("audit_log",), options.audit_log, message, "write `trail: true` once there is a trail")
    if options.trail_log_group is None:
        return
    if not options.trail:
        message = "is the log group of a trail, and `trail` says that there is none"
        yield Problem((_AT,), options.trail_log_group, message, "write `trail: true`")
    arn = Arn.parse(options.trail_log_group)
    places = [f"{each.account} in {each.region}" for each in registries]
    if arn and f"{arn.account} in {arn.region}" not in places:
        message = f"is in account {arn.account} in {arn.region}, where this stack has no registry"
        fix = f"name one of {' or '.join(places)}, or remove it: rules notice denied calls without it"
        yield Problem((_AT,), options.trail_log_group, message, fix)


def monitored_problems(monitored: Collection["MonitoredRegistry"]) -> Iterator[Problem]:
    """What AWS would refuse of what the key makes; each once."""
    if not monitored:
        return
    from domain.monitoring.monitoring_limits import monitoring_problems  # noqa: PLC0415

    found = (problem for each in monitored for problem in monitoring_problems(each))
    yield from dict.fromkeys(found)
