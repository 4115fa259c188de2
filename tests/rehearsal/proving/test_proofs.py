"""Each proof alone, against one cloud that all share: it holds, fails once its promise is broken, and holds again."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import pytest

from domain.ecr.media_types import MANIFESTS
from domain.iam.access import Identity
from rehearsal.apply.program import Applied
from rehearsal.clients import Clients
from rehearsal.cloud.ecr import data, manifests
from rehearsal.proving.case import PlaceCase
from rehearsal.proving.run import found
from tests.rehearsal.proving.conftest import Prove

ACCOUNT, REGION, STRANGER = "111122223333", "us-east-1", "999900001111"
API, WEB, LEDGER, LAMBDA = "payments/api", "storefront/web", "payments/ledger", "storefront/image-resizer"
Break = Callable[[Any, Any], AbstractContextManager[None]]
"""Breaks a promise with clients of ECR and KMS, and mends it at the end."""


def allow(principal: object, *actions: str, effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Principal": principal, "Action": actions or ["ecr:BatchGetImage"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(name: str, changed: Callable[[str], str]) -> Break:
    """Another repository policy than the declared one."""

    @contextmanager
    def broken(ecr: Any, _kms: Any) -> Iterator[None]:
        before = ecr.get_repository_policy(repositoryName=name)["policyText"]
        ecr.set_repository_policy(repositoryName=name, policyText=changed(before), force=True)
        yield
        ecr.set_repository_policy(repositoryName=name, policyText=before)

    return broken


def to(text: str) -> Callable[[str], str]:
    return lambda _before: text


def without(sid: str) -> Callable[[str], str]:
    """The policy without one of its statements."""

    def change(before: str) -> str:
        document = json.loads(before)
        document["Statement"] = [each for each in document["Statement"] if each["Sid"] != sid]
        return json.dumps(document)

    return change


def mutability(name: str, mode: str) -> Break:
    @contextmanager
    def broken(ecr: Any, _kms: Any) -> Iterator[None]:
        (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
        ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability=mode)
        yield
        before = {key: found[key] for key in found if key.startswith("imageTagMutability")}
        ecr.put_image_tag_mutability(repositoryName=name, **before)

    return broken


@contextmanager
def a_lifecycle_rule_is_dropped(ecr: Any, _kms: Any) -> Iterator[None]:
    before = ecr.get_lifecycle_policy(repositoryName=API)["lifecyclePolicyText"]
    rules = json.loads(before)["rules"]
    ecr.put_lifecycle_policy(repositoryName=API, lifecyclePolicyText=json.dumps({"rules": rules[:-1]}))
    yield
    ecr.put_lifecycle_policy(repositoryName=API, lifecyclePolicyText=before)


@contextmanager
def there_is_no_lifecycle_policy(ecr: Any, _kms: Any) -> Iterator[None]:
    before = ecr.get_lifecycle_policy(repositoryName=API)["lifecyclePolicyText"]
    ecr.delete_lifecycle_policy(repositoryName=API)
    yield
    ecr.put_lifecycle_policy(repositoryName=API, lifecyclePolicyText=before)


@contextmanager
def another_key_is_the_registry_s(_ecr: Any, kms: Any) -> Iterator[None]:
    alias = "alias/container-registry"
    before = kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    yield
    kms.update_alias(AliasName=alias, TargetKeyId=before)


@contextmanager
def the_key_does_not_rotate(_ecr: Any, kms: Any) -> Iterator[None]:
    key = kms.describe_key(KeyId="alias/container-registry")["KeyMetadata"]["KeyId"]
    kms.disable_key_rotation(KeyId=key)
    yield
    kms.enable_key_rotation(KeyId=key)


@contextmanager
def the_key_policy_is_wide(_ecr: Any, kms: Any) -> Iterator[None]:
    key = kms.describe_key(KeyId="alias/container-registry")["KeyMetadata"]["KeyId"]
    before = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    wide = json.loads(allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*"))
    wide["Statement"][0]["Resource"] = "*"
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(wide))
    yield
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=before)


@contextmanager
def nothing_is_scanned(ecr: Any, _kms: Any) -> Iterator[None]:
    before = ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[])
    yield
    ecr.put_registry_scanning_configuration(**before)


@contextmanager
def its_own_scan_on_push_is_off(ecr: Any, _kms: Any) -> Iterator[None]:
    ecr.put_image_scanning_configuration(repositoryName=API, imageScanningConfiguration={"scanOnPush": False})
    yield
    ecr.put_image_scanning_configuration(repositoryName=API, imageScanningConfiguration={"scanOnPush": True})


@contextmanager
def a_tag_is_gone(ecr: Any, _kms: Any) -> Iterator[None]:
    arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{API}"
    ecr.untag_resource(resourceArn=arn, tagKeys=["owner"])
    yield
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "owner", "Value": "payments"}])


@contextmanager
def blobs_are_mounted(ecr: Any, _kms: Any) -> Iterator[None]:
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    yield
    ecr.put_account_setting(name="BLOB_MOUNTING", value="DISABLED")


@contextmanager
def there_is_a_registry_policy(ecr: Any, _kms: Any) -> Iterator[None]:
    text = json.loads(allow({"AWS": STRANGER}, "ecr:ReplicateImage"))
    text["Statement"][0]["Resource"] = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"
    ecr.put_registry_policy(policyText=json.dumps(text))
    yield
    ecr.delete_registry_policy()


@contextmanager
def somebody_s_pulls_don_t_count(ecr: Any, _kms: Any) -> Iterator[None]:
    role = f"arn:aws:iam::{ACCOUNT}:role/somebody"
    ecr.register_pull_time_update_exclusion(principalArn=role)
    yield
    ecr.deregister_pull_time_update_exclusion(principalArn=role)


PUSH_DENIED = allow({"AWS": ACCOUNT}, "ecr:PutImage", effect="Deny")
PULL_DENIED = allow({"AWS": ACCOUNT}, "ecr:GetDownloadUrlForLayer", effect="Deny")
PUBLIC = allow("*", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
TO_THE_WRONG_ACCOUNT = allow({"AWS": STRANGER}, "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
TO_THE_WHOLE_ACCOUNT = allow({"AWS": "444455556666"}, "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
TO_ANY_FUNCTION = allow({"Service": "lambda.amazonaws.com"}, "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class Breach(NamedTuple):
    """A proof, its subject, what breaks the promise, and a word of what the proof then says."""

    proof: str
    subject: str
    break_it: Break
    told: str


BREACHES = [
    Breach("push_and_pull", API, policy(API, to(PUSH_DENIED)), "ecr:PutImage"),
    Breach("push_and_pull", API, policy(API, to(PULL_DENIED)), "ecr:GetDownloadUrlForLayer"),
    Breach("multi_architecture", API, policy(API, to(PUSH_DENIED)), "ecr:PutImage"),
    Breach("immutable_tags", API, mutability(API, "MUTABLE"), "moved from sha256:"),
    Breach("mutable_tags", WEB, mutability(WEB, "IMMUTABLE"), "because the tag is immutable"),
    Breach("lifecycle", API, a_lifecycle_rule_is_dropped, "declared"),
    Breach("lifecycle", API, there_is_no_lifecycle_policy, "no lifecycle policy"),
    Breach("encryption", API, another_key_is_the_registry_s, "declared KMS arn:"),
    Breach("encryption", API, the_key_does_not_rotate, "does not rotate"),
    Breach("encryption", API, the_key_policy_is_wide, "kms:*"),
    Breach("scanning", API, nothing_is_scanned, "no filter of the registry"),
    Breach("scanning", API, its_own_scan_on_push_is_off, "scan on push is off"),
    Breach("resource_tags", API, a_tag_is_gone, "'owner': 'payments'"),
    Breach("grants", API, policy(API, to(TO_THE_WRONG_ACCOUNT)), "444455556666 is granted a pull, and was refused"),
    Breach("grants", API, policy(API, without("PullByOrganizations")), "o-a1b2c3d4e5 is granted a pull"),
    Breach("grants", LEDGER, policy(LEDGER, to(TO_THE_WRONG_ACCOUNT)), "ledger-task-execution is granted"),
    Breach("grants", LAMBDA, policy(LAMBDA, without("PullByLambda")), "lambda in 111122223333 is granted"),
    Breach("strangers", API, policy(API, to(PUBLIC)), "pulled, and nothing grants it"),
    Breach("strangers", LEDGER, policy(LEDGER, to(TO_THE_WHOLE_ACCOUNT)), "another role of 444455556666 pulled"),
    Breach("strangers", LAMBDA, policy(LAMBDA, to(TO_ANY_FUNCTION)), "another account's lambda pulled"),
    Breach("registry_settings", "registry", blobs_are_mounted, "'BLOB_MOUNTING': 'DISABLED'"),
    Breach("registry_settings", "registry", there_is_a_registry_policy, "registry policy: declared None"),
    Breach("registry_settings", "registry", somebody_s_pulls_don_t_count, "role/somebody"),
]
BROKEN_OTHERWISE = {"anonymous", "multi_architecture"}


@pytest.mark.parametrize("breach", BREACHES, ids=lambda each: f"{each.proof}-{each.told[:20]}")
def test_a_broken_promise_fails_its_proof(proven: Prove, clients: Clients, breach: Breach) -> None:
    assert proven(breach.proof, breach.subject)[0]
    with breach.break_it(clients.root("ecr", REGION, ACCOUNT), clients.root("kms", REGION, ACCOUNT)):
        held, happened = proven(breach.proof, breach.subject)
    assert not held
    assert breach.told in happened
    assert proven(breach.proof, breach.subject)[0]


def test_every_proof_is_seen_to_fail() -> None:
    assert {breach.proof for breach in BREACHES} | BROKEN_OTHERWISE == {proof.name for proof in found()}


def test_a_registry_that_loses_half_an_index_breaks_the_promise(proven: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proven("multi_architecture", API)[0]
    monkeypatch.setattr(manifests, "MANIFESTS", tuple(each for each in MANIFESTS if "index" not in each))
    held, happened = proven("multi_architecture", WEB)
    assert not held
    assert "is not supported" in happened


def test_a_registry_that_lets_everybody_in_breaks_the_promise(proven: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proven("anonymous", API)[0]
    owner = Identity(arn=f"arn:aws:iam::{ACCOUNT}:root", account=ACCOUNT)
    monkeypatch.setattr(data._Plane, "_identity", lambda _plane, _request: owner)
    assert proven("anonymous", API) == (False, "pulled with no login at all")


def test_what_is_declared_of_the_key_comes_from_the_settings(proven: Prove) -> None:
    """Not from the cloud: with the key that AWS manages, another is expected."""
    assert proven("encryption", "platform/build-cache") == (True, "KMS, the key that AWS manages")


def test_the_whole_stack_holds(applied: Applied, subjects: dict[str, PlaceCase]) -> None:
    assert applied.built > len(subjects)
    assert not applied.not_built
