"""Where a repository is, and where the stack needs it."""

import json
from pathlib import Path

from tests.ops.conftest import Adopt
from tests.ops.outputs import (
    AP,
    EU,
    HOME,
    KEY,
    NAME,
    PULL,
    REPLICAS,
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


def test_a_repository_in_every_region(adopt: Adopt) -> None:
    found = adopt(*in_prod()).repository(NAME)
    assert (found["status"], found["before"]) == ("adoptable", [])
    assert all(each["regions"] == [HOME, EU, AP] for each in found["changes"])


def test_regions_that_lack_it(adopt: Adopt) -> None:
    adopted = adopt([described(repository(NAME))], [described(repository("legacy/cache", EU))])
    assert adopted.repository(NAME)["before"] == [
        (
            "it is not in eu-west-1, and the import fails there; make it: `aws ecr create-repository "
            "--region eu-west-1 --repository-name legacy/orders --encryption-configuration encryptionType=AES256`"
        ),
        "what is in ap-northeast-1 was not given, and the import fails where the repository is missing",
    ]
    assert adopted.repository("legacy/cache")["reasons"] == [
        "it is in eu-west-1, but the stack's home is us-east-1, and it is not there"
    ]
    assert adopted.told == (
        "1 adoptable (1 once done what their comments say under `before`), 1 not, 0 already in the catalog; "
        "the gate would refuse 1: see `fails` in the comments\n"
    )


def test_a_home_that_was_not_given(adopt: Adopt) -> None:
    assert adopt([described(repository(NAME, EU))]).repository(NAME)["reasons"] == [
        "it is in eu-west-1, but the stack's home is us-east-1, and what is there was not given"
    ]


def regional(key: str) -> list[list[object]]:
    return [
        [described(repository(NAME, region, encryptionConfiguration=kms(key.replace(HOME, region))))]
        for region in (HOME, *REPLICAS)
    ]


def test_keys_are_regional(adopt: Adopt) -> None:
    adopted = adopt(*regional(KEY))
    assert adopted.repository(NAME)["entry"]["encryption"] == {"key": "key-0f2b8a4e"}
    arns = {region: KEY.replace(HOME, region) for region in (HOME, EU, AP)}
    assert json.loads(adopted.text)["stack_keys"] == {"keys": {"key-0f2b8a4e": arns}}


def test_a_multi_region_key(adopt: Adopt) -> None:
    adopted = adopt(*regional(KEY.replace("key/0f2b8a4e-1c5d", "key/mrk-0f2b8a4e1c5d")))
    assert adopted.repository(NAME)["entry"]["encryption"] == {"key": "key-0f2b8a4e"}


def test_a_key_without_regions(adopt: Adopt) -> None:
    (reason,) = adopt(regional(KEY)[0]).repository(NAME)["reasons"]
    assert reason == (
        f"it is encrypted with {KEY}, and `keys` needs a key for eu-west-1, ap-northeast-1 as well: give the "
        "describe-repositories of each of these, once the repository is there with a key of that region"
    )


def test_a_key_whose_other_regions_the_stack_names(adopt: Adopt, project: Path) -> None:
    arns = {region: KEY.replace(HOME, region) for region in (HOME, EU, AP)}
    with (project / "Pulumi.prod.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  container-registry:keys: {json.dumps({'shared': arns})}\n")
    one, two, _ = regional(KEY)
    found = adopt(one, [described(repository("legacy/cache", EU))]).repository(NAME)
    assert found["entry"]["encryption"] == {"key": "shared"}
    assert f"encryptionType=KMS,kmsKey={arns[EU]}`" in found["before"][0]
    assert adopt(one, two).repository(NAME)["entry"]["encryption"] == {"key": "shared"}


def test_encryption_that_differs_by_region(adopt: Adopt) -> None:
    (_, *others), home = in_prod(), [described(repository(NAME, encryptionConfiguration=kms(KEY)))]
    (reason,) = adopt(home, *others).repository(NAME)["reasons"]
    assert reason == (
        "it is encrypted otherwise in each region, and an entry has one encryption: "
        f"us-east-1: {KEY}; eu-west-1: aes256; ap-northeast-1: aes256"
    )
    mixed = [described(repository(NAME, encryptionConfiguration=kms("alias/aws/ecr")))]
    (reason,) = adopt(mixed, *others).repository(NAME)["reasons"]
    assert "us-east-1: aws-managed; eu-west-1: aes256" in reason


def test_what_differs_in_a_replica(adopt: Adopt) -> None:
    grant = allow({"AWS": "555566667777"}, PULL)
    archive = rule(90, by="sinceImagePulled", action="transition", tagStatus="any")
    home = [described(repository(NAME)), lifecycle(NAME, archive), policy(NAME, grant), tagged({NAME: {"owner": "a"}})]
    replica = [
        described(repository(NAME, EU)),
        lifecycle(NAME, archive),
        policy(NAME, allow({"AWS": "888899990000"}, PULL)),
        tagged({NAME: {"owner": "b"}}, EU),
    ]
    adopted = adopt(home, replica)
    assert adopted.changes(NAME)[2:] == ["tags that come: environment, managed-by and project"]
    shown = adopted.changes(NAME, EU)
    assert "the tag owner changes from b to a" in shown
    assert "its lifecycle policy changes, and images that the entry's rules expire are lost" in shown
    assert "- Archive images 90 days after the last pull" in shown
    assert shown[-3:] == [
        "its repository policy is replaced: `-` goes, `+` comes",
        "- account 888899990000 may pull",
        "+ account 555566667777 may pull",
    ]


def test_what_is_elsewhere(adopt: Adopt) -> None:
    adopted = adopt([described(orders(), repository(NAME, "us-west-2"), repository(NAME))])
    assert sorted(reason for each in json.loads(adopted.text)["repositories"] for reason in each["reasons"]) == [
        "it is in us-east-1 of account 111122223333, which belongs to the stack dev",
        "it is in us-west-2 of account 222233334444, where no stack of this project is",
    ]
    assert "2 not, 0 already in the catalog" in adopted.told
