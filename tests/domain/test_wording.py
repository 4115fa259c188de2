from domain.wording import counted, listed, nearest
from tests.cases import cases


@cases(
    "word, known, hint",
    ("onwer", ["owner", "pull"], "did you mean 'owner'?"),
    ("zzz", ["pull", "owner"], "known: owner, pull"),
    ("zzz", [], "none is declared"),
)
def test_nearest(word: str, known: list[str], hint: str) -> None:
    assert nearest(word, known) == hint


@cases(
    "names, limit, text",
    ([], 6, ""), (["a"], 6, "a"), (["a", "b"], 6, "a and b"), (["b", "a", "b", "c"], 6, "b, a and c"),
    (list("abcdef"), 6, "a, b, c, d, e and f"), (list("abcdefg"), 6, "a, b, c, d, e and 2 more"),
    (list("abcd"), 2, "a and 3 more"),
)  # fmt: skip
def test_listed(names: list[str], limit: int, text: str) -> None:
    assert listed(names, limit) == text


@cases(
    "number, noun, text",
    (1, "repository", "1 repository"),
    (0, "repository", "0 repositories"),
    (2, "key", "2 keys"),
    (1_000, "image", "1,000 images"),
)
def test_counted(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text
