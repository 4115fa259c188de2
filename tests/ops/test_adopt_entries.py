"""From what exists to an entry: each setting by itself."""

import json
from pathlib import Path

import pytest

from tests.conftest import Edit
from tests.ops.conftest import Adopt
from tests.ops.outputs import (
    AP,
    DEV,
    DEV_KEY,
    EU,
    HOME,
    KEY,
    NAME,
    PULL,
    Json,
    allow,
    described,
    key,
    kms,
    lifecycle,
    orders,
    policy,
    repository,
    rule,
)

AWS_KEY = "arn:aws:kms:us-east-1:111122223333:key/99999999-8888-4777-a666-555555555555"


def test_an_entry_says_what_stands_there(adopt: Adopt) -> None:
    adopted = adopt(
        [
            described(
                orders(
                    imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                    imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "latest"}],
                    imageScanningConfiguration={"scanOnPush": True},
                )
            ),
            lifecycle(NAME, rule(3, tagStatus="any"), account=DEV),
            policy(NAME, allow({"AWS": "444455556666"}, PULL), account=DEV),
            {
                "ResourceTagMappingList": [
                    {
                        "ResourceARN": f"arn:aws:ecr:us-east-1:{DEV}:repository/{NAME}",
                        "Tags": [{"Key": "owner", "Value": "orders"}, {"Key": "description", "Value": "Takes orders"}],
                    }
                ]
            },
        ],
        stack="dev",
    )
    assert adopted.code == 0
    found = adopted.repository(NAME)
    assert [each["rule"] for each in found.pop("fails")] == ["ecr-customer-key", "ecr-lifecycle-sound"]
    assert found == {
        "name": NAME,
        "status": "adoptable",
        "entry": {
            "owner": "orders",
            "description": "Takes orders",
            "adopt": ["dev"],
            "encryption": "aes256",
            "retention": [{"any": True, "keep": 3}],
            "mutable_tags": ["latest"],
            "pull": [{"account": "workloads"}],
        },
        "before": [],
        "guesses": [],
        "changes": [
            {"text": "tags that come: environment, managed-by and project", "details": [], "regions": ["us-east-1"]}
        ],
        "reasons": [],
    }
    assert adopted.told == (
        "1 adoptable, 0 not, 0 already in the catalog; the gate would refuse 1: see `fails` in the comments\n"
    )


def tags(**pairs: str) -> Json:
    return {
        "ResourceTagMappingList": [
            {
                "ResourceARN": f"arn:aws:ecr:us-east-1:{DEV}:repository/{NAME}",
                "Tags": [{"Key": key.replace("_", "-"), "Value": value} for key, value in pairs.items()],
            }
        ]
    }


OWNERS = {
    "its tag": ([tags(owner="Orders team")], "Orders team", None),
    "a tag in another case": ([tags(Owner="orders")], "orders", "owner: from the tag Owner"),
    "both": ([tags(Owner="a", owner="b")], "b", None),
    "an unusable tag": ([tags(owner=" ")], "legacy", "owner: from the name, for it has no tag `owner`"),
    "no tag": ([tags()], "legacy", "owner: from the name, for it has no tag `owner`"),
    "unknown tags": ([], "legacy", "owner: from the name, for its tags were not given"),
}


@pytest.mark.parametrize(("given", "owner", "guess"), OWNERS.values(), ids=OWNERS)
def test_the_owner(adopt: Adopt, given: list[object], owner: str, guess: str | None) -> None:
    found = adopt([described(orders()), *given], stack="dev").repository(NAME)
    assert found["entry"]["owner"] == owner
    assert found["guesses"] == ([guess] if guess else [])


def test_tags_that_were_not_given(adopt: Adopt) -> None:
    changes = adopt([described(orders())], stack="dev").changes(NAME)
    assert "its tags were not given: those that the entry does not make go away" in changes
    assert not any("tags that come" in change for change in changes)


def test_an_owner_of_a_name_without_parts(adopt: Adopt) -> None:
    found = adopt([described(repository("tools", account=DEV))], stack="dev").repository("tools")
    assert found["entry"]["owner"] == "tools"


def test_tags_that_change(adopt: Adopt) -> None:
    given = tags(owner="a", environment="production", team="x", **{"aws:createdBy": "somebody"}, description=" blank")
    assert adopt([described(orders()), given], stack="dev").changes(NAME)[2:5] == [
        "tags that go away: description ( blank) and team (x)",
        "the tag environment changes from production to dev",
        "tags that come: managed-by and project",
    ]


