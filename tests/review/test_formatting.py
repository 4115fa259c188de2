"""Markdown that is longer than a comment."""

from hypothesis import given
from hypothesis import strategies as st

from review.formatting import NEXT_COMMENT, Part, code_block, divided, fitted, folded

LIMIT = 80


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


WORDS = st.text("abc`#", min_size=1, max_size=60)
PARTS = st.lists(WORDS, min_size=1, max_size=30).flatmap(
    lambda words: st.sampled_from(
        [
            "\n".join(f"- {word}" for word in words),
            folded("all", "\n".join(f"- {word}" for word in words)),
            folded("all", "\n".join(code_block(words, "diff"))),
            quoted("\n".join(["[!CAUTION]", "- lost", *(f"  {line}" for line in code_block(words))])),
            quoted(f"- lost\n\n  {folded('all', '  x')}"),
            " ".join(words).replace("`", "b") * 20,
        ]
    )
)


@given(st.lists(PARTS, min_size=1, max_size=6))
def test_nothing_is_lost_and_what_is_open_is_closed(parts: list[str]) -> None:
    text = "\n\n".join(parts)
    pieces = divided(text, LIMIT)
    assert all(len(piece) < LIMIT + 100 for piece in pieces)
    for piece in pieces:
        fence, folds = "", 0
        for line in (each.lstrip("> ") for each in piece.split("\n")):
            if not fence:
                folds += line.startswith("<details>") - line.startswith("</details>")
                fence = line.removesuffix("diff") if line.startswith("```") else ""
            elif line == fence:
                fence = ""
        assert (fence, folds) == ("", 0)
    rest = iter("".join(pieces))
    assert all(letter in rest for letter in text if letter not in "\n> "), "each letter comes in its order"


def test_a_report_that_fits_is_one_piece() -> None:
    assert fitted([Part("a" * 59_000)], 20_000) == "a" * 59_000


def test_a_fold_goes_on_in_the_next_comment() -> None:
    report = fitted(
        [Part(folded("2,000 violations", "\n".join(f"- number {each} {'x' * 60}" for each in range(2000))))], 1
    )
    first, *others = report.split(f"\n{NEXT_COMMENT}\n")
    assert first.startswith("<details><summary>2,000 violations</summary>\n\n- number 0 ")
    assert (len(others), len(report)) == (2, 149_104)
    assert all(each.startswith("<details><summary>2,000 violations</summary>\n\n- number ") for each in others)
    assert all(each.endswith("\n</details>") for each in (first, *others))
