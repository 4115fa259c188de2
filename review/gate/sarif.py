"""A gate's report in SARIF 2.1.0, which GitHub shows beside the lines of a change.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Iterator
from typing import Any

from policies.pack.rule import Level, Rule, all_rules
from review.gate.remarks import ACCESS_TEST, GateReport, Remark, RemarkKind
from review.plan.model import IDS as DANGERS

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SECURITY_SEVERITY = {"low": "3.0", "medium": "5.5", "high": "8.0", "critical": "9.5"}
"""The number by which GitHub ranks an alert.
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning"""

_TITLES = DANGERS | {
    "access-gained": "A principal gains access to a repository",
    "access-changed": "The conditions of an access to a repository change",
    "access-lost": "A principal loses access to a repository",
    ACCESS_TEST: "A test of access fails",
    "gate-code-changed": "The code of the gate changes",
    "gate-incomplete": "A part of the gate could not run",
}


def to_sarif(report: GateReport) -> dict[str, Any]:
    ids = sorted({each.id for each in report.remarks})
    rules = all_rules()
    driver = {"name": "container-registry gate", "rules": [_descriptor(id_, rules.get(id_)) for id_ in ids]}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": f"container-registry/{report.stack}/"},
                "results": list(_results(report, ids)),
            }
        ],
    }


def _results(report: GateReport, ids: list[str]) -> Iterator[dict[str, Any]]:
    for remark in report.remarks:
        about = f"{remark.about}: " if remark.urn else ""
        result: dict[str, Any] = {
            "ruleId": remark.id,
            "ruleIndex": ids.index(remark.id),
            "level": _level(remark),
            "kind": "open" if remark.kind is RemarkKind.UNDECIDED else "fail",
            "message": {"text": f"{about}{remark.message}{f' ({remark.fix})' if remark.fix else ''}"},
            "locations": [_location(remark, report)],
            "partialFingerprints": {"remark/v1": "|".join((remark.id, remark.urn, *map(str, remark.path)))},
        }
        if result["kind"] == "open":
            result["level"] = "none"  # by the standard, a level is for what fails
        if remark.kind is RemarkKind.EXCEPTED:
            result["suppressions"] = [{"kind": "external", "justification": remark.message}]
        yield result


def _level(remark: Remark) -> str:
    if remark.fails:
        return "error"
    return (
        "warning"
        if remark.level is Level.ADVISORY and remark.kind in {RemarkKind.FINDING, RemarkKind.DANGER}
        else "note"
    )


def _location(remark: Remark, report: GateReport) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": f"{report.folder}{remark.file or 'Pulumi.yaml'}"},
            "region": {"startLine": max(remark.line, 1)},
        }
    }
    if remark.urn:
        location["logicalLocations"] = [{"fullyQualifiedName": remark.urn, "kind": "resource"}]
    return location


def _descriptor(id_: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": id_, "shortDescription": {"text": _TITLES[id_]}}
    return {
        "id": id_,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.risk},
        "help": {"text": rule.remediation},
        "properties": {"tags": ["security", *rule.controls], "security-severity": _SECURITY_SEVERITY[rule.severity]},
    }
