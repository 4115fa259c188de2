"""What the catalog has already, and what becomes of it once people paste."""

import json
from pathlib import Path

import pytest
import yaml

from domain.ecr.repository import RepositoryCopy
from ops.adopt.text import scalar
from settings import Settings
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
    in_prod,
    kms,
    lifecycle,
    orders,
    policy,
    repository,
    rule,
    tagged,
)


def test_nothing(adopt: Adopt) -> None:
    adopted = adopt([described()])
    assert json.loads(adopted.text)["repositories"] == []
    assert adopted.told == "0 adoptable, 0 not, 0 already in the catalog\n"


IN_CATALOG = {
    "nothing said": ("    owner: payments\n", {"adopt": ["dev"], "encryption": "aes256"}),
    "said already": ("    owner: payments\n    adopt: true\n    encryption: aes256\n", {}),
    "for this stack": ("    owner: payments\n    adopt: [dev]\n    encryption: aes256\n", {}),
    "for another stack": (
        "    owner: payments\n    adopt: [prod]\n    encryption: aes256\n",
        {"adopt": ["prod", "dev"]},
    ),
    "not": ("    owner: payments\n    adopt: false\n    encryption: aes256\n", {"adopt": ["dev"]}),
}


@pytest.mark.parametrize(("head", "entry"), IN_CATALOG.values(), ids=IN_CATALOG)
def test_what_is_in_the_catalog(adopt: Adopt, edit: Edit, head: str, entry: Json) -> None:
    edit("catalog.yaml", "  payments/ledger:\n    owner: payments\n", f"  payments/ledger:\n{head}")
    adopted = adopt([described(repository("payments/ledger", account=DEV))], stack="dev")
    found = adopted.repository("payments/ledger")
    assert (found["status"], found["entry"]) == ("in the catalog", entry)
    assert "its repository policy was not given: it goes, and only what the entry's `pull` says is granted" in (
        adopted.changes("payments/ledger")
    )
    assert adopted.told == (
        "0 adoptable, 0 not, 1 already in the catalog; the gate would refuse 1: see `fails` in the comments\n"
    )


def test_an_entry_that_names_the_key(adopt: Adopt, edit: Edit, project: Path) -> None:
    edit("catalog.yaml", "  payments/ledger:\n", "  payments/ledger:\n    encryption: {key: second}\n")
    for stack in ("dev", "prod"):
        with (project / f"Pulumi.{stack}.yaml").open("a", encoding="utf-8") as file:
            arns = {region: DEV_KEY.replace(HOME, region) for region in (HOME, EU, AP)}
            file.write(f"  container-registry:keys: {json.dumps({'first': arns, 'second': arns})}\n")
    found = repository("payments/ledger", account=DEV, encryptionConfiguration=kms(DEV_KEY))
    assert adopt([described(found)], stack="dev").repository("payments/ledger")["entry"] == {"adopt": ["dev"]}


def test_names_for_what_has_none(adopt: Adopt) -> None:
    ids = ["999900001111", "999911111111", "444455556666"]
    found = adopt([described(orders()), policy(NAME, allow({"AWS": ids}, PULL), account=DEV)], stack="dev")
    report = json.loads(found.text)
    assert report["stack_keys"] == {"accounts": {"account-1111": "999900001111", "account-1111-2": "999911111111"}}
    assert report["other_stacks"] == [
        "Pulumi.prod.yaml needs a name that the catalog would use: accounts: account-1111 and account-1111-2"
    ]


def test_names_of_what_is_refused_are_not_asked_for(adopt: Adopt) -> None:
    name = "legacy/Orders"
    found = [described(repository(name, account=DEV)), policy(name, allow({"AWS": "999900001111"}, PULL), account=DEV)]
    report = json.loads(adopt(found, stack="dev").text)
    assert (report["stack_keys"], report["other_stacks"]) == ({}, [])


