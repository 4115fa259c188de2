"""Whether the table of what forces a replacement knows every type: `python -m review.plan.replacement --check`."""

import sys

from render.answers import TYPES
from review.plan.kinds import KINDS, Documents, Effect, Kind, effect, missing

__all__ = ["KINDS", "Documents", "Effect", "Kind", "effect", "missing"]


def main() -> int:
    if sys.argv[1:] != ["--check"]:
        print("usage: python -m review.plan.replacement --check", file=sys.stderr)
        return 2
    unknown = missing(TYPES)
    for each in unknown:
        print(f"review/plan/kinds.py: {each} has no entry (say what its changes do)", file=sys.stderr)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
