"""What the command prints: YAML to paste, JSON for machines, and a totals."""

import json
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from domain.wording import listed
from ops.adopt.adoption import AdoptionReport, Candidate, Status
from policies.pack.levels import block_lines, levels_file
from render.output import width
from review.plan.phrases import grouped
from settings.files.flow import flow, printable, scalar_key

_WIDTH = 118


def to_yaml(report: AdoptionReport) -> str:
    """Entries to be pasted under `repositories:`; everything else that is said is a comment."""
    blocks = [_head(report), _stack_keys(report), _exceptions(report)]
    for status in Status:
        show = _entry if status is Status.ADOPTABLE else _without_entry
        blocks += [show(each, report) for each in report.repositories if each.status is status]
    return "\n\n".join("\n".join(lines) for block in blocks if (lines := list(block)))


def review_text(report: AdoptionReport) -> str:
    """What is said of each repository, without what is written."""
    found = ((each, list(_remarks(each, report, ""))) for each in report.repositories)
    blocks = [
        [f"# {printable(each.name)}", *said] if each.status is Status.ADOPTABLE else list(_without_entry(each, report))
        for each, said in found
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks)


def to_json(report: AdoptionReport) -> str:
    document = {key: value for key, value in asdict(report).items() if key not in ("catalog_file", "others")}
    return json.dumps(document, indent=2, ensure_ascii=False)


def totals(report: AdoptionReport) -> str:
    count = Counter(each.status for each in report.repositories)
    later = sum(each.status is Status.ADOPTABLE and bool(each.before) for each in report.repositories)
    after = f" ({later} once done what their comments say under `before`)" if later else ""
    failing = sum(each.is_refused_by_gate for each in report.repositories)
    gate = f"; the gate would refuse {failing}: see `fails` in the comments" if failing else ""
    adoptable, known, refused = (count[status] for status in Status)
    return f"{adoptable} adoptable{after}, {refused} not, {known} already in the catalog{gate}"


def _head(report: AdoptionReport) -> Iterator[str]:
    regions = ", ".join(report.regions)
    yield from _comment(f"For {report.catalog_file}, under `repositories:`. Stack {report.stack}: {regions}.")
    yield from _comment(
        "Adopt only what the stack does not manage yet, which can't be seen from here: in a replica's region the "
        "engine would replace what it has. No entry has `push`."
    )
    if report.others:
        files = listed(levels_file(Path(), stack).as_posix() for stack in report.others)
        yield from _comment(
            f"In {listed(report.others)} the entries create the repositories, and the same rules apply there: what "
            f"needs an exception here needs one in {files} too."
        )


def _stack_keys(report: AdoptionReport) -> Iterator[str]:
    if report.stack_keys:
        yield from _comment(f"For Pulumi.{report.stack}.yaml, under `config:`, beside what these keys hold there:")
    for kind, names in report.stack_keys.items():
        yield from (f"# {line}" for line in member_lines(f"container-registry:{kind}", names, "  ", blocks=2))
    for line in report.other_stacks:
        yield from _comment(line)


def _exceptions(report: AdoptionReport) -> Iterator[str]:
    if not report.exceptions:
        return
    file = levels_file(Path(), report.stack).as_posix()
    yield from _comment(
        f"For {file}, in place of what it has under the same keys, and merged before the entries: the gate applies "
        "exceptions that are merged already. Leave out those of repositories that are not adopted."
    )
    yield from (f"# {printable(line)}" for line in block_lines(report.exceptions))


def _entry(repository: Candidate, report: AdoptionReport) -> Iterator[str]:
    yield from _remarks(repository, report, "  ")
    yield from member_lines(repository.name, repository.entry, "  ", blocks=1)


def member_lines(key: str, value: object, indent: str, *, blocks: int) -> Iterator[str]:
    """A member of a mapping; so many levels of mappings below it are blocks."""
    name = f"{indent}{scalar_key(key)}:"
    line = f"{name} {flow(value)}"
    if isinstance(value, Mapping) and blocks:
        yield name
        for each, member in value.items():
            yield from member_lines(each, member, f"{indent}  ", blocks=blocks - 1)
    elif isinstance(value, list) and (key == "retention" or len(line) > _WIDTH):
        yield name
        yield from (f"{indent}  - {flow(item)}" for item in value)
    else:
        yield line


def _without_entry(repository: Candidate, report: AdoptionReport) -> Iterator[str]:
    known = f"{repository.name} is in the catalog" if repository.status is Status.IN_CATALOG else ""
    if repository.reasons:
        yield from _comment(f"{f'{known}, and' if known else repository.name} can't be adopted:")
        yield from (line for reason in repository.reasons for line in _comment(f"- {reason}", hang="  "))
        return
    written = ", ".join(f"`{key}: {flow(value)}`" for key, value in repository.entry.items())
    yield from _comment(f"{known}: {f'write {written} there' if written else 'its entry says what it must'}.")
    yield from _remarks(repository, report, "")


def _remarks(repository: Candidate, report: AdoptionReport, indent: str) -> Iterator[str]:
    for word, lines in (("before", repository.before), ("guessed", repository.guesses)):
        for line in lines:
            yield from _comment(f"{word}: {line}", indent, "  ")
    for each in repository.fails:
        there = "" if each.regions == report.regions else f" in {', '.join(each.regions)}"
        yield from _comment(f"fails: {each.rule} ({each.level}){there}: {each.text}; {each.fix}", indent, "  ")
    for regions, changes in grouped(repository.changes, lambda change: change.regions).items():
        there = f" in {', '.join(regions)}" if len(report.regions) > 1 else ""
        yield from _comment(f"changes{there}:", indent)
        for change in changes:
            yield from _comment(f"- {change.text}", indent, "  ")
            yield from (line for detail in change.details for line in _comment(detail, indent, "    ", "  "))


def _comment(text: str, indent: str = "", hang: str = "", first: str = "") -> list[str]:
    """Lines of a comment; whatever could end one before its time is shown escaped."""
    return textwrap.wrap(
        printable(text),
        min(_WIDTH, width()),
        initial_indent=f"{indent}# {first}",
        subsequent_indent=f"{indent}# {hang}",
        break_long_words=False,
        break_on_hyphens=False,
    )
