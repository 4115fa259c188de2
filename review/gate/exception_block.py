"""The exceptions without which a change fails, in the form of the stack's file of levels: they are merged first."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from policies.pack.judge import why_invalid
from policies.pack.levels import InvalidLevels, RuleConfig, levels_file, load_levels, with_exceptions
from policies.pack.rule import CheckedResource, Exemption, repository_of
from render.resource import Render
from resources.ecr import REPOSITORY
from review.gate.remarks import GateReport, Remark, RemarkKind
from review.plan.model import IMPORT
from review.plan.phrases import grouped

EXCEPTION_DAYS = 90
FIXED_BY_ADOPTION = {"ecr-customer-key": "how it is encrypted", "ecr-name": "its name"}
"""What a rule is about that the entry of an adopted repository must say as it is in AWS."""


def adopted(rendered: Render) -> frozenset[str]:
    """The URNs of the resources that the stack imports."""
    return frozenset(each.urn for each in rendered.resources if IMPORT in each.options)


def declared_repositories(rendered: Render) -> frozenset[str]:
    return frozenset(str(repository_of(each)) for each in rendered.resources if each.type == REPOSITORY)


def exemption_for(resource: CheckedResource, reason: str, today: date, declared: Collection[str]) -> Exemption:
    """One for the whole repository where the resource is part of one; `declared` are those that exist without it."""
    name = repository_of(resource)
    about: dict[str, Any] = {"urn": resource.urn} if name is None else {"repository": name}
    if name is not None and name not in declared:
        about["new"] = True
    # Without a reason it is not valid: whoever pastes it writes one.
    return Exemption.model_construct(**about, reason=reason, until=today + timedelta(days=EXCEPTION_DAYS))


def exception_block(
    failing: Sequence[Remark], head: Render, base: Render | None, project: Path, today: date
) -> dict[str, dict[str, object]]:
    """By rule, all that the file of levels must say of it so that nothing of it fails."""
    resources, imported = {each.urn: each for each in head.resources}, adopted(head)
    declared = declared_repositories(base or head)
    found = [each for each in failing if each.kind is RemarkKind.FINDING and each.urn in resources]
    try:
        levels = load_levels(levels_file(project, head.stack)) if found else {}
    except InvalidLevels:  # of another revision than this code: the head's own code has judged by them
        return {}
    block = {}
    for rule, remarks in grouped(found, lambda each: each.id).items():
        needing = [resources[each.urn] for each in remarks]
        needing = [each for each in needing if rule in levels and not _is_excepted(each, levels[rule], today)]
        added = {}
        for each in needing:
            fixed = FIXED_BY_ADOPTION.get(rule) if each.urn in imported else None
            reason = f"adopted: {fixed} can't be changed" if fixed else ""
            added[repository_of(each) or each.urn] = exemption_for(each, reason, today, declared)
        if added:
            block[rule] = with_exceptions(levels[rule], needing, list(added.values()))
    return block


def _is_excepted(resource: CheckedResource, config: RuleConfig, today: date) -> bool:
    """Whether the change has the exception already, and only the base lacks it."""
    return any(each.covers(resource) and why_invalid(each, today) is None for each in config.parameters.exceptions)


def block_title(report: GateReport) -> str:
    file = levels_file(Path(), report.stack).as_posix()
    return f"To except them, merge this into {file} first, in a change of its own, each with a reason"
