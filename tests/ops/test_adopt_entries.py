"""From what exists to an entry, each setting by itself: one run describes a repository for each case."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.conftest import Edit
from tests.ops.conftest import Adopt, Adopted, run_adopt
from tests.ops.outputs import (
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
    encrypted,
    everywhere,
    key,
    kms,
    lifecycle,
    mutability,
    orders,
    policy,
    repository,
    rule,
    tagged,
)

AWS_KEY = "arn:aws:kms:us-east-1:111122223333:key/99999999-8888-4777-a666-555555555555"
SCANNED: Json = {"imageScanningConfiguration": {"scanOnPush": True}}


def named(case: str) -> str:
    """The repository of a case."""
    return f"legacy/{case.replace(' ', '-')}"


def of_cases(cases: Iterable[str], *given: object, fields: Mapping[str, Json] | None = None) -> Adopted:
    """A run of the stack dev with a repository for each case, by its fields; one that is None is left out."""
    found = [repository(named(case), account=DEV, **(fields or {}).get(case, {})) for case in cases]
    described_fields = [{key: value for key, value in each.items() if value is not None} for each in found]
    return run_adopt([described(*described_fields), *given], stack="dev")


def test_an_entry_says_what_stands_there(adopt: Adopt) -> None:
    adopted = adopt(
        [
            described(orders(**mutability("IMMUTABLE_WITH_EXCLUSION", "latest"), **SCANNED)),
            lifecycle(NAME, rule(3, tagStatus="any"), account=DEV),
            policy(NAME, allow({"AWS": "444455556666"}, PULL), account=DEV),
            tagged({NAME: {"owner": "orders", "description": "Takes orders"}}, account=DEV),
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
            {
                "text": "tags: environment: none → dev; managed-by: none → pulumi; project: none → container-registry",
                "details": [],
                "regions": ["us-east-1"],
            }
        ],
        "reasons": [],
    }
    assert adopted.told == (
        "1 adoptable, 0 not, 0 already in the catalog; the gate would refuse 1: see `fails` in the comments\n"
    )


OWNERS: dict[str, tuple[dict[str, str], str, str | None]] = {
    "legacy/tag": ({"owner": "Orders team"}, "Orders team", None),
    "legacy/case": ({"Owner": "orders"}, "orders", "owner: from the tag Owner"),
    "legacy/both": ({"Owner": "a", "owner": "b"}, "b", None),
    "legacy/unusable": ({"owner": " "}, "legacy", "owner: from the name, for it has no tag `owner`"),
    "legacy/none": ({}, "legacy", "owner: from the name, for it has no tag `owner`"),
    "tools": ({}, "tools", "owner: from the name, for it has no tag `owner`"),
}


@pytest.fixture(scope="module")
def owned() -> Adopted:
    tags = tagged({name: tags for name, (tags, *_) in OWNERS.items()}, account=DEV)
    return run_adopt([described(*(repository(each, account=DEV) for each in OWNERS)), tags], stack="dev")


@pytest.mark.parametrize("name", OWNERS)
def test_the_owner(owned: Adopted, name: str) -> None:
    _, owner, guess = OWNERS[name]
    assert owned.repository(name)["entry"]["owner"] == owner
    assert owned.repository(name)["guesses"] == ([guess] if guess else [])


@pytest.fixture(scope="module")
def bare() -> Adopted:
    """Repositories of which nothing was given but what describe-repositories says."""
    return of_cases(["bare", "scanned"], fields={"scanned": SCANNED})


def test_what_was_not_given(bare: Adopted) -> None:
    found = bare.repository(named("bare"))
    assert SCAN not in bare.changes(named("scanned"))
    assert (found["entry"]["owner"], found["entry"]["retention"]) == ("legacy", "default")
    assert found["guesses"] == ["owner: from the name, for its tags were not given"]
    assert bare.changes(named("bare")) == [
        SCAN,
        f"imageTagMutability: MUTABLE → IMMUTABLE: {BECOME}",
        "its tags were not given: those that the entry does not make go away",
        f"its lifecycle policy was not given: the entry's is put over whatever is there, and {LOST}",
    ]


def test_tags() -> None:
    given = {"owner": "a", "environment": "production", "team": "x", "aws:createdBy": "somebody", "description": " b"}
    adopted = run_adopt([described(orders()), tagged({NAME: given}, account=DEV)], stack="dev")
    assert adopted.changes(NAME)[2] == (
        "tags: description: b → none; environment: production → dev; managed-by: none → pulumi; "
        "project: none → container-registry; team: x → none"
    )


def test_who_manages_it_by_its_tags() -> None:
    own = {"environment": "dev", "managed-by": "pulumi", "project": "container-registry"}
    tags = {"legacy/cf": {"aws:cloudformation:stack-name": "old"}, "legacy/own": own}
    tags["legacy/other"] = {**own, "environment": "prod"}
    listed = described(*(repository(each, account=DEV) for each in tags))
    adopted = run_adopt([listed, tagged(tags, account=DEV)], stack="dev")
    assert adopted.repository("legacy/cf")["before"] == [
        "CloudFormation's stack old manages it: take it out of there, with DeletionPolicy: Retain"
    ]
    assert adopted.repository("legacy/own")["before"] == []
    assert "its tags say that this stack made it" in adopted.repository("legacy/own")["guesses"][-1]
    assert len(adopted.repository("legacy/other")["guesses"]) == 1


BECOME = "pushing a tag that exists is refused from then on; `mutable_tags: [latest]` keeps one mutable"
MUTABILITY: dict[str, tuple[Json, list[str] | None, list[str]]] = {
    "mutable": (mutability("MUTABLE"), None, [f"imageTagMutability: MUTABLE → IMMUTABLE: {BECOME}"]),
    "immutable": (mutability("IMMUTABLE"), None, []),
    "exclusions": (mutability("IMMUTABLE_WITH_EXCLUSION", "latest", "dev-*"), ["latest", "dev-*"], []),
    "all excluded": (
        mutability("IMMUTABLE_WITH_EXCLUSION", "*"),
        None,
        ["imageTagMutability: IMMUTABLE_WITH_EXCLUSION (*) → IMMUTABLE"],
    ),
    "all excluded in other words": (
        mutability("IMMUTABLE_WITH_EXCLUSION", "**", "dev-*"),
        ["dev-*"],
        ["imageTagMutability: IMMUTABLE_WITH_EXCLUSION (dev-* and **) → IMMUTABLE_WITH_EXCLUSION (dev-*)"],
    ),
    "mutable with exclusions": (
        mutability("MUTABLE_WITH_EXCLUSION", "v*", "r*"),
        None,
        [f"imageTagMutability: MUTABLE_WITH_EXCLUSION (v* and r*) → IMMUTABLE: {BECOME}"],
    ),
}


@pytest.fixture(scope="module")
def movable() -> Adopted:
    return of_cases(MUTABILITY, fields={case: fields for case, (fields, *_) in MUTABILITY.items()})


@pytest.mark.parametrize("case", MUTABILITY)
def test_mutability(movable: Adopted, case: str) -> None:
    _, written, changes = MUTABILITY[case]
    assert movable.repository(named(case))["entry"].get("mutable_tags") == written
    assert [each for each in movable.changes(named(case)) if "Mutability" in each] == changes


SCAN = "imageScanningConfiguration.scanOnPush: false → true"
STACKS_OWN = "encryption: where that is the stack's own key (`pulumi stack output registries`), write `customer`"
WHOSE = "encryption: who manages the key was not given; if `aws kms describe-key --key-id {}` says"
SOMEBODYS = DEV_KEY.replace("0f2b8a4e", "deadbeef")
ENCRYPTION: dict[str, tuple[Json, object, list[str]]] = {
    "aes256": (encrypted("AES256"), "aes256", []),
    "the account": (kms(AWS_KEY), "aws-managed", []),
    "an alias of the account": (kms("alias/aws/ecr"), "aws-managed", []),
    "an id of the account": (kms(AWS_KEY.rpartition("/")[2]), "aws-managed", []),
    "a customer": (kms(DEV_KEY), {"key": "key-0f2b8a4e"}, [STACKS_OWN]),
    "somebody": (kms(SOMEBODYS), {"key": "key-deadbeef"}, [STACKS_OWN, WHOSE.format(SOMEBODYS)]),
}


@pytest.fixture(scope="module")
def with_keys() -> Adopted:
    cases = {case: fields for case, (fields, *_) in ENCRYPTION.items()}
    tags = tagged({named(case): {"owner": "a"} for case in cases}, account=DEV)
    return of_cases(cases, tags, key(AWS_KEY, "AWS"), key(DEV_KEY, "CUSTOMER"), fields=cases)


@pytest.mark.parametrize("case", ENCRYPTION)
def test_encryption(with_keys: Adopted, case: str) -> None:
    _, written, guesses = ENCRYPTION[case]
    found = with_keys.repository(named(case))
    assert found["entry"]["encryption"] == written
    assert [each[: len(guess)] for each, guess in zip(found["guesses"], guesses, strict=True)] == guesses


def test_keys_for_the_stack(with_keys: Adopted) -> None:
    keys = {"key-0f2b8a4e": {HOME: DEV_KEY}, "key-deadbeef": {HOME: SOMEBODYS}}
    assert with_keys.report["stack_keys"] == {"keys": keys}


@pytest.mark.parametrize(
    ("name", "arn", "written"),
    [("shared", DEV_KEY, "shared"), ("key-0f2b8a4e", AWS_KEY, "key-0f2b8a4e-2")],
    ids=["this key", "another"],
)
def test_keys_that_the_stack_names(adopt: Adopt, project: Path, name: str, arn: str, written: str) -> None:
    with (project / "Pulumi.dev.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  container-registry:keys: {{{name}: {{us-east-1: '{arn}'}}}}\n")
    tags = tagged({NAME: {"owner": "a"}}, account=DEV)
    adopted = adopt([described(orders(**kms(DEV_KEY))), tags], stack="dev")
    added = {} if name == written else {"keys": {written: {HOME: DEV_KEY}}}
    assert adopted.repository(NAME)["entry"]["encryption"] == {"key": written}
    assert len(adopted.repository(NAME)["guesses"]) == 2 * bool(added)
    assert adopted.report["stack_keys"] == added
    assert adopted.report["other_stacks"] == [
        f"Pulumi.prod.yaml needs a name that the catalog would use: keys: {written}"
    ]


def test_a_key_of_which_one_region_is_told() -> None:
    found = run_adopt(*everywhere(KEY), [key(KEY, "CUSTOMER")]).repository(NAME)["guesses"]
    assert [each for each in found if "KeyManager" in each] == []


OTHER_ALIAS = f"arn:aws:kms:us-east-1:{DEV}:alias/images"
REFUSED: dict[str, tuple[Json, str]] = {
    "dsse": (encrypted("KMS_DSSE", DEV_KEY), "it is encrypted with KMS_DSSE, which no entry can say"),
    "unknown encryption": (
        {"encryptionConfiguration": None},
        "its encryption was not given: an old AWS CLI leaves encryptionConfiguration out",
    ),
    "kms without key": (encrypted("KMS"), "it is encrypted with KMS, but its kmsKey was not given"),
    "another alias": (kms(OTHER_ALIAS), f"its kmsKey '{OTHER_ALIAS}' is not the ARN of a key in us-east-1"),
    "an id alone": (
        kms("99999999-8888-4777-a666-555555555555"),
        "is not the ARN of a key in us-east-1, which `keys` needs: give the output of `aws kms describe-key` for it",
    ),
    "a key of another region": (kms(DEV_KEY.replace(HOME, EU)), "is not the ARN of a key in us-east-1"),
    "a key without form": (kms(f"arn:aws:kms:us-east-1:{DEV}:key/a b"), "is not the ARN of a key in us-east-1"),
    "another mutability": (
        {"imageTagMutability": "SOMETIMES"},
        "its tag mutability in us-east-1 is 'SOMETIMES', which is not known here",
    ),
    "a filter that the settings refuse": (
        mutability("IMMUTABLE_WITH_EXCLUSION", "a*b*c*"),
        "the settings refuse it: mutable_tags[0]: 'a*b*c*' has 3 wildcards (write at most 2)",
    ),
    "Upper": ({}, "the settings refuse it: 'legacy/Upper' has upper-case letters (write 'legacy/upper')"),
    "/empty": ({}, "the settings refuse it: 'legacy//empty' has an empty path segment"),
    "a role beside its name": (
        {},
        "pull[0].role: 'other/ledger-task-execution' can't exist in account 444455556666 beside",
    ),
}


@pytest.fixture(scope="module")
def refused() -> Adopted:
    grant = allow({"AWS": "arn:aws:iam::444455556666:role/other/ledger-task-execution"}, PULL)
    cases = {case: fields for case, (fields, _) in REFUSED.items()}
    given = policy(named("a role beside its name"), grant, account=DEV)
    return of_cases([*cases, "sound"], given, fields=cases)


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_adopted(refused: Adopted, case: str) -> None:
    found = refused.repository(named(case))
    assert (found["status"], found["entry"], len(found["reasons"])) == ("not adoptable", {}, 1)
    assert REFUSED[case][1] in found["reasons"][0]


def test_what_is_sound_among_them(refused: Adopted) -> None:
    assert refused.repository("legacy/sound")["status"] == "adoptable"
    assert refused.told.startswith(f"1 adoptable, {len(REFUSED)} not, 0 already in the catalog")


def test_a_name_that_left(adopt: Adopt, edit: Edit) -> None:
    edit("catalog.yaml", "repositories:\n", f"removed: {{{NAME}: {{until: 2027-01-31, reason: old}}}}\nrepositories:\n")
    (reason,) = adopt([described(orders())], stack="dev").repository(NAME)["reasons"]
    assert "is still listed in repositories" in reason


def test_retention_that_is_not_known_needs_a_preset(adopt: Adopt, edit: Edit) -> None:
    edit("catalog.yaml", "  default:\n", "  standard:\n")
    (reason,) = adopt([described(orders())], stack="dev").repository(NAME)["reasons"]
    assert "retention: 'default' is not a preset that catalog.yaml (retention) declares" in reason


LOST = "images that the entry's rules expire are lost"
RETENTION: dict[str, tuple[Json, object, list[str]]] = {
    "same": (
        lifecycle("legacy/same", rule(7, by="sinceImagePushed", tagStatus="untagged"), account=DEV),
        [{"untagged": True, "expire_after_days": 7}],
        [],
    ),
    "broken": (
        {**lifecycle("legacy/broken", account=DEV), "lifecyclePolicyText": "not JSON"},
        "default",
        [
            "the catalog can't say its lifecycle policy",
            "the policy: 'not JSON' is not valid JSON: Expecting value: line 1 column 1 (char 0)",
            f"its lifecycle policy is replaced, and {LOST}",
        ],
    ),
}


@pytest.mark.parametrize("case", RETENTION)
def test_retention(case: str) -> None:
    given, written, changes = RETENTION[case]
    adopted = of_cases([case], given)
    assert adopted.repository(named(case))["entry"]["retention"] == written
    assert adopted.changes(named(case))[3:] == changes


MEMBERS = {"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-zzzzz99999"]}}
LAMBDAS = {"StringLike": {"aws:SourceArn": f"arn:aws:lambda:us-east-1:{DEV}:function:*"}}
EVERYONE = "Everyone: Effect Allow; Principal AWS *; Action ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"
PULLS: dict[str, tuple[list[Json], object, list[str]]] = {
    "accounts": (
        [allow({"AWS": ["444455556666", "999900001111", DEV]}, PULL)],
        [{"account": "account-3333"}, {"account": "workloads"}, {"account": "account-1111"}],
        [],
    ),
    "everyone and a role": (
        [allow("*", PULL, "Everyone"), allow({"AWS": "arn:aws:iam::444455556666:role/ci"}, PULL)],
        [{"account": "workloads", "role": "ci"}],
        [
            "its repository policy is replaced",
            f"- {EVERYONE}",
            "Everyone: *: `pull` has accounts, roles, organizations and services, but not everyone",
        ],
    ),
    "organizations and lambda": (
        [allow("*", PULL, Condition=MEMBERS), allow({"Service": "lambda.amazonaws.com"}, PULL, Condition=LAMBDAS)],
        [{"organization": "acme"}, {"organization": "organization-9999"}, {"service": "lambda"}],
        [],
    ),
}


@pytest.fixture(scope="module")
def pulled() -> Adopted:
    policies = [policy(named(case), *statements, account=DEV) for case, (statements, *_) in PULLS.items()]
    return of_cases(PULLS, *policies)


@pytest.mark.parametrize("case", PULLS)
def test_pulls(pulled: Adopted, case: str) -> None:
    _, written, changes = PULLS[case]
    assert pulled.repository(named(case))["entry"].get("pull") == written
    assert pulled.changes(named(case))[4:] == changes


def test_names_for_what_has_none(pulled: Adopted) -> None:
    added = {"account-1111": "999900001111", "account-3333": DEV}
    assert pulled.report["stack_keys"] == {"accounts": added, "organizations": {"organization-9999": "o-zzzzz99999"}}
    assert pulled.report["other_stacks"] == [
        "Pulumi.prod.yaml needs a name that the catalog would use: accounts: account-1111 and account-3333",
        "Pulumi.prod.yaml needs a name that the catalog would use: organizations: organization-9999",
    ]
