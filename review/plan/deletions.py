"""`python -m review deletions`: what a deployment leaves to the job that has the destroy role."""

import argparse
from collections.abc import Iterable, Iterator, Sequence

from domain.resource_tags import RETIRE_UNTIL
from render.output import print_text, refuse
from render.resource import Resource
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY
from resources.kms import ALIAS, KEY
from review.plan.command import text_of
from review.plan.phrases import retire_until
from review.plan.preview import InvalidPreview, Step, read_preview

_GUARDED = {REPOSITORY: "repository", KEY: "key"}
"""What takes two roles to delete."""
_ATTACHED = (LIFECYCLE_POLICY, REPOSITORY_POLICY, ALIAS)
"""What goes with it, so that an approval that is refused leaves all of it."""
_REPLACING = ("replace", "create-replacement", "delete-replaced", "import-replacement")


class NotDeletable(ValueError):
    """What neither role can do, each in a line."""


def run(options: argparse.Namespace) -> int:
    try:
        preview = read_preview(
            text_of(options.from_preview), file=str(options.from_preview), stack=options.stack
        )  # fmt: skip
        found = deletions(preview.steps)
    except (InvalidPreview, NotDeletable) as fault:
        return refuse(fault)
    if found:
        print_text("\n".join(found))
    return 0


def deletions(steps: Sequence[Step]) -> tuple[str, ...]:
    """The URNs, with what belongs to each; raises NotDeletable."""
    deleted = {each.urn: each.old for each in steps if each.op == "delete" and each.old}
    # What is retained only leaves the state.
    guarded = {urn: old for urn, old in deleted.items() if old.type in _GUARDED and not _retained(old)}
    if problems := [*_replacements(steps), *_not_retired(guarded.values())]:
        raise NotDeletable("\n".join(problems))
    attached = {
        urn: old
        for urn, old in deleted.items()
        if old.type in _ATTACHED and not guarded.keys().isdisjoint(old.dependencies)
    }
    found = {**guarded, **attached}
    # A component and a provider can't leave the state before what they have there.
    above = {name for old in found.values() for name in (old.parent, _provider(old)) if name in deleted}
    return tuple(sorted({*found, *above}))


def _replacements(steps: Sequence[Step]) -> Iterator[str]:
    replaced = {each.urn: each.old or each.new for each in steps if each.op in _REPLACING}
    for resource in replaced.values():
        if resource and resource.type in _GUARDED:
            yield (
                f"{_name(resource)}: is replaced, which deletes it without a retirement (revert the change, or create "
                "another one beside it and migrate)"
            )


def _not_retired(guarded: Iterable[Resource]) -> Iterator[str]:
    for old in guarded:
        if retire_until(old) is None:
            yield f"{_name(old)}: is deleted without the tag {RETIRE_UNTIL} (first deploy a change that retires it)"


def _name(resource: Resource) -> str:
    return f"{_GUARDED[resource.type]} {resource.inputs.get('name', resource.name)} in {resource.region}"


def _retained(resource: Resource) -> bool:
    return bool(resource.options.get("retainOnDelete"))


def _provider(resource: Resource) -> str:
    """Its URN, without the id that a reference has."""
    return (resource.provider or "").rpartition("::")[0]
