"""`python -m ops.why.causes_page`: the table of causes in docs/why.md, made anew or compared."""

import sys
from pathlib import Path

from ops.why.causes import CAUSES, Stage
from ops.why.recognisers import RECOGNISERS, ClientWords

PAGE = Path("docs", "why.md")
BEGIN = "<!-- Written by `make causes-page` from the code: don't edit. -->"
END = "<!-- End of what is written by `make causes-page`. -->"


def causes_table() -> str:
    rows = (
        f"| {stage} | `{each.id}` | {each.means} | {each.mended} |"
        for stage in Stage
        for each in CAUSES.values()
        if each.stage is stage
    )
    clients = (
        f"- {client}: {len(texts)}"
        for client in ClientWords
        if (texts := {each.pattern for each in RECOGNISERS if each.client is client})
    )
    head = "| Step | Cause | Means | Mended in |\n| --- | --- | --- | --- |"
    return "\n".join((head, *rows, "", f"{len(RECOGNISERS)} texts are recognised, in the words of", "", *clients))


def page_with_causes(text: str) -> str:
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{causes_table()}\n\n{END}{rest.partition(END)[2]}"


def main(arguments: list[str]) -> int:
    text = PAGE.read_text(encoding="utf-8")
    wanted = page_with_causes(text)
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
    elif text != wanted:
        print(f"{PAGE} is not what the code has: run `make causes-page` and commit it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
