"""A report as text, Markdown and SARIF."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from policies.pack.rule import Level
from review.gate.facts import facts
from review.gate.markdown import LIMIT, to_markdown
from review.gate.remarks import GateReport, Judge, Remark, RemarkKind, merged, remarks_from_json
from review.gate.sarif import to_sarif
from review.gate.text import to_text
from review.plan.model import Consequence, Plan, Topic
from tests.cases import cases
from tests.review.layout import laid_out

PEER = os.environ.get("NODE_PEERS")
GITHUB_TAKES = 65_000
SCHEMA = "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"


def remark(kind: RemarkKind = RemarkKind.FINDING, level: Level = Level.MANDATORY, **other: Any) -> Remark:
    words: dict[str, Any] = {
        "id": "ecr-tags-immutable",
        "severity": "high",
        "urn": "urn:pulumi:prod::container-registry::aws:ecr/repository:Repository::payments/api@us-east-1",
        "message": "is mutable",
        "fix": "leave mutable_tags out",
        "file": "catalog.yaml",
        "line": 34,
    }
    return Remark(kind=kind, level=level, **words | other)


def report(*remarks: Remark, base: str | None = "main") -> GateReport:
    return GateReport(stack="prod", resources=120, remarks=merged(remarks, ()), base=base)


DESTROYED = Consequence(
    topic=Topic.LOSS, text="web is deleted: all images are lost.", urns=("urn::web",), id="plan-destroys",
    level=Level.MANDATORY, fix="first retire it",
)  # fmt: skip
WEAKER = Consequence(topic=Topic.WEAKER, text="Layers can be mounted.", urns=(), id="plan-weakens")
MIXED = GateReport(
    stack="prod",
    resources=120,
    base="main",
    plan=Plan(project="container-registry", stack="prod", account="1", consequences=(DESTROYED, WEAKER)),
    remarks=merged(
        (
            remark(),
            remark(level=Level.ADVISORY, id="ecr-name", message="has one part"),
            remark(urn="urn::payments/api@eu-west-1", note="main has no such exception: merge it first"),
            remark(urn="urn::web@eu-west-1"),
            remark(RemarkKind.DANGER, id="plan-destroys", message=DESTROYED.text, fix=DESTROYED.fix),
            remark(level=Level.ADVISORY, id="required-tags", message="has no owner", earlier=True),
            remark(RemarkKind.UNDECIDED, path=("policy",), id="ecr-policy-not-public", message="policy is not known"),
            remark(
                RemarkKind.EXCEPTED, id="ecr-name", message="has one part (until 2027-01-31: it is older than the rule)"
            ),
            remark(RemarkKind.UNUSED, Level.ADVISORY, id="required-tags", message="nothing needs its exception"),
            remark(
                RemarkKind.ACCESS, Level.ADVISORY, id="access-gained", message="account 1 can now pull `payments/api`"
            ),
            remark(
                RemarkKind.ACCESS,
                Level.ADVISORY,
                id="access-lost",
                message="account 2 can no longer pull `web`",
                fix="",
            ),
            remark(RemarkKind.CODE, Level.ADVISORY, id="gate-code-changed", urn="", message="2 files under policies/"),
        ),
        (remark(), remark(id="kms-rotation", message="is never rotated", file="Pulumi.prod.yaml", line=3)),
    ),
)


@pytest.mark.parametrize("form", [to_text, to_markdown, lambda each: laid_out(to_sarif(each))])
def test_it_reads_like_this(form: Any, snapshot: SnapshotAssertion) -> None:
    assert form(MIXED) == snapshot


def test_what_fails() -> None:
    failing = {kind: report(remark(kind)).failed for kind in RemarkKind}
    assert {kind for kind, failed in failing.items() if failed} == {
        RemarkKind.FINDING,
        RemarkKind.DANGER,
        RemarkKind.JUDGE,
    }
    assert not any(report(remark(kind, Level.ADVISORY)).failed for kind in RemarkKind)


def test_sarif_is_about_the_whole_repositorys_paths() -> None:
    [run] = to_sarif(replace(MIXED, folder="infra/registry/"))["runs"]
    uris = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"]}
    assert uris == {"infra/registry/catalog.yaml", "infra/registry/Pulumi.prod.yaml"}


def test_two_judges_make_one_remark_and_the_stricter_level_counts() -> None:
    [both] = merged([remark(level=Level.ADVISORY)], [remark()])
    assert (both.level, both.judges) == (Level.MANDATORY, (Judge.HEAD, Judge.BASE))
    [other] = merged([remark()], [remark(level=Level.ADVISORY)])
    assert (other.level, other.judges) == (Level.MANDATORY, (Judge.HEAD, Judge.BASE))
    assert len(merged([remark()], [remark(message="is mutable, still")])) == 2


def test_a_report_survives_its_json() -> None:
    written = json.loads(json.dumps(MIXED.to_json()))
    assert remarks_from_json(written) == MIXED.remarks
    with pytest.raises(ValueError, match="version 2"):
        remarks_from_json(written | {"version": 2})


HOSTILE = (
    "</details> | `x` <img src=x> @acme/owners [a](https://evil.example) ![b](//evil.example)\n"
    "# big #1 *b* www.evil.example"
)


def test_nothing_of_a_change_breaks_out_of_the_comment() -> None:
    hostile = remark(message=HOSTILE, urn=f"urn::{HOSTILE}", file=HOSTILE, fix=HOSTILE, note=HOSTILE)
    text = to_markdown(report(hostile))
    assert [line[:5] for line in text.splitlines()] == ["### ❌", "", "**Fai", "- ❌ <"]
    for raw in ("</details>", "<img", "@acme", "](", "https://", "`", "\n#", "www.", "*b*", "|"):
        assert raw not in text, raw
    assert text.count("<details>") == text.count("</details>")


def test_a_comment_fits_however_much_there_is_to_say() -> None:
    """What fails keeps its name in the longest comment, and everything else gives way to it."""
    many = [remark(message=f"{'is mutable ' * 30}{n}", urn=f"urn::payments/api-{n}") for n in range(2_000)]
    gained = [
        remark(RemarkKind.ACCESS, Level.ADVISORY, id="access-gained", message=f"{n} can now {'x' * 300}")
        for n in range(200)
    ]
    text = to_markdown(
        report(*many, *gained, *(remark(RemarkKind.UNDECIDED, message=f"{n}{'x' * 500}") for n in range(500)))
    )
    assert len(text) < GITHUB_TAKES
    assert {f"payments/api-{n}" for n in range(2_000)} <= set(re.split("[ ,\n]+", text))
    assert "2000 mandatory" in text
    assert "see the job's log" in text
    assert text.count("<details>") == text.count("</details>")


def test_an_ordinary_comment_has_a_limit() -> None:
    gained = [
        remark(RemarkKind.ACCESS, Level.ADVISORY, id="access-gained", message=f"{n} can now {'x' * 300}")
        for n in range(200)
    ]
    advisory = [remark(level=Level.ADVISORY, message=f"{n}{'x' * 300}") for n in range(200)]
    text = to_markdown(report(*gained, *advisory))
    assert len(text) <= LIMIT
    assert "0 can now" in text
    assert text.count("see the job's log") == 2


@cases(
    "first, second, lines",
    ({"urn": "urn::a@eu-west-1"}, {"urn": "urn::a@us-east-1"}, ["a in eu-west-1 and us-east-1"]),
    ({"urn": "urn::a@eu-west-1"}, {"urn": "urn::b@eu-west-1"}, ["a and b in eu-west-1"]),
    ({"urn": "urn::a@eu-west-1"}, {"urn": "urn::b@us-east-1"}, ["a in eu-west-1", "b in us-east-1"]),
    ({"urn": "urn::a@111122223333.eu-west-1"}, {"urn": "urn::a@us-east-1"}, ["a in eu-west-1 and us-east-1"]),
    ({"urn": "urn::registry@eu-west-1.BLOB"}, {"urn": "urn::role"}, ["registry BLOB in eu-west-1", "role"]),
    ({"urn": "urn::a@eu-west-1"}, {"urn": "urn::a@us-east-1", "line": 3}, ["a in eu-west-1", "a in us-east-1"]),
    ({"urn": "urn::a@eu-west-1"}, {"urn": "urn::a@us-east-1", "fix": "x"}, ["a in eu-west-1", "a in us-east-1"]),
)
def test_one_fact_is_one_line(first: dict[str, Any], second: dict[str, Any], lines: list[str]) -> None:
    assert [each.about for each in facts([remark(**first), remark(**second)])] == lines


def test_three_regions_are_counted() -> None:
    regions = ("eu-west-1", "us-east-1", "ap-south-1")
    [fact] = facts(remark(urn=f"urn::a@{region}") for region in regions)
    assert fact.about == "a in 3 regions"


@pytest.mark.node
@pytest.mark.skipif(not PEER, reason="NODE_PEERS names no folder with the peers' packages")
def test_sarif_is_valid_by_its_schema() -> None:
    schema = json.loads((Path(str(PEER)) / SCHEMA).read_text(encoding="utf-8"))
    for each in (MIXED, report(), report(remark(urn="", file="", line=0))):
        jsonschema.validate(to_sarif(each), schema)