def test_who_manages_it_by_its_tags(adopt: Adopt) -> None:
    stack = tags(**{"aws:cloudformation:stack-name": "legacy"})
    found = adopt([described(orders()), stack], stack="dev").repository(NAME)
    assert found["before"] == [
        "CloudFormation's stack legacy manages it: take it out of there, with DeletionPolicy: Retain"
    ]
    own = tags(environment="dev", managed_by="pulumi", project="container-registry")
    guesses = adopt([described(orders()), own], stack="dev").repository(NAME)["guesses"]
    assert guesses[-1].startswith("its tags say that this stack made it: where `pulumi stack export` shows it")
    other = tags(environment="prod", managed_by="pulumi", project="container-registry")
    assert len(adopt([described(orders()), other], stack="dev").repository(NAME)["guesses"]) == 1


BECOME = "become immutable: an image with a tag that is in use is refused; "
KEEPS = "`mutable_tags: [latest]` keeps one movable"
MUTABILITY = {
    "MUTABLE": ("MUTABLE", [], None, [f"tags are mutable and {BECOME}{KEEPS}"]),
    "IMMUTABLE": ("IMMUTABLE", [], None, []),
    "with exclusions": ("IMMUTABLE_WITH_EXCLUSION", ["latest", "dev-*"], ["latest", "dev-*"], []),
    "all excluded": ("IMMUTABLE_WITH_EXCLUSION", ["*"], None, ["tags * become immutable"]),
    "all excluded, in other words": (
        "IMMUTABLE_WITH_EXCLUSION",
        ["**", "dev-*"],
        ["dev-*"],
        ["tags ** become immutable"],
    ),
    "mutable, with exclusions": (
        "MUTABLE_WITH_EXCLUSION",
        ["v*", "r*"],
        None,
        [f"tags are mutable, r* and v* excepted, and {BECOME}{KEEPS}"],
    ),
}


@pytest.mark.parametrize(("mode", "filters", "movable", "changes"), MUTABILITY.values(), ids=MUTABILITY)
def test_mutability(adopt: Adopt, mode: str, filters: list[str], movable: list[str] | None, changes: list[str]) -> None:
    written = [{"filterType": "WILDCARD", "filter": each} for each in filters]
    adopted = adopt(
        [described(orders(imageTagMutability=mode, imageTagMutabilityExclusionFilters=written))], stack="dev"
    )
    assert adopted.repository(NAME)["entry"].get("mutable_tags") == movable
    assert [each for each in adopted.changes(NAME) if "mutable" in each] == changes


def test_mutability_beside_an_entry_of_the_catalog(adopt: Adopt) -> None:
    def change(name: str, mode: str, *filters: str) -> list[str]:
        written = [{"filter": each} for each in filters]
        found = repository(name, imageTagMutability=mode, imageTagMutabilityExclusionFilters=written, account=DEV)
        changes = adopt([described(found)], stack="dev").changes(name)
        return [each for each in changes if "mutable" in each]

    assert change("payments/api", "MUTABLE") == ["tags are mutable and become immutable, latest excepted"]
    assert change("payments/api", "IMMUTABLE") == ["tags latest become mutable"]
    assert change("payments/api", "IMMUTABLE_WITH_EXCLUSION", "latest") == []
    assert change("payments/ledger", "IMMUTABLE_WITH_EXCLUSION", "latest") == ["tags latest become immutable"]


def test_scanning(adopt: Adopt) -> None:
    told = "images are scanned when they are pushed"
    assert told in adopt([described(orders())], stack="dev").changes(NAME)
    scanned = orders(imageScanningConfiguration={"scanOnPush": True})
    assert told not in adopt([described(scanned)], stack="dev").changes(NAME)


STACKS_OWN = "encryption: where that is the stack's own key (`pulumi stack output registries`), write `customer`"
WHOSE = f"encryption: whose key it is was not given; if `aws kms describe-key --key-id {DEV_KEY}` says"
ENCRYPTION: dict[str, tuple[Json, list[object], object, list[str]]] = {
    "AES256": ({"encryptionType": "AES256"}, [], "aes256", []),
    "the account's key": (kms(AWS_KEY), [key(AWS_KEY, "AWS")], "aws-managed", []),
    "the account's key by its alias": (kms("alias/aws/ecr"), [], "aws-managed", []),
    "the account's key by its id": (
        kms("99999999-8888-4777-a666-555555555555"),
        [key(AWS_KEY, "AWS")],
        "aws-managed",
        [],
    ),
    "a customer's key": (kms(DEV_KEY), [key(DEV_KEY, "CUSTOMER")], {"key": "key-0f2b8a4e"}, [STACKS_OWN]),
    "a key of somebody's": (kms(DEV_KEY), [], {"key": "key-0f2b8a4e"}, [STACKS_OWN, WHOSE]),
}


