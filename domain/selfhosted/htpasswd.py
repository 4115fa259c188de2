"""A file of users and their passwords, as Apache's htpasswd writes it and CNCF distribution reads it: bcrypt alone.

https://distribution.github.io/distribution/about/configuration/#htpasswd"""

import re
from collections.abc import Iterator

from domain.problems import Problem, unless
from domain.wording import nearest

PASSWORD_BYTES_MAX = 72
"""What bcrypt reads of a password: https://www.usenix.org/legacy/events/usenix99/provos/provos_html/node4.html"""
PASSWORD_MIN = 8
"""https://pages.nist.gov/800-63-3/sp800-63b.html 5.1.1.1"""
USER_MAX = 255
_BCRYPT = re.compile(r"\$2[aby]?\$[0-9]{2}\$[./A-Za-z0-9]{53}")
_USER = re.compile(r"[!-9;-~]+")
"""One word of ASCII without a colon."""


def user_problems(name: str) -> list[Problem]:
    sound = _USER.fullmatch(name) and not name.startswith("#") and len(name) <= USER_MAX
    fix = f"write one word of at most {USER_MAX} characters: no colon, no space, no # at its beginning"
    return unless(sound, name, "is not a valid user", fix)


def password_problems(password: str) -> list[Problem]:
    """None of them shows it."""
    size = len(password.encode())
    if not password:
        return [Problem((), None, "is missing", "write it to standard input, or let --generate make one")]
    if len(password) < PASSWORD_MIN:
        fix = "write a longer one, or let --generate make one"
        return [Problem((), None, f"has fewer than {PASSWORD_MIN} characters", fix)]
    message = f"has {size} bytes, and bcrypt reads {PASSWORD_BYTES_MAX}"
    too_long = unless(size <= PASSWORD_BYTES_MAX, None, message, "write a shorter one, or let --generate make one")
    odd = not password.isprintable()
    return too_long or unless(not odd, None, "has a control character in it", "write one line of text")


def users_in(text: str) -> dict[str, str]:
    """Each with its hash; lines that are empty or comments count for nothing."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {user: hashed for user, _, hashed in pairs}


def fruitless_users(text: str) -> Iterator[str]:
    """Those who can't log in: distribution takes bcrypt, and answers 401 for ever to any other hash."""
    return (user for user, hashed in users_in(text).items() if not _BCRYPT.fullmatch(hashed))


def unknown_user(text: str, user: str) -> list[Problem]:
    return unless(user in users_in(text), user, "is not a user of the file", nearest(user, users_in(text)))


def known_user(text: str, user: str) -> list[Problem]:
    return unless(
        user not in users_in(text), user, "is a user of the file already", "write `rotate` for a new password"
    )


def with_user(text: str, user: str, hashed: str | None) -> str:
    """The text with the user's line, in its place where there is one; without it for None. Other lines stay."""
    line, kept, placed = f"{user}:{hashed}", list[str](), hashed is None
    for each in text.splitlines():
        if each.strip().partition(":")[0] != user:
            kept.append(each)
        elif not placed:
            kept.append(line)
            placed = True
    return "".join(f"{each}\n" for each in (kept if placed else [*kept, line]))
