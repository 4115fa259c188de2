"""A gate's report as a pull request's comment: what fails is open, what is long is folded."""

from collections.abc import Iterator, Sequence

from policies.pack.levels import block_lines
from review.formatting import MORE_IN_LOG, code, code_block, escaped, fitting, folded, folded_lines
from review.gate.exception_block import block_title
from review.gate.remarks import GateReport, Remark, RemarkKind
from review.gate.text import ACCESS_TITLE, TITLES, headline, said_by
from review.plan.markdown import to_markdown as plan_markdown

PLAN_LIMIT = 12_000
ACCESS_LIMIT = 4_000
BLOCK_LIMIT = 4_000
LIMIT = PLAN_LIMIT + ACCESS_LIMIT + BLOCK_LIMIT + 8_000
"""Characters: GitHub takes 65,536 in a comment, which holds this for two stacks, and two previews."""


def to_markdown(report: GateReport) -> str:
    sign = "❌" if report.failed else "✅"
    parts = [f"### {sign} {escaped(headline(report))}"]
    room = LIMIT - PLAN_LIMIT - ACCESS_LIMIT - BLOCK_LIMIT - len(parts[0])
    for title, remarks in (("", report.failing), *((title, report.of(*kinds)) for title, kinds in TITLES)):
        if remarks:
            table = _table(remarks, report, room)
            parts.append(folded(f"{title}: {len(remarks)}", table) if title else table)
            room -= len(parts[-1])
    if report.exceptions:
        block = fitting(block_lines(report.exceptions), BLOCK_LIMIT, f"… and {{}} more lines: {MORE_IN_LOG}")
        parts.append(folded(block_title(report), "\n".join(code_block(block))))
    access = report.of(RemarkKind.ACCESS)
    if access:
        parts.append(f"**{ACCESS_TITLE}**\n\n{folded_lines([each.message for each in access], ACCESS_LIMIT)}")
    if report.plan is not None:
        parts.append(plan_markdown(report.plan, limit=PLAN_LIMIT))
    return "\n\n".join(parts)


def _table(remarks: Sequence[Remark], report: GateReport, room: int) -> str:
    """As many remarks as there is room for; the job's log has all."""
    rows = fitting(list(_rows(remarks, report)), room, f"| … | | {{}} more: {MORE_IN_LOG} | |")
    return "\n".join(["| Rule | Resource | Message and fix | Line |", "| --- | --- | --- | --- |", *rows])


def _rows(remarks: Sequence[Remark], report: GateReport) -> Iterator[str]:
    for remark in remarks:
        fix = f"*{escaped(remark.fix)}*" if remark.fix else ""
        texts = filter(None, (escaped(remark.message), fix, escaped(said_by(remark, report))))
        about = code(remark.about) if remark.urn else ""
        where = code(f"{remark.file}:{remark.line}") if remark.file else ""
        yield f"| {code(remark.id)} | {about} | {'<br>'.join(texts)} | {where} |"
