"""`python -m review.access.page`: the matrices in docs/access.md, written anew or (`--check`) compared."""

import sys
from pathlib import Path

from render.output import refuse
from render.rendering import render
from review.access.command import matrix_of
from review.access.markdown import to_markdown
from review.formatting import folded
from settings import InvalidSettings
from settings.files.configuration import stacks

ROOT = Path(__file__).parents[2]
PAGE = Path("docs", "access.md")
BEGIN = "<!-- Written by `make access-page` from what the stacks declare: don't edit. -->"
END = "<!-- End of what is written by `make access-page`. -->"


class NoMarkers(ValueError):
    """A page that doesn't say where the matrices belong."""


def updated_page(text: str, root: Path) -> str:
    """The page with the matrices as they are now; the rest of it stays."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarkers(f"the page needs the lines {BEGIN!r} and {END!r}")
    matrices = {stack: to_markdown(matrix_of(render(root, stack), root)) for stack in stacks(root)}
    tables = (folded(f"Stack {stack}", table) for stack, table in matrices.items())
    return "\n\n".join([f"{before}{BEGIN}", *tables, f"{END}{after}"])


def main(arguments: list[str], root: Path = ROOT) -> int:
    text = (root / PAGE).read_text(encoding="utf-8")
    try:
        now = updated_page(text, root)
    except InvalidSettings as invalid:
        return refuse(invalid)
    if "--check" not in arguments:
        (root / PAGE).write_text(now, encoding="utf-8")
        return 0
    if text == now:
        return 0
    print(f"{PAGE} is not what the stacks declare: run `make access-page` and commit it", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
