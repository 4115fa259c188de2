"""The page of `python -m review show --format html`: one repository, with the lines to copy."""

from review.page.self_contained import document
from review.show.lines import PUSH_LINES
from review.show.summary import RepositorySummary
from review.show.text import NO_PULL, NO_PUSH, how_to_push, notes_of, retention_of, summary_facts, user_phrase


def to_html(found: RepositorySummary) -> str:
    values = {
        "found": found,
        "title": f"{found.name}, stack {found.stack}",
        "facts": summary_facts(found),
        "retention": list(retention_of(found)),
        "user_phrase": user_phrase,
        "without": {"push": NO_PUSH, "pull": NO_PULL},
        "how_to_push": None if found.push or found.retires else (how_to_push(found), PUSH_LINES),
        "notes": notes_of(found),
    }
    return document("show.html.j2", values)
