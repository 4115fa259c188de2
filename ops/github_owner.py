"""`python -m ops github-owner`: whose repositories a job's token for GitHub is for, as a workflow's output."""

import argparse

from render.output import refuse
from settings import InvalidSettings, load


def run(options: argparse.Namespace) -> int:
    """Empty where the stack declares nothing at GitHub; a stack's repositories have one owner."""
    try:
        settings = load(options.project, options.stack)
    except InvalidSettings as fault:
        return refuse(fault)
    print(f"owner={','.join(settings.github_owners)}")
    return 0
