"""A report as a pull request's comment: what fails is open, what is long is folded, nothing breaks out of its cell."""

from collections.abc import Iterator, Sequence

from review.gate.report import Remark, Report
from review.gate.text import TITLES, headline, said_by
from review.markdown import code, escaped, folded
from review.plan import to_markdown as plan_markdown

LIMIT = 30_000
"""Characters: GitHub takes 65,536 in a comment, which holds a report for each of two stacks."""
_ROWS = 50


def to_markdown(report: Report) -> str:
    sign = "❌" if report.failed else "✅"
    parts = [f"### {sign} {escaped(headline(report))}"]
    if report.failing:
        parts.append(_table(report.failing, report))
    for title, kinds in TITLES:
        remarks = report.of(*kinds)
        if remarks:
            parts.append(folded(f"{title}: {len(remarks)}", _table(remarks, report)))
    text = "\n\n".join(parts)
    if report.plan is not None:
        text = f"{text}\n\n{plan_markdown(report.plan)}"
    return text if len(text) <= LIMIT else _shortened(parts)


def _table(remarks: Sequence[Remark], report: Report) -> str:
    rows = [*_rows(remarks[:_ROWS], report)]
    if len(remarks) > _ROWS:
        rows.append(f"| … | | {len(remarks) - _ROWS} more: see the job's log | |")
    return "\n".join(["| Rule | What | Why, and the fix | Where |", "| --- | --- | --- | --- |", *rows])


def _rows(remarks: Sequence[Remark], report: Report) -> Iterator[str]:
    for remark in remarks:
        by = said_by(remark, report)
        why = [
            escaped(remark.message),
            *([f"*{escaped(remark.fix)}*"] if remark.fix else []),
            *([escaped(by)] if by else []),
        ]
        about = code(remark.about) if remark.urn else ""
        where = code(f"{remark.file}:{remark.line}") if remark.file else ""
        yield f"| {code(remark.id)} | {about} | {'<br>'.join(why)} | {where} |"


def _shortened(parts: Sequence[str]) -> str:
    """What fits; the job's log has the whole."""
    text = parts[0]
    for part in parts[1:]:
        if len(text) + len(part) > LIMIT:
            return f"{text}\n\nThe rest does not fit into a comment: see the job's log."
        text = f"{text}\n\n{part}"
    return f"{text}\n\nThe plan does not fit into a comment: see the job's log."
