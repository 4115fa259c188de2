"""What a change of retention does to the images of the repositories that have it, preset by preset."""

from dataclasses import replace

import pytest

from domain.ecr.globs import TooComplex
from review.plan import policy_diff
from review.plan.model import Consequence, Topic
from review.plan.render_diff import plan
from tests.cases import case, cases
from tests.review.plan.changed import WEB, catalog, compared, web
from tests.stacks import TextEdit

PLACE = "us-east-1 (account 111122223333)"
BOTH = f"Images of payments/api and storefront/web (preset services) in {PLACE}"
DEV, V5 = "Expire images tagged dev-* 30 days after push", "Keep the newest 5 images tagged v*"
UNTAGGED = "Expire untagged images 7 days after push"
RULES = '    - {tag: "release-*", keep: 20}\n    - {tag: "dev-*", expire_after_days: 30}\n'
DEV_RULE = '    - {tag: "dev-*", expire_after_days: 30}\n'


def retention(*edits: TextEdit) -> list[Consequence]:
    return [each for each in compared("dev", *edits).plan.consequences if each.topic is Topic.RETENTION]


@cases(
    "edit, text, weakens",
    case(
        "more is kept",
        catalog("keep: 20", "keep: 30"),
        "are kept longer: Keep the newest 20 images tagged release-* → Keep the newest 30 images tagged release-*",
        False,
    ),
    case("a rule is removed", catalog(DEV_RULE, ""), f"are kept longer: {DEV} → no rule", False),
    case("a rule is added", catalog(DEV_RULE, f'{DEV_RULE}    - {{tag: "v*", keep: 5}}\n'),
         f"expire sooner: new: {V5}", True),
    case(
        "what a rule kept falls to the one below it",
        catalog(RULES, '    - {tag: "*", expire_after_days: 30}\n'),
        "expire sooner: Keep the newest 20 images tagged release-* → Expire tagged images 30 days after push "
        "(an image tagged release-0, say); new: Expire tagged images 30 days after push",
        True,
    ),
    case("archived", catalog("expire_after_days: 30", "archive_after_days: 30"),
         f"are kept longer: {DEV} → Archive images tagged dev-* 30 days after push", False),
    case("archived, where it was kept", catalog(DEV_RULE, f'{DEV_RULE}    - {{tag: "v*", archive_keep: 5}}\n'),
         "are archived sooner, and can't be pulled then: new: Archive all but the newest 5 images tagged v*", True),
    case(
        "some are lost and some are kept",
        catalog(RULES, RULES.replace("20", "5").replace("30", "60")),
        "expire sooner: Keep the newest 20 images tagged release-* → Keep the newest 5 images tagged release-*. "
        f"Images are kept longer: {DEV} → Expire images tagged dev-* 60 days after push",
        True,
    ),
)  # fmt: skip
def test_a_preset_changes(edit: TextEdit, text: str, weakens: bool) -> None:
    (found,) = retention(edit)
    assert found.text == f"{BOTH} {text}."
    assert found.id == ("plan-weakens" if weakens else None)


def test_a_rule_is_only_described_otherwise() -> None:
    (found,) = retention(catalog('"dev-*", expire', '"dev-*", description: previews, expire'))
    assert found.text == f"{BOTH} have other lifecycle rules, which do the same to every image."
    assert (found.id, found.lines) == (None, (f"~ {DEV} → {DEV} (previews)",))


def test_a_repository_gets_another_preset_or_rules_of_its_own() -> None:
    short: TextEdit = catalog("repositories:\n", "  short: [{any: true, keep: 3}]\nrepositories:\n")
    both = compared("dev", catalog(WEB, WEB.replace("services", "short")), first=(short,))
    (found,) = [each for each in both.plan.consequences if each.topic is Topic.RETENTION]
    assert found.text.startswith(f"Images of storefront/web (preset services → short) in {PLACE} expire sooner: ")
    (found,) = retention(catalog(WEB, WEB.replace("services", "[{any: true, keep: 3}]")))
    assert found.text.startswith(f"Images of storefront/web (preset services → none) in {PLACE} expire sooner: ")
    (found,) = retention(catalog("[{any: true, keep: 50}]", "[{any: true, keep: 3}]"))
    assert found.text.startswith(f"Images of platform/cache in {PLACE} expire sooner: ")


def test_each_preset_has_its_own_line() -> None:
    first = (
        catalog(
            "repositories:\n", "  twins: [{any: true, keep: 9}]\n  others: [{any: true, keep: 9}]\nrepositories:\n"
        ),
        catalog(WEB, WEB.replace("services", "twins")),
        catalog("[{any: true, keep: 50}]", "others"),
    )
    both = compared("dev", *[catalog(f"{each}: [{{any: true, keep: 9", f"{each}: [{{any: true, keep: 3")
                             for each in ("twins", "others")], first=first)  # fmt: skip
    heads = {each.text.partition(" in ")[0] for each in both.judged()}
    assert heads == {"Images of storefront/web (preset twins)", "Images of platform/cache (preset others)"}


def test_a_base_of_older_code_does_not_say_which_presets_it_has() -> None:
    both = compared("dev", catalog("keep: 20", "keep: 5"))
    (found,) = plan(replace(both.base, presets={}), both.head).consequences
    assert found.text.startswith(f"{BOTH} expire sooner: ")
    (found,) = plan(both.base, replace(both.head, presets={})).consequences
    assert found.text.startswith(BOTH.replace("services", "services → none"))


def test_every_repository_of_a_preset_is_listed() -> None:
    many = "".join(WEB.replace("web", f"web-{number:02}") for number in range(10))
    both = compared("dev", catalog("keep: 20", "keep: 5"), first=(catalog(WEB, WEB + many),))
    (found,) = both.judged()
    assert " and 3 more (preset services) in " in found.text
    assert found.lines == ("payments/api", "storefront/web", *(f"storefront/web-{each:02}" for each in range(10)))


def test_what_is_too_complex_is_shown_rule_by_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_complex(*_: object) -> None:
        raise TooComplex

    monkeypatch.setattr(policy_diff, "retention_changes", too_complex)
    (found,) = retention(catalog("expire_after_days: 30", "expire_after_days: 31"))
    assert found.text == f"{BOTH} have other lifecycle rules; what these expire is lost within a day."
    assert (found.id, found.lines) == (
        "plan-weakens", (f"~ {DEV} → Expire images tagged dev-* 31 days after push",)
    )  # fmt: skip
    assert retention(web("description: x")) == []
