"""A plan from `pulumi preview --json`: what the engine and the provider report takes precedence over the records."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policies.pack.rule import Level
from render.monitor import STACK_TYPE
from render.resource import Resource, account_of
from resources import OnChange, top_of
from resources.ecr import REPLICATION_CONFIGURATION
from review.plan.consequences import consequences, ordered
from review.plan.engine_state import resource_of_state, type_of
from review.plan.input_diff import input_differences
from review.plan.model import IMPORT, Change, Compared, Consequence, Difference, Op, Plan, Topic
from review.plan.pairing import identity
from review.plan.phrases import grouped, resources_phrase
from review.plan.render_diff import imports_anew
from settings.files.configuration import ACCOUNTS

# pulumi/pkg/resource/deploy/step.go; the strongest of a URN's steps is what happens to it. What is read, refreshed or
# only forgotten changes nothing in AWS.
_OPS = {
    "import-replacement": Op.REPLACE,
    "replace": Op.REPLACE,
    "create-replacement": Op.REPLACE,
    "delete-replaced": Op.REPLACE,
    "import": Op.ADOPT,
    "create": Op.CREATE,
    "update": Op.UPDATE,
    "delete": Op.DELETE,
    "same": Op.OPTIONS,
}
_STRENGTH = list(_OPS)
_HARMLESS = frozenset(
    [
        "read",
        "read-replacement",
        "refresh",
        "discard",
        "discard-replaced",
        "remove-pending-replace",
        "diff",
        "extend-parameterize",
    ]
)
# The names of a step's old and new state, differences, reasons to replace and kind of difference in the two forms.
_DIGEST = ("oldState", "newState", "diffReasons", "replaceReasons", "kind")
_EVENT = ("old", "new", "diffs", "keys", "diffKind")
_FAILED = "preview failed"
_STREAMING = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true"
_SILENT = f"the engine gives no reason; if a policy failed, a preview written with {_STREAMING} names it"
# pulumi/sdk/go/common/diag/colors, and what a terminal gets in their place.
_COLOR = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")
# tagsAll repeats tags.
_IGNORED = ("tagsAll",)
_MESSAGE_WIDTH = 200
_URN = re.compile(r"urn:pulumi:[^\"'` ]*::([^\"'` ]+)")


class InvalidPreview(ValueError):
    """A file that is not a preview, or of another stack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step, whichever of the engine's two forms it came in."""

    op: str
    urn: str
    old: Resource | None
    new: Resource | None
    diffs: tuple[str, ...]
    replaces: tuple[str, ...]
    detailed: Mapping[str, str] | None
    """By path: add, update, delete, or one of these with `-replace`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The engine's output."""

    config: Mapping[str, str]
    steps: tuple[Step, ...]
    errors: tuple[str, ...]
    same: int | None
    violations: tuple[Consequence, ...] = ()
    """Of the policy pack; only in the stream of events."""
    failed: bool = False
    """Whether it failed, with a reason or without."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it failed, beside the policy violations."""
        explained = self.errors or any(each.topic is Topic.POLICY for each in self.violations)
        return self.errors if explained or not self.failed else (_SILENT,)


def plan_of_preview(text: str, *, file: str, stack: str) -> Plan:
    """The engine's plan; raises InvalidPreview for anything else."""
    return _plan(read_preview(text, file=file, stack=stack), file, stack)


