"""The runbooks and docs/monitoring.md against the code: each signal, each message's link, each command."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.aws import RegistryId
from domain.cloudwatch.limits import COMPOSITE_CHILDREN_MAX, LOG_RESOURCE_POLICIES_MAX
from domain.cloudwatch.metric_filters import metric_filter_problems
from domain.cloudwatch.metrics_insights import read_query
from domain.document_text import to_json_text
from domain.events.limits import PATTERN_MAX_LENGTH, RULES_PER_BUS_MAX
from domain.events.transforms import transformed
from domain.monitoring.event_rules import Deployment, EventRule, event_rules, key_disabled, rule_ids
from domain.monitoring.monitoring_names import MonitoringNames
from domain.monitoring.registry_alarms import (
    API_ACTIONS,
    COMPOSITE,
    IMAGES,
    PULLS_STOPPED,
    AlarmThresholds,
    RegistryAlarm,
    pulls_stopped,
    registry_alarms,
)
from domain.monitoring.saved_queries import saved_queries
from settings.written.monitoring_options import MonitoringOptions, Thresholds
from tests.aws_commands import OUTSIDE_THE_MODELS, aws_commands, command_faults
from tests.stacks import ROOT
from tests.test_pages import Block, blocks

RUNBOOKS = ROOT / "docs" / "runbooks"
INDEX = RUNBOOKS / "README.md"
MONITORING = ROOT / "docs" / "monitoring.md"
PAGES = sorted(set(RUNBOOKS.glob("*.md")) - {INDEX})
HEADINGS = ["What it means", "Look here", "Mend it", "Prevent it"]
PUBLISHED = "https://github.com/acme/container-registry/blob/HEAD/docs/runbooks"
NAMES = MonitoringNames(
    prefix="container-registry-prod", registry=RegistryId(account="222233334444", region="us-east-1")
)
ROLES = "arn:aws:iam::222233334444:role/"
DEPLOYMENT = Deployment(
    role_path=f"{ROLES}container-registry/prod/", deploy_role=f"{ROLES}container-registry-prod-deploy"
)
THRESHOLDS = AlarmThresholds(**Thresholds().model_dump())
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_WORDS_AT_LEAST = 15


def signals() -> tuple[list[EventRule], list[RegistryAlarm]]:
    """All that can be declared of one registry."""
    rules = list(event_rules(NAMES, deployment=DEPLOYMENT, home=False, trail=True))
    alarms = list(registry_alarms(NAMES, THRESHOLDS, rules=rule_ids(rules, trail=True, audited=True), counted=True))
    alarms.append(pulls_stopped("payments/api", "payments"))
    return [*rules, key_disabled(NAMES, ["arn:aws:kms:eu-west-1:222233334444:key/1"])], alarms


RULES, ALARMS = signals()
SIGNALS: list[EventRule | RegistryAlarm] = [*RULES, *ALARMS]


def generic(id: str) -> str:
    """As a page has it, once for all actions or repositories."""
    once = re.sub(f"api-({'|'.join(API_ACTIONS)})", "api-ACTION", id)
    return re.sub(f"{PULLS_STOPPED}-.+", f"{PULLS_STOPPED}-REPOSITORY", once)


def sections(page: Path) -> dict[str, str]:
    title, *parts = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert title.startswith("# ")
    return {heading: text for heading, _, text in (part.partition("\n") for part in parts)}


def rows(text: str) -> list[list[str]]:
    """Of the first table in it, without its head."""
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[0].splitlines()[2:]]


def test_there_is_a_runbook_for_each_signal_and_no_other() -> None:
    assert {each.stem for each in PAGES} == {each.runbook for each in SIGNALS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_part_of_a_runbook_says_something(page: Path) -> None:
    parts = sections(page)
    assert list(parts) == HEADINGS
    for heading, text in parts.items():
        said = text if heading == "Look here" else _FENCED.sub("", text)
        assert len(said.split()) >= _WORDS_AT_LEAST, heading
    for heading in ("Look here", "Mend it"):
        assert re.search(r"^```sh\n\S", parts[heading], re.MULTILINE), heading


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_runbook_is_a_page_that_is_read_at_night(page: Path) -> None:
    assert 25 <= len(page.read_text(encoding="utf-8").splitlines()) <= 50


def test_each_message_leads_to_its_runbook() -> None:
    texts = [json.loads(each.template(PUBLISHED))["content"]["nextSteps"][0] for each in RULES]
    texts += [each.description(PUBLISHED) for each in ALARMS]
    for text in texts:
        link = text.rpartition(" ")[2]
        assert link.startswith(f"{PUBLISHED}/")
        assert (RUNBOOKS / link.removeprefix(f"{PUBLISHED}/")).is_file(), link


def test_the_index_has_each_signal_at_its_runbook() -> None:
    for runbook, rules, alarms in rows(INDEX.read_text(encoding="utf-8")):
        name = runbook.partition("]")[0].removeprefix("[")
        assert runbook == f"[{name}]({name}.md)"
        assert re.findall(r"`([^`]+)`", rules) == [each.id for each in RULES if each.runbook == name]
        expected = dict.fromkeys(generic(each.id) for each in ALARMS if each.runbook == name)
        assert re.findall(r"`([^`]+)`", alarms) == list(expected)
    assert {row[0].partition("]")[0][1:] for row in rows(INDEX.read_text(encoding="utf-8"))} == {
        each.stem for each in PAGES
    }


def test_the_page_has_a_row_for_each_signal() -> None:
    listed = [re.findall(r"`([^`]+)`", row[0]) for row in rows(sections(MONITORING)["Signals"])]
    expected = [each.id for each in RULES] + [generic(each.id) for each in ALARMS] + [COMPOSITE]
    assert sorted(each for row in listed for each in row) == sorted(set(expected))


def test_the_page_has_the_severity_of_each_signal() -> None:
    severities = {generic(each.id): each.severity.value for each in SIGNALS}
    for row in rows(sections(MONITORING)["Signals"]):
        ids = re.findall(r"`([^`]+)`", row[0])
        assert {severities.get(each, "medium") for each in ids} == {row[0].rpartition(" ")[2]}, row[0]


def test_each_row_of_the_page_says_what_the_signal_cannot_see() -> None:
    for row in rows(sections(MONITORING)["Signals"]):
        assert all(row), row


def without_trail() -> list[str]:
    return [each.id for each in event_rules(NAMES, deployment=DEPLOYMENT, home=False, trail=False)]


def test_the_page_says_what_goes_unnoticed_without_a_trail() -> None:
    said = re.search(r"goes unnoticed: ([^.]+)\.", MONITORING.read_text(encoding="utf-8"))
    assert said is not None
    assert re.findall(r"`([^`]+)`", said[1]) == [
        each.id for each in RULES if each.id not in {*without_trail(), "replication-failed"}
    ]


def room(*, trail: bool) -> int:
    """How many repositories can ask for an alarm."""
    rules = list(event_rules(NAMES, deployment=DEPLOYMENT, home=True, trail=trail))
    counted = rule_ids(rules, trail=trail, audited=False)
    return COMPOSITE_CHILDREN_MAX - len(list(registry_alarms(NAMES, THRESHOLDS, rules=counted, counted=trail)))


def keys_that_fit() -> int:
    """How many named keys, beside the stack's own three, a pattern has room for."""
    keys = [f"arn:aws:kms:us-east-1:222233334444:key/{each:08d}-0000-0000-0000-000000000000" for each in range(40)]
    sizes = [len(to_json_text(key_disabled(NAMES, keys[: 3 + more]).pattern)) for more in range(37)]
    return max(more for more, size in enumerate(sizes) if size <= PATTERN_MAX_LENGTH)


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    limits = sections(MONITORING)["Limits"]
    said = [int(each.replace(",", "")) for each in re.findall(r"\b\d[\d,]*\b", limits)]
    assert said == [
        COMPOSITE_CHILDREN_MAX, room(trail=True), room(trail=False), PATTERN_MAX_LENGTH, keys_that_fit(),
        RULES_PER_BUS_MAX, len(RULES), LOG_RESOURCE_POLICIES_MAX,
    ]  # fmt: skip


