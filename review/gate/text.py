"""A gate's report for a terminal: lost images first, then what fails, each fact once."""

from collections.abc import Iterable, Iterator

from policies.pack.levels import block_lines
from policies.pack.rule import Level
from render.output import Style, sign_styles, wrapped
from review.access.access_diff import AccessTrend
from review.gate.exception_block import block_title
from review.gate.facts import Fact, earlier_line, facts
from review.gate.remarks import GateReport, Remark, RemarkKind
from review.plan.groups import summary
from review.plan.model import Consequence
from review.plan.phrases import grouped
from review.plan.text import change_lines, consequence_lines, heading

TITLES = (
    ("Advisory", (RemarkKind.FINDING, RemarkKind.CODE, RemarkKind.JUDGE)),
    ("Not known before the deployment", (RemarkKind.UNDECIDED,)),
    ("Exempted", (RemarkKind.EXCEPTED,)),
    ("Unused exceptions", (RemarkKind.UNUSED,)),
)
"""What does not fail, in the order of the output; the plan has the consequences that don't."""

ACCESS_TITLE = "Access"


def to_text(report: GateReport) -> str:
    lines = wrapped(headline(report), "  ", Style.RED if report.failed else Style.GREEN, Style.BOLD)
    if report.plan is not None:
        lines += consequence_lines(report.plan.consequences)
    if failing := failing_facts(report):
        lines += ["", heading("Failed", Style.RED), *_lines(failing)]
    if report.exceptions:
        lines += ["", *wrapped(block_title(report), "  "), *block_lines(report.exceptions)]
    if access := report.of(RemarkKind.ACCESS):
        lines += ["", heading(ACCESS_TITLE), *(line for each in access for line in _access(each))]
    for title, kinds in TITLES:
        if remarks := report.of(*kinds):
            lines += ["", heading(title), *_lines(facts(remarks))]
    if before := earlier_line(report.remarks):
        lines += ["", *wrapped(before, "  ")]
    if report.plan is not None:
        lines += ["", *wrapped(summary(report.plan), "  "), *change_lines(report.plan)]
    return "\n".join(lines)


def headline(report: GateReport) -> str:
    """One line: passed or failed, and the counts of what is listed below."""
    in_plan = _advisory_in_plan(report)
    counts = [f"{number} {kind}" for kind, number in verdict_counts(report).items()]
    counts[1] += f" ({in_plan} in the plan)" if in_plan else ""
    verdict = "failed" if report.failed else "passed"
    return (
        f"Gate, stack {report.stack}: {verdict}; {', '.join(counts)}, of {report.resources} resources; "
        f"{compared_with(report)}"
    )


def verdict_counts(report: GateReport) -> dict[str, int]:
    """How many facts are mandatory and advisory, and undecided where some are."""
    failing = len(failing_facts(report)) + sum(each.fails for each in _consequences(report))
    advisory = len(facts(report.of(RemarkKind.FINDING, RemarkKind.CODE, RemarkKind.JUDGE)))
    found = {"mandatory": failing, "advisory": advisory + _advisory_in_plan(report)}
    undecided = len(facts(report.of(RemarkKind.UNDECIDED)))
    return {**found, "undecided": undecided} if undecided else found


def compared_with(report: GateReport) -> str:
    return f"compared with {report.against}" if report.base else "compared with no revision, by its own rules alone"


def _consequences(report: GateReport) -> tuple[Consequence, ...]:
    return report.plan.consequences if report.plan else ()


def _advisory_in_plan(report: GateReport) -> int:
    return sum(each.id is not None and each.level is Level.ADVISORY for each in _consequences(report))


def failing_facts(report: GateReport) -> list[Fact]:
    """What fails beside the plan's consequences."""
    return facts(each for each in report.failing if each.kind is not RemarkKind.DANGER)


def _access(remark: Remark) -> list[str]:
    line = f"  {AccessTrend(remark.id.removeprefix('access-')).sign} {remark.message}"
    return wrapped(line, "      ", *sign_styles(line))


def _lines(found: Iterable[Fact]) -> Iterator[str]:
    """A line for each fact; a fix that several share is printed once, below them."""
    for (rule, fix), some in grouped(found, lambda each: (each.id, each.fix)).items():
        for each in some:
            about = " ".join(filter(None, (each.about, f"({each.place})" if each.place else "")))
            note = f" ({each.note})" if each.note else ""
            yield from wrapped(f"  {rule}  {f'{about}: ' if about else ''}{each.message}{note}", "      ")
        if fix:
            yield from wrapped(f"    fix: {fix}", "      ", Style.DIM)
