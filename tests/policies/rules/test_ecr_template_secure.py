"""Creation templates make repositories as secure as the declared ones."""

import json
from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.pack.rule import Given
from policies.rules.ecr_template_secure import RULE
from render import Render
from resources.ecr import CREATION_TEMPLATE
from tests.cases import case, cases
from tests.policies.conftest import TODAY, Declared, told

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1"
ROLE_ARN = "arn:aws:iam::111122223333:role/container-registry/creation-templates"
TAGS = {"owner": "platform", "environment": "prod", "project": "container-registry", "managed-by": "pulumi"}
NO_ROLE = "has no custom role, without which ECR gives neither tags nor a KMS key"
NO_POLICY = "has no lifecycle policy: what it makes keeps every image"
UNSET_TAGS = "is mutable: it says nothing of its tags, and MUTABLE is the default"
UNSET_KEY = "has no key: it says nothing of encryption, and AES256 is the default"
PUSHED = "lets whoever may push make repositories, by any name under its prefix"
STRANGE = "which ECR does not know: known are REPLICATION, PULL_THROUGH_CACHE, CREATE_ON_PUSH"
EMPTY = "is for nothing: appliedFors is empty"
CACHE = ["PULL_THROUGH_CACHE"]


def lifecycle(count_type: str = "imageCountMoreThan", status: str = "any", count: int = 10, **selection: Any) -> str:
    days = {} if count_type == "imageCountMoreThan" else {"countUnit": "days"}
    kind = "transition" if count_type == "sinceImagePulled" else "expire"
    selected = {"tagStatus": status, "countType": count_type, "countNumber": count, **days, **selection}
    action = {"type": kind, **({"targetStorageClass": "archive"} if kind == "transition" else {})}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selected, "action": action}]})


SECURE = {
    "prefix": "ROOT",
    "appliedFors": ["REPLICATION"],
    "imageTagMutability": "IMMUTABLE",
    "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": KEY_ARN}],
    "lifecyclePolicy": lifecycle(),
    "resourceTags": TAGS,
    "customRoleArn": ROLE_ARN,
}


def template(region: str | None = "us-east-1", **inputs: Any) -> Declared:
    return Declared(type=CREATION_TEMPLATE, inputs={**SECURE, **inputs}, name="registry@us-east-1", region=region)


def test_a_secure_one_passes() -> None:
    assert told(RULE, template()) == []


def test_one_that_says_nothing_lacks_everything() -> None:
    bare = Declared(type=CREATION_TEMPLATE, inputs={"prefix": "ROOT", "appliedFors": ["REPLICATION"]})
    assert told(RULE, bare) == [UNSET_TAGS, UNSET_KEY, NO_POLICY, *(f"has no tag {each}" for each in TAGS)]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_projects_own_are_secure(request: pytest.FixtureRequest, stack: str) -> None:
    rendered: Render = request.getfixturevalue(stack)
    own = [
        Declared(type=each.type, inputs=each.inputs, name=each.name, region=each.region)
        for each in rendered.resources
        if each.type == CREATION_TEMPLATE
    ]
    assert told(RULE, *own) == []
    assert len(own) == {"dev": 1, "prod": 2}[stack]


@cases(
    "occasions, parameters, expected",
    case("two", ["REPLICATION", "PULL_THROUGH_CACHE"], {}, []),
    case("push", ["CREATE_ON_PUSH"], {}, [PUSHED]),
    case("push too", ["REPLICATION", "CREATE_ON_PUSH"], {}, [PUSHED]),
    case("push, allowed", ["CREATE_ON_PUSH"], {"create_on_push": True}, []),
    case("a text", "CREATE_ON_PUSH", {}, [PUSHED]),
    case("none", [], {}, [EMPTY]),
    case("unset", None, {}, [EMPTY]),
    case("unknown", UNKNOWN, {}, ["undecided appliedFors"]),
    case("unknown within", [UNKNOWN, "CREATE_ON_PUSH"], {}, ["undecided appliedFors", PUSHED]),
    case("lower case", ["create_on_push"], {}, [f"is for 'create_on_push', {STRANGE}"]),
    case("an object", [{"a": 1}], {}, [f"is for {{'a': 1}}, {STRANGE}"]),
)
def test_what_it_is_for(occasions: object, parameters: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, template(appliedFors=occasions), **parameters) == expected


MUTABLE = "is mutable: imageTagMutability is MUTABLE"


