"""`python -m review gate`: the rules and the plan's consequences; with a base, its rules judge as well."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

from bootstrap.template import PATH as TEMPLATE
from domain.problems import Path as InputPath
from domain.wording import counted, listed
from policies.pack.levels import FOLDER, InvalidLevels
from policies.pack.rule import Level
from render.as_json import InvalidRender, from_json
from render.output import print_text, refuse
from render.rendering import render
from render.resource import Render
from resources.ecr import REPOSITORY
from review.access.access_diff import AccessTrend, access_changes, decided, joined
from review.access.access_questions import AccessQuestions
from review.access.command import boundaries_of, matrix_of
from review.access.matrix import Matrix
from review.gate.base_exceptions import changed_levels, to_merge_first
from review.gate.exception_block import exception_block
from review.gate.failed_access_tests import failed_tests
from review.gate.judges import (
    GATE,
    earlier,
    explained,
    judgement_of,
    no_judge,
    no_longer_new,
    only_found,
    own_judgement,
    without_ended,
)
from review.gate.markdown import to_markdown
from review.gate.remarks import GateReport, Remark, RemarkKind, merged
from review.gate.sarif import to_sarif
from review.gate.settings_lines import SettingsLines
from review.gate.text import to_text
from review.page.writers import MissingPackage, page_writer
from review.plan.model import NOTHING_TO_DO, Consequence, Plan
from review.plan.phrases import grouped
from review.plan.render_diff import NotComparable, plan
from review.revision import (
    RevisionFault,
    changed_files,
    checked_out,
    has_project,
    place_in_repository,
    rendered_by,
    run_review,
)
from settings import InvalidSettings
from settings.files.configuration import stack_file

OWN_ROOT = Path(__file__).resolve().parent.parent.parent
NOT_JUDGING = (
    "catalog.yaml", "Pulumi.*.yaml", "*.md", "LICENSE", "policies/README.md",
    "docs/**", "tests/**", "localcloud/**", "rehearsal/**", "ops/**", "benchmarks/**",
)  # fmt: skip
"""Files that are not part of the gate. Any other is, even a new one beside Pulumi.yaml, which can shadow a module of
the standard library; .github/CODEOWNERS has their owners."""

_MEND_BASE = "fix the base, or have a person review the change"
_FORMATS: dict[str, Callable[[GateReport], str]] = {
    "text": to_text,
    "json": lambda report: json.dumps(report.to_json(), ensure_ascii=False, indent=2),
    "markdown": to_markdown,
    "sarif": lambda report: json.dumps(to_sarif(report), ensure_ascii=False, indent=2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRequest:
    """One run of the gate."""

    project: Path
    stack: str
    base: str | None
    """The revision to compare with; without one the change's own rules judge alone."""
    file: Path | None
    """The render to judge in place of the project's own."""
    today: date


def _request(options: argparse.Namespace) -> GateRequest:
    """The run that the options ask for; a folder that git has no commit of is judged alone."""
    base, project = options.base, options.project
    if base is None and not options.alone and options.render is None and has_project(project, options.default_base):
        base = options.default_base
    return GateRequest(project=project, stack=options.stack, base=base, file=options.render, today=options.today)


def gate(request: GateRequest, head: Render) -> GateReport:
    """The report; raises InvalidSettings, InvalidLevels, InvalidRender and RevisionFault where there can be none."""
    with tempfile.TemporaryDirectory(prefix="container-registry-gate-") as scratch:
        remarks = _head_judgement(request, head, Path(scratch))
        if request.base is None:
            report = GateReport(stack=head.stack, resources=len(head.resources), remarks=merged(remarks, ()))
            return _with_exceptions(report, request, head, None, [request.project])
        with checked_out(request.project, request.base) as folder:
            return _against_base(request, head, remarks, folder, Path(scratch))


def _head(request: GateRequest) -> Render:
    rendered = _rendered(request)
    if rendered.stack != request.stack:
        raise InvalidRender(
            f"this is a render of the stack {rendered.stack!r}, not of {request.stack!r} (render that one)"
        )
    return rendered


def _rendered(request: GateRequest) -> Render:
    if request.file is not None:
        try:
            return from_json(request.file.read_text(encoding="utf-8"))
        except (InvalidRender, UnicodeDecodeError) as error:
            raise InvalidRender(f"{request.file}: {error}") from error
    if not (request.project / "Pulumi.yaml").is_file():
        raise RevisionFault(f"{request.project}: holds no Pulumi.yaml (name the project's folder with --project)")
    if _is_own(request):
        return render(request.project, request.stack)
    return from_json(run_review(request.project, ["render", "--stack", request.stack, "--format", "json"]))


