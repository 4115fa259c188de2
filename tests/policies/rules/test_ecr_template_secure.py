"""Creation templates make repositories as secure as the declared ones."""

import json
from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.kinds import CREATION_TEMPLATE
from policies.pack.rule import Given
from policies.rules.ecr_template_secure import RULE
from render import Render
from tests.policies.conftest import TODAY, Declared, Judge

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


def test_a_secure_one_passes(told: Judge) -> None:
    assert told(RULE, template()) == []


def test_one_that_says_nothing_lacks_everything(told: Judge) -> None:
    bare = Declared(type=CREATION_TEMPLATE, inputs={"prefix": "ROOT", "appliedFors": ["REPLICATION"]})
    assert told(RULE, bare) == [UNSET_TAGS, UNSET_KEY, NO_POLICY, *(f"has no tag {each}" for each in TAGS)]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_projects_own_are_secure(told: Judge, request: pytest.FixtureRequest, stack: str) -> None:
    rendered: Render = request.getfixturevalue(stack)
    own = [
        Declared(type=each.type, inputs=each.inputs, name=each.name, region=each.region)
        for each in rendered.resources
        if each.type == CREATION_TEMPLATE
    ]
    assert told(RULE, *own) == []
    assert len(own) == {"dev": 1, "prod": 2}[stack]


@pytest.mark.parametrize(
    ("occasions", "parameters", "expected"),
    [
        pytest.param(["REPLICATION", "PULL_THROUGH_CACHE"], {}, [], id="two"),
        pytest.param(["CREATE_ON_PUSH"], {}, [PUSHED], id="push"),
        pytest.param(["REPLICATION", "CREATE_ON_PUSH"], {}, [PUSHED], id="push too"),
        pytest.param(["CREATE_ON_PUSH"], {"create_on_push": True}, [], id="push, allowed"),
        pytest.param("CREATE_ON_PUSH", {}, [PUSHED], id="a text"),
        pytest.param([], {}, [EMPTY], id="none"),
        pytest.param(None, {}, [EMPTY], id="unset"),
        pytest.param(UNKNOWN, {}, ["undecided appliedFors"], id="unknown"),
        pytest.param([UNKNOWN, "CREATE_ON_PUSH"], {}, ["undecided appliedFors", PUSHED], id="unknown within"),
        pytest.param(
            ["create_on_push"],
            {},
            [f"is for 'create_on_push', {STRANGE}"],
            id="lower case",
        ),
        pytest.param(
            [{"a": 1}],
            {},
            [f"is for {{'a': 1}}, {STRANGE}"],
            id="an object",
        ),
    ],
)
def test_what_it_is_for(told: Judge, occasions: object, parameters: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, template(appliedFors=occasions), **parameters) == expected


MUTABLE = "is mutable: imageTagMutability is MUTABLE"


@pytest.mark.parametrize(
    ("inputs", "parameters", "expected"),
    [
        pytest.param({"imageTagMutability": "MUTABLE"}, {}, [MUTABLE], id="replicas"),
        pytest.param({"imageTagMutability": "MUTABLE", "appliedFors": CACHE}, {}, [], id="caches"),
        pytest.param({"imageTagMutability": None, "appliedFors": CACHE}, {}, [], id="caches, unset"),
        pytest.param({"imageTagMutability": "IMMUTABLE", "appliedFors": CACHE}, {}, [], id="immutable caches"),
        pytest.param(
            {"imageTagMutability": "MUTABLE", "appliedFors": CACHE},
            {"mutable_caches": False},
            [MUTABLE],
            id="caches, not allowed",
        ),
        pytest.param(
            {"imageTagMutability": "MUTABLE", "appliedFors": ["REPLICATION", *CACHE]}, {}, [MUTABLE], id="caches too"
        ),
        pytest.param(
            {"imageTagMutability": "MUTABLE", "appliedFors": [UNKNOWN, *CACHE]},
            {},
            ["undecided appliedFors"],
            id="what it is for is not known",
        ),
        pytest.param({"imageTagMutability": UNKNOWN}, {}, ["undecided imageTagMutability"], id="unknown"),
        pytest.param(
            {
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [{"filter": "v*", "filterType": "WILDCARD"}],
            },
            {},
            ["lets the tag 'v0' move, by the exclusion 'v*': allowed are latest, dev-*, preview-*, cache-*"],
            id="an exclusion",
        ),
        pytest.param(
            {
                "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [{"filter": "v*", "filterType": "WILDCARD"}],
            },
            {"allowed_exclusions": ["v*"]},
            [],
            id="an exclusion, allowed",
        ),
    ],
)
def test_the_tags_that_move(
    told: Judge, inputs: dict[str, Any], parameters: dict[str, Any], expected: list[str]
) -> None:
    assert told(RULE, template(**inputs), **parameters) == expected


