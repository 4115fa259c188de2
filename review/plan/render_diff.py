"""The changes between two renders, resource by resource."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from render.resource import Render, Resource, account_of
from resources import TYPES, Declaration, OnChange
from review.plan.consequences import consequences
from review.plan.input_diff import input_differences
from review.plan.model import IMPORT, Change, Compared, Difference, Op, Plan
from review.plan.pairing import Pairs, pair

_NO_DIFFERENCE = frozenset({"aliases", "additionalSecretOutputs"})
"""Options that change nothing by themselves; an alias shows in the resource that it renames."""


class NotComparable(ValueError):
    """Two renders that can't be compared; the text has the reason and the fix."""


def plan(base: Render | None, head: Render, today: date | None = None) -> Plan:
    """What the engine would do if the base were deployed as declared; base is None for a new stack. Retirements are
    judged as of `today`; without it none is past.

    Raises NotComparable where the two are not of one stack, or one of them has no values to compare.
    """
    _check_comparable(base, head)
    compared = _Comparison(base or _nothing(head), head)
    changes = tuple(sorted(compared.changes(), key=lambda change: change.urn))
    compared_sides = Compared(
        changes=changes, olds=base.resources if base else (), is_new=base is None, base=base, head=head, today=today
    )
    return Plan(
        project=head.project,
        stack=head.stack,
        account=head.account,
        is_new=base is None,
        changes=changes,
        unchanged=compared.unchanged,
        consequences=consequences(compared_sides),
    )


def _check_comparable(base: Render | None, head: Render) -> None:
    for side, each in (("base", base), ("head", head)):
        if each and each.preview:
            raise NotComparable(
                f"the {side} is a preview's render, whose outputs are unknown (render without --preview)"
            )
    for name in ("project", "stack"):
        old, new = getattr(base or head, name), getattr(head, name)
        if old != new:
            raise NotComparable(f"{name} {old} can't be compared with {name} {new} (name two renders of one {name})")


@dataclass(slots=True)
class _Comparison:
    """One walk over the head's resources, dependencies first: a replaced one changes what depends on it."""

    base: Render
    head: Render
    unchanged: int = 0
    pairs: Pairs = field(init=False)
    _old_names: dict[object, str] = field(init=False)
    _new_names: dict[object, str] = field(init=False, default_factory=dict)
    _not_yet: dict[str, dict[object, str]] = field(init=False, default_factory=dict)
    """By URN: outputs that are unknown while the resource is replaced, even if they will be the same."""

    def __post_init__(self) -> None:
        self.pairs = pair(self.base, self.head)
        self._old_names = {}
        for resource in self.base.resources:
            self._old_names |= _made_up(resource, resource, "")

    def changes(self) -> Iterable[Change]:
        for resource in _dependencies_first(self.head.resources):
            old = self.pairs.same.get(resource.urn)
            change = self._change(resource) if resource.custom else None
            renewed = old is None or (change is not None and change.op in (Op.REPLACE, Op.UPDATE_OR_REPLACE))
            # What is not replaced keeps its ARN, so both sides have one name for it: its old one.
            self._new_names |= _made_up(resource, resource if old is None else old, ", a new one" if renewed else "")
            if change:
                self._not_yet[resource.urn] = _gone_meanwhile(change)
                yield change
            elif resource.custom:
                self.unchanged += 1
        for gone in self.pairs.gone:
            if gone.custom:
                yield _change(Op.DELETE, gone, self.base, old=gone)

    def _change(self, new: Resource) -> Change | None:
        """None where nothing changes."""
        if new.urn in self.pairs.recreated:
            old = self.pairs.recreated[new.urn]
            found = self._differences(old, new)
            return _change(Op.RENAME, new, self.head, old=old, new=new, old_urn=old.urn, differences=found)
        if new.urn not in self.pairs.same:
            adopted = IMPORT in new.options
            return _change(Op.ADOPT if adopted else Op.CREATE, new, self.head, new=new)
        old = self.pairs.same[new.urn]
        found, options = self._differences(old, new) + _other_provider(old, new), _option_differences(old, new)
        imported = imports_anew(old, new)
        op = _op(found, options, moved=old.urn != new.urn, replaced=bool(imported))
        if op is None:
            return None
        forcing = OnChange.REPLACES if op is Op.REPLACE else OnChange.UNKNOWN
        return _change(
            op,
            new,
            self.head,
            old=old,
            new=new,
            old_urn=old.urn if old.urn != new.urn else None,
            differences=found,
            options=options,
            forced_by=(*(each.path for each in found if each.effect is forcing), *imported),
        )

    def _differences(self, old: Resource, new: Resource) -> tuple[Difference, ...]:
        names = dict(self._new_names)
        for urn in new.dependencies:
            names |= self._not_yet.get(urn, {})
        before, after = _named(old.inputs, self._old_names), _named(new.inputs, names)
        return input_differences(new.type, before, after, new.options)


