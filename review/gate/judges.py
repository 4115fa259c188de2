"""The two judges of a change: this code with the head's levels and exceptions, and the base's code with the base's."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from domain.document_text import line_of
from domain.problems import Path as InputPath
from domain.problems import path_text
from domain.wording import near, nearest
from policies.pack.judge import Excepted, InvalidExemption, RuleResult, judge, why_invalid
from policies.pack.levels import RuleConfig, levels_file, load_levels
from policies.pack.rule import Exemption, Finding, Level, Rule, Undecided
from render.as_json import to_json
from render.resource import Render
from review.gate.exception_block import FIXED_BY_ADOPTION, adopted, declared_repositories, levels_of
from review.gate.remarks import ACCESS_TEST, Judge, Remark, RemarkKind, remarks_from_json
from review.gate.settings_lines import SettingsLines
from review.revision import RevisionFault, run_review

GATE = Path("review", "gate", "command.py")


def own_judgement(rendered: Render, project: Path, today: date) -> tuple[Remark, ...]:
    """The result of this code's rules with the project's levels for the stack; raises InvalidLevels."""
    settings = load_levels(levels_file(project, rendered.stack))
    judgement = judge(rendered.judged(), settings, today)
    lines = SettingsLines(project, rendered.project, rendered.stack)
    judged = (*judgement.findings, *judgement.undecided, *judgement.excepted)
    imported = adopted(rendered)
    remarks = [_remark(each, lines, imported) for each in judged]
    return (*remarks, *_of_exceptions(judgement.unused, settings, rendered, project))


def no_judge(folder: Path, stack: str) -> str | None:
    """What the folder lacks to run its own gate on the stack; None where it lacks nothing."""
    if not (folder / GATE).is_file():
        return "no gate"
    levels = levels_file(Path(), stack)
    return None if (folder / levels).is_file() else f"no {levels.as_posix()}"


def judgement_of(folder: Path, rendered: Render, today: date, scratch: Path) -> tuple[Remark, ...]:
    """The result of the folder's own gate for the render."""
    file = scratch / "head.json"
    file.write_text(to_json(rendered), encoding="utf-8")
    arguments = ["gate", "--stack", rendered.stack, "--render", str(file), "--today", today.isoformat()]
    written = run_review(folder, [*arguments, "--format", "json"], passing=(0, 1))
    try:
        return remarks_from_json(json.loads(written))
    except (ValueError, KeyError, TypeError) as error:
        raise RevisionFault(f"its gate's output can't be read: {error}") from error


def _of_exceptions(
    unused: Iterable[tuple[Rule, Exemption]], levels: Mapping[str, RuleConfig], rendered: Render, project: Path
) -> Iterator[Remark]:
    """One for each that covers nothing: it is not needed, or its repository's name is wrong."""
    declared, file = declared_repositories(rendered), levels_file(Path(), rendered.stack)
    text = (project / file).read_text(encoding="utf-8")
    for rule, exemption in unused:
        name = exemption.repository
        index = levels[rule.id].parameters.exceptions.index(exemption)
        common = Remark(
            kind=RemarkKind.UNUSED, id=rule.id, level=Level.ADVISORY, urn=exemption.urn, file=file.as_posix(),
            line=line_of(text, (rule.id, "exceptions", index)),
            message=f"unused exception until {exemption.until} ({exemption.reason})",
        )  # fmt: skip
        if not name:
            yield replace(common, fix="remove the exception, or correct its URN")
        elif name in declared:
            yield replace(common, message=f"{name}: {common.message}", fix="remove the exception")
        elif exemption.new:
            fix = "merge the entry of the repository, or remove the exception"
            yield replace(common, message=f"{name}: {common.message}", fix=fix)
        else:
            message = f"{name!r} is not a repository of the stack {rendered.stack}, so its exception covers nothing"
            meant = near(name, declared)
            fix = f'write `"repository": "{meant}"`' if meant else nearest(name, declared)
            fix += '; for one that a later change declares, add `"new": true`'
            yield replace(common, kind=RemarkKind.FINDING, level=Level.MANDATORY, message=message, fix=fix)


def no_longer_new(project: Path, merged: Render, reported: Iterable[Remark]) -> Iterator[Remark]:
    """One for each exception that is `new` though its repository is merged, but for those reported as unused."""
    declared, file = declared_repositories(merged), levels_file(Path(), merged.stack)
    unused = {(each.id, each.line) for each in reported if each.kind is RemarkKind.UNUSED}
    for rule, config in levels_of(project, merged.stack).items():
        for index, exemption in enumerate(config.parameters.exceptions):
            line = line_of((project / file).read_text(encoding="utf-8"), (rule, "exceptions", index))
            if exemption.new and exemption.repository in declared and (rule, line) not in unused:
                what = f'unused "new" of the exception until {exemption.until}, the repository is declared'
                yield Remark(
                    kind=RemarkKind.UNUSED, id=rule, level=Level.ADVISORY, file=file.as_posix(), line=line,
                    message=f"{exemption.repository}: {what}", fix='remove `"new": true`',
                )  # fmt: skip


