"""Each rule that archives is found."""

import json

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_archive_pays import RULE
from resources.ecr import CREATION_TEMPLATE
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.texts import lifecycle, lifecycle_of

WHY = "saves nothing below 150 TB in the archive, and an archived image can't be pulled until it is restored"
KEPT = lifecycle({"tag": "v*", "keep": 10}, {"untagged": True, "expire_after_days": 7})
ARCHIVED = lifecycle({"untagged": True, "expire_after_days": 7}, {"tag": "v*", "archive_keep": 10})
AS_FLOATS = json.loads(ARCHIVED, parse_int=float)
"""As the engine gives a policy that is an object."""


@cases(
    "policy, expected",
    case("compliant", KEPT, []),
    case("violating", ARCHIVED, [f"rule 2 (Archive all but the newest 10 images tagged v*) {WHY}"]),
    case("as an object", AS_FLOATS, [f"rule 2 (Archive all but the newest 10 images tagged v*) {WHY}"]),
    case(
        "by age",
        lifecycle({"any": True, "archive_after_days": 30}),
        [f"rule 1 (Archive images 30 days after push) {WHY}"],
    ),
    case(
        "by pulls",
        lifecycle({"any": True, "archive_unpulled_after_days": 30}),
        [f"rule 1 (Archive images 30 days after the last pull) {WHY}"],
    ),
    case("what is archived by hand", lifecycle({"any": True, "expire_archived_after_days": 90}), []),
    case("unset", None, []),
    case("unknown", UNKNOWN, ["undecided policy"]),
    case("secret", SECRET, ["undecided policy"]),
    case("partly unknown", {**AS_FLOATS, "rules": [AS_FLOATS["rules"][1], UNKNOWN]}, ["undecided policy"]),
    case("an invalid one is another rule's", ARCHIVED.replace("archive", "glacier"), []),
    case("no JSON", "{", []),
    case("no text", 7.0, []),
)
def test_policies(policy: object, expected: list[str]) -> None:
    assert findings(RULE, lifecycle_of(policy)) == expected


def test_where_it_is() -> None:
    assert paths(RULE, lifecycle_of(ARCHIVED)) == [("policy", "rules", 1)]


def test_a_templates_policy_is_checked() -> None:
    def template(policy: object) -> Declared:
        return Declared(type=CREATION_TEMPLATE, inputs={"prefix": "ROOT", "lifecyclePolicy": policy})

    assert findings(RULE, template(ARCHIVED)) == findings(RULE, lifecycle_of(ARCHIVED))
    assert findings(RULE, template(UNKNOWN)) == ["undecided lifecyclePolicy"]
