"""`python -m benchmarks.access`: who may do what in a company's whole registry, from a render.

The render is that of a generated catalog in a home region and three replicas, with up to 300 publishers, each with a
role within the stack's boundary whose policy names some repositories. An auditor may read everything, the role of the
account's tasks pulls some. The bar is held to CPU time.
"""

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.catalog import REPLICAS, ROOT, SOURCES, STACK, write_project
from bootstrap.template import boundaries
from render.rendering import render
from render.resource import Render
from review.access.evaluation import access_matrix
from review.access.matrix import Matrix

REPOSITORIES = 1_000
SECONDS = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.access", description=__doc__)
    parser.add_argument("--repositories", type=int, default=REPOSITORIES)
    parser.add_argument("--check", action="store_true", help="exit with 1 when the bar is missed")
    options = parser.parse_args()
    rendered = _rendered(options.repositories)
    seconds, found = _timed(rendered)
    publishers = min(options.repositories, SOURCES)
    print(f"{options.repositories:,} repositories in {len(REPLICAS) + 1} regions, ", end="")
    print(f"{publishers} publishers: {len(found.cells):,} cells")
    print(f"{'holds ' if seconds <= SECONDS else 'MISSED'}  seconds: {seconds:.2f}, at most {SECONDS:.2f}")
    return 1 if options.check and seconds > SECONDS else 0


def _timed(rendered: Render) -> tuple[float, Matrix]:
    known = boundaries(ROOT, rendered.project, rendered.stack, rendered.account, rendered.home)
    started = time.process_time()
    found = access_matrix(rendered, known)
    return time.process_time() - started, found


def _rendered(repositories: int) -> Render:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        write_project(project, repositories)
        return render(project, STACK)


if __name__ == "__main__":
    raise SystemExit(main())
