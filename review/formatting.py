"""Markdown for a comment. Text from settings is escaped: it can't become markup, a link or a mention."""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

FOLDED_FROM = 8
"""Lists of this many lines are folded."""
MORE_IN_LOG = "see the job's log"
_COMMENT = 60_000
"""Characters of a comment: GitHub takes 65,536."""
NEXT_COMMENT = "<!-- next comment -->"
"""The line at which the workflow begins another comment."""
_MARKUP = {ord(each): f"&#{ord(each)};" for each in "&<>\\`*_[]|~@#!"} | {ord("\n"): " ", ord("\r"): " "}


def escaped(text: str) -> str:
    """The text with nothing in it that Markdown or HTML reads."""
    # GitHub makes a link of a bare address by its scheme, or by `www.`.
    return text.translate(_MARKUP).replace("://", "&#58;//").replace("www.", "www&#46;")


def code(text: str) -> str:
    """The text as code; backticks would end at a backtick of the text, and break in a table at its `|`."""
    return f"<code>{escaped(text)}</code>"


def with_code(text: str) -> str:
    """The text with what is between backticks as code."""
    parts = text.split("`")
    return "".join(code(part) if index % 2 else escaped(part) for index, part in enumerate(parts))


def folded(title: str, body: str) -> str:
    """A part that opens at a click; `body` is Markdown already."""
    return f"<details><summary>{escaped(title)}</summary>\n\n{body}\n</details>"


def folded_lines(lines: Sequence[str], limit: int = sys.maxsize) -> str:
    """A list in about so many characters, folded where it is long."""
    items = [f"- {with_code(line)}" for line in lines]
    shown = fitting(items, limit, f"- … and {{}} more: {MORE_IN_LOG}")
    body = "\n".join(shown)
    return folded(f"{len(lines)} changes", body) if len(lines) >= FOLDED_FROM else body


def fitting(lines: Sequence[str], room: int, more: str) -> list[str]:
    """The first lines that there is room for; `more` says how many are left out."""
    for count, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return [*lines[:count], more.format(len(lines) - count)]
    return list(lines)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a comment, and its form where the comment would be too long; some have no shorter one."""

    text: str
    short: str | None = None
    fails: bool = False
    """Whether it is what fails, which is shortened after all else."""


def fitted(parts: Sequence[Part], limit: int) -> str:
    """The parts in their order, each whole where there is room for it: the last are shortened first."""
    texts = [each.text for each in parts]
    for index in sorted(range(len(parts)), key=lambda index: (parts[index].fails, -index)):
        if len("\n\n".join(filter(None, texts))) <= limit:
            break
        short = parts[index].short
        texts[index] = texts[index] if short is None else short
    return f"\n{NEXT_COMMENT}\n".join(divided("\n\n".join(filter(None, texts)), _COMMENT))


def divided(text: str, limit: int) -> list[str]:
    """Markdown in pieces of at most about so many characters; what is open at an end, the next piece opens again."""
    pieces, piece, room = [], list[str](), limit
    fold, fence = "", ""
    for line in _short_lines(text, limit):
        if len(line) > room:
            before = fold.partition("<")[0]
            ends = [re.sub(r"[^`]+$", "", fence), fold and f"{before}</details>"]
            pieces.append("\n".join([*piece, *filter(None, ends)]))
            piece = [*([fold, before.rstrip()] if fold else []), *filter(None, [fence])]
            room = limit
        piece.append(line)
        room -= len(line) + 1
        # A code block or a fold begins and ends on lines of its own, inside a quotation or a list.
        inside = line.lstrip("> ")
        if inside.startswith("```"):
            ends_here = inside == re.sub(r"[^`]", "", fence)
            fence = "" if ends_here else fence or line
        elif not fence and inside.startswith(("<details>", "</details>")):
            fold = line if inside.startswith("<details>") else ""
    return [*pieces, "\n".join(piece)]


def _short_lines(text: str, limit: int) -> Iterator[str]:
    """The lines; one that is longer than a piece is several, divided at its spaces."""
    for line in text.split("\n"):
        rest = line
        while len(rest) > limit:
            end = rest.rfind(" ", 1, limit) + 1 or limit
            yield rest[:end]
            rest = rest[end:]
        yield rest


def code_block(lines: Iterable[str], language: str = "") -> list[str]:
    """Lines in a fence that is longer than any in them."""
    inside = [" ".join(line.splitlines()) for line in lines]
    longest = max((len(run) for line in inside for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *inside, fence]
