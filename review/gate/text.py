"""A report for a terminal: what fails first, each with the line to mend."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from policies.pack.rule import Level
from render.output import wrapped
from review.gate.remarks import GateReport, Judge, Remark, RemarkKind
from review.plan import to_text as plan_text

TITLES = (
    ("Remarks", (RemarkKind.FINDING, RemarkKind.CODE, RemarkKind.JUDGE)),
    ("Undecided before the deployment", (RemarkKind.UNDECIDED,)),
    ("Let pass by an exception", (RemarkKind.EXCEPTED,)),
    ("Exceptions that nothing needs", (RemarkKind.UNUSED,)),
)
"""What does not fail, in the order in which it is printed; the plan has the consequences that pass."""

ACCESS_TITLE = "Who may do what"


def to_text(report: GateReport) -> str:
    lines = [headline(report)]
    if report.failing:
        lines += ["", "Fails", *_told(report.failing, report)]
    for title, kinds in TITLES:
        remarks = report.of(*kinds)
        if remarks:
            lines += ["", title, *_told(remarks, report)]
    access = report.of(RemarkKind.ACCESS)
    if access:
        lines += ["", ACCESS_TITLE, *(line for each in access for line in wrapped(f"  {each.message}", "    "))]
    if report.plan is not None:
        lines += ["", f"Beside {report.base}", plan_text(report.plan)]
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
    """Which judge says it, where only one of two does."""
    if report.base is None or remark.kind is not RemarkKind.FINDING or len(remark.judges) > 1:
        return ""
    return f"by the rules of {report.base} alone" if remark.judges == (Judge.BASE,) else "by this change's rules alone"


def _told(remarks: Sequence[Remark], report: GateReport) -> Iterator[str]:
    """Under each rule what it says of whom; a fix that several share is told once."""
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
