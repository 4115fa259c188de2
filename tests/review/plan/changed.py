"""The tests' project with a smaller catalog, and two renders of it: before and after edits."""

import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from render import Render, Resource, render
from review.plan import Change, Danger, Plan, dangers, plan
from tests.stacks import PROJECT, PROJECT_FILES

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

Edit = tuple[str, str, str]
RETIRE: Edit = ("catalog.yaml", WEB, RETIRED_WEB)
REMOVE: Edit = ("catalog.yaml", CATALOG, REMOVED_WEB + CATALOG.replace(WEB, ""))
ALLOW: Edit = ("Pulumi.prod.yaml", "config:\n", "config:\n  container-registry:allow_destruction: true\n")
FORBID: Edit = ("Pulumi.dev.yaml", "allow_destruction: true", "allow_destruction: false")
NO_EUROPE: Edit = ("Pulumi.prod.yaml", "    - region: eu-west-1\n", "")
RETIRE_EUROPE: Edit = (
    "Pulumi.prod.yaml",
    "    - region: eu-west-1\n",
    f"    - region: eu-west-1\n      retire: {RETIREMENT}\n",
)


def written(folder: Path, *edits: Edit) -> Path:
    """The project in a folder, with edits; each must find its text."""
    folder.mkdir(exist_ok=True)
    for name in PROJECT_FILES:
        shutil.copy(PROJECT / name, folder / name)
    (folder / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    return edited(folder, *edits)


def edited(folder: Path, *edits: Edit) -> Path:
    for file, old, new in edits:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Compared:
    """Two renders and what is found between them."""

    base: Render
    head: Render

    @property
    def plan(self) -> Plan:
        return plan(self.base, self.head)

    def dangers(self, today: date = TODAY) -> list[Danger]:
        return dangers(self.plan, self.base, self.head, today)

    def mandatory(self, today: date = TODAY) -> set[str]:
        return {danger.id for danger in self.dangers(today) if danger.mandatory}

    def told(self) -> str:
        return "\n".join("\n".join((each.text, *each.lines)) for each in self.plan.statements)


def compared(temporary: Path, stack: str, *edits: Edit, first: tuple[Edit, ...] = ()) -> Compared:
    """Renders before and after the edits; `first` are those that the base has already."""
    folder = written(temporary / "changed", *first)
    base = render(folder, stack)
    return Compared(base, render(edited(folder, *edits), stack))


def found(change: Plan) -> set[tuple[str, str, str]]:
    """Every change: what happens, the type, the name."""
    return {(each.op.value, each.short_type, each.name) for each in change.changes}


def only(change: Plan) -> Change:
    (one,) = change.changes
    return one


def changed(rendered: Render, kind: str, **fields: object) -> Render:
    """The render with fields of all resources of one type replaced."""
    return replace(
        rendered,
        resources=tuple(
            replace(each, **fields) if each.type == kind else each  # type: ignore[arg-type]
            for each in rendered.resources
        ),
    )


def with_inputs(rendered: Render, kind: str, **inputs: object) -> Render:
    return replace(
        rendered,
        resources=tuple(
            replace(each, inputs={**each.inputs, **inputs}) if each.type == kind else each
            for each in rendered.resources
        ),
    )


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

    return replace(rendered, resources=tuple(map(rename, rendered.resources)))
