"""Creation templates are as secure as declared repositories."""

import json
from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_template_secure import RULE
from resources.ecr import CREATION_TEMPLATE
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/1"
ROLE_ARN = "arn:aws:iam::111122223333:role/container-registry/creation-templates"
TAGS = {"owner": "platform", "environment": "prod", "project": "container-registry", "managed-by": "pulumi"}
NO_ROLE = "has no customRoleArn, which ECR requires to set tags or a KMS key"
NO_POLICY = "has no lifecycle policy: its repositories keep every image"
UNSET_TAGS = "has mutable tags: imageTagMutability is not set, and MUTABLE the default"
UNSET_KEY = "is encrypted with AES256, the default, without a KMS key"
PUSHED = "allows publishers to create repositories, with any name under its prefix"
VALID = "in appliedFors: valid are REPLICATION, PULL_THROUGH_CACHE, CREATE_ON_PUSH"
NO_KEY = ["is encrypted with AES256, without a KMS key"]
EMPTY = "is never used: appliedFors is empty"
CACHE = ["PULL_THROUGH_CACHE"]


def lifecycle(count_type: str = "imageCountMoreThan", status: str = "any", count: int = 10, **selection: Any) -> str:
    days = {} if count_type == "imageCountMoreThan" else {"countUnit": "days"}
    kind = "transition" if count_type == "sinceImagePulled" else "expire"
    selected = {"tagStatus": status, "countType": count_type, "countNumber": count, **days, **selection}
    action = {"type": kind, **({"targetStorageClass": "archive"} if kind == "transition" else {})}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selected, "action": action}]})


def encrypted(key: object, kind: str = "KMS") -> list[dict[str, object]]:
    return [{"encryptionType": kind, "kmsKey": key}]


SECURE = {
    "prefix": "ROOT",
    "appliedFors": ["REPLICATION"],
    "imageTagMutability": "IMMUTABLE",
    "encryptionConfigurations": encrypted(KEY_ARN),
    "lifecyclePolicy": lifecycle(),
    "resourceTags": TAGS,
    "customRoleArn": ROLE_ARN,
}


def template(region: str | None = "us-east-1", **inputs: Any) -> Declared:
    return Declared(type=CREATION_TEMPLATE, inputs={**SECURE, **inputs}, name="registry@us-east-1", region=region)


def test_a_secure_one_passes() -> None:
    assert findings(RULE, template()) == []


def test_one_that_says_nothing_lacks_everything() -> None:
    bare = Declared(type=CREATION_TEMPLATE, inputs={"prefix": "ROOT", "appliedFors": ["REPLICATION"]})
    assert findings(RULE, bare) == [UNSET_TAGS, UNSET_KEY, NO_POLICY, *(f"has no tag {each}" for each in TAGS)]


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
    case("lower case", ["create_on_push"], {}, [f"has 'create_on_push' {VALID}"]),
    case("an object", [{"a": 1}], {}, [f"has {{'a': 1}} {VALID}"]),
)
def test_what_it_is_for(occasions: object, parameters: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, template(appliedFors=occasions), **parameters) == expected


MUTABLE = "has mutable tags: imageTagMutability is MUTABLE"
EXCLUDING = {
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filter": "v*", "filterType": "WILDCARD"}],
}
UNDECIDED = ["undecided appliedFors"]
EXCLUDED = "has the exclusion filter 'v*', which makes 'v0' mutable"


@cases(
    "inputs, parameters, expected",
    case("replicas", {"imageTagMutability": "MUTABLE"}, {}, [MUTABLE]),
    case("caches", {"imageTagMutability": "MUTABLE", "appliedFors": CACHE}, {}, []),
    case("caches, unset", {"imageTagMutability": None, "appliedFors": CACHE}, {}, []),
    case("immutable caches", {"imageTagMutability": "IMMUTABLE", "appliedFors": CACHE}, {}, []),
    case("refused", {"imageTagMutability": "MUTABLE", "appliedFors": CACHE}, {"mutable_caches": False}, [MUTABLE]),
    case("caches too", {"imageTagMutability": "MUTABLE", "appliedFors": ["REPLICATION", *CACHE]}, {}, [MUTABLE]),
    case("unknown too", {"imageTagMutability": "MUTABLE", "appliedFors": [UNKNOWN, *CACHE]}, {}, UNDECIDED),
    case("unknown", {"imageTagMutability": UNKNOWN}, {}, ["undecided imageTagMutability"]),
    case("an exclusion", EXCLUDING, {}, [f"{EXCLUDED}: allowed are latest, dev-*, preview-*, cache-*"]),
    case("an exclusion, allowed", EXCLUDING, {"allowed_exclusions": ["v*"]}, []),
)
def test_mutable_tags(inputs: dict[str, Any], parameters: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, template(**inputs), **parameters) == expected


ALIAS_ARN = "arn:aws:kms:us-east-1:111122223333:alias/registry"
ELSEWHERE = "arn:aws:kms:eu-west-1:111122223333:key/1"
NO_ARN = "has a kmsKey that is not the ARN of a key, which ECR rejects in a template: "


@cases(
    "key, expected",
    case("compliant", KEY_ARN, []),
    case("unknown", UNKNOWN, []),
    case("secret", SECRET, []),
    case("abroad", ELSEWHERE, ["is in us-east-1 with a key in eu-west-1: ECR requires a key in the same region"]),
    case("an alias", "alias/registry", [f"{NO_ARN}alias/registry"]),
    case("an alias's ARN", ALIAS_ARN, [f"{NO_ARN}{ALIAS_ARN}"]),
    case("an id", "8d61d2aa", [f"{NO_ARN}8d61d2aa"]),
    case("another service", KEY_ARN.replace("kms", "s3"), [f"{NO_ARN}{KEY_ARN.replace('kms', 's3')}"]),
    case("AWS's, reported once", "alias/aws/ecr", ["is encrypted with an AWS managed key: alias/aws/ecr"]),
)
def test_the_key(key: object, expected: list[str]) -> None:
    assert findings(RULE, template(encryptionConfigurations=encrypted(key))) == expected


