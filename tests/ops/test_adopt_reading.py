"""Files of the AWS CLI's output: what is read, and what is reported of anything else."""

import codecs
import json
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.aws import RegistryId
from ops.adopt.cli_output import InvalidInput, read_outputs
from ops.adopt.described import Described, gather
from tests.ops.outputs import (
    HOME,
    KEY,
    NAME,
    PROD,
    Json,
    described,
    key,
    lifecycle,
    policy,
    repository,
    rule,
    tagged,
    written,
)

ORDERS = repository(NAME)
ANY = rule(5, tagStatus="any")


def inventory(folder: Path, *files: tuple[object, ...]) -> Described:
    return gather(read_outputs([written(folder / f"{number}.json", *outputs) for number, outputs in enumerate(files)]))


def faults(file: Path) -> list[str]:
    with pytest.raises(InvalidInput) as raised:
        gather(read_outputs([file]))
    return [str(fault).replace(f"{file.parent}/", "") for fault in raised.value.faults]


def test_outputs_one_after_another_are_about_one_repository(tmp_path: Path) -> None:
    statement: Json = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}
    more = policy(NAME, statement), tagged({NAME: {"owner": "orders"}}), key(KEY, "AWS")
    found = inventory(tmp_path, (described(ORDERS), lifecycle(NAME, ANY), *more))
    (orders,) = found.repositories
    assert (orders.name, orders.registry) == (NAME, RegistryId(account=PROD, region=HOME))
    assert (orders.described.mutability, orders.described.scanning.on_push) == ("MUTABLE", False)
    assert orders.described.encryption is not None
    assert (orders.described.encryption.type, orders.described.encryption.key) == ("AES256", None)
    assert orders.tags == {"owner": "orders"}
    assert json.loads(orders.lifecycle or "")["rules"][0]["selection"]["tagStatus"] == "any"
    assert json.loads(orders.policy or "")["Statement"] == [statement]
    assert found.managers == {KEY: "AWS"}
    assert found.notes == ()


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: codecs.BOM_UTF8 + text.encode() + codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "").encode(),
    ],
    ids=["BOM", "two files with BOM", "PowerShell", "UTF-16, the other way round", "Windows", "one line"],
)
def test_files_as_shells_write_them(tmp_path: Path, encode: object) -> None:
    assert callable(encode)
    file = tmp_path / "describe.json"
    file.write_bytes(encode(json.dumps(described(ORDERS), indent=4) + "\n"))
    assert [each.name for each in gather(read_outputs([file])).repositories] == [NAME]


DOCUMENT = json.dumps(described(ORDERS))
OTHER = "arn:aws:ecr-public::222233334444:repository/x"
NAMELESS = "arn:aws:ecr:us-east-1:222233334444:repository/"


def of(**fields: object) -> str:
    """A repository with other fields; one that is None is left out."""
    found = {**ORDERS, **fields}
    return json.dumps(described(ORDERS, {key: value for key, value in found.items() if value is not None}))


UNNAMED = '{"ResourceTagMappingList": [{"ResourceARN": "a", "Tags": [{"Key": "a"}]}]}'
FAULTS = {
    "empty": "",
    "blank": "\n \n",
    "a table": "-----------\n|  Describe |\n",
    "YAML": "repositories:\n- a: '2021'\n",
    "a list in YAML": "- repositoryArn: a\n",
    "plain text": "REPOSITORIES\t2021-03-04\tMUTABLE\n",
    "an error": DOCUMENT + "\n\nAn error occurred (RepositoryNotFoundException) when calling",
    "a prompt": "$ aws ecr describe-repositories\n",
    "cut short": DOCUMENT + "\n" + DOCUMENT[:-5],
    "cut within a document": '{"repositories": [\n{"repositoryArn"\n',
    "nested without end": "[" * 100_000,
    "a list": json.dumps([ORDERS]),
    "a number": "7",
    "another command": '{"imageDetails": []}',
    "tags without a name": '{"tags": []}',
    "a preview": '{"lifecyclePolicyText": "{}", "previewResults": []}',
    "no arn": '{"repositories": [{"imageTagMutability": "MUTABLE"}]}',
    "no mutability": of(imageTagMutability=None),
    "a public repository": of(repositoryArn=OTHER),
    "an arn without name": of(repositoryArn=NAMELESS),
    "null": of().replace('"MUTABLE"', "null"),
    "a number for text": of(imageTagMutability=1),
    "scanning as text": of(imageScanningConfiguration={"scanOnPush": "yes"}),
    "a registry's policy": '{"registryId": "222233334444", "policyText": "{}"}',
    "a tag without value": UNNAMED,
    "a key without manager": '{"KeyMetadata": {"Arn": "a"}}',
    "no description of repositories": json.dumps(key(KEY, "AWS")),
}


