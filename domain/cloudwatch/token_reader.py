"""A text of one of CloudWatch's small languages, token by token."""

import re
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NotReadError(ValueError):
    """The text is not of the language, or of a part of it that is not read here."""


class TokenReader:
    """The tokens that are left; a pattern's groups name the kinds, and `space` is passed over."""

    def __init__(self, pattern: re.Pattern[str], text: str, *, ignore_case: bool = False) -> None:
        self._ignore_case = ignore_case
        self._tokens: list[tuple[str, str]] = []
        end = 0
        for token in pattern.finditer(text):
            if token.start() != end:
                break
            end = token.end()
            if token.lastgroup != "space":
                self._tokens.append((token.lastgroup or "", token[0]))
        if end != len(text):
            raise NotReadError(f"can't be read from `{text[end:][:20]}` on")
        self._tokens.reverse()

    def at(self, *words: str) -> bool:
        """Whether these tokens come next."""
        return all(
            self._is(word, token) for word, token in zip(words, reversed(self._tokens), strict=False)
        ) and len(words) <= len(self._tokens)  # fmt: skip

    def kind(self) -> str:
        """Of the next token; an empty one at the end."""
        return self._tokens[-1][0] if self._tokens else ""

    def take(self, *words: str) -> bool:
        """Whether these tokens came next; then they are behind us."""
        found = self.at(*words)
        if found:
            del self._tokens[-len(words) :]
        return found

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise NotReadError(f"has {self._next_text()} in place of `{word}`")

    def next(self, *kinds: str) -> str:
        """The next token, which is of one of these kinds."""
        if self.kind() not in kinds:
            raise NotReadError(f"has {self._next_text()} in place of a {' or '.join(kinds)}")
        return self._tokens.pop()[1]

    def left(self) -> list[str]:
        """The texts of the tokens that are left."""
        return [text for _, text in reversed(self._tokens)]

    def end(self) -> None:
        if self._tokens:
            raise NotReadError(f"goes on with {self._next_text()}")

    def _next_text(self) -> str:
        return f"`{self._tokens[-1][1]}`" if self._tokens else "an end"

    def _is(self, word: str, token: tuple[str, str]) -> bool:
        return word.lower() == token[1].lower() if self._ignore_case else word == token[1]


def read_condition(
    reader: TokenReader, one: Callable[[TokenReader], Callable[[T], bool]], *, either: str, both: str
) -> Callable[[T], bool]:
    """Conditions that words join, of which `both` binds closer; `one` reads what is between them."""
    alternatives: list[list[Callable[[T], bool]]] = []
    while not alternatives or reader.take(either):
        alternatives.append([one(reader)])
        while reader.take(both):
            alternatives[-1].append(one(reader))
    return lambda value: any(all(condition(value) for condition in each) for each in alternatives)