ELSEWHERE = "arn:aws:kms:eu-west-1:111122223333:key/1"
NO_ARN = "names its key by no ARN of a key, which ECR refuses in a template: "


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param(KEY_ARN, [], id="compliant"),
        pytest.param(UNKNOWN, [], id="unknown"),
        pytest.param(SECRET, [], id="secret"),
        pytest.param(
            ELSEWHERE,
            ["is of us-east-1, and its key of eu-west-1: ECR takes a key of the region alone"],
            id="another region",
        ),
        pytest.param("alias/registry", [f"{NO_ARN}alias/registry"], id="an alias"),
        pytest.param(
            "arn:aws:kms:us-east-1:111122223333:alias/registry",
            [f"{NO_ARN}arn:aws:kms:us-east-1:111122223333:alias/registry"],
            id="an alias's ARN",
        ),
        pytest.param("8d61d2aa", [f"{NO_ARN}8d61d2aa"], id="an id"),
        pytest.param(KEY_ARN.replace("kms", "s3"), [f"{NO_ARN}{KEY_ARN.replace('kms', 's3')}"], id="another service"),
        pytest.param("", ["is encrypted with the key that AWS manages: no kmsKey is given"], id="empty"),
        pytest.param(
            "alias/aws/ecr", ["is encrypted with the key that AWS manages: alias/aws/ecr"], id="AWS's, told once"
        ),
        pytest.param(7.0, ["is encrypted with no key, but 7.0"], id="a number"),
    ],
)
def test_the_key(told: Judge, key: object, expected: list[str]) -> None:
    written = [{"encryptionType": "KMS", "kmsKey": key}]
    assert told(RULE, template(encryptionConfigurations=written)) == expected


def test_the_key_of_a_template_whose_region_nobody_says(told: Judge) -> None:
    for region in (None, UNKNOWN):
        assert told(RULE, template(region=region)) == ["undecided region"]


def test_a_key_for_something_else_is_no_key(told: Judge) -> None:
    written = [{"encryptionType": "AES256", "kmsKey": ELSEWHERE}]
    assert told(RULE, template(encryptionConfigurations=written)) == ["has no key: encryptionType is AES256"]


def unpulled(selected: str, days: str) -> str:
    return f"rule 1 ({selected}) would archive what is not pulled for {days}, and a standby is never pulled"


