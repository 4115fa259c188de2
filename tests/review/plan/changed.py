"""The tests' project with a smaller catalog, and two renders of it: before and after edits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from render.resource import Render, Resource
from review.plan.destruction import destroys_repository
from review.plan.model import Change, Consequence, Plan
from review.plan.render_diff import plan
from tests.stacks import AWS_ALONE, PROJECT, TextEdit, rendered

TODAY = date(2026, 11, 21)
CATALOG = """\
retention:
  services:
    - {tag: "release-*", keep: 20}
    - {tag: "dev-*", expire_after_days: 30}
    - {untagged: true, expire_after_days: 7}
repositories:
  payments/api:
    owner: payments
    retention: services
    mutable_tags: [latest]
    pull: [{account: workloads}, {organization: acme}]
  storefront/web:
    owner: storefront
    retention: services
    pull: [{account: workloads}]
  platform/cache:
    owner: platform
    retention: [{any: true, keep: 50}]
"""
WEB = CATALOG[CATALOG.index("  storefront/web:") : CATALOG.index("  platform/cache:")]
RETIREMENT = "{until: 2027-01-31, reason: replaced by storefront/site}"
RETIRED_WEB = WEB.replace("owner: storefront\n", f"owner: storefront\n    retire: {RETIREMENT}\n")
REMOVED_WEB = f"removed:\n  storefront/web: {RETIREMENT}\n"
KEY_ALIAS = "aws:kms/alias:Alias"


def catalog(old: str, new: str) -> TextEdit:
    return ("catalog.yaml", old, new)


def web(line: str) -> TextEdit:
    """Adds a line to storefront/web."""
    return catalog(WEB, f"{WEB}    {line}\n")


SMALL = catalog((PROJECT / "catalog.yaml").read_text(encoding="utf-8"), CATALOG)
RETIRE = catalog(WEB, RETIRED_WEB)
REMOVE = catalog(CATALOG, REMOVED_WEB + CATALOG.replace(WEB, ""))
ALLOW: TextEdit = ("Pulumi.prod.yaml", "config:\n", "config:\n  container-registry:allow_destruction: true\n")
FORBID: TextEdit = ("Pulumi.dev.yaml", "allow_destruction: true", "allow_destruction: false")
NO_EUROPE: TextEdit = ("Pulumi.prod.yaml", "    - region: eu-west-1\n", "")
EUROPE_COMES: TextEdit = (NO_EUROPE[0], "replicas:\n", f"replicas:\n{NO_EUROPE[1]}")
RETIRE_EUROPE: TextEdit = (
    "Pulumi.prod.yaml",
    "    - region: eu-west-1\n",
    f"    - region: eu-west-1\n      retire: {RETIREMENT}\n",
)


def small(stack: str, *edits: TextEdit) -> Render:
    return rendered(stack, SMALL, *AWS_ALONE, *edits)


@dataclass(frozen=True)
class Compared:
    """Two renders and what is found between them."""

    base: Render
    head: Render

    @property
    def plan(self) -> Plan:
        return plan(self.base, self.head)

    def judged(self, today: date = TODAY) -> list[Consequence]:
        """What the gate reports."""
        return [each for each in plan(self.base, self.head, today).consequences if each.id]

    def mandatory(self, today: date = TODAY) -> set[str]:
        return {str(each.id) for each in self.judged(today) if each.fails}

    def told(self) -> str:
        return "\n".join("\n".join((each.text, *each.lines)) for each in self.plan.consequences)


def compared(stack: str, *edits: TextEdit, first: tuple[TextEdit, ...] = ()) -> Compared:
    """Renders before and after the edits; `first` are those that the base has already."""
    return Compared(small(stack, *first), small(stack, *first, *edits))


def only(change: Plan) -> Change:
    (one,) = change.changes
    return one


def mapped(rendered: Render, change: Callable[[Resource], Resource]) -> Render:
    return replace(rendered, resources=tuple(map(change, rendered.resources)))


def changed(rendered: Render, kind: str, **fields: Any) -> Render:
    """The render with fields of all resources of one type replaced."""
    return mapped(rendered, lambda each: replace(each, **fields) if each.type == kind else each)


def with_inputs(rendered: Render, kind: str, of: str = "", /, **inputs: object) -> Render:
    """The render with inputs of resources of one type replaced: of all, or of those whose name begins so."""

    def change(each: Resource) -> Resource:
        is_meant = each.type == kind and each.name.startswith(of)
        return replace(each, inputs={**each.inputs, **inputs}) if is_meant else each

    return mapped(rendered, change)


def without(rendered: Render, *kinds: str) -> Render:
    return replace(rendered, resources=tuple(each for each in rendered.resources if each.type not in kinds))


def renamed(rendered: Render, old: str, new: str, *, aliases: bool) -> Render:
    """The render with another name for a component and its children; `aliases` on the component cover it."""

    def rename(resource: Resource) -> Resource:
        options = dict(resource.options)
        if aliases and not resource.custom and resource.name == old:
            options["aliases"] = [f"name {old}"]
        return replace(
            resource,
            name=resource.name.replace(old, new),
            urn=resource.urn.replace(old, new),
            parent=resource.parent.replace(old, new),
            dependencies=tuple(each.replace(old, new) for each in resource.dependencies),
            options=options,
        )

    return mapped(rendered, rename)


def destroyed(change: Plan) -> list[Change]:
    """The repositories that the change destroys, or tries to."""
    return [each for each in change.changes if destroys_repository(each)]
