"""What the declared monitoring costs a month, and how a change alters it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from domain.monitoring.prices import BASIS, Charge, CostLine, Counts, money, total
from render.resource import Resource
from resources.cloudwatch import COMPOSITE_ALARM, DASHBOARD, METRIC_ALARM
from resources.ecr import REPOSITORY
from resources.kms import KEY
from resources.logs import LOG_GROUP, LOG_METRIC_FILTER
from resources.sns import TOPIC
from resources.sqs import QUEUE
from review.plan.model import Compared, Consequence, Topic

_ENCRYPTED = (TOPIC, QUEUE, LOG_GROUP)
_EACH_ONE = {COMPOSITE_ALARM: Charge.COMPOSITE, DASHBOARD: Charge.DASHBOARD, LOG_METRIC_FILTER: Charge.DERIVED_METRIC}
_BY_USE = "what depends on use comes on top: logs, messages, queries"


def monitoring_cost(compared: Compared) -> Iterator[Consequence]:
    """Where it changes; an engine's preview has no whole declaration to count."""
    if compared.head is None:
        return
    before = monitored_counts(compared.base.resources if compared.base else ())
    after = monitored_counts(compared.head.resources)
    if before == after or _is_small(before, after):
        return
    was = f" in place of {money(total(before))}" if total(before) else ""
    now = f"{money(total(after))} a month{was}: {'; '.join(_parts(before, after))}" if total(after) else f"nothing{was}"
    text = f"Monitoring costs {now} ({BASIS}; {_BY_USE})."
    yield Consequence(topic=Topic.COST, text=text, urns=())


def _is_small(before: Counts, after: Counts) -> bool:
    """Whether there are only some repositories more or less, for less than a dollar."""
    others = [each for each in Charge if each is not Charge.ANALYSED_METRIC]
    same = all(before.get(each, 0) == after.get(each, 0) for each in others)
    return same and abs(total(after) - total(before)) < 1


def monitored_counts(resources: Iterable[Resource]) -> Counts:
    """What is charged of these, whatever is made of it."""
    known = tuple(resources)
    keys = {urn for each in known if each.type in _ENCRYPTED for urn in each.dependencies}
    found = Counter[Charge]()
    for each in known:
        if each.type in _EACH_ONE:
            found[_EACH_ONE[each.type]] += 1
        elif each.type == KEY and each.urn in keys:
            found[Charge.KEY] += 1
        elif each.type == METRIC_ALARM:
            found.update(_of_alarm(each, known))
    return found


def _of_alarm(alarm: Resource, resources: Sequence[Resource]) -> Counts:
    queries = alarm.inputs.get("metricQueries") or ()
    if any(str(each.get("expression", "")).startswith("SELECT ") for each in queries):
        where = alarm.provider, alarm.region
        beside = sum(each.type == REPOSITORY and (each.provider, each.region) == where for each in resources)
        return {Charge.ANALYSED_METRIC: beside}
    # A quota is no metric, nor is an expression.
    return {Charge.ALARM_METRIC: sum(bool(each.get("metric")) for each in queries) if queries else 1}


def _parts(before: Counts, after: Counts) -> Iterator[str]:
    """What there is more or less of."""
    for each in Charge:
        old, new = CostLine(each, before.get(each, 0)), CostLine(each, after.get(each, 0))
        if old.count != new.count:
            yield (
                f"{new} in place of {money(old.dollars)}"
                if old.count and new.count
                else str(new if new.count else f"no {old.charge.many} any more")
            )