def test_a_name_that_another_stack_lacks(adopt: Adopt, edit: Edit) -> None:
    edit(
        "Pulumi.dev.yaml",
        "  container-registry:accounts:\n",
        '  container-registry:accounts:\n    build: "999900001111"\n',
    )
    grant = policy(NAME, allow({"AWS": "999900001111"}, PULL), account=DEV)
    adopted = adopt([described(orders()), grant], stack="dev", format="yaml")
    blocks = adopted.text.split("\n\n")
    assert blocks[1] == "# Pulumi.prod.yaml needs a name that the catalog would use: accounts: build"
    assert "pull: [{account: build}]" in blocks[-1]
    assert "  # changes:" in blocks[-1].splitlines()


def test_what_is_in_the_catalog_and_can_not_be_adopted(adopt: Adopt) -> None:
    found = repository("payments/ledger", account=DEV, encryptionConfiguration={"encryptionType": "KMS_DSSE"})
    told = adopt([described(found)], stack="dev").repository("payments/ledger")
    assert (told["status"], told["entry"]) == ("in the catalog", {})
    assert told["reasons"] == ["it is encrypted with KMS_DSSE, which no entry can say"]


def copies(settings: Settings) -> dict[str, RepositoryCopy]:
    return {each.name: each for each in settings.copies(settings.home)}


def test_what_is_pasted_loads(adopt: Adopt) -> None:
    name = "legacy/strange-tags"
    strange = {"owner": "089", "description": "yes: \u2028 'no' # \\ é 💡"}
    files = [
        [
            described(
                repository(NAME, region, encryptionConfiguration=kms(KEY.replace(HOME, region))),
                repository(name, region),
                repository("123/456", region),
                repository("null", region),
            ),
            tagged({NAME: {"owner": "yes"}, name: strange, "123/456": {"owner": "012"}}, region),
        ]
        for region in (HOME, EU, AP)
    ]
    files[0] += [
        lifecycle(
            NAME,
            {**rule(3, tagStatus="tagged", tagPatternList=["*-x", "v*"]), "description": 'a: "b" #c'},
            rule(7, by="sinceImagePushed", tagStatus="untagged"),
        ),
        policy(NAME, allow({"AWS": ["999900001111", "arn:aws:iam::555566667777:role/a/b"]}, PULL, "Some\u2028thing")),
    ]
    adopted = adopt(*files, format="yaml")
    settings = adopted.pasted()
    found = copies(settings)
    assert found[NAME].import_id == NAME
    assert found[NAME].key_arn == KEY
    assert found[NAME].tags["owner"] == "yes"
    assert "999900001111:root" in (found[NAME].policy_text or "")
    assert '"description":"a: \\"b\\" #c"' in found[NAME].lifecycle_text
    assert found[name].tags["owner"] == "089"
    assert found["123/456"].tags["owner"] == "012"
    assert found["null"].tags["owner"] == "null"


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a b",
        "a/b-c.d",
        "yes",
        "No",
        "~",
        "",
        " a",
        "a ",
        "a: b",
        "a #b",
        "*a",
        "-",
        "012",
        "1e3",
        "é",
        "💡",
        "'",
        '"',
    ],
)
@pytest.mark.parametrize("around", ["", "\u2028", "\x85", "\U000e0001", "\ufeff", "\n", "\x1b[31m"])
def test_every_text_is_read_as_it_was(text: str, around: str) -> None:
    written = scalar(text + around)
    assert written.isprintable()
    assert yaml.safe_load(f"[{written}]") == [text + around]


def test_faults_of_the_input(adopt: Adopt) -> None:
    adopted = adopt([{"tags": []}])
    assert (adopted.code, adopted.text) == (2, "")
    assert adopted.told.startswith("1 fault in the input\n")


def test_faults_of_the_settings(adopt: Adopt, edit: Edit) -> None:
    edit("catalog.yaml", "owner: payments", "ownr: payments")
    adopted = adopt([described(orders())])
    assert (adopted.code, adopted.text) == (2, "")
    assert "faults in the settings" in adopted.told
    assert adopt([described(orders())], stack="prd").told.endswith(
        "Pulumi.prd.yaml: 'prd' is no stack of this project (did you mean 'prod'?)\n"
    )


def test_the_project_stays_as_it_is(adopt: Adopt, project: Path) -> None:
    before = {file.name: file.read_bytes() for file in project.iterdir() if file.is_file()}
    adopt(*in_prod(), format="yaml")
    assert {file.name: file.read_bytes() for file in project.iterdir() if file.is_file()} == before
