"""`python -m review show`: one repository, for the team that pushes to it."""

import argparse
import json
from dataclasses import asdict

from render.output import print_text, refuse
from render.rendering import render
from render.resource import UnknownRepository, check_known
from review.access.command import matrix_of
from review.page.writers import MissingPackage, page_writer
from review.show.summary import RepositorySummary, repository_summary
from review.show.text import to_text
from settings import InvalidSettings, load

_VERSION = 1


def run(options: argparse.Namespace) -> int:
    try:
        rendered = render(options.project, options.stack)
        settings = load(options.project, options.stack)
        check_known(options.repository, (each.name for each in settings.repositories))
        found = repository_summary(options.repository, settings, rendered, matrix_of(rendered, options.project))
        text = _formatted(options.format, found)
    except (InvalidSettings, UnknownRepository, MissingPackage) as fault:
        return refuse(fault)
    print_text(text)
    return 0


def _formatted(form: str, found: RepositorySummary) -> str:
    if form == "html":
        return page_writer("show_page")(found)
    return (_to_json if form == "json" else to_text)(found)


def _to_json(found: RepositorySummary) -> str:
    return json.dumps({"version": _VERSION, **asdict(found)}, indent=1, ensure_ascii=False)
