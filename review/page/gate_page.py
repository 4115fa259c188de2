"""The page of `python -m review gate --format html`: the report, the estate, and who can do what."""

from collections import Counter
from collections.abc import Iterable

from domain.wording import counted, listed
from policies.pack.levels import block_lines
from render.resource import Render
from review.access.access_diff import AccessTrend
from review.access.matrix import Access, Matrix
from review.access.partial_evaluation import Permission
from review.access.text import MARKS, NO_PRINCIPAL, notes, tables
from review.gate.exception_block import block_title
from review.gate.facts import Fact, earlier_line, facts
from review.gate.remarks import GateReport, RemarkKind
from review.gate.text import ACCESS_TITLE, TITLES, compared_with, failing_facts, headline, verdict_counts
from review.page.estate import estate
from review.page.plots import bars
from review.page.self_contained import document
from review.plan.groups import SIGNS, groups, summary
from review.plan.markdown import alert
from review.plan.phrases import grouped
from review.plan.text import HEADINGS, fix_of


def to_html(report: GateReport, rendered: Render, matrix: Matrix) -> str:
    consequences = grouped(report.plan.consequences if report.plan else (), lambda each: each.topic)
    remarks = ((title, facts(report.of(*kinds))) for title, kinds in TITLES)
    access = report.of(RemarkKind.ACCESS)
    values = {
        "report": report,
        "rendered": rendered,
        "title": headline(report),
        "compared_with": compared_with(report),
        "counts": {**verdict_counts(report), "changes": len(report.plan.changes) if report.plan else None},
        "consequences": [(HEADINGS[topic], alert(topic, some), some) for topic, some in consequences.items()],
        "fix_of": fix_of,
        "failing": _by_fix(failing_facts(report)),
        "exceptions": (block_title(report), block_lines(report.exceptions)) if report.exceptions else None,
        "access_title": ACCESS_TITLE,
        "access": [(AccessTrend(each.id.removeprefix("access-")).sign, each.message) for each in access],
        "remarks": [(title, len(found), _by_fix(found)) for title, found in remarks if found],
        "earlier": earlier_line(report.remarks),
        "changes": groups(report.plan) if report.plan else [],
        "signs": SIGNS,
        "summary": summary(report.plan) if report.plan else "",
        "estate": estate(rendered, matrix),
        "matrix": matrix,
        "tables": list(tables(matrix)),
        "accesses": list(Access),
        "plot": _plot(matrix),
        "no_principal": NO_PRINCIPAL,
        "notes": list(notes(matrix)),
        "counted": counted,
    }
    return document("gate.html.j2", values)


def _by_fix(found: Iterable[Fact]) -> list[tuple[str, str, list[Fact]]]:
    """By rule and fix, which is shown once."""
    return [(rule, fix, some) for (rule, fix), some in grouped(found, lambda each: (each.id, each.fix)).items()]


def _plot(matrix: Matrix) -> str:
    """How many principals have each access."""
    found = {(cell.access, cell.decision, cell.principal.id) for cell in matrix.cells}
    allowed = {(access, principal) for access, decision, principal in found if decision is Permission.ALLOWED}
    counts = Counter(
        (access, decision)
        for access, decision, principal in found
        if decision is Permission.ALLOWED or (access, principal) not in allowed
    )
    series = {MARKS[each]: {access.value: counts[access, each] for access in Access} for each in MARKS}
    about = listed(f"{access.value} {sum(counts[access, each] for each in MARKS)}" for access in Access)
    return bars(series, f"Principals with each access: {about}")