@pytest.mark.parametrize(
    ("policy", "inputs", "parameters", "expected"),
    [
        pytest.param(None, {}, {}, [NO_POLICY], id="unset"),
        pytest.param("", {}, {}, [NO_POLICY], id="empty"),
        pytest.param(UNKNOWN, {}, {}, ["undecided lifecyclePolicy"], id="unknown"),
        pytest.param(7.0, {}, {}, ["has no policy text, but 7.0"], id="a number"),
        pytest.param(lifecycle(count=4), {}, {"minimum_kept": 4}, [], id="few, allowed"),
        pytest.param(
            lifecycle(count=4),
            {},
            {"protected_tags": ["v*"]},
            ["rule 1 (any) would expire all but the newest 4, the tag 'v0' among them: v* keeps 5 at least"],
            id="few",
        ),
        pytest.param(
            lifecycle("sinceImagePushed"),
            {},
            {"protected_tags": ["v*"]},
            ["rule 1 (any) would expire the tag 'v0', 10 days after its push: v* is protected"],
            id="releases",
        ),
        pytest.param(
            lifecycle("sinceImagePushed"), {"appliedFors": CACHE}, {"protected_tags": ["v*"]}, [], id="cached releases"
        ),
        pytest.param(
            lifecycle("sinceImagePushed"),
            {"appliedFors": CACHE},
            {"cached_protected_tags": ["v*"]},
            ["rule 1 (any) would expire the tag 'v0', 10 days after its push: v* is protected"],
            id="cached releases, protected",
        ),
        pytest.param(
            lifecycle("sinceImagePulled", "untagged"), {}, {}, [unpulled("untagged", "10 days")], id="a standby"
        ),
        pytest.param(
            lifecycle("sinceImagePulled", "untagged", 1), {}, {}, [unpulled("untagged", "1 day")], id="after a day"
        ),
        pytest.param(lifecycle("sinceImagePulled", "untagged", 36_500), {}, {}, [], id="a shield"),
        pytest.param(lifecycle("sinceImagePulled"), {"appliedFors": CACHE}, {}, [], id="a cache is pulled"),
        pytest.param(
            lifecycle("sinceImagePulled", "untagged"),
            {"appliedFors": ["REPLICATION", *CACHE]},
            {},
            [unpulled("untagged", "10 days")],
            id="both",
        ),
    ],
)
def test_the_lifecycle_policy(
    told: Judge, policy: object, inputs: dict[str, Any], parameters: dict[str, Any], expected: list[str]
) -> None:
    assert told(RULE, template(lifecyclePolicy=policy, **inputs), **parameters) == expected


def test_a_policy_that_ecr_refuses(told: Judge) -> None:
    for text in ("{", "[]", lifecycle(count=0), lifecycle().replace("any", "all")):
        found = told(RULE, template(lifecyclePolicy=text))
        assert found
        assert all(each.startswith("has a policy that ECR refuses: ") for each in found)


@pytest.mark.parametrize(
    ("tags", "parameters", "expected"),
    [
        pytest.param({**TAGS, "owner": " "}, {}, ["has a blank tag owner"], id="blank"),
        pytest.param({**TAGS, "owner": UNKNOWN}, {}, [], id="unknown within"),
        pytest.param(UNKNOWN, {}, ["undecided resourceTags"], id="unknown"),
        pytest.param({}, {"tags": ["owner"]}, ["has no tag owner"], id="empty"),
        pytest.param(None, {"tags": []}, [], id="none asked for"),
    ],
)
def test_the_tags(told: Judge, tags: object, parameters: dict[str, Any], expected: list[str]) -> None:
    assert told(RULE, template(resourceTags=tags), **parameters) == expected


NO_KEY = ["has no key: encryptionType is AES256"]
PLAIN = {"encryptionConfigurations": [{"encryptionType": "AES256"}]}
UNTAGGED = {"resourceTags": None}


@pytest.mark.parametrize(
    ("role", "inputs", "expected"),
    [
        pytest.param(None, {}, [NO_ROLE], id="unset"),
        pytest.param("", {}, [NO_ROLE], id="empty"),
        pytest.param(None, PLAIN, [*NO_KEY, NO_ROLE], id="for the tags"),
        pytest.param(None, UNTAGGED, [NO_ROLE], id="for the key"),
        pytest.param(None, {**PLAIN, **UNTAGGED}, NO_KEY, id="for nothing"),
        pytest.param(UNKNOWN, {}, [], id="unknown"),
        pytest.param("creator", {}, ["has a custom role that is no role's ARN, but 'creator'"], id="a name"),
        pytest.param(KEY_ARN, {}, [f"has a custom role that is no role's ARN, but {KEY_ARN!r}"], id="a key"),
        pytest.param(
            "arn:aws:iam::111122223333:user/role/x",
            {},
            ["has a custom role that is no role's ARN, but 'arn:aws:iam::111122223333:user/role/x'"],
            id="a user",
        ),
        pytest.param(
            ROLE_ARN.replace("iam", "sts"),
            {},
            [f"has a custom role that is no role's ARN, but {ROLE_ARN.replace('iam', 'sts')!r}"],
            id="another service",
        ),
        pytest.param(["x"], {}, ["has a custom role that is no role's ARN, but ['x']"], id="a list"),
    ],
)
def test_the_role(told: Judge, role: object, inputs: dict[str, Any], expected: list[str]) -> None:
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