@pytest.mark.parametrize(("found", "given", "written", "guesses"), ENCRYPTION.values(), ids=ENCRYPTION)
def test_encryption(adopt: Adopt, found: Json, given: list[object], written: object, guesses: list[str]) -> None:
    adopted = adopt([described(orders(encryptionConfiguration=found)), tags(owner="a"), *given], stack="dev")
    told = adopted.repository(NAME)
    assert told["entry"]["encryption"] == written
    assert [told.startswith(start) for told, start in zip(told["guesses"], guesses, strict=True)] == [True] * len(
        guesses
    )
    added = {"keys": {"key-0f2b8a4e": {HOME: DEV_KEY}}} if guesses else {}
    assert json.loads(adopted.text)["stack_keys"] == added


def test_a_key_that_the_stack_names(adopt: Adopt, project: Path) -> None:
    with (project / "Pulumi.dev.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  container-registry:keys: {{shared: {{us-east-1: '{DEV_KEY}'}}}}\n")
    adopted = adopt([described(orders(encryptionConfiguration=kms(DEV_KEY))), tags(owner="a")], stack="dev")
    assert adopted.repository(NAME)["entry"]["encryption"] == {"key": "shared"}
    assert adopted.repository(NAME)["guesses"] == []
    assert json.loads(adopted.text)["stack_keys"] == {}
    assert json.loads(adopted.text)["other_stacks"] == [
        "Pulumi.prod.yaml needs a name that the catalog would use: keys: shared"
    ]


def test_a_key_of_which_one_region_is_told(adopt: Adopt) -> None:
    files = [
        [described(repository(NAME, region, encryptionConfiguration=kms(KEY.replace(HOME, region))))]
        for region in (HOME, EU, AP)
    ]
    assert [each for each in adopt(*files).repository(NAME)["guesses"] if "KeyManager" in each] != []
    told = adopt(*files, [key(KEY, "CUSTOMER")]).repository(NAME)["guesses"]
    assert [each for each in told if "KeyManager" in each] == []


def test_keys_with_like_names(adopt: Adopt, project: Path) -> None:
    with (project / "Pulumi.dev.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  container-registry:keys: {{key-0f2b8a4e: {{us-east-1: '{AWS_KEY}'}}}}\n")
    adopted = adopt([described(orders(encryptionConfiguration=kms(DEV_KEY)))], stack="dev")
    assert adopted.repository(NAME)["entry"]["encryption"] == {"key": "key-0f2b8a4e-2"}


REFUSED: dict[str, tuple[Json, str]] = {
    "KMS_DSSE": (
        {"encryptionConfiguration": {"encryptionType": "KMS_DSSE", "kmsKey": DEV_KEY}},
        "it is encrypted with KMS_DSSE, which no entry can say",
    ),
    "unknown encryption": ({"encryptionConfiguration": None}, ""),
    "KMS without key": (
        {"encryptionConfiguration": {"encryptionType": "KMS"}},
        "it is encrypted with KMS, but its kmsKey was not given",
    ),
    "another alias": (
        {"encryptionConfiguration": kms(f"arn:aws:kms:us-east-1:{DEV}:alias/images")},
        f"its kmsKey 'arn:aws:kms:us-east-1:{DEV}:alias/images' is no ARN of a key in us-east-1",
    ),
    "an id alone": (
        {"encryptionConfiguration": kms("99999999-8888-4777-a666-555555555555")},
        "is no ARN of a key in us-east-1, which `keys` needs: give the output of `aws kms describe-key` for it",
    ),
    "a key of another region": (
        {"encryptionConfiguration": kms(DEV_KEY.replace(HOME, EU))},
        "is no ARN of a key in us-east-1",
    ),
    "a key without form": (
        {"encryptionConfiguration": kms(f"arn:aws:kms:us-east-1:{DEV}:key/a b")},
        "is no ARN of a key in us-east-1",
    ),
    "another mutability": (
        {"imageTagMutability": "SOMETIMES"},
        "its tag mutability in us-east-1 is 'SOMETIMES', which is not known here",
    ),
    "a filter that the settings refuse": (
        {
            "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": [{"filter": "a*b*c*"}],
        },
        "the settings refuse it: mutable_tags[0]: 'a*b*c*' has 3 wildcards (write at most 2)",
    ),
}


@pytest.mark.parametrize(("fields", "told"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_adopted(adopt: Adopt, fields: Json, told: str) -> None:
    found = {key: value for key, value in orders(**fields).items() if value is not None}
    adopted = adopt([described(found, repository("legacy/sound", account=DEV))], stack="dev")
    refused = adopted.repository(NAME)
    assert (refused["status"], refused["entry"], len(refused["reasons"])) == ("not adoptable", {}, 1)
    assert told in refused["reasons"][0]
    assert adopted.repository("legacy/sound")["status"] == "adoptable"
    assert adopted.told.startswith("1 adoptable, 1 not, 0 already in the catalog")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("legacy/Orders", "'legacy/Orders' has upper-case letters (write 'legacy/orders')"),
        ("legacy//orders", "'legacy//orders' has an empty path segment"),
        ("a", "'a' is too short"),
    ],
)
def test_names_that_the_settings_refuse(adopt: Adopt, name: str, told: str) -> None:
    found = adopt([described(repository(name, account=DEV), orders())], stack="dev")
    assert found.repository(name)["reasons"][0].startswith(f"the settings refuse it: {told}")
    assert found.repository(NAME)["status"] == "adoptable"


