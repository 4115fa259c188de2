"""What the command prints: YAML to paste, JSON for machines, and a summary."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap

from domain.wording import listed
from ops.adopt.model import Change, Report, Status, Verdict
from policies.pack.levels import levels_file

_WIDTH = 118
_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_./ -]*[A-Za-z0-9_/])?")
_BASIC = 0xFFFF
_WORDS = frozenset({"yes", "no", "true", "false", "on", "off", "null", "y", "n"})
"""What some reader of YAML takes for something else than text."""


def to_yaml(report: Report) -> str:
    """Entries to be pasted under `repositories:`; everything else that is said is a comment."""
    blocks = [list(_head(report))]
    blocks += [list(_stack_keys(report))] if report.stack_keys or report.elsewhere else []
    blocks += [list(_exceptions(report))] if report.exceptions else []
    for status, block in (
        (Status.ADOPTABLE, _entry),
        (Status.IN_CATALOG, _in_catalog),
        (Status.NOT_ADOPTABLE, _refused),
    ):
        verdicts = [verdict for verdict in report.verdicts if verdict.status is status]
        blocks += [list(block(verdict, report)) for verdict in verdicts]
    return "\n\n".join("\n".join(block) for block in blocks)


def to_json(report: Report) -> str:
    document = {
        "stack": report.stack,
        "regions": report.regions,
        "stack_keys": report.stack_keys,
        "other_stacks": report.elsewhere,
        "exceptions": report.exceptions,
        "notes": report.notes,
        "repositories": [
            {
                "name": verdict.name,
                "status": verdict.status.value,
                "entry": verdict.entry,
                "before": verdict.before,
                "guesses": verdict.guesses,
                "fails": [asdict(each) for each in verdict.failures],
                "changes": [
                    {"text": each.text, "details": each.details, "regions": each.regions} for each in verdict.changes
                ],
                "reasons": verdict.reasons,
            }
            for verdict in report.verdicts
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def summary(report: Report) -> str:
    adoptable, refused = report.count(Status.ADOPTABLE), report.count(Status.NOT_ADOPTABLE)
    later = sum(verdict.status is Status.ADOPTABLE and bool(verdict.before) for verdict in report.verdicts)
    after = f" ({later} once done what their comments say under `before`)" if later else ""
    known = report.count(Status.IN_CATALOG)
    failing = sum(verdict.is_refused_by_gate for verdict in report.verdicts)
    gate = f"; the gate would refuse {failing}: see `fails` in the comments" if failing else ""
    return f"{adoptable} adoptable{after}, {refused} not, {known} already in the catalog{gate}"


def _head(report: Report) -> Iterator[str]:
    regions = ", ".join(report.regions)
    yield from _comment(f"For {report.catalog_file}, under `repositories:`. Stack {report.stack}: {regions}.", "")
    yield from _comment(
        "Adopt only what the stack does not manage yet, which can't be seen from here: in a replica's region the "
        "engine would replace what it has. No entry has `push`.",
        "",
    )
    if report.others:
        files = listed(levels_file(Path(), stack).as_posix() for stack in report.others)
        prints = listed(f"`make render STACK={stack} FORMAT=json`" for stack in report.others)
        yield from _comment(
            f"In {listed(report.others)} the entries make the repositories anew, and the same rules apply there: what "
            f"needs an exception here needs one in {files} too, with the URNs that {prints} prints.",
            "",
        )


def _stack_keys(report: Report) -> Iterator[str]:
    if report.stack_keys:
        yield from _comment(f"For Pulumi.{report.stack}.yaml, under `config:`, beside what these keys hold there:", "")
    for kind, names in report.stack_keys.items():
        yield f"#   container-registry:{kind}:"
        for name, value in names.items():
            if isinstance(value, Mapping):
                yield f"#     {scalar(name)}:"
                yield from (f"#       {region}: {scalar(arn)}" for region, arn in value.items())
            else:
                yield f"#     {scalar(name)}: {scalar(value)}"
    for line in report.elsewhere:
        yield from _comment(line, "")


def _exceptions(report: Report) -> Iterator[str]:
    file = levels_file(Path(), report.stack).as_posix()
    yield from _comment(
        f"For {file}, in place of what stands there under the same keys, and merged before the entries: the gate goes "
        "by the exceptions that stand already. Leave out those of repositories that are not adopted.",
        "",
    )
    members = json.dumps(report.exceptions, indent=2).splitlines()[1:-1]
    yield from (f"# {_printable(line)}" for line in members)


def _entry(verdict: Verdict, report: Report) -> Iterator[str]:
    yield from _remarks(verdict, report, "  ")
    yield f"  {scalar(verdict.name)}:"
    for key, value in verdict.entry.items():
        flow = f"    {key}: {_flow(value)}"
        if isinstance(value, list) and (key == "retention" or len(flow) > _WIDTH):
            yield f"    {key}:"
            yield from (f"      - {_flow(item)}" for item in value)
        else:
            yield flow


def _in_catalog(verdict: Verdict, report: Report) -> Iterator[str]:
    if verdict.reasons:
        yield from _comment(f"{verdict.name} is in the catalog, and can't be adopted:", "")
        yield from (line for reason in verdict.reasons for line in _comment(f"- {reason}", "", "  "))
        return
    written = ", ".join(f"`{key}: {_flow(value)}`" for key, value in verdict.entry.items())
    told = f"write {written} there" if written else "its entry says already what it must"
    yield from _comment(f"{verdict.name} is in the catalog: {told}.", "")
    yield from _remarks(verdict, report, "")


def _refused(verdict: Verdict, _report: Report) -> Iterator[str]:
    yield from _comment(f"{verdict.name} can't be adopted:", "")
    yield from (line for reason in verdict.reasons for line in _comment(f"- {reason}", "", "  "))


def _remarks(verdict: Verdict, report: Report, indent: str) -> Iterator[str]:
    for word, lines in (("before", verdict.before), ("guessed", verdict.guesses)):
        for line in lines:
            yield from _comment(f"{word}: {line}", indent, "  ")
    for each in verdict.failures:
        there = "" if each.regions == report.regions else f" in {', '.join(each.regions)}"
        yield from _comment(f"fails: {each.rule} ({each.level}){there}: {each.text}; {each.fix}", indent, "  ")
    where: dict[tuple[str, ...], list[Change]] = {}
    for change in verdict.changes:
        where.setdefault(change.regions, []).append(change)
    for regions, changes in where.items():
        there = f" in {', '.join(regions)}" if len(report.regions) > 1 else ""
        yield from _comment(f"changes{there}:", indent)
        for change in changes:
            yield from _comment(f"- {change.text}", indent, "  ")
            yield from (line for detail in change.details for line in _comment(detail, indent, "    ", "  "))


def _comment(text: str, indent: str, hang: str = "", first: str = "") -> Iterator[str]:
    """Lines of a comment; whatever could end one before its time is shown escaped."""
    yield from wrap(
        _printable(text),
        _WIDTH,
        initial_indent=f"{indent}# {first}",
        subsequent_indent=f"{indent}# {hang}",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return scalar(value)


def scalar(value: object) -> str:
    """A value that every reader of YAML takes for what it is."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _printable(json.dumps(value, ensure_ascii=False))


def _printable(text: str) -> str:
    """The text, with an escape for each character that is none to see; YAML and JSON have the same ones."""
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= _BASIC else f"\\U{code:08x}"
