"""Text of the settings in a comment's Markdown: shown as it is, never read as markup, a link or a mention."""

_MARKUP = {ord(each): f"&#{ord(each)};" for each in "&<>\\`*_[]|~@#!"} | {ord("\n"): " ", ord("\r"): " "}


def escaped(text: str) -> str:
    """The text with nothing in it that Markdown or HTML reads."""
    # GitHub makes a link of a bare address by its scheme, or by `www.`.
    return text.translate(_MARKUP).replace("://", "&#58;//").replace("www.", "www&#46;")


def code(text: str) -> str:
    """The text as code; backticks would end at a backtick of the text, and break in a table at its `|`."""
    return f"<code>{escaped(text)}</code>"


def folded(title: str, body: str) -> str:
    """A part that opens at a click; `body` is Markdown already."""
    return f"<details><summary>{escaped(title)}</summary>\n\n{body}\n\n</details>"