def test_a_name_that_left(adopt: Adopt, edit: Edit) -> None:
    edit("catalog.yaml", "repositories:\n", f"removed: {{{NAME}: {{until: 2027-01-31, reason: old}}}}\nrepositories:\n")
    (reason,) = adopt([described(orders())], stack="dev").repository(NAME)["reasons"]
    assert "is still among the repositories" in reason


def test_roles_that_can_not_be_side_by_side(adopt: Adopt) -> None:
    grant = allow({"AWS": "arn:aws:iam::444455556666:role/other/ledger-task-execution"}, PULL)
    (reason,) = adopt([described(orders()), policy(NAME, grant, account=DEV)], stack="dev").repository(NAME)["reasons"]
    assert "pull[0].role: 'other/ledger-task-execution' can't exist in account 444455556666 beside" in reason


def test_retention_that_is_not_known_needs_a_preset(adopt: Adopt, edit: Edit) -> None:
    edit("catalog.yaml", "  default:\n", "  standard:\n")
    edit(
        "catalog.yaml",
        "    push: [{github: acme/image-resizer,",
        "    retention: standard\n    push: [{github: acme/x,",
    )
    (reason,) = adopt([described(orders())], stack="dev").repository(NAME)["reasons"]
    assert "retention: 'default' is no preset that catalog.yaml (retention) declares" in reason


LOST = "images that the entry's rules expire are lost"


def test_retention(adopt: Adopt) -> None:
    def told(*given: object) -> tuple[object, list[str]]:
        adopted = adopt([described(orders()), *given], stack="dev")
        return adopted.repository(NAME)["entry"]["retention"], adopted.about(NAME, "lifecycle")

    unknown = f"its lifecycle policy was not given: the entry's is put over whatever is there, and {LOST}"
    assert told() == ("default", [unknown])
    known = lifecycle(NAME, rule(7, by="sinceImagePushed", tagStatus="untagged"), account=DEV)
    assert told(known) == ([{"untagged": True, "expire_after_days": 7}], [])
    asterisk = lifecycle(NAME, rule(7, tagStatus="tagged", tagPrefixList=["v*"]), account=DEV)
    retention, lines = told(asterisk)
    assert retention == "default"
    assert lines[0] == "the catalog can't say its lifecycle policy"
    assert lines[2] == f"its lifecycle policy changes, and {LOST}"
    assert lines[4:] == ["+ Keep the newest 10 images tagged v*", "+ Expire untagged images 7 days after push"]
    broken = {**asterisk, "lifecyclePolicyText": "{}"}
    assert told(broken)[1][-1] == f"its lifecycle policy is replaced, and {LOST}"


def test_pulls(adopt: Adopt) -> None:
    def told(*statements: Json) -> tuple[object, list[str]]:
        adopted = adopt([described(orders()), policy(NAME, *statements, account=DEV)], stack="dev")
        return adopted.repository(NAME)["entry"].get("pull"), adopted.about(NAME, "repository policy")

    assert told(allow({"AWS": ["444455556666", "999900001111", DEV]}, PULL)) == (
        [{"account": "account-3333"}, {"account": "workloads"}, {"account": "account-1111"}],
        [],
    )
    everybody = allow("*", PULL, "Everybody")
    words = "Everybody: everybody may pull: `pull` names who may, and knows no everybody"
    assert told(everybody) == (
        None,
        ["its repository policy stays as it is and nobody manages it, for the entry lets nobody pull", f"= {words}"],
    )
    assert told(everybody, allow({"AWS": "arn:aws:iam::444455556666:role/ci"}, PULL)) == (
        [{"account": "workloads", "role": "ci"}],
        ["its repository policy is replaced: `-` goes, `+` comes", f"- {words}"],
    )
    organization = {"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-zzzzz99999"]}}
    lambdas = {"StringLike": {"aws:SourceArn": f"arn:aws:lambda:us-east-1:{DEV}:function:*"}}
    assert told(
        allow("*", PULL, Condition=organization),
        allow({"Service": "lambda.amazonaws.com"}, PULL, Condition=lambdas),
    ) == ([{"organization": "acme"}, {"organization": "organization-9999"}, {"service": "lambda"}], [])
