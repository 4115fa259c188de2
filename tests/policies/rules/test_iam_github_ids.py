"""GitHub names can be registered again; checked with the tokens of the next owner."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.document_text import to_json_text
from domain.iam.github import ISSUER
from domain.iam.github_trust import GitHubSource, trust_policy
from domain.iam.oidc import provider_arn
from policies.rules import iam_github_trust
from policies.rules.iam_github_ids import RULE
from resources.iam import ROLE
from tests.cases import cases
from tests.conftest import examples
from tests.policies.conftest import Declared, findings
from tests.policies.rules.texts import (
    GITHUB,
    GITHUB_PROVIDER,
    HOME,
    LOOSE_OPERATORS,
    assumes,
    deny,
    for_github,
    trusting,
)

SUB, AUD = f"{GITHUB}:sub", f"{GITHUB}:aud"
ID, OWNER_ID = f"{GITHUB}:repository_id", f"{GITHUB}:repository_owner_id"
MAIN = "repo:acme/api:ref:refs/heads/main"
IMMUTABLE = "repo:acme@1024/api@65536:ref:refs/heads/main"
IDS = {ID: "65536", OWNER_ID: "1024"}


def fixed(subject: object = MAIN, **blocks: Mapping[str, object]) -> dict[str, object]:
    """A condition on the subject by StringEquals, and other blocks."""
    equals = {AUD: "sts.amazonaws.com", SUB: subject, **blocks.pop("StringEquals", {})}
    return {"StringEquals": equals, **blocks}


def by_name(who: str = "acme/api", where: str = "statement 'GitHub'") -> list[str]:
    return [f"identifies {who} by name only ({where}): another GitHub account can register the name"]


PATTERNS = ("*", "repo:acme@*/api@*:ref:refs/tags/v1", "repo:acme@1024/api@65536*", "repo:acme@1024/api@65536:*")
TAGS_BY_ID = {"StringLike": {SUB: "repo:acme@1024/api@65536:ref:refs/tags/v*"}}


@cases(
    "condition, expected",
    (fixed([IMMUTABLE, "repo:acme@1024/web@7:environment:prod"]), []),
    (TAGS_BY_ID, []),
    ({"StringLike": {SUB: "repo:acme@1024/api@65536:ref:refs/heads/*"}}, []),
    ({"StringEquals": IDS}, []),
    ({"StringEquals": {ID.upper(): "65536", OWNER_ID.title(): ["1024", "1025"]}}, []),
    # All conditions must hold: one that is sound is enough.
    ({"StringEquals": {SUB: IMMUTABLE}, "StringLike": {SUB: "*"}}, []),
    ({"StringEquals": IDS, "StringLike": {ID: "*", SUB: "repo:acme/*"}}, []),
    (fixed([IMMUTABLE, MAIN]), by_name()),
    (fixed([MAIN, "repo:acme/web:environment:prod"]), by_name("acme/api and acme/web")),
    (fixed(StringEquals={ID: "65536"}), by_name()),
    (fixed(StringEquals={OWNER_ID: "1024"}), by_name()),
    (fixed(StringEquals={ID: [], OWNER_ID: "1024"}), by_name()),
    (fixed(StringEquals={**IDS, ID: "${aws:PrincipalTag/id}"}), by_name()),
    (fixed(StringEquals={**IDS, ID: "*"}), by_name()),
    (fixed(StringEquals={**IDS, ID: ""}), by_name()),
    (fixed(StringEquals={"other.example:repository_id": "1", "other.example:repository_owner_id": "2"}), by_name()),
    (fixed(StringEquals={f"{GITHUB}:actor_id": "1", OWNER_ID: "1024"}), by_name()),
    *((fixed(**{operator: IDS}), by_name()) for operator in (*LOOSE_OPERATORS, "StringLike", "NumericEquals", "Null")),
    *(({operator: {SUB: IMMUTABLE}}, by_name("GitHub workflows")) for operator in (*LOOSE_OPERATORS, "Null")),
    *(({"StringLike": {SUB: each}}, by_name("GitHub workflows")) for each in PATTERNS),
    (fixed("repo:acme@1024/api:environment:prod"), by_name("GitHub workflows")),
    (fixed([]), by_name("GitHub workflows")),
    ({"StringLike": {SUB: "repo:acme/api:ref:refs/tags/*"}}, by_name()),
)
def test_conditions(condition: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, trusting(for_github(condition))) == expected


def test_an_enterprise_has_no_name_of_its_own() -> None:
    """Which statements are checked is tested with iam-github-trust."""
    enterprise = for_github(fixed(), Principal={"Federated": f"{GITHUB_PROVIDER}/acme"})
    assert findings(RULE, trusting(enterprise)) == by_name("GitHub workflows")


def test_statements_about_one_repository_are_one_finding() -> None:
    second = for_github({"StringLike": {SUB: "repo:acme/api:ref:refs/tags/*"}}, Sid=None)
    third = for_github(fixed("repo:acme/web:environment:prod"), Sid="Web")
    denied = deny(Principal="*", Action="*")
    assert findings(RULE, trusting(for_github(fixed()), second, third, denied)) == [
        *by_name(where="statement 'GitHub' and statement 2"),
        *by_name("acme/web", "statement 'Web'"),
    ]


def test_a_server_of_ones_own() -> None:
    own = "github.acme.com/_services/token"
    provider = {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/{own}"}
    role = for_github({"StringEquals": {f"{own}:sub": MAIN}}, Principal=provider)
    assert findings(RULE, trusting(role)) == []
    assert findings(RULE, trusting(role), issuers=[GITHUB, f"https://{own}/"]) == by_name()
    held = {**role, "Condition": {"StringEquals": {f"{own}:sub": IMMUTABLE}}}
    assert findings(RULE, trusting(held), issuers=[GITHUB, own]) == []
    # A token of the other issuer has no key of this one.
    assert findings(RULE, trusting({**held, "Principal": "*"}), issuers=[GITHUB, own]) == []
    with pytest.raises(ValidationError):
        findings(RULE, trusting(role), issuers=[])


def test_our_own_roles_pass_with_ids() -> None:
    """And iam-github-trust finds nothing in any of them."""
    for ids, known in ((("1024", "65536"), True), ((None, None), False), (("1024", None), False)):
        for immutable in {False, known}:
            for refs, environment in ((("refs/heads/main", "refs/tags/v*"), None), ((), "prod")):
                source = GitHubSource(
                    github="acme/api", refs=refs, environment=environment, owner_id=ids[0], repository_id=ids[1],
                    immutable=immutable,
                )  # fmt: skip
                text = to_json_text(trust_policy(source, provider=provider_arn(ISSUER, HOME, "us-east-1")))
                role = Declared(type=ROLE, inputs={"assumeRolePolicy": text})
                assert (findings(RULE, role) == []) is known
                assert findings(iam_github_trust.RULE, role) == []


SUCCESSORS = [
    {SUB: (subject,), AUD: ("sts.amazonaws.com",), ID: ("9",), OWNER_ID: (owner,)}
    for owner in ("9", "1024")
    for subject in (MAIN, f"repo:acme@{owner}/api@9:ref:refs/heads/main")
]
"""Of the next owner of a name, and of a repository that was deleted and created again."""
OPERATORS = st.sampled_from(
    ["StringEquals", "StringEquals", "StringLike", "StringEqualsIfExists", "StringNotEquals", "ForAllValues:StringLike"]
)
SUBJECT_VALUES = [MAIN, IMMUTABLE, "repo:acme*", "repo:acme@1024/api@65536:ref:refs/tags/v*", "repo:acme@*", "*"]
SUBJECTS = st.lists(st.sampled_from(SUBJECT_VALUES), min_size=1, max_size=2)
CONDITIONS = st.tuples(
    *(
        st.none() | st.builds(lambda operator, values, key=key: (operator, key, values), OPERATORS, values)
        for key, values in (
            (SUB, SUBJECTS),
            (ID, st.sampled_from([["65536"], ["65536", "*"], ["*"]])),
            (OWNER_ID, st.sampled_from([["1024"], ["*"]])),
        )
    )
)


@settings(max_examples=examples(300))
@given(CONDITIONS)
def test_without_a_finding_no_next_owner_assumes_the_role(
    conditions: tuple[tuple[str, str, list[str]] | None, ...],
) -> None:
    blocks: dict[str, dict[str, object]] = {}
    for operator, key, values in filter(None, conditions):
        blocks.setdefault(operator, {})[key] = values
    role = trusting(for_github(blocks or None))
    if not findings(RULE, role):
        assert [token for token in SUCCESSORS if assumes(token, role)] == []
