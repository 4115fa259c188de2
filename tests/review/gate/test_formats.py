"""A report as text, Markdown and SARIF."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from policies.pack.rule import Level
from review.gate.markdown import LIMIT, to_markdown
from review.gate.remarks import GateReport, Judge, Remark, RemarkKind, merged, remarks_from_json
from review.gate.sarif import to_sarif
from review.gate.text import to_text
from tests.review.layout import laid_out

PEER = os.environ.get("NODE_PEERS")
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


MIXED = GateReport(
    stack="prod",
    resources=120,
    base="main",
    remarks=merged(
        (
            remark(),
            remark(level=Level.ADVISORY, id="ecr-name", message="has one part"),
            remark(RemarkKind.DANGER, id="plan-destroys", message="is destroyed with its images"),
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
    text = to_markdown(report(remark(message=HOSTILE, urn=f"urn::{HOSTILE}", file=HOSTILE, fix=HOSTILE)))
    row = next(line for line in text.splitlines() if "ecr-tags" in line)
    assert row.count("|") == 5
    for raw in ("</details>", "<img", "@acme", "](", "https://", "`", "\n#", "www.", "*b*"):
        assert raw not in text.replace("*leave", ""), raw
    assert text.count("<details>") == text.count("</details>")


def test_a_comment_fits_however_much_there_is_to_say() -> None:
    many = [remark(message=f"{'is mutable ' * 30}{n}", urn=f"urn::payments/api-{n}") for n in range(2_000)]
    gained = [
        remark(RemarkKind.ACCESS, Level.ADVISORY, id="access-gained", message=f"{n} can now {'x' * 300}")
        for n in range(200)
    ]
    text = to_markdown(
        report(*many, *gained, *(remark(RemarkKind.UNDECIDED, message=f"{n}{'x' * 500}") for n in range(500)))
    )
    assert len(text) < LIMIT + 500
    assert "2000 mandatory" in text
    assert "see the job's log" in text
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.node
@pytest.mark.skipif(not PEER, reason="NODE_PEERS names no folder with the peers' packages")
def test_sarif_is_valid_by_its_schema() -> None:
    schema = json.loads((Path(str(PEER)) / SCHEMA).read_text(encoding="utf-8"))
    for each in (MIXED, report(), report(remark(urn="", file="", line=0))):
        jsonschema.validate(to_sarif(each), schema)
