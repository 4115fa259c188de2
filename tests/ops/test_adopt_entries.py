"""From what exists to an entry, each setting by itself: one run describes a repository for each case."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

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
EXCLUDING = "IMMUTABLE_WITH_EXCLUSION"
SCANNED: Json = {"imageScanningConfiguration": {"scanOnPush": True}}


def named(case: str) -> str:
    """The repository of a case."""
    return f"legacy/{case.replace(' ', '-')}"


def test_an_entry_says_what_is_there(adopt: Adopt) -> None:
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
    assert adopted.error.startswith("1 adoptable, 0 not, 0 already in the catalog; the gate would refuse 1: ")


SOMEBODYS = DEV_KEY.replace("0f2b8a4e", "deadbeef")
OTHER_ALIAS = f"arn:aws:kms:us-east-1:{DEV}:alias/images"
MEMBERS = {"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-zzzzz99999"]}}
LAMBDAS = {"StringLike": {"aws:SourceArn": f"arn:aws:lambda:us-east-1:{DEV}:function:*"}}
ACCOUNTS = [{"account": "account-3333"}, {"account": "workloads"}, {"account": "account-1111"}]
ORGANIZATIONS = [{"organization": "acme"}, {"organization": "organization-9999"}, {"service": "lambda"}]
CASES: dict[str, tuple[Json, Json]] = {
    # What describe-repositories says of each, and what its entry must have.
    "tag": ({}, {"owner": "Orders team", "retention": "default"}),
    "scanned": (SCANNED, {}),
    "case": ({}, {"owner": "orders"}),
    "both": ({}, {"owner": "b"}),
    "unusable": ({}, {"owner": "legacy"}),
    "none": ({}, {"owner": "legacy"}),
    "mutable": (mutability("MUTABLE"), {"mutable_tags": None}),
    "immutable": (mutability("IMMUTABLE"), {"mutable_tags": None}),
    "exclusions": (mutability(EXCLUDING, "latest", "dev-*"), {"mutable_tags": ["latest", "dev-*"]}),
    "all excluded": (mutability(EXCLUDING, "*"), {"mutable_tags": None}),
    "all excluded in other words": (mutability(EXCLUDING, "**", "dev-*"), {"mutable_tags": ["dev-*"]}),
    "mutable with exclusions": (mutability("MUTABLE_WITH_EXCLUSION", "v*", "r*"), {"mutable_tags": None}),
    "aes256": (encrypted("AES256"), {"encryption": "aes256"}),
    "the account": (kms(AWS_KEY), {"encryption": "aws-managed"}),
    "an alias of the account": (kms("alias/aws/ecr"), {"encryption": "aws-managed"}),
    "an id of the account": (kms(AWS_KEY.rpartition("/")[2]), {"encryption": "aws-managed"}),
    "a customer": (kms(DEV_KEY), {"encryption": {"key": "key-0f2b8a4e"}}),
    "somebody": (kms(SOMEBODYS), {"encryption": {"key": "key-deadbeef"}}),
    "same": ({}, {"retention": [{"untagged": True, "expire_after_days": 7}]}),
    "broken": ({}, {"retention": "default"}),
    "accounts": ({}, {"pull": ACCOUNTS}),
    "everyone and a role": ({}, {"pull": [{"account": "workloads", "role": "ci"}]}),
    "organizations and lambda": ({}, {"pull": ORGANIZATIONS}),
}
REFUSED: dict[str, Json] = {
    "dsse": encrypted("KMS_DSSE", DEV_KEY),
    "unknown encryption": {"encryptionConfiguration": None},
    "kms without key": encrypted("KMS"),
    "another alias": kms(OTHER_ALIAS),
    "an id alone": kms("99999999-8888-4777-a666-444444444444"),
    "a key of another region": kms(DEV_KEY.replace(HOME, EU)),
    "a key without form": kms(f"arn:aws:kms:us-east-1:{DEV}:key/a b"),
    "another mutability": {"imageTagMutability": "SOMETIMES"},
    "a filter that the settings refuse": mutability(EXCLUDING, "a*b*c*"),
    "Upper": {},
    "/empty": {},
    "a role beside its name": {},
}
TAGS = {
    **{named(case): {"owner": "a"} for case in CASES},
    named("tag"): {"owner": "Orders team"},
    named("case"): {"Owner": "orders"},
    named("both"): {"Owner": "a", "owner": "b"},
    named("unusable"): {"owner": " "},
    named("none"): {},
}
POLICIES = {
    "accounts": [allow({"AWS": ["444455556666", "999900001111", DEV]}, PULL)],
    "everyone and a role": [allow("*", PULL, "Everyone"), allow({"AWS": "arn:aws:iam::444455556666:role/ci"}, PULL)],
    "organizations and lambda": [
        allow("*", PULL, Condition=MEMBERS),
        allow({"Service": "lambda.amazonaws.com"}, PULL, Condition=LAMBDAS),
    ],
    "a role beside its name": [allow({"AWS": "arn:aws:iam::444455556666:role/other/ledger-task-execution"}, PULL)],
}


@pytest.fixture(scope="module")
def adopted() -> Adopted:
    """One run of the stack dev with a repository for each case; a field that is None is left out."""
    fields = {case: fields for case, (fields, _) in CASES.items()} | REFUSED
    found = [repository(named(case), account=DEV, **each) for case, each in fields.items()]
    listed = described(*({key: value for key, value in each.items() if value is not None} for each in found))
    kept = [
        lifecycle(named("same"), rule(7, by="sinceImagePushed", tagStatus="untagged"), account=DEV),
        {**lifecycle(named("broken"), account=DEV), "lifecyclePolicyText": "not JSON"},
    ]
    grants = [policy(named(case), *statements, account=DEV) for case, statements in POLICIES.items()]
    keys = [key(AWS_KEY, "AWS"), key(DEV_KEY, "CUSTOMER")]
    tags = {"ResourceTagMappingList": tagged(TAGS, account=DEV)["ResourceTagMappingList"]}
    return run_adopt([listed, *kept, *grants, *keys, tags], stack="dev")


@pytest.mark.parametrize("case", CASES)
def test_each_entry(adopted: Adopted, case: str) -> None:
    found, (_, expected) = adopted.repository(named(case)), CASES[case]
    assert found["status"] == "adoptable"
    assert {key: found["entry"].get(key) for key in expected} == expected


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_adopted(adopted: Adopted, case: str) -> None:
    found = adopted.repository(named(case))
    assert (found["status"], found["entry"], len(found["reasons"])) == ("not adoptable", {}, 1)


def test_the_words(adopted: Adopted, snapshot: SnapshotAssertion) -> None:
    """Of a repository of which nothing else was given, and of each case what differs from the first."""
    alone = run_adopt([described(orders(), repository("tools", account=DEV))], stack="dev")
    bare = alone.repository(NAME)
    assert (bare["entry"]["owner"], bare["entry"]["retention"]) == ("legacy", "default")
    assert alone.repository("tools")["entry"]["owner"] == "tools"
    printed = [f"bare: {line}" for line in (*bare["guesses"], *(each["text"] for each in bare["changes"]))]
    usual: list[str] = []
    for case in (*CASES, *REFUSED):
        found = adopted.repository(named(case))
        lines = [*found["reasons"], *found["guesses"], *adopted.changes(named(case))]
        usual = usual or lines
        printed += [f"{case}: {line}" for line in lines if case == "tag" or line not in usual]
        printed += [f"{case} lacks: {line}" for line in usual if line not in lines and case in CASES]
    assert "\n".join(printed) == snapshot
    assert adopted.error.startswith(f"{len(CASES)} adoptable, {len(REFUSED)} not, 0 already in the catalog")


def test_names_for_what_has_none(adopted: Adopted) -> None:
    assert adopted.report["stack_keys"] == {
        "accounts": {"account-1111": "999900001111", "account-3333": DEV},
        "keys": {"key-0f2b8a4e": {HOME: DEV_KEY}, "key-deadbeef": {HOME: SOMEBODYS}},
        "organizations": {"organization-9999": "o-zzzzz99999"},
    }
    needs = "Pulumi.prod.yaml needs a name that the catalog would use:"
    assert sorted(adopted.report["other_stacks"]) == [
        f"{needs} accounts: account-1111 and account-3333",
        f"{needs} keys: key-0f2b8a4e and key-deadbeef",
        f"{needs} organizations: organization-9999",
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
    printed = f"Pulumi.prod.yaml needs a name that the catalog would use: keys: {written}"
    assert adopted.report["other_stacks"] == [printed]


def test_a_key_of_which_one_region_is_reported() -> None:
    found = run_adopt(*everywhere(KEY), [key(KEY, "CUSTOMER")]).repository(NAME)["guesses"]
    assert [each for each in found if "KeyManager" in each] == []


def test_a_name_that_left(adopt: Adopt, edit: Edit) -> None:
    edit("catalog.yaml", "repositories:\n", f"removed: {{{NAME}: {{until: 2027-01-31, reason: old}}}}\nrepositories:\n")
    (reason,) = adopt([described(orders())], stack="dev").repository(NAME)["reasons"]
    assert "is still listed in repositories" in reason


def test_retention_that_is_not_known_needs_a_preset(adopt: Adopt, edit: Edit) -> None:
    edit("catalog.yaml", "  default:\n", "  standard:\n")
    (reason,) = adopt([described(orders())], stack="dev").repository(NAME)["reasons"]
    assert "retention: 'default' is not a preset that catalog.yaml (retention) declares" in reason
