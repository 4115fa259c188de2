"""The exceptions without which a change fails, in the form of the stack's file of levels: they are merged first."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from policies.pack.judge import why_invalid
from policies.pack.levels import EXCEPTIONS, InvalidLevels, RuleConfig, levels_file, load_levels, with_exceptions
from policies.pack.rule import CheckedResource, Exemption, Level, repository_of
from render.resource import Render
from resources.ecr import REPOSITORY
from review.gate.remarks import GateReport, Judge, Remark, RemarkKind
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
    # An empty reason is not valid, so the person who merges it must write one.
    return Exemption.model_construct(**about, reason=reason, until=today + timedelta(days=EXCEPTION_DAYS))


def exception_block(
    failing: Sequence[Remark], head: Render, base: Render | None, folders: Sequence[Path], today: date
) -> dict[str, dict[str, object]]:
    """By rule, all that the file of levels must say of it so that nothing of it fails; `folders` are the project's and
    the base's, which has the parameters that hold until the change is merged."""
    resources, imported = {each.urn: each for each in head.resources}, adopted(head)
    declared = declared_repositories(base or head)
    found = [each for each in failing if each.kind is RemarkKind.FINDING and each.urn in resources]
    levels, *of_base = [levels_of(folder, head.stack) if found else {} for folder in folders]
    block = {}
    for rule, remarks in grouped(found, lambda each: each.id).items():
        if rule not in levels:
            continue
        needing = [resources[each.urn] for each in remarks if _needs_exception(each, levels[rule], today)]
        added = {}
        for each in needing:
            fixed = FIXED_BY_ADOPTION.get(rule) if each.urn in imported else None
            reason = f"adopted: {fixed} can't be changed" if fixed else ""
            added[repository_of(each) or each.urn] = exemption_for(each, reason, today, declared)
        if added:
            config = _with_parameters_of(levels[rule], *(each[rule] for each in of_base if rule in each))
            block[rule] = with_exceptions(config, needing, list(added.values()))
    return block


def levels_of(folder: Path, stack: str) -> dict[str, RuleConfig]:
    """Nothing where another revision than this code has them: its own code has judged by them."""
    try:
        return load_levels(levels_file(folder, stack))
    except InvalidLevels:
        return {}


def _needs_exception(remark: Remark, config: RuleConfig, today: date) -> bool:
    """Not what only the base finds or makes mandatory, which the change's own levels or exceptions end once they are
    merged; nor that an exception has a day that is not allowed."""
    ended = (why_invalid(each, today) for each in config.parameters.exceptions)
    return Judge.HEAD in remark.judges and config.level is Level.MANDATORY and remark.message not in ended


def _with_parameters_of(config: RuleConfig, base: RuleConfig | None = None) -> RuleConfig:
    """The base's level and parameters, where there are any, with the change's exceptions."""
    if base is None:
        return config
    own = {EXCEPTIONS: config.parameters.exceptions}
    return replace(base, parameters=base.parameters.model_copy(update=own))


def block_title(report: GateReport) -> str:
    file = levels_file(Path(), report.stack).as_posix()
    return f"To except them, merge this into {file} first, in a change of its own, each with a reason"
