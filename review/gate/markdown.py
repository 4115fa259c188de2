"""A gate's report as a pull request's comment: lost images first, what is long folded, nothing that fails left out."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence

from domain.wording import listed
from review.formatting import (
    FOLDED_FROM,
    MORE_IN_LOG,
    Part,
    code,
    code_block,
    escaped,
    fitted,
    fitting,
    folded,
    folded_lines,
)
from review.gate.exception_block import block_title
from review.gate.facts import Fact, earlier_line, facts
from review.gate.remarks import GateReport, RemarkKind
from review.gate.text import ACCESS_TITLE, TITLES, failing_facts, headline
from review.plan.markdown import changes_part, consequence_parts
from review.plan.phrases import grouped

LIMIT = 20_000
"""Characters: GitHub takes 65,536 in a comment, which holds this for two stacks, and two previews. What fails and what
is lost take more where they need it: of a long comment, the workflow makes several."""
_SECTION, _LINE = 2_500, 600
"""Characters of a list in its shorter form, and of one line there."""


def to_markdown(report: GateReport) -> str:
    sign = "❌" if report.failed else "✅"
    failing = failing_facts(report)
    parts = [Part(f"### {sign} {escaped(headline(report))}")]
    if report.plan is not None:
        parts += consequence_parts(report.plan.consequences)
    if failing:
        parts.append(_failing(failing))
    if report.exceptions:
        parts.append(_exceptions(report))
    access = [each.message for each in report.of(RemarkKind.ACCESS)]
    if access:
        head = f"**{ACCESS_TITLE}**\n"
        parts.append(Part(head + folded_lines(access), head + folded_lines(access, _SECTION)))
    for title, kinds in TITLES:
        if remarks := report.of(*kinds):
            parts.append(_folded_list(title, facts(remarks)))
    parts.append(Part(escaped(earlier_line(report.remarks))))
    if report.plan is not None:
        parts.append(changes_part(report.plan))
        parts += [Part(escaped(each)) for each in report.plan.notes]
    return fitted(parts, LIMIT)


def _failing(found: Sequence[Fact]) -> Part:
    """Every violation; where they are too many, the names under each rule."""
    body = "\n".join(_items(found, "❌ "))
    whole = folded(f"{len(found)} violations", body) if len(found) >= FOLDED_FROM or len(body) > _SECTION else body
    by_rule = grouped(found, lambda each: each.id).items()
    names = {rule: [name for each in some for name in each.names or (each.message[:_LINE],)] for rule, some in by_rule}
    short = "\n".join(f"- ❌ {code(rule)}: {escaped(listed(some, sys.maxsize))}" for rule, some in names.items())
    head = "**Failed**\n"
    return Part(f"{head}{whole}", f"{head}{folded(f'{len(found)} violations: {MORE_IN_LOG}', short)}", fails=True)


def _exceptions(report: GateReport) -> Part:
    """The block to paste, a rule a line."""
    rules = [json.dumps({rule: each}, ensure_ascii=False)[1:-1] for rule, each in report.exceptions.items()]
    block = [f"  {each}{',' if each != rules[-1] else ''}" for each in rules]
    short = fitting(block, _SECTION, f"… and {{}} more lines: {MORE_IN_LOG}")
    whole, cut = (folded(block_title(report), "\n".join(code_block(each))) for each in (block, short))
    return Part(whole, cut)


def _folded_list(title: str, found: Sequence[Fact]) -> Part:
    items = list(_items(found, ""))
    short = fitting(items, _SECTION, f"- … and {{}} more lines: {MORE_IN_LOG}")
    head = f"{title}: {len(found)}"
    return Part(folded(head, "\n".join(items)), folded(head, "\n".join(short)))


def _items(found: Iterable[Fact], sign: str) -> Iterator[str]:
    """A line for each fact; a fix that several share is printed once, after the last."""
    for (rule, fix), some in grouped(found, lambda each: (each.id, each.fix)).items():
        last, shown = some[-1], f" *Fix: {escaped(fix)}*" if fix else ""
        for each in some:
            about = " ".join(filter(None, (escaped(each.about), f"({code(each.place)})" if each.place else "")))
            note = f" *({escaped(each.note)})*" if each.note else ""
            end = shown if each is last else ""
            yield f"- {sign}{code(rule)} {f'{about}: ' if about else ''}{escaped(each.message)}{note}{end}"