def _nothing(head: Render) -> Render:
    return Render(project=head.project, stack=head.stack, preview=head.preview, resources=(), outputs={})


def _change(op: Op, resource: Resource, render: Render, **others: Any) -> Change:
    return Change(
        op=op,
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        region=resource.region,
        account=account_of(resource, render.account),
        **others,
    )


def _op(found: tuple[Difference, ...], options: tuple[Difference, ...], *, moved: bool, replaced: bool) -> Op | None:
    effects = {each.effect for each in found}
    if replaced or OnChange.REPLACES in effects:
        return Op.REPLACE
    if OnChange.UNKNOWN in effects:
        return Op.UPDATE_OR_REPLACE
    if found:
        return Op.UPDATE
    if moved:
        return Op.MOVE
    return Op.OPTIONS if options else None


def imports_anew(old: Resource, new: Resource) -> tuple[str, ...]:
    """Whether the engine imports what is in its state already: it does whenever the id differs."""
    record = TYPES.get(new.type)
    wanted = new.options.get(IMPORT)
    if not wanted or record is None or not record.identity:
        return ()
    known = old.options.get(IMPORT) or record.id(Declaration(name=old.name, inputs=old.inputs, account=""))
    return (IMPORT,) if wanted != known else ()


def _other_provider(old: Resource, new: Resource) -> tuple[Difference, ...]:
    """Another provider may be the same account, or a replacement: only the provider knows."""
    if old.provider == new.provider:
        return ()
    return (Difference(path="provider", old=old.provider, new=new.provider, effect=OnChange.UNKNOWN),)


def _option_differences(old: Resource, new: Resource) -> tuple[Difference, ...]:
    before = {"protect": old.protect or None, **old.options}
    after = {"protect": new.protect or None, **new.options}
    return tuple(
        Difference(path=name, old=before.get(name), new=after.get(name), effect=OnChange.IN_PLACE)
        for name in sorted({*before, *after})
        if name not in _NO_DIFFERENCE and name != IMPORT and before.get(name) != after.get(name)
    )


def _made_up(resource: Resource, named: Resource, suffix: str) -> dict[object, str]:
    """The placeholders among a resource's outputs, each with a name that both renders share."""
    record = TYPES.get(resource.type)
    outputs = record.made_up if record else ()
    short = named.type.rpartition(":")[2]
    return {
        value: f"({output} of {short} {named.name}{suffix})"
        for output, value in resource.outputs.items()
        if output in outputs and isinstance(value, str)
    }


def _gone_meanwhile(change: Change) -> dict[object, str]:
    record = TYPES.get(change.type)
    if record is None or change.new is None or change.op is not Op.REPLACE or IMPORT in change.forced_by:
        return {}
    return {
        change.new.inputs[name]: f"({name} of a new {change.short_type})"
        for name in record.unknown_in_replacement
        if name in change.new.inputs
    }


def _named(value: Any, names: Mapping[object, str]) -> Any:
    """Inputs with names in place of placeholders."""
    if isinstance(value, Mapping):
        return {key: _named(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def _dependencies_first(resources: tuple[Resource, ...]) -> list[Resource]:
    by_urn = {resource.urn: resource for resource in resources}
    ordered: dict[str, Resource] = {}

    def visit(resource: Resource) -> None:
        if resource.urn in ordered:
            return
        for urn in resource.dependencies:
            if urn in by_urn and urn not in ordered:
                visit(by_urn[urn])
        ordered[resource.urn] = resource

    for resource in resources:
        visit(resource)
    return list(ordered.values())