def _is_own(request: GateRequest) -> bool:
    """Whether this code is part of the project."""
    return request.project.resolve() == OWN_ROOT


def _head_judgement(request: GateRequest, head: Render, scratch: Path) -> tuple[Remark, ...]:
    if request.file is not None or _is_own(request):
        return (*own_judgement(head, request.project, request.today), *_failed_tests(request, head, head))
    why_not = no_judge(request.project, head.stack)
    if why_not:
        raise RevisionFault(f"{request.project} has {why_not}: the change has no gate of its own")
    return judgement_of(request.project, head, request.today, scratch)


def _failed_tests(request: GateRequest, head: Render, testing: Render) -> tuple[Remark, ...]:
    """The tests of access of the head, or of its base, that the head fails."""
    if not testing.access_tests:
        return ()
    # A project without a template has its roles within the boundary of this code's.
    known = boundaries_of(head, request.project) or boundaries_of(head, TEMPLATE.parents[1])
    lines = _lines(request, head)
    return tuple(failed_tests(head, AccessQuestions(head, known), lines, None if testing is head else testing))


def _lines(request: GateRequest, head: Render) -> SettingsLines:
    return SettingsLines(request.project, head.project, head.stack)


def _against_base(
    request: GateRequest, head: Render, own: tuple[Remark, ...], folder: Path, scratch: Path
) -> GateReport:
    remarks = [*own, *_of_code(request, folder)]
    by_base: tuple[Remark, ...] | None = None
    unread = to_merge_first(request.project, folder, str(request.base), head.stack)
    # Two processes of the base's own code in parallel.
    with ThreadPoolExecutor(max_workers=1) as beside:
        base_render = beside.submit(rendered_by, folder, head.stack)
        why_not = no_judge(folder, head.stack)
        try:
            by_base = None if why_not else judgement_of(folder, head, request.today, scratch)
        except RevisionFault as fault:
            remarks.append(_not_run(f"the base's gate failed: {fault}", Level.MANDATORY, unread or _MEND_BASE))
            unread = None
        if why_not and (folder / GATE).is_file() and not (folder / stack_file(head.stack)).is_file():
            message = f"the stack {head.stack} is new in this change, so only the change's own rules judge it"
            remarks.append(_not_run(message, fix="have a person review the change"))
        elif why_not:
            remarks.append(_not_run(f"{request.base} has {why_not}: only this change's own rules apply"))
        elif unread:
            message = f"the code of {request.base} can't read exceptions by repository: its rules apply without them"
            remarks.append(_not_run(message, fix=unread))
        base, change = _plan(request, head, base_render, remarks, folder)
    tests = _failed_tests(request, head, base) if base else ()
    both = merged(remarks, (*only_found(by_base or (), head, request.project), *tests))
    report = GateReport(
        stack=head.stack,
        base=request.base,
        resources=len(head.resources),
        remarks=tuple(without_ended(both, folder, head.stack, request.today)),
        plan=change,
        folder=place_in_repository(request.project),
    )
    found = report.remarks if by_base is None else tuple(explained(report.remarks, own, report.against, head.stack))
    report = replace(report, remarks=tuple(earlier(found, _before(request, base, folder))))
    return _with_exceptions(report, request, head, base, [request.project, folder])


def _with_exceptions(
    report: GateReport, request: GateRequest, head: Render, base: Render | None, folders: Sequence[Path]
) -> GateReport:
    unused = no_longer_new(request.project, base or head, report.remarks)
    block = exception_block(report.failing, head, base, folders, request.today)
    return replace(report, remarks=(*report.remarks, *unused), exceptions=block)


def _before(request: GateRequest, base: Render | None, folder: Path) -> tuple[Remark, ...]:
    """What this code finds in the base, by the levels that belong to this code; nothing where it can't read them."""
    levels_of = request.project if request.file is not None or _is_own(request) else folder
    try:
        return own_judgement(base, levels_of, request.today) if base else ()
    except InvalidLevels:
        return ()