@cases(
    "inputs, parameters, expected",
    case("replicas", {"imageTagMutability": "MUTABLE"}, {}, [MUTABLE]),
    case("caches", {"imageTagMutability": "MUTABLE", "appliedFors": CACHE}, {}, []),
    case("caches, unset", {"imageTagMutability": None, "appliedFors": CACHE}, {}, []),
    case("immutable caches", {"imageTagMutability": "IMMUTABLE", "appliedFors": CACHE}, {}, []),
    case("refused", {"imageTagMutability": "MUTABLE", "appliedFors": CACHE}, {"mutable_caches": False}, [MUTABLE]),
    case("caches too", {"imageTagMutability": "MUTABLE", "appliedFors": ["REPLICATION", *CACHE]}, {}, [MUTABLE]),
    case(
        "for what is unknown",
        {"imageTagMutability": "MUTABLE", "appliedFors": [UNKNOWN, *CACHE]},
        {},
        ["undecided appliedFors"],
    ),
    case("unknown", {"imageTagMutability": UNKNOWN}, {}, ["undecided imageTagMutability"]),
    case(
        "an exclusion",
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filter": "v*", "filterType": "WILDCARD"}],
        },
        {},
        ["lets the tag 'v0' move, by the exclusion 'v*': allowed are latest, dev-*, preview-*, cache-*"],
    ),
    case(
        "an exclusion, allowed",
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filter": "v*", "filterType": "WILDCARD"}],
        },
        {"allowed_exclusions": ["v*"]},
        [],
    ),
)
def test_the_tags_that_move(inputs: dict[str, Any], parameters: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, template(**inputs), **parameters) == expected


ELSEWHERE = "arn:aws:kms:eu-west-1:111122223333:key/1"
NO_ARN = "names its key by no ARN of a key, which ECR refuses in a template: "


@cases(
    "key, expected",
    case("compliant", KEY_ARN, []),
    case("unknown", UNKNOWN, []),
    case("secret", SECRET, []),
    case("abroad", ELSEWHERE, ["is of us-east-1, and its key of eu-west-1: ECR takes a key of the region alone"]),
    case("an alias", "alias/registry", [f"{NO_ARN}alias/registry"]),
    case(
        "an alias's ARN",
        "arn:aws:kms:us-east-1:111122223333:alias/registry",
        [f"{NO_ARN}arn:aws:kms:us-east-1:111122223333:alias/registry"],
    ),
    case("an id", "8d61d2aa", [f"{NO_ARN}8d61d2aa"]),
    case("another service", KEY_ARN.replace("kms", "s3"), [f"{NO_ARN}{KEY_ARN.replace('kms', 's3')}"]),
    case("empty", "", ["is encrypted with the key that AWS manages: no kmsKey is given"]),
    case("AWS's, told once", "alias/aws/ecr", ["is encrypted with the key that AWS manages: alias/aws/ecr"]),
    case("a number", 7.0, ["is encrypted with no key, but 7.0"]),
)
def test_the_key(key: object, expected: list[str]) -> None:
    written = [{"encryptionType": "KMS", "kmsKey": key}]
    assert told(RULE, template(encryptionConfigurations=written)) == expected


def test_the_key_of_a_template_whose_region_nobody_says() -> None:
    for region in (None, UNKNOWN):
        assert told(RULE, template(region=region)) == ["undecided region"]


def test_a_key_for_something_else_is_no_key() -> None:
    written = [{"encryptionType": "AES256", "kmsKey": ELSEWHERE}]
    assert told(RULE, template(encryptionConfigurations=written)) == ["has no key: encryptionType is AES256"]


def unpulled(selected: str, days: str) -> str:
    return f"rule 1 ({selected}) would archive what is not pulled for {days}, and a standby is never pulled"