def test_the_example_of_a_message_is_one() -> None:
    message, *_ = (json.loads(each.text) for each in blocks("json") if "client-markdown" in each.text)
    rule = next(each for each in RULES if each.id == message["metadata"]["eventType"])
    detail = {
        "eventTime": "2026-11-30T12:00:00Z", "eventID": "11111111-2222-3333-4444-555555555555",
        "sourceIPAddress": "192.0.2.1", "requestParameters": {"repositoryName": "payments/api"},
        "userIdentity": {"arn": "arn:aws:sts::222233334444:assumed-role/Admin/ann"},
    }  # fmt: skip
    event = {"region": "us-east-1", "account": "222233334444", "detail": detail}
    sent = transformed(
        rule.paths, rule.template(PUBLISHED), event, rule_arn="", rule_name="", ingestion_time="2026-11-30T12:00:00Z"
    )
    assert json.loads(sent) == message


def test_the_statement_to_paste_allows_the_topic_and_no_other() -> None:
    statement, *_ = (json.loads(each.text) for each in blocks("json") if "sns.amazonaws.com" in each.text)
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": NAMES.topic_arn}}
    assert (statement["Principal"], statement["Action"]) == ({"Service": "sns.amazonaws.com"}, "sqs:SendMessage")


@pytest.mark.parametrize("page", [*PAGES, INDEX, MONITORING], ids=lambda page: page.stem)
def test_links_lead_to_a_heading(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?://)([^)#]*)#([^)]*)\)", page.read_text(encoding="utf-8")):
        text = (page.parent / target if target else page).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert anchor in {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}, anchor


def documented() -> list[Block]:
    """The scripts of every page that call AWS, runbooks included."""
    return [each for each in blocks("sh", "bash") if re.search(r"\baws ", each.text)]


@pytest.mark.parametrize("block", documented(), ids=str)
def test_the_cli_takes_each_command(block: Block) -> None:
    found = list(aws_commands(block.text))
    assert found
    assert [f"{' '.join(words[:2])}: {fault}" for words in found for fault in command_faults(words)] == []


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("aws ecr list-pictures", "ecr has no operation list-pictures"),
        ("aws ecr describe-images --repository payments/api", "ecr describe-images has no option --repository"),
        ("aws ecr describe-images --filter imageStatus=GONE --repository-name a", "--filter imageStatus can't be GONE"),
        ("aws ecr describe-images --image-ids digest=x --repository-name a", "--image-ids has no key digest"),
        ("aws ecr describe-images", "--repository-name is missing"),
        ("aws kms describe-key --key-id a --max-items 5", "kms describe-key has no option --max-items"),
        ("aws ecr describe-images --max-results many --repository-name a", "--max-results is a number, not many"),
        ("aws ecr describe-repositories --query 'repositories[].name'", "Repository has no name"),
        ("aws ecr describe-repositories --query 'sort_by(repositories, &age)[0]'", "Repository has no age"),
        ("aws ecr describe-repositories --query 'repositories[?age]'", "Repository has no age"),
        ("aws ecr describe-repositories --query 'repositories['", "--query repositories["),
        ("aws ecr describe-images --repository-name a --query nextToken", "nextToken is lost where there are pages"),
        (
            """aws inspector2 list-findings --filter-criteria '{"severity": [{"is": "HIGH"}]}'""",
            "--filter-criteria.severity has no key is",
        ),
        ("X=$(aws sqs get-queue-url --name a)", "sqs get-queue-url has no option --name"),
        ("date | aws sqs purge", "sqs has no operation purge"),
    ],
)
def test_a_command_that_the_cli_would_refuse(command: str, fault: str) -> None:
    found = [each for words in aws_commands(command) for each in command_faults(words)]
    assert any(fault in each for each in found), found