def _plan(
    request: GateRequest, head: Render, rendering: Future[Render | None], remarks: list[Remark], folder: Path
) -> tuple[Render | None, Plan | None]:
    """The base, and what changes; both are None where it can't be rendered, which is a remark."""
    try:
        base = rendering.result()
    except RevisionFault as fault:
        message = f"the base can't be rendered, so the consequences of this change are not known: {fault}"
        remarks.append(_not_run(message, Level.MANDATORY))
        return None, None
    change = plan(base, head, request.today)
    lines = _lines(request, head)
    remarks += [_of_consequence(each, lines) for each in change.consequences if each.id]
    before = decided(matrix_of(base, folder)) if base else None
    remarks += _of_access(before, decided(matrix_of(head, request.project)), [base, head], lines)
    return base, change


def _of_consequence(consequence: Consequence, lines: SettingsLines) -> Remark:
    urn = consequence.urns[0] if consequence.urns else ""
    line = lines.of_urn(urn)
    details = f" ({listed(consequence.lines, limit=len(consequence.lines))})" if consequence.lines else ""
    return Remark(
        kind=RemarkKind.DANGER, id=str(consequence.id), level=consequence.level, urn=urn,
        message=f"{consequence.text}{details}", fix=consequence.fix, file=line.file, line=line.line,
    )  # fmt: skip


def _of_access(
    base: Matrix | None, head: Matrix, sides: Sequence[Render | None], lines: SettingsLines
) -> Iterator[Remark]:
    """One for each change of access, and for each repository that is deleted; `sides` declare the repositories."""
    resources = [each for side in sides if side for each in side.resources if each.type == REPOSITORY]
    urns = {str(each.inputs.get("name")): each.urn for each in resources}
    gone = base.without(head.repositories) if base else None
    staying = base.without(gone.repositories) if base and gone else None
    for change in joined(access_changes(staying, head)):
        # The path is such that no two of them have one fingerprint.
        path = (change.access.value, change.who)
        yield _access(change.trend, urns.get(change.repositories[0], ""), path, str(change), lines)
    for name, some in grouped(gone.cells if gone else (), lambda cell: cell.repository).items():
        who = listed(dict.fromkeys(each for cell in some for each in cell.principal.names), limit=sys.maxsize)
        text = f"{who} can no longer access `{name}`, which is deleted"
        yield _access(AccessTrend.LOST, urns.get(name, ""), (), text, lines)


def _access(trend: AccessTrend, urn: str, path: InputPath, message: str, lines: SettingsLines) -> Remark:
    line, fix = lines.of_urn(urn), "" if trend is AccessTrend.LOST else NOTHING_TO_DO
    return Remark(
        kind=RemarkKind.ACCESS, id=f"access-{trend}", level=Level.ADVISORY, urn=urn, path=path,
        message=message, fix=fix, file=line.file, line=line.line,
    )  # fmt: skip


def _of_code(request: GateRequest, folder: Path) -> Iterator[Remark]:
    changed = changed_files(request.project, str(request.base), NOT_JUDGING)
    for place, group in groupby(changed, key=lambda file: file.partition("/")[0]):
        files = list(group)
        what = place if files == [place] else f"{counted(len(files), 'file')} under {place}/"
        levels = list(changed_levels(request.project, folder, request.stack)) if place == FOLDER.name else []
        which = f" ({listed(levels, limit=len(levels))})" if levels else ""
        yield Remark(
            kind=RemarkKind.CODE, id="gate-code-changed", level=Level.ADVISORY, file=files[0], line=1,
            message=f"{what} changed: part of the gate itself{which}", fix="have the code owners review it",
        )  # fmt: skip


def _not_run(message: str, level: Level = Level.ADVISORY, fix: str = _MEND_BASE) -> Remark:
    return Remark(kind=RemarkKind.JUDGE, id="gate-incomplete", level=level, message=message, fix=fix)


def run(options: argparse.Namespace) -> int:
    try:
        request = _request(options)
        head = _head(request)
        report = gate(request, head)
        text = _formatted(options.format, report, head, request)
    except (
        InvalidSettings,
        InvalidLevels,
        InvalidRender,
        NotComparable,
        RevisionFault,
        MissingPackage,
        OSError,
    ) as fault:
        return refuse(fault)
    print_text(text)
    return 1 if report.failed else 0


def _formatted(form: str, report: GateReport, head: Render, request: GateRequest) -> str:
    if form == "html":
        return page_writer("gate_page")(report, head, matrix_of(head, request.project))
    return _FORMATS[form](report)
