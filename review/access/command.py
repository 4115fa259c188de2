"""`python -m review access`: the access matrix, or with a base the access that a change grants and revokes."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bootstrap.template import boundaries
from domain.iam.access import Policy
from render.output import print_text, refuse
from render.rendering import render
from render.resource import Render, UnknownRepository, check_known
from review.access.access_diff import AccessChange, access_changes
from review.access.as_json import changes_to_json, to_json
from review.access.evaluation import access_matrix
from review.access.markdown import changes_to_markdown, to_markdown
from review.access.matrix import Matrix
from review.access.text import changes_to_text, matrix_title, to_text
from review.revision import RevisionFault, checked_out, rendered_by
from settings import InvalidSettings

_FORMATS = {"text": to_text, "table": to_text, "json": to_json, "markdown": to_markdown}


def run(options: argparse.Namespace) -> int:
    try:
        print_text(_output(options))
    except (InvalidSettings, RevisionFault, UnknownRepository) as fault:
        return refuse(fault)
    return 0


def matrix_of(rendered: Render, folder: Path) -> Matrix:
    return access_matrix(rendered, boundaries_of(rendered, folder))


def boundaries_of(rendered: Render, folder: Path) -> Mapping[str, Policy]:
    """The permissions boundary of the folder's own bootstrap template."""
    return boundaries(folder, rendered.project, rendered.stack, rendered.account, rendered.home)


def _output(options: argparse.Namespace) -> str:
    rendered = render(options.project, options.stack)
    head = matrix_of(rendered, options.project)
    if options.base is None:
        if options.repository is not None:
            check_known(options.repository, head.repositories)
            head = head.of(options.repository)
        return _FORMATS[options.format](head)
    base = _base(options)
    if options.repository is not None:
        check_known(options.repository, [*head.repositories, *(base.repositories if base else ())])
    found = tuple(filter(None, (_about(each, options.repository) for each in access_changes(base, head))))
    heading = f"{matrix_title(head)}, changes from {options.base}"
    if options.format == "json":
        return changes_to_json(found, head, options.base)
    return (changes_to_markdown if options.format == "markdown" else changes_to_text)(found, heading)


def _base(options: argparse.Namespace) -> Matrix | None:
    """The matrix of that revision by its own code and bootstrap template; None where it has no such stack."""
    with checked_out(options.project, options.base) as folder:
        try:
            rendered = rendered_by(folder, options.stack)
        except RevisionFault as fault:
            raise RevisionFault(f"{options.base}: {fault}") from fault
        return matrix_of(rendered, folder) if rendered else None


def _about(change: AccessChange, repository: str | None) -> AccessChange | None:
    """The change with this repository only; None where it is not among them."""
    if repository is None:
        return change
    return replace(change, repositories=(repository,)) if repository in change.repositories else None
