"""What a change makes of monitoring's cost: in every format of the plan."""

import json
from dataclasses import replace

from domain.monitoring.prices import Charge
from resources.cloudwatch import METRIC_ALARM
from resources.ecr import REPOSITORY
from review.plan.as_json import to_json
from review.plan.markdown import to_markdown
from review.plan.model import Plan, Topic
from review.plan.monitoring_cost import monitored_counts
from review.plan.render_diff import plan
from review.plan.text import to_text
from tests.cases import case, cases
from tests.review.plan.changed import NO_EUROPE
from tests.review.plan.test_plan_monitoring import BASE, NO_GROUP, between, option
from tests.stacks import NO_MONITORING, TextEdit, rendered

BASIS = "list prices of us-east-1 as of 2026-11-30, without free tiers"
BY_USE = "what depends on use comes on top: logs, messages, queries"
NO_IMAGES = option("thresholds: {images: 0}")


def costs(found: Plan) -> list[str]:
    return [each.text for each in found.consequences if each.topic is Topic.COST]


def said(text: str) -> list[str]:
    return [f"Monitoring costs {text} ({BASIS}; {BY_USE})."]


@cases(
    "base, head, expected",
    case("nothing", (), (), []),
    case("what costs nothing", (), (option("log_retention_days: 30"),), []),
    case("an alarm by fewer repositories than cost a dollar", (), (NO_IMAGES,), []),
    case("two metrics of a trail", (NO_GROUP,), (), said(
        "$29.90 a month in place of $29.10: 74 metrics that alarms watch $7.40 in place of $7.20; "
        "17 metrics that are made of logs $5.10 in place of $4.50"
    )),
    case("all of it", NO_MONITORING, (), said(
        "$29.90 a month: 74 metrics that alarms watch $7.40; 9 repositories whose images an alarm compares $0.90; "
        "3 composite alarms $1.50; 17 metrics that are made of logs $5.10; 3 dashboards $9.00; 6 keys $6.00"
    )),
    case("none of it", (), NO_MONITORING, said("nothing in place of $29.90")),
)  # fmt: skip
def test_a_change(base: tuple[TextEdit, ...], head: tuple[TextEdit, ...], expected: list[str]) -> None:
    assert costs(between(base, head)) == expected


def test_a_region_less() -> None:
    (text,) = costs(between((), (NO_EUROPE,)))
    assert "; 6 repositories whose images an alarm compares $0.60 in place of $0.90; " in text
    assert "; 2 dashboards $6.00 in place of $9.00; " in text


def test_repositories_count_from_a_dollar_on() -> None:
    base = rendered("prod", *BASE)
    one = next(each for each in base.resources if each.type == REPOSITORY and each.region == "us-east-1")
    for more, expected in ((9, []), (10, ["Monitoring costs $30.90 a month in place of $29.90: 19 repositories"])):
        others = (replace(one, urn=f"{one.urn}{each}") for each in range(more))
        found = costs(plan(base, replace(base, resources=(*base.resources, *others))))
        assert [each.partition(" whose")[0] for each in found] == expected


def test_every_format_says_it_and_the_gate_judges_nothing() -> None:
    found = between((NO_GROUP,), ())
    assert "\nCost\n  Monitoring costs $29.90 a month in place of $29.10: 74" in to_text(found)
    assert "**Cost**\n- Monitoring costs $29.90 a month in place of $29.10: 74" in to_markdown(found).replace("\\", "")
    (statement,) = (each for each in json.loads(to_json(found))["statements"] if each["topic"] == "cost")
    assert (statement["id"], statement["lines"], statement["urns"]) == (None, [], [])
    assert statement["text"].startswith("Monitoring costs $29.90 a month in place of $29.10: 74")


def test_a_new_stack_costs_all_of_it() -> None:
    assert costs(plan(None, rendered("prod", *BASE)))[0].startswith(
        "Monitoring costs $29.90 a month: 74 metrics that alarms watch"
    )


def test_an_alarm_is_charged_by_its_metrics() -> None:
    (alarm,) = (each for each in rendered("prod", *BASE).resources if each.name == "registry@us-east-1.events-failed")
    count = len([each for each in alarm.inputs["metricQueries"] if each.get("metric")])
    assert monitored_counts([alarm]) == {Charge.ALARM_METRIC: count}
    assert count == 10
    alone = replace(alarm, type=METRIC_ALARM, inputs={"metricName": "RepositoryPullCount"})
    assert monitored_counts([alone]) == {Charge.ALARM_METRIC: 1}