def read_preview(text: str, *, file: str, stack: str) -> Preview:
    """Of this stack; raises InvalidPreview for anything else."""
    try:
        preview = _read(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        fix = f"write one with `pulumi preview --json --show-sames --stack {stack}`"
        raise InvalidPreview(f"{file}: is not a preview of the engine: {error} ({fix})") from error
    if not preview.steps and preview.reasons:
        raise InvalidPreview(f"{file}: the preview failed before it planned anything: {preview.reasons[0]} (fix that)")
    stacks = sorted({step.urn.split("::")[0].removeprefix("urn:pulumi:") for step in preview.steps})
    if stacks and stacks != [stack]:
        raise InvalidPreview(f"{file}: is a preview of stack {', '.join(stacks)} (write --stack {stacks[0]})")
    return preview


def _plan(preview: Preview, file: str, stack: str) -> Plan:
    steps = [step for step in preview.steps if _is_custom(step)]
    account = _account(preview.config)
    changes = _renamed([change for change in _changes(steps, account) if change])
    olds = [step.old for step in steps if step.old]
    projects = [step.urn.split("::")[1] for step in preview.steps]
    is_new = any(type_of(step.urn) == STACK_TYPE and step.op == "create" for step in preview.steps)
    failed = [Consequence(topic=Topic.BLOCKED, text=f"The preview failed: {each}", urns=()) for each in preview.reasons]
    unchanged = _unchanged(preview, changes)
    silent = _left_out(changes) if preview.same and unchanged is None else ()
    reported = [*preview.violations, *failed, *_unknown(preview.steps), *silent]
    return Plan(
        project=projects[0] if projects else "",
        stack=stack,
        account=account,
        against=f"the state in {file}",
        is_new=is_new,
        previewed=True,
        changes=changes,
        unchanged=unchanged,
        consequences=ordered([*reported, *consequences(Compared(changes=changes, olds=olds, is_new=is_new))]),
    )


def _unknown(steps: Iterable[Step]) -> Iterator[Consequence]:
    """Operations of the engine that this code does not know."""
    for step in steps:
        if step.op not in _OPS and step.op not in _HARMLESS:
            text = f"{step.urn.rpartition('::')[2]}: the engine plans {step.op!r}, which this version does not know."
            yield Consequence(topic=Topic.BLOCKED, text=text, urns=(step.urn,))


def _left_out(changes: Iterable[Change]) -> Iterator[Consequence]:
    """Consequences of replication need the unchanged repositories, too."""
    for change in changes:
        if change.type == REPLICATION_CONFIGURATION:
            text = f"{change.name}: write the preview with --show-sames to see what starts or stops to replicate."
            yield Consequence(topic=Topic.PLACE, text=text, urns=(change.urn,))


def _changes(steps: Iterable[Step], account: str) -> Iterator[Change | None]:
    by_urn: dict[str, list[Step]] = {}
    for step in steps:
        by_urn.setdefault(step.urn, []).append(step)
    for urn in sorted(by_urn):
        yield _change(min(by_urn[urn], key=lambda step: _STRENGTH.index(step.op)), by_urn[urn], account)


def _change(step: Step, steps: Sequence[Step], account: str) -> Change | None:
    op = _OPS[step.op]
    resource = step.new or step.old
    if resource is None or (op is Op.OPTIONS and not _options(step)):
        return None
    replaces = {name for each in steps for name in each.replaces}
    found = _differences(replace(step, replaces=tuple(sorted(replaces)))) if step.old and step.new else ()
    forced = [each.path for each in found if each.effect is OnChange.REPLACES] if op is Op.REPLACE else []
    others = sorted(replaces - {top_of(path) for path in forced}) if op is Op.REPLACE else []
    moved = step.old is not None and step.new is not None and step.old.urn != step.new.urn
    return Change(
        op=op,
        urn=step.urn,
        type=resource.type,
        name=resource.name,
        region=resource.region,
        account=account_of(resource, account),
        old=None if op in (Op.CREATE, Op.ADOPT) else step.old,
        new=None if op is Op.DELETE else step.new,
        old_urn=step.old.urn if moved and step.old else None,
        differences=() if op in (Op.CREATE, Op.ADOPT, Op.DELETE) else found,
        options=_options(step) if op in (Op.UPDATE, Op.REPLACE, Op.OPTIONS) else (),
        forced_by=(*forced, *others, *_imported(step, steps)),
    )


def _imported(step: Step, steps: Sequence[Step]) -> tuple[str, ...]:
    """Whether it is replaced by an import, whose own step the engine shows only on request."""
    if any(each.op == "import-replacement" for each in steps):
        return (IMPORT,)
    unexplained = _OPS[step.op] is Op.REPLACE and not any(each.replaces for each in steps)
    return imports_anew(step.old, step.new) if unexplained and step.old and step.new else ()


def _differences(step: Step) -> tuple[Difference, ...]:
    """What the provider found: its details, or else the values of the inputs that it named."""
    old, new = step.old, step.new
    if old is None or new is None:
        return ()
    named = {top_of(each) for each in (step.detailed or step.diffs)}
    found = [each for each in input_differences(new.type, old.inputs, new.inputs, {}) if top_of(each.path) in named]
    shown = [replace(each, effect=_effect(each, step)) for each in found if top_of(each.path) not in _IGNORED]
    known = {top_of(each.path) for each in found}
    # Where the inputs are equal the provider compared with AWS: only it knows the values.
    drifted = [path for path in step.detailed or step.diffs if top_of(path) not in {*known, *_IGNORED}]
    return (*shown, *(_drifted(path, step) for path in sorted(drifted)))


def _drifted(path: str, step: Step) -> Difference:
    difference = Difference(path=path, old="(as AWS has it)", new="(as declared)", effect=OnChange.IN_PLACE)
    return replace(difference, effect=_effect(difference, step))


def _effect(difference: Difference, step: Step) -> OnChange:
    top = top_of(difference.path)
    if step.detailed:
        kinds = [kind for path, kind in step.detailed.items() if top_of(path) == top]
        return OnChange.REPLACES if any(kind.endswith("-replace") for kind in kinds) else OnChange.IN_PLACE
    return OnChange.REPLACES if top in step.replaces else OnChange.IN_PLACE


def _options(step: Step) -> tuple[Difference, ...]:
    old, new = step.old, step.new
    if old is None or new is None or old.protect == new.protect:
        return ()
    return (Difference(path="protect", old=old.protect or None, new=new.protect or None, effect=OnChange.IN_PLACE),)


def _renamed(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The creation and deletion of one resource in AWS under two URNs are one change."""
    gone = {identity(each.old): each for each in changes if each.op is Op.DELETE and each.old}
    found, taken = [], set()
    for change in changes:
        named = identity(change.new) if change.op is Op.CREATE and change.new else None
        if named is None or named not in gone:
            found.append(change)
            continue
        old = gone[named]
        taken.add(old.urn)
        found.append(replace(change, op=Op.RENAME, old=old.old, old_urn=old.urn))
    return tuple(change for change in found if change.urn not in taken)


def _is_custom(step: Step) -> bool:
    """Neither a component nor the stack itself."""
    resource = step.new or step.old
    return step.op in _OPS and resource is not None and resource.custom


def _unchanged(preview: Preview, changes: Sequence[Change]) -> int | None:
    """Known only where the preview shows unchanged resources, too."""
    same = [step for step in preview.steps if step.op == "same"]
    if preview.same is None or len(same) != preview.same:
        return None
    changed = {change.urn for change in changes}
    return sum(_is_custom(step) and step.urn not in changed for step in same)


def _account(config: Mapping[str, str]) -> str:
    try:
        accounts = json.loads(config.get(ACCOUNTS, "[]"))
    except ValueError:
        return ""
    return str(accounts[0]) if isinstance(accounts, list) and accounts else ""


def _read(text: str) -> Preview:
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and lines[0].lstrip().startswith('{"sequence"'):
        return _of_events([json.loads(line) for line in lines])
    digest = json.loads(text)
    if not isinstance(digest, dict) or not {"steps", "changeSummary", "diagnostics"} & set(digest):
        raise ValueError("it has neither steps nor a summary of changes")
    return Preview(
        config=digest.get("config", {}),
        steps=tuple(_step(each, _DIGEST) for each in digest.get("steps", [])),
        errors=tuple(_errors(digest.get("diagnostics") or [])),
        same=digest.get("changeSummary", {}).get("same"),
        failed=bool(_messages(digest.get("diagnostics") or [])),
    )


def _step(step: Mapping[str, Any], names: tuple[str, str, str, str, str]) -> Step:
    """A step in the form that has these names."""
    old, new, diffs, replaces, kind = names
    detailed = step.get("detailedDiff")
    return Step(
        op=step["op"],
        urn=step["urn"],
        old=resource_of_state(step.get(old)),
        new=resource_of_state(step.get(new)),
        diffs=tuple(step.get(diffs) or ()),
        replaces=tuple(step.get(replaces) or ()),
        detailed={path: each[kind] for path, each in detailed.items()} if detailed else None,
    )


def _of_events(events: Sequence[Mapping[str, Any]]) -> Preview:
    """The engine's events, one a line: PULUMI_ENABLE_STREAMING_JSON_PREVIEW."""
    diagnostics = _events(events, "diagnosticEvent")
    summary: Mapping[str, Any] = next(iter(_events(events, "summaryEvent")), {})
    return Preview(
        config=next((each.get("config", {}) for each in _events(events, "preludeEvent")), {}),
        steps=tuple(_step(each["metadata"], _EVENT) for each in _events(events, "resourcePreEvent")),
        errors=tuple(
            dict.fromkeys([*_errors(diagnostics), *(_line(each["error"]) for each in _events(events, "errorEvent"))])
        ),
        same=(summary.get("resourceChanges") or {}).get("same"),
        violations=tuple(_violations(_events(events, "policyEvent"))),
        failed=summary.get("result") in ("failed", "canceled") or bool(_messages(diagnostics)),
    )


def _violations(events: Iterable[Mapping[str, Any]]) -> Iterator[Consequence]:
    alike = grouped(events, lambda each: (each["policyName"], each["enforcementLevel"], _message(each)))
    for (policy, level, message), some in alike.items():
        urns = tuple(dict.fromkeys(each["resourceUrn"] for each in some if each.get("resourceUrn")))
        about = resources_phrase(urns) or "the stack"
        topic = Topic.POLICY if level == Level.MANDATORY else Topic.ADVICE
        text = f"{policy} ({level}), {about}: {message}"
        yield Consequence(topic=topic, text=text, urns=urns)


def _events(events: Sequence[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [each[kind] for each in events if kind in each]


def _message(event: Mapping[str, Any]) -> str:
    return "; ".join(filter(None, map(_line, str(event["message"]).splitlines())))


def _errors(diagnostics: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for message in _messages(diagnostics):
        if message and message != _FAILED:
            yield message if len(message) <= _MESSAGE_WIDTH else f"{message[:_MESSAGE_WIDTH]}…"


def _messages(diagnostics: Iterable[Mapping[str, Any]]) -> list[str]:
    """The errors, each in a line."""
    return [
        _line(each.get("message", "")).removeprefix("error: ")
        for each in diagnostics
        if each.get("severity") == "error"
    ]


def _line(message: object) -> str:
    """A message without colours, its URNs shortened to names."""
    return _URN.sub(r"\1", " ".join(_COLOR.sub("", str(message)).split()))
