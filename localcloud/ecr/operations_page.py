"""`python -m localcloud.ecr.operations_page`: the table of operations in docs/local-cloud.md, made anew or compared."""

import sys
from pathlib import Path

from localcloud.ecr.control_plane import OPERATIONS, STORED
from localcloud.protocols import service_model

PAGE = Path("docs", "local-cloud.md")
BEGIN = "<!-- Written by `make operations-page` from what is built: don't edit. -->"
END = "<!-- End of what is written by `make operations-page`. -->"


def operations_table() -> str:
    every = service_model("ecr").operation_names
    rows = (
        ("enforced: what it says holds for every later call, push and pull", sorted(OPERATIONS.keys() - STORED)),
        ("stored: checked as AWS checks it, and given back; it has no effect", sorted(STORED)),
        ("refused by name, with `UnknownOperationException`", sorted(set(every) - OPERATIONS.keys())),
    )
    lines = (f"| {what} | {len(names)} | {', '.join(names)} |" for what, names in rows)
    return "\n".join(("| Here it is | | Operations |", "| --- | --- | --- |", *lines))


def page_with_table(text: str) -> str:
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{operations_table()}\n\n{END}{rest.partition(END)[2]}"


def main(arguments: list[str]) -> int:
    text = PAGE.read_text(encoding="utf-8")
    wanted = page_with_table(text)
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
    elif text != wanted:
        print(f"{PAGE} is not what is built: run `make operations-page` and commit it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
