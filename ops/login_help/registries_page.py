"""`python -m ops.login_help.registries_page`: the kinds in docs/registries.md, written anew or (`--check`) compared."""

import sys
from collections.abc import Iterator
from pathlib import Path

from domain.registries.kind import RegistryKind
from domain.registries.table import KINDS
from ops.login_help.described_kind import facts_of, laptop_title, seen, workflow_title
from ops.login_help.login_lines import cluster_lines, shell_lines, workflow_text
from review.formatting import folded

PAGE = Path("docs", "registries.md")
BEGIN = "<!-- Written by `make registries-page` from domain/registries: don't edit. -->"
END = "<!-- End of what is written by `make registries-page`. -->"
_HEAD = ("Registry", "Host", "Stored secret", "Made by a push", "Immutable tags", "Referrers", "Deletion", "Catalog")


def kinds_text() -> str:
    return "\n".join((*_overview(), *(line for kind in KINDS for line in _section(kind))))


def page_with_kinds(text: str) -> str:
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{kinds_text()}\n\n{END}{rest.partition(END)[2]}"


def _overview() -> Iterator[str]:
    yield from (_row(*_HEAD), _row(*["---"] * len(_HEAD)))
    for kind in KINDS:
        supports = (kind.made_by_push, *(each.support for each in (
            kind.immutable_tags, kind.referrers, kind.deletion, kind.catalog
        )))  # fmt: skip
        stored = "yes" if kind.login.stores_a_secret else "no"
        yield _row(kind.name, f"`{kind.host}`", stored, *(each.value for each in supports))


def _section(kind: RegistryKind) -> Iterator[str]:
    yield from ("", f"## {kind.name}", "", f"`{kind.host}/{kind.image}:TAG`. From a cluster: {kind.login.cluster}.", "")
    if lines := cluster_lines(kind, kind.host):
        yield from (*(f"- `{each}`" for each in lines), "")
    yield from (_row("", "", "Source"), _row("---", "---", "---"))
    for about, text, fact in facts_of(kind):
        yield _row(about, text, f"[{fact.day}]({fact.source})" if fact.source else "")
    yield from (_row("Seen live", seen(kind), ""), "")
    yield folded(laptop_title(kind), f"```sh\n{shell_lines(kind, kind.host)}\n```")
    yield from ("", folded(workflow_title(kind), f"```yaml\n{workflow_text(kind, kind.host)}\n```"))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    text = PAGE.read_text(encoding="utf-8")
    wanted = page_with_kinds(text)
    if "--check" not in arguments:
        PAGE.write_text(wanted, encoding="utf-8")
    elif text != wanted:
        print(f"{PAGE} is not what the table says: run `make registries-page` and commit it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