def test_what_the_cli_alone_has_is_used() -> None:
    used = {(words[0], words[1]) for block in documented() for words in aws_commands(block.text)}
    assert used >= OUTSIDE_THE_MODELS


def options(name: str) -> list[str]:
    """The values of an option in the runbooks."""
    scripts = [each.text for each in documented() if each.page.parent == RUNBOOKS]
    commands = [words for script in scripts for words in aws_commands(script)]
    return [words[at + 1] for words in commands for at, word in enumerate(words) if word == f"--{name}"]


def test_filters_and_queries_are_what_cloudwatch_reads() -> None:
    patterns = options("filter-pattern")
    assert patterns
    assert [each for text in patterns for each in metric_filter_problems(text)] == []
    queries = [each["Expression"] for text in options("metric-data-queries") for each in json.loads(text)]
    assert len([read_query(each) for each in queries]) == len(queries) > 0
    assert [each.startswith(f"{IMAGES} GROUP BY ResourceId ") for each in queries if "ResourceCount" in each] == [True]


def test_the_saved_queries_are_those_that_are_declared() -> None:
    named = re.search(r"\*\*Saved queries\*\* \(([^)]+)\)", INDEX.read_text(encoding="utf-8"))
    assert named is not None
    declared = [each.name for each in saved_queries()]
    assert re.findall(r"`([^`]+)`", named[1]) == declared
    asked = {name for page in PAGES for name in _saved_queries_in(page)}
    assert asked <= set(declared)
    assert asked


def _saved_queries_in(page: Path) -> Iterator[str]:
    for found in re.findall(r"saved quer(?:y|ies)((?:\s+(?:and\s+)?`[^`]+`)+)", page.read_text(encoding="utf-8")):
        yield from re.findall(r"`([^`]+)`", found)


@pytest.mark.parametrize("page", [*PAGES, INDEX, MONITORING], ids=lambda page: page.stem)
def test_what_a_page_names_is_declared(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    declared = {NAMES.named(each.id) for each in SIGNALS}
    declared |= {NAMES.named(COMPOSITE), NAMES.topic, NAMES.dead_letters, NAMES.dashboard, f"{NAMES.prefix}-audit"}
    declared |= {f"{NAMES.prefix}/{each.name}" for each in saved_queries()}
    found = re.findall(r"container-registry-prod[-/][\w/$-]*\w", text)
    assert [each for each in found if each not in declared and "$" not in each] == []
    assert set(re.findall(r"thresholds\.(\w+)", text)) <= set(Thresholds.model_fields)
    assert set(re.findall(r"`monitoring\.(\w+)", text)) <= set(MonitoringOptions.model_fields)