@cases(
    "policy, inputs, parameters, expected",
    case("unset", None, {}, {}, [NO_POLICY]),
    case("empty", "", {}, {}, [NO_POLICY]),
    case("unknown", UNKNOWN, {}, {}, ["undecided lifecyclePolicy"]),
    case("a number", 7.0, {}, {}, ["has no policy text, but 7.0"]),
    case("few, allowed", lifecycle(count=4), {}, {"minimum_kept": 4}, []),
    case(
        "few",
        lifecycle(count=4),
        {},
        {"protected_tags": ["v*"]},
        ["rule 1 (any) would expire all but the newest 4, the tag 'v0' among them: v* keeps 5 at least"],
    ),
    case(
        "releases",
        lifecycle("sinceImagePushed"),
        {},
        {"protected_tags": ["v*"]},
        ["rule 1 (any) would expire the tag 'v0', 10 days after its push: v* is protected"],
    ),
    case("cached releases", lifecycle("sinceImagePushed"), {"appliedFors": CACHE}, {"protected_tags": ["v*"]}, []),
    case(
        "cached releases, protected",
        lifecycle("sinceImagePushed"),
        {"appliedFors": CACHE},
        {"cached_protected_tags": ["v*"]},
        ["rule 1 (any) would expire the tag 'v0', 10 days after its push: v* is protected"],
    ),
    case("a standby", lifecycle("sinceImagePulled", "untagged"), {}, {}, [unpulled("untagged", "10 days")]),
    case("after a day", lifecycle("sinceImagePulled", "untagged", 1), {}, {}, [unpulled("untagged", "1 day")]),
    case("a shield", lifecycle("sinceImagePulled", "untagged", 36_500), {}, {}, []),
    case("a cache is pulled", lifecycle("sinceImagePulled"), {"appliedFors": CACHE}, {}, []),
    case(
        "both",
        lifecycle("sinceImagePulled", "untagged"),
        {"appliedFors": ["REPLICATION", *CACHE]},
        {},
        [unpulled("untagged", "10 days")],
    ),
)
def test_the_lifecycle_policy(
    policy: object, inputs: dict[str, Any], parameters: dict[str, Any], expected: list[str]
) -> None:
    assert told(RULE, template(lifecyclePolicy=policy, **inputs), **parameters) == expected


def test_a_policy_that_ecr_refuses() -> None:
    for text in ("{", "[]", lifecycle(count=0), lifecycle().replace("any", "all")):
        found = told(RULE, template(lifecyclePolicy=text))
        assert found
        assert all(each.startswith("has a policy that ECR refuses: ") for each in found)


@cases(
    "tags, parameters, expected",
    case("blank", {**TAGS, "owner": " "}, {}, ["has a blank tag owner"]),
    case("unknown within", {**TAGS, "owner": UNKNOWN}, {}, []),
    case("unknown", UNKNOWN, {}, ["undecided resourceTags"]),
    case("empty", {}, {"tags": ["owner"]}, ["has no tag owner"]),
    case("none asked for", None, {"tags": []}, []),
)
def test_the_tags(tags: object, parameters: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, template(resourceTags=tags), **parameters) == expected


NO_KEY = ["has no key: encryptionType is AES256"]
PLAIN = {"encryptionConfigurations": [{"encryptionType": "AES256"}]}
UNTAGGED = {"resourceTags": None}


@cases(
    "role, inputs, expected",
    case("unset", None, {}, [NO_ROLE]),
    case("empty", "", {}, [NO_ROLE]),
    case("for the tags", None, PLAIN, [*NO_KEY, NO_ROLE]),
    case("for the key", None, UNTAGGED, [NO_ROLE]),
    case("for nothing", None, {**PLAIN, **UNTAGGED}, NO_KEY),
    case("unknown", UNKNOWN, {}, []),
    case("a name", "creator", {}, ["has a custom role that is no role's ARN, but 'creator'"]),
    case("a key", KEY_ARN, {}, [f"has a custom role that is no role's ARN, but {KEY_ARN!r}"]),
    case(
        "a user",
        "arn:aws:iam::111122223333:user/role/x",
        {},
        ["has a custom role that is no role's ARN, but 'arn:aws:iam::111122223333:user/role/x'"],
    ),
    case(
        "another service",
        ROLE_ARN.replace("iam", "sts"),
        {},
        [f"has a custom role that is no role's ARN, but {ROLE_ARN.replace('iam', 'sts')!r}"],
    ),
    case("a list", ["x"], {}, ["has a custom role that is no role's ARN, but ['x']"]),
)
def test_the_role(role: object, inputs: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, template(customRoleArn=role, **inputs), tags=[]) == expected


def test_it_is_about_templates() -> None:
    assert RULE.types == (CREATION_TEMPLATE,)


def test_where_it_is_written() -> None:
    resource = template(
        lifecyclePolicy=lifecycle("sinceImagePulled", "untagged"),
        encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": ELSEWHERE}],
    )
    assert [each.path for each in RULE.check(resource, Given(RULE.parameters(), TODAY))] == [
        ("encryptionConfigurations", 0, "kmsKey"),
        ("lifecyclePolicy", "rules", 0),
    ]