def test_the_key_of_a_template_whose_region_is_not_known() -> None:
    for region in (None, UNKNOWN):
        assert findings(RULE, template(region=region)) == ["undecided region"]


def test_a_key_for_something_else_is_no_key() -> None:
    assert findings(RULE, template(encryptionConfigurations=encrypted(ELSEWHERE, "AES256"))) == NO_KEY


UNPULLED = "rule 1 (Archive untagged images 10 days after the last pull) would archive the images of a replica"
ARCHIVED = [f"{UNPULLED}, which are never pulled"]
PROTECTED = {"protected_tags": ["v*"]}
EXPIRES = "rule 1 (Expire images 10 days after push) applies to the tag 'v0', which v* protects"
REQUIRED = "it keeps 4, and at least 5 are required: write `keep: 5`"
FEW = f"rule 1 (Keep the newest 4 images) applies to the tag 'v0', which v* protects: {REQUIRED}"
CACHES = {"appliedFors": CACHE}
RELEASES = [f'{EXPIRES}: put `- {{tag: "v*", keep: 5}}` above it']


@cases(
    "policy, inputs, parameters, expected",
    case("unset", None, {}, {}, [NO_POLICY]),
    case("empty", "", {}, {}, [NO_POLICY]),
    case("unknown", UNKNOWN, {}, {}, ["undecided lifecyclePolicy"]),
    case("few, allowed", lifecycle(count=4), {}, {"minimum_kept": 4}, []),
    case("few", lifecycle(count=4), {}, PROTECTED, [FEW]),
    case("releases", lifecycle("sinceImagePushed"), {}, PROTECTED, RELEASES),
    case("cached releases", lifecycle("sinceImagePushed"), CACHES, PROTECTED, []),
    case("cached, protected", lifecycle("sinceImagePushed"), CACHES, {"cached_protected_tags": ["v*"]}, RELEASES),
    case("a standby", lifecycle("sinceImagePulled", "untagged"), {}, {}, ARCHIVED),
    case("a shield", lifecycle("sinceImagePulled", "untagged", 36_500), {}, {}, []),
    case("a cache is pulled", lifecycle("sinceImagePulled"), CACHES, {}, []),
    case("both", lifecycle("sinceImagePulled", "untagged"), {"appliedFors": ["REPLICATION", *CACHE]}, {}, ARCHIVED),
)
def test_the_lifecycle_policy(
    policy: object, inputs: dict[str, Any], parameters: dict[str, Any], expected: list[str]
) -> None:
    assert findings(RULE, template(lifecyclePolicy=policy, **inputs), **parameters) == expected


def test_a_policy_that_ecr_refuses() -> None:
    for text in ("{", "[]", lifecycle(count=0), lifecycle().replace("any", "all")):
        found = findings(RULE, template(lifecyclePolicy=text))
        assert found
        assert all(each.startswith("has an invalid lifecycle policy: ") for each in found)


@cases(
    "tags, parameters, expected",
    case("blank", {**TAGS, "owner": " "}, {}, ["has a blank tag owner"]),
    case("unknown within", {**TAGS, "owner": UNKNOWN}, {}, []),
    case("unknown", UNKNOWN, {}, ["undecided resourceTags"]),
    case("empty", {}, {"tags": ["owner"]}, ["has no tag owner"]),
    case("none required", None, {"tags": []}, []),
)
def test_the_tags(tags: object, parameters: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, template(resourceTags=tags), **parameters) == expected


NOT_A_ROLE = "has a customRoleArn that is not the ARN of a role: "
PLAIN = {"encryptionConfigurations": [{"encryptionType": "AES256"}]}
UNTAGGED = {"resourceTags": None}
USER_ARN = "arn:aws:iam::111122223333:user/role/x"


@cases(
    "role, inputs, expected",
    case("unset", None, {}, [NO_ROLE]),
    case("empty", "", {}, [NO_ROLE]),
    case("for the tags", None, PLAIN, [*NO_KEY, NO_ROLE]),
    case("for the key", None, UNTAGGED, [NO_ROLE]),
    case("for nothing", None, {**PLAIN, **UNTAGGED}, NO_KEY),
    case("unknown", UNKNOWN, {}, []),
    case("a name", "creator", {}, [f"{NOT_A_ROLE}'creator'"]),
    case("a key", KEY_ARN, {}, [f"{NOT_A_ROLE}{KEY_ARN!r}"]),
    case("a user", USER_ARN, {}, [f"{NOT_A_ROLE}{USER_ARN!r}"]),
    case("another service", ROLE_ARN.replace("iam", "sts"), {}, [f"{NOT_A_ROLE}{ROLE_ARN.replace('iam', 'sts')!r}"]),
    case("a list", ["x"], {}, [f"{NOT_A_ROLE}['x']"]),
)
def test_the_role(role: object, inputs: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, template(customRoleArn=role, **inputs), tags=[]) == expected


def test_where_it_is_written() -> None:
    standby = lifecycle("sinceImagePulled", "untagged")
    resource = template(lifecyclePolicy=standby, encryptionConfigurations=encrypted(ELSEWHERE))
    assert paths(RULE, resource) == [("encryptionConfigurations", 0, "kmsKey"), ("lifecyclePolicy", "rules", 0)]