def _remark(judged: RuleResult, lines: SettingsLines, imported: Collection[str]) -> Remark:
    path = _path(judged)
    place = lines.place(judged.resource, path, judged.rule.id)
    outcome = judged.outcome
    if isinstance(outcome, Undecided):
        kind, message = RemarkKind.UNDECIDED, f"{path_text(path)} is not known before the deployment"
    elif isinstance(outcome, Excepted):
        exemption = outcome.exemption
        kind, message = RemarkKind.EXCEPTED, f"{outcome.finding.message} (until {exemption.until}: {exemption.reason})"
    else:
        kind, message = RemarkKind.FINDING, outcome.message
    return Remark(
        kind=kind,
        id=judged.rule.id,
        level=judged.level,
        severity=judged.rule.severity,
        urn=judged.resource.urn,
        path=path,
        message=message,
        fix=_fix(judged, imported),
        file=place.file,
        line=place.line,
    )


def _fix(judged: RuleResult, imported: Collection[str]) -> str:
    if isinstance(judged.outcome, InvalidExemption):
        return judged.outcome.fix
    fixed = FIXED_BY_ADOPTION.get(judged.rule.id) if judged.resource.urn in imported else None
    if fixed:
        merge = "" if isinstance(judged.outcome, Excepted) else ": merge an exception first"
        return f"adoption can't change {fixed}{merge}"
    finding = judged.outcome.finding if isinstance(judged.outcome, Excepted) else judged.outcome
    return (finding.fix if isinstance(finding, Finding) else "") or judged.rule.remediation


def _path(judged: RuleResult) -> InputPath:
    return judged.outcome.finding.path if isinstance(judged.outcome, Excepted) else judged.outcome.path


def only_found(remarks: tuple[Remark, ...], rendered: Render, project: Path) -> Iterator[Remark]:
    """The other judge's findings, with the head's lines; its other remarks are about its own files."""
    lines = SettingsLines(project, rendered.project, rendered.stack)
    resources = {each.urn: each for each in rendered.resources}
    for remark in remarks:
        if remark.kind is RemarkKind.FINDING and remark.urn in resources:
            place = lines.place(resources[remark.urn], remark.path, remark.id)
            yield replace(remark, file=place.file, line=place.line)


def without_ended(remarks: Iterable[Remark], base: Path, stack: str, today: date) -> Iterator[Remark]:
    """Not what only the base says of its exceptions' days: the change removes or renews them, and is how to do so."""
    configs = levels_of(base, stack).values()
    ended = {why_invalid(each, today) for config in configs for each in config.parameters.exceptions}
    yield from (each for each in remarks if each.judges != (Judge.BASE,) or each.message not in ended)


def explained(remarks: tuple[Remark, ...], own: tuple[Remark, ...], base: str, stack: str) -> Iterator[Remark]:
    """The findings that the two judges see differently get the reason, and those that fail the next step."""
    levels = levels_file(Path(), stack).as_posix()
    excepted = {(each.id, each.urn) for each in own if each.kind is RemarkKind.EXCEPTED}
    level = {each.key: each.level for each in own if each.kind is RemarkKind.FINDING}
    first = "in a pull request of its own: until then the base's count as well"
    for remark in remarks:
        note = ""
        if remark.kind is RemarkKind.FINDING and remark.id != ACCESS_TEST:
            if remark.judges == (Judge.HEAD,):
                note = f"only this change's rules say so, not those of {base}"
            elif remark.fails and (remark.id, remark.urn) in excepted:
                note = f"{base} has no such exception: merge the exception in {levels} first, {first}"
            elif remark.judges == (Judge.BASE,):
                note = f"only the rules and levels of {base} say so: merge the change of these first, {first}"
            elif remark.fails and level.get(remark.key) is not Level.MANDATORY:
                note = f"mandatory in {base}, no longer in this change: merge the level in {levels} first, {first}"
        yield replace(remark, note=note)


def earlier(remarks: tuple[Remark, ...], found_before: tuple[Remark, ...]) -> Iterator[Remark]:
    """Marks the advisory findings of both judges that were found in the base as well."""
    known = {each.key for each in found_before if each.kind is RemarkKind.FINDING}
    for remark in remarks:
        was = remark.kind is RemarkKind.FINDING and Judge.BASE in remark.judges and remark.key in known
        yield replace(remark, earlier=was and not remark.fails)