def test_the_words(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    file, printed = tmp_path / "x.json", []
    for case, text in FAULTS.items():
        file.write_text(text, encoding="utf-8")
        printed += [f"{case}: {each}" for each in faults(file)]
    assert "\n".join(printed) == snapshot


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    one.write_text('{"tags": []}\n7\n{"repositories": [{}]}\n', encoding="utf-8")
    two.write_text("repositories:\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as raised:
        read_outputs([one, two, tmp_path / "none.json", tmp_path])
    found = [(Path(fault.file).name, fault.line) for fault in raised.value.faults]
    assert found == [
        ("one.json", 1), ("one.json", 2), ("one.json", 3), ("one.json", 3), ("two.json", 1), ("none.json", None),
        (tmp_path.name, None),
    ]  # fmt: skip
    assert str(raised.value).startswith("7 faults in the input\n  ")
    assert "none.json: can't be read: No such file or directory (name a file" in str(raised.value)


def test_no_utf8(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b'{"repositories": "\xff"}')
    assert faults(file) == ["x.json: is not UTF-8 text: byte 18 (save it as UTF-8)"]


def test_pages(tmp_path: Path) -> None:
    pages = [described(ORDERS, nextToken="a"), described(repository("legacy/cache"))]
    found = inventory(tmp_path, tuple(pages))
    assert [each.name for each in found.repositories] == ["legacy/cache", NAME]
    (note,) = found.notes
    assert note.startswith(f"{tmp_path}/0.json:1: more repositories follow after this page")


def test_a_page_of_tags(tmp_path: Path) -> None:
    found = inventory(tmp_path, (described(ORDERS), {**tagged({NAME: {}}), "PaginationToken": "a"}))
    assert "more tags follow" in found.notes[0]


def test_the_same_twice(tmp_path: Path) -> None:
    output = (described(ORDERS), lifecycle(NAME, ANY), tagged({NAME: {"a": "b"}}))
    assert len(inventory(tmp_path, output, output).repositories) == 1


CONTRADICTIONS = {
    "repository": (described(ORDERS), described({**ORDERS, "imageTagMutability": "IMMUTABLE"})),
    "lifecycle": (lifecycle(NAME, ANY), lifecycle(NAME, rule(6, tagStatus="any"))),
    "policy": (policy(NAME, {"Effect": "Allow"}), policy(NAME, {"Effect": "Deny"})),
    "tags": (tagged({NAME: {"a": "b"}}), tagged({NAME: {"a": "c"}})),
}


@pytest.mark.parametrize("outputs", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_two_forms_of_one_thing(tmp_path: Path, outputs: tuple[object, ...]) -> None:
    (printed,) = faults(written(tmp_path / "x.json", described(ORDERS), *outputs))
    assert NAME in printed
    assert "differs from what " in printed


def test_a_policy_belongs_to_the_region_that_its_file_describes(tmp_path: Path) -> None:
    found = inventory(
        tmp_path,
        (described(ORDERS), lifecycle(NAME, ANY)),
        (described(repository(NAME, "eu-west-1")), lifecycle(NAME, rule(7, tagStatus="any"))),
    )
    counts = {each.region: json.loads(each.lifecycle or "")["rules"][0]["selection"] for each in found.repositories}
    assert {region: selection["countNumber"] for region, selection in counts.items()} == {HOME: 5, "eu-west-1": 7}


def test_a_policy_in_a_file_of_its_own(tmp_path: Path) -> None:
    (orders,) = inventory(tmp_path, (lifecycle(NAME, ANY),), (described(ORDERS),)).repositories
    assert orders.lifecycle


def test_a_policy_of_one_of_two_regions(tmp_path: Path) -> None:
    both = described(ORDERS, repository(NAME, "eu-west-1"))
    (printed,) = faults(written(tmp_path / "x.json", both, lifecycle(NAME, ANY)))
    assert "'lifecycle policy of legacy/orders' says no region" in printed
    assert "in eu-west-1 and us-east-1" in printed
    assert "write one file for each region" in printed


def test_a_policy_of_another_account(tmp_path: Path) -> None:
    found = inventory(tmp_path, (described(ORDERS), lifecycle(NAME, ANY, account="111122223333")))
    assert found.repositories[0].lifecycle is None
    assert "lifecycle policy of legacy/orders is left out: no such repository is described" in found.notes[0]


def test_tags_are_those_of_the_region(tmp_path: Path) -> None:
    outputs = (
        described(ORDERS, repository("legacy/cache"), repository(NAME, "eu-west-1")),
        tagged({NAME: {"owner": "orders"}}),
        {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:s3:::bucket", "Tags": []}]},
    )
    found = {(each.name, each.region): each.tags for each in inventory(tmp_path, outputs[:2]).repositories}
    assert found == {(NAME, HOME): {"owner": "orders"}, ("legacy/cache", HOME): {}, (NAME, "eu-west-1"): None}


@pytest.mark.parametrize("resources", [[], [{"ResourceARN": "arn:aws:s3:::bucket", "Tags": []}]])
def test_no_tags_at_all_are_those_of_the_file(tmp_path: Path, resources: list[object]) -> None:
    (orders,) = inventory(tmp_path, ({"ResourceTagMappingList": resources}, described(ORDERS))).repositories
    assert orders.tags == {}
