"""The command in a project: what its catalog has already, which stack and region is meant, what becomes of a paste."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

from settings.files.flow import scalar
from tests.conftest import PROJECT, ROOT, Edit
from tests.ops.conftest import TODAY, Adopt, run_adopt
from tests.ops.outputs import (
    AP,
    DEV,
    DEV_KEY,
    EU,
    HOME,
    KEY,
    NAME,
    PROD,
    PULL,
    REPLICAS,
    Json,
    allow,
    described,
    encrypted,
    everywhere,
    kms,
    lifecycle,
    mutability,
    orders,
    policy,
    repository,
    rule,
    tagged,
    written,
)


def test_the_command_by_itself(tmp_path: Path) -> None:
    file = written(tmp_path / "dev.json", described(orders()))
    command = [sys.executable, "-m", "ops", "adopt", str(file), "--project", str(PROJECT), "--today", TODAY]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    expected = run_adopt([described(orders())], stack="dev", format="yaml")
    assert (ended.stdout, ended.stderr) == (expected.text, expected.error)


def test_nothing() -> None:
    adopted = run_adopt([described()])
    empty: Json = {"stack_keys": {}, "exceptions": {}, "other_stacks": [], "notes": [], "repositories": []}
    assert adopted.report == {"stack": "prod", "regions": [HOME, EU, AP], **empty}
    assert adopted.error == "0 adoptable, 0 not, 0 already in the catalog\n"


IN_CATALOG: dict[str, tuple[str, Json]] = {
    "nothing said": ("", {"adopt": ["dev"], "encryption": "aes256"}),
    "said already": ("    adopt: true\n    encryption: aes256\n", {}),
    "for this stack": ("    adopt: [dev]\n    encryption: aes256\n", {}),
    "for another stack": ("    adopt: [prod]\n    encryption: aes256\n", {"adopt": ["prod", "dev"]}),
    "not": ("    adopt: false\n    encryption: aes256\n", {"adopt": ["dev"]}),
}


def test_what_is_in_the_catalog(adopt: Adopt, project: Path) -> None:
    with (project / "catalog.yaml").open("a", encoding="utf-8") as file:
        file.writelines(f"  team/{n}:\n    owner: a\n{said}" for n, (said, _) in enumerate(IN_CATALOG.values()))
    names = [f"team/{n}" for n in range(len(IN_CATALOG))]
    adopted = adopt([described(*(repository(name, account=DEV) for name in names))], stack="dev")
    found = [adopted.repository(name) for name in names]
    assert {each["status"] for each in found} == {"in the catalog"}
    assert [each["entry"] for each in found] == [entry for _, entry in IN_CATALOG.values()]
    assert adopted.error.startswith(
        "0 adoptable, 0 not, 5 already in the catalog; the gate would refuse 5: see `fails`"
    )


def test_entries_of_the_catalog() -> None:
    found = [
        repository("payments/api", account=DEV, **mutability("MUTABLE")),
        repository("storefront/web", account=DEV, **mutability("IMMUTABLE_WITH_EXCLUSION", "latest", "old-*")),
        repository("payments/ledger", account=DEV, **encrypted("KMS_DSSE")),
    ]
    adopted = run_adopt([described(*found)], stack="dev")
    api = adopted.changes("payments/api")
    refused = "pushing a tag that exists is refused from then on"
    assert f"imageTagMutability: MUTABLE → IMMUTABLE_WITH_EXCLUSION (latest): {refused}" in api
    assert "its repository policy was not given: it goes, and only what the entry's `pull` says is granted" in api
    web = [each for each in adopted.changes("storefront/web") if "Mutability" in each]
    modes = ["IMMUTABLE_WITH_EXCLUSION (latest and old-*)", "IMMUTABLE_WITH_EXCLUSION (latest and preview-*)"]
    assert web == [f"imageTagMutability: {' → '.join(modes)}"]
    assert [each["rule"] for each in adopted.repository("payments/api")["fails"]] == ["ecr-customer-key"]
    ledger = adopted.repository("payments/ledger")
    assert (ledger["status"], ledger["entry"]) == ("in the catalog", {})
    assert ledger["reasons"] == ["it is encrypted with KMS_DSSE, which no entry can say"]


def test_an_entry_that_names_the_key(adopt: Adopt, edit: Edit, project: Path) -> None:
    edit("catalog.yaml", "  payments/ledger:\n", "  payments/ledger:\n    encryption: {key: second}\n")
    for stack in ("dev", "prod"):
        with (project / f"Pulumi.{stack}.yaml").open("a", encoding="utf-8") as file:
            arns = in_each_region(DEV_KEY)
            file.write(f"  container-registry:keys: {json.dumps({'first': arns, 'second': arns})}\n")
    found = repository("payments/ledger", account=DEV, **kms(DEV_KEY))
    assert adopt([described(found)], stack="dev").repository("payments/ledger")["entry"] == {"adopt": ["dev"]}


def test_names_of_what_is_refused_are_not_requested() -> None:
    name = "legacy/Orders"
    grant = policy(name, allow({"AWS": "999900001111"}, PULL), account=DEV)
    report = run_adopt([described(repository(name, account=DEV)), grant], stack="dev").report
    assert (report["stack_keys"], report["other_stacks"]) == ({}, [])


def test_a_name_that_another_stack_lacks(adopt: Adopt, edit: Edit) -> None:
    head = "  container-registry:accounts:\n"
    edit("Pulumi.dev.yaml", head, f'{head}    build: "999900001111"\n')
    grant = policy(NAME, allow({"AWS": "999900001111"}, PULL), account=DEV)
    adopted = adopt([described(orders()), grant], stack="dev", format="yaml")
    blocks = adopted.text.split("\n\n")
    assert blocks[1] == "# Pulumi.prod.yaml needs a name that the catalog would use: accounts: build"
    assert "pull: [{account: build}]" in blocks[-1]
    assert "  # changes:" in blocks[-1].splitlines()


def test_what_is_pasted_loads(adopt: Adopt) -> None:
    name = "legacy/strange-tags"
    strange = {"owner": "089", "description": "yes: \u2028 'no' # \\ é 💡"}
    tags = {NAME: {"owner": "yes"}, name: strange, "123/456": {"owner": "012"}}
    files = [
        [described(*outputs, *(repository(each, region) for each in (name, "123/456", "null"))), tagged(tags, region)]
        for region in (HOME, EU, AP)
        for outputs in [[repository(NAME, region, **kms(KEY.replace(HOME, region)))]]
    ]
    files[0] += [
        lifecycle(
            NAME,
            {**rule(3, tagStatus="tagged", tagPatternList=["*-x", "v*"]), "description": 'a: "b" #c'},
            rule(7, by="sinceImagePushed", tagStatus="untagged"),
        ),
        policy(NAME, allow({"AWS": ["999900001111", "arn:aws:iam::555566667777:role/a/b"]}, PULL, "Some\u2028thing")),
    ]
    settings = adopt(*files, format="yaml").pasted()
    found = {each.name: each for each in settings.copies(settings.home)}
    assert (found[NAME].import_id, found[NAME].key_arn) == (NAME, KEY)
    assert "999900001111:root" in (found[NAME].policy_text or "")
    assert '"description":"a: \\"b\\" #c"' in found[NAME].lifecycle_text
    assert [found[each].tags["owner"] for each in (NAME, name, "123/456", "null")] == ["yes", "089", "012", "null"]


TEXTS = ["a", "a b", "a/b-c.d", "yes", "No", "~", "", " a", "a ", "a: b", "a #b", "*a", "-", "012", "1e3", "é", "💡"]


@pytest.mark.parametrize("text", [*TEXTS, "'", '"'])
def test_every_text_is_read_as_it_was(text: str) -> None:
    for around in ("", "\u2028", "\x85", "\U000e0001", "\ufeff", "\n", "\x1b[31m"):
        shown = scalar(text + around)
        assert shown.isprintable()
        assert yaml.safe_load(f"[{shown}]") == [text + around]


def test_faults(adopt: Adopt, edit: Edit) -> None:
    adopted = adopt([{"tags": []}])
    assert (adopted.code, adopted.text) == (2, "")
    assert adopted.error.startswith("1 fault in the input\n")
    unknown = adopt([described(orders())], stack="prd")
    assert unknown.error.endswith("Pulumi.prd.yaml: 'prd' is not a stack of this project (did you mean 'prod'?)\n")
    edit("catalog.yaml", "owner: payments", "ownr: payments")
    adopted = adopt([described(orders())])
    assert (adopted.code, adopted.text) == (2, "")
    assert "1 fault in the settings" in adopted.error


def test_the_project_stays_as_it_is(adopt: Adopt, project: Path) -> None:
    before = {file.name: file.read_bytes() for file in project.iterdir() if file.is_file()}
    adopt(*everywhere(), format="yaml")
    assert {file.name: file.read_bytes() for file in project.iterdir() if file.is_file()} == before


ARCHIVE = rule(90, by="sinceImagePulled", action="transition", tagStatus="any")


def in_each_region(key: str) -> dict[str, str]:
    return {region: key.replace(HOME, region) for region in (HOME, EU, AP)}


DIFFERENT: list[list[object]] = [
    [
        described(repository(NAME, region)),
        lifecycle(NAME, ARCHIVE),
        policy(NAME, allow({"AWS": account}, PULL)),
        tagged({NAME: {"owner": owner}}, region),
    ]
    for region, account, owner in ((HOME, "555566667777", "a"), (EU, "888899990000", "b"))
]
RUNS: dict[str, list[list[object]]] = {
    "in every region": everywhere(),
    "regions that lack it": [[described(repository(NAME))], [described(repository("legacy/cache", EU))]],
    "no home": [[described(repository(NAME, EU))]],
    "a key without regions": everywhere(KEY)[:1],
    "a key at home alone": [*everywhere(KEY)[:1], *everywhere()[1:]],
    "the key of AWS at home alone": [[described(repository(NAME, **kms("alias/aws/ecr")))], *everywhere()[1:]],
    "a replica that differs": DIFFERENT,
    "elsewhere": [[described(orders())], [described(repository(NAME, "us-west-2"))]],
}


def test_the_words(snapshot: SnapshotAssertion) -> None:
    """What is to be done before, what forbids it, and the changes that are not the same everywhere."""
    lines = []
    for name, files in RUNS.items():
        adopted = run_adopt(*files)
        lines.append(f"{name}: {adopted.error.strip()}")
        for each in adopted.report["repositories"]:
            some = [each for each in each["changes"] if each["regions"] != [HOME, EU, AP]]
            texts = [f"{', '.join(c['regions'])}: {line}" for c in some for line in (c["text"], *c["details"])]
            lines += (f"{name}: {each['name']}: {line}" for line in (*each["before"], *each["reasons"], *texts))
    assert "\n".join(lines) == snapshot


@pytest.mark.parametrize("key", [KEY, KEY.replace("key/0f2b8a4e-1c5d", "key/mrk-0f2b8a4e1c5d")], ids=["own", "multi"])
def test_keys_are_regional(key: str) -> None:
    adopted = run_adopt(*everywhere(key))
    assert adopted.repository(NAME)["entry"]["encryption"] == {"key": "key-0f2b8a4e"}
    assert adopted.report["stack_keys"] == {"keys": {"key-0f2b8a4e": in_each_region(key)}}


def test_a_key_whose_other_regions_the_stack_names(adopt: Adopt, project: Path) -> None:
    arns = in_each_region(KEY)
    with (project / "Pulumi.prod.yaml").open("a", encoding="utf-8") as file:
        some = {"shared": {region: arns[region] for region in (HOME, AP)}}
        file.write(f"  container-registry:keys: {json.dumps(some)}\n")
    one, two, _ = everywhere(KEY)
    adopted = adopt(one, two, [described(repository("legacy/cache", AP))])
    found = adopted.repository(NAME)
    assert (found["entry"]["encryption"], found["guesses"][1:]) == ({"key": "shared"}, [])
    assert adopted.report["stack_keys"] == {"keys": {"shared": arns}}
    assert f"encryptionType=KMS,kmsKey={arns[AP]}`" in found["before"][0]
    (reason,) = adopt(one).repository(NAME)["reasons"]
    assert "`keys` needs a key for eu-west-1, ap-northeast-1 as well" in reason


def test_the_stack_whose_home_is_described(adopt: Adopt, edit: Edit) -> None:
    edit("Pulumi.dev.yaml", '["111122223333"]', "'[\"111122223333\"]'")  # as `pulumi config set` writes it
    for stack, account in (("dev", DEV), ("prod", PROD)):
        adopted = adopt([described(repository(NAME, account=account))], stack=None)
        assert (adopted.code, adopted.report["stack"]) == (0, stack)


def test_no_stack_is_meant(adopt: Adopt, edit: Edit, project: Path) -> None:
    def printed(region: str = HOME) -> str:
        adopted = adopt([described(repository(NAME, region))], stack=None)
        assert (adopted.code, adopted.text) == (2, "")
        return adopted.error

    assert printed(REPLICAS[0]) == "the home of no stack is described: say which is meant with --stack (dev, prod)\n"
    edit("Pulumi.dev.yaml", DEV, PROD)
    assert printed() == "the homes of dev and prod are described: say which is meant with --stack (dev, prod)\n"
    for file in project.glob("Pulumi.*.yaml"):
        file.unlink()
    assert printed() == f"{project} has no stack: there is no Pulumi.STACK.yaml beside Pulumi.yaml (see --project)\n"
