"""`python -m review plan`: what a change does to the deployed resources."""

import argparse
from dataclasses import replace
from pathlib import Path

from render.output import print_text, refuse
from render.rendering import render
from review.plan.as_json import to_json
from review.plan.markdown import to_markdown
from review.plan.model import Plan
from review.plan.preview import InvalidPreview, plan_of_preview
from review.plan.render_diff import NotComparable, plan
from review.plan.text import to_text
from review.revision import RevisionFault, base_render
from settings import InvalidSettings

_FORMATS = {"text": to_text, "json": to_json, "markdown": to_markdown}


def run(options: argparse.Namespace) -> int:
    try:
        found = _plan(options)
    except (InvalidSettings, RevisionFault, InvalidPreview, NotComparable) as fault:
        return refuse(fault)
    print_text(_FORMATS[options.format](found))
    return 0


def _plan(options: argparse.Namespace) -> Plan:
    if options.from_preview is not None:
        if options.base is not None:
            raise InvalidPreview("a preview's base is the stack's state (leave out --base or --from-preview)")
        return plan_of_preview(text_of(options.from_preview), file=str(options.from_preview), stack=options.stack)
    revision = options.base or options.default_base
    head = render(options.project, options.stack)
    base = base_render(options.project, revision, options.stack)
    note = f"Compared with what {revision} declares; a preview compares with the stack's state."
    return replace(plan(base, head), against=revision, notes=() if base is None else (note,))


def text_of(file: Path) -> str:
    """A file's; raises InvalidPreview for what can't be read."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidPreview(f"{file}: can't be read: {error.strerror} (name a file)") from error
    except UnicodeDecodeError as error:
        raise InvalidPreview(
            f"{file}: is not UTF-8 text (write it with `pulumi preview --json --show-sames --stack STACK`)"
        ) from error
