"""`python -m ops cluster-issuers`: the parameter ClusterIssuers of the bootstrap of a stack's account."""

import argparse

from render.output import refuse
from settings import InvalidSettings, load


def run(options: argparse.Namespace) -> int:
    try:
        settings = load(options.project, options.stack)
    except InvalidSettings as fault:
        return refuse(fault)
    print(",".join(settings.cluster_issuers))
    return 0
