"""A page as a browser's parser reads it: its elements, and its text."""

from html.parser import HTMLParser


class ParsedPage(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._text: list[str] = []
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside not in ("style", "script"):
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  the parser names it
        self._inside = ""

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._text).split())

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.elements if attribute in attributes]
