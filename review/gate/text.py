"""A gate's report for a terminal: what fails first, each with the line of the settings."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from policies.pack.levels import block_lines
from policies.pack.rule import Level
from render.output import wrapped
from review.gate.exception_block import block_title
from review.gate.remarks import GateReport, Judge, Remark, RemarkKind
from review.plan.text import to_text as plan_text

TITLES = (
    ("Advisory", (RemarkKind.FINDING, RemarkKind.CODE, RemarkKind.JUDGE)),
    ("Not known before the deployment", (RemarkKind.UNDECIDED,)),
    ("Exempted", (RemarkKind.EXCEPTED,)),
    ("Unused exceptions", (RemarkKind.UNUSED,)),
)
"""What does not fail, in the order of the output; the plan has the consequences that don't."""

ACCESS_TITLE = "Access"


def to_text(report: GateReport) -> str:
    lines = [headline(report)]
    if report.failing:
        lines += ["", "Failed", *_lines(report.failing, report)]
    if report.exceptions:
        lines += ["", *wrapped(block_title(report), "  "), *block_lines(report.exceptions)]
    for title, kinds in TITLES:
        remarks = report.of(*kinds)
        if remarks:
            lines += ["", title, *_lines(remarks, report)]
    access = report.of(RemarkKind.ACCESS)
    if access:
        lines += ["", ACCESS_TITLE, *(line for each in access for line in wrapped(f"  {each.message}", "    "))]
    if report.plan is not None:
        lines += ["", f"Compared with {report.base}", plan_text(report.plan)]
    return "\n".join(lines)


def headline(report: GateReport) -> str:
    """One line: passed or failed, and the counts."""
    advisory = sum(
        each.level is Level.ADVISORY
        for each in report.of(RemarkKind.FINDING, RemarkKind.DANGER, RemarkKind.CODE, RemarkKind.JUDGE)
    )
    counts = [f"{len(report.failing)} mandatory", f"{advisory} advisory"]
    undecided = len(report.of(RemarkKind.UNDECIDED))
    if undecided:
        counts.append(f"{undecided} undecided")
    verdict = "failed" if report.failed else "passed"
    return f"Gate, stack {report.stack}: {verdict}; {', '.join(counts)}, of {report.resources} resources"


def said_by(remark: Remark, report: GateReport) -> str:
    """Whose rules found it, where only one of two did."""
    if report.base is None or remark.kind is not RemarkKind.FINDING or len(remark.judges) > 1:
        return ""
    return f"only by the rules of {report.base}" if remark.judges == (Judge.BASE,) else "only by this change's rules"


def _lines(remarks: Sequence[Remark], report: GateReport) -> Iterator[str]:
    """By rule; a fix that several share is printed once."""
    for (rule, fix), group in groupby(remarks, key=lambda each: (each.id, each.fix)):
        yield f"  {rule}"
        for remark in group:
            about = f"{remark.about}  " if remark.urn else ""
            where = f"{remark.file}:{remark.line}" if remark.file else ""
            yield from wrapped(f"    {about}{where}".rstrip(), " " * 6) if about or where else ()
            by = said_by(remark, report)
            yield from wrapped(f"      {remark.message}{f' ({by})' if by else ''}", " " * 8)
        if fix:
            yield from wrapped(f"    fix: {fix}", " " * 6)
