"""Each promise of the rehearsal with what breaks it, and what its proof then says."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

ACCOUNT, REGION, STRANGER = "111122223333", "us-east-1", "999900001111"
API, WEB, LEDGER, INGEST = "payments/api", "storefront/web", "payments/ledger", "data/ingest"
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


def for_our_functions_alone(before: str) -> str:
    """The policy with AWS Lambda pulling for the registry's own account, and for no other."""
    document = json.loads(before)
    (functions,) = [each for each in document["Statement"] if each["Sid"] == "PullByLambda"]
    functions["Condition"] = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    return json.dumps(document)


def and_also(account: str, *actions: str) -> Callable[[str], str]:
    """The policy with one statement more."""

    def change(before: str) -> str:
        document = json.loads(before)
        document["Statement"] += json.loads(allow({"AWS": account}, *actions))["Statement"]
        return json.dumps(document)

    return change


@contextmanager
def there_is_no_repository_policy(ecr: Any, _kms: Any) -> Iterator[None]:
    before = ecr.delete_repository_policy(repositoryName=LEDGER)["policyText"]
    yield
    ecr.set_repository_policy(repositoryName=LEDGER, policyText=before)


def mutability(name: str, mode: str, *excluded: str) -> Break:
    filters = [{"filter": each, "filterType": "WILDCARD"} for each in excluded]
    asked = {"imageTagMutability": mode, **({"imageTagMutabilityExclusionFilters": filters} if filters else {})}

    @contextmanager
    def broken(ecr: Any, _kms: Any) -> Iterator[None]:
        (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
        ecr.put_image_tag_mutability(repositoryName=name, **asked)
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
def another_scanner_scans(ecr: Any, _kms: Any) -> Iterator[None]:
    before = ecr.get_registry_scanning_configuration()["scanningConfiguration"]
    ecr.put_registry_scanning_configuration(scanType="ENHANCED", rules=before["rules"])
    yield
    ecr.put_registry_scanning_configuration(**before)


@contextmanager
def scans_are_asked_for(ecr: Any, kms: Any) -> Iterator[None]:
    with nothing_is_scanned(ecr, kms), its_own_scan_on_push_is_off(ecr, kms):
        yield


@contextmanager
def its_own_scan_on_push_is_off(ecr: Any, _kms: Any) -> Iterator[None]:
    ecr.put_image_scanning_configuration(repositoryName=API, imageScanningConfiguration={"scanOnPush": False})
    yield
    ecr.put_image_scanning_configuration(repositoryName=API, imageScanningConfiguration={"scanOnPush": True})


API_ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{API}"


@contextmanager
def a_tag_is_gone(ecr: Any, _kms: Any) -> Iterator[None]:
    ecr.untag_resource(resourceArn=API_ARN, tagKeys=["owner"])
    yield
    ecr.tag_resource(resourceArn=API_ARN, tags=[{"Key": "owner", "Value": "payments"}])


@contextmanager
def another_owns_it(ecr: Any, _kms: Any) -> Iterator[None]:
    ecr.tag_resource(resourceArn=API_ARN, tags=[{"Key": "owner", "Value": "somebody"}])
    yield
    ecr.tag_resource(resourceArn=API_ARN, tags=[{"Key": "owner", "Value": "payments"}])


@contextmanager
def a_tag_is_too_many(ecr: Any, _kms: Any) -> Iterator[None]:
    ecr.tag_resource(resourceArn=API_ARN, tags=[{"Key": "by-hand", "Value": "yes"}])
    yield
    ecr.untag_resource(resourceArn=API_ARN, tagKeys=["by-hand"])


@contextmanager
def blobs_are_mounted(ecr: Any, _kms: Any) -> Iterator[None]:
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    yield
    ecr.put_account_setting(name="BLOB_MOUNTING", value="DISABLED")


@contextmanager
def there_is_another_registry_policy(ecr: Any, _kms: Any) -> Iterator[None]:
    before = ecr.get_registry_policy()["policyText"]
    text = json.loads(allow({"AWS": STRANGER}, "ecr:ReplicateImage"))
    text["Statement"][0]["Resource"] = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"
    ecr.put_registry_policy(policyText=json.dumps(text))
    yield
    ecr.put_registry_policy(policyText=before)


@contextmanager
def somebody_s_pulls_don_t_count(ecr: Any, _kms: Any) -> Iterator[None]:
    role = f"arn:aws:iam::{ACCOUNT}:role/somebody"
    ecr.register_pull_time_update_exclusion(principalArn=role)
    yield
    ecr.deregister_pull_time_update_exclusion(principalArn=role)


PUSH_DENIED = allow({"AWS": ACCOUNT}, "ecr:PutImage", effect="Deny")
PULL_DENIED = allow({"AWS": ACCOUNT}, "ecr:GetDownloadUrlForLayer", effect="Deny")
PUBLIC = allow("*", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUBLIC_LAYERS = allow("*", "ecr:GetDownloadUrlForLayer")
PUBLIC_PUSH = allow("*", "ecr:InitiateLayerUpload", "ecr:PutImage")
PUBLIC_TAGS = allow("*", "ecr:PutImage")
PUBLIC_DELETION = allow("*", "ecr:BatchDeleteImage")
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
    Breach("mutable_tags", WEB, mutability(WEB, "IMMUTABLE_WITH_EXCLUSION", "latest"), "'preview-rehearsal'"),
    Breach("lifecycle", API, a_lifecycle_rule_is_dropped, '"tagStatus":"untagged"}}]}, and there is {"rules":'),
    Breach("lifecycle", API, there_is_no_lifecycle_policy, "no lifecycle policy"),
    Breach("encryption", API, another_key_is_the_registry_s, "declared KMS arn:"),
    Breach("encryption", API, the_key_does_not_rotate, "does not rotate"),
    Breach("encryption", API, the_key_policy_is_wide, "kms:*"),
    Breach("scanning", API, nothing_is_scanned, "no filter of the registry"),
    Breach("scanning", API, another_scanner_scans, "declared BASIC SCAN_ON_PUSH, and there is ENHANCED SCAN_ON_PUSH"),
    Breach("scanning", API, scans_are_asked_for, "declared BASIC SCAN_ON_PUSH, and there is BASIC MANUAL"),
    Breach("scanning", API, its_own_scan_on_push_is_off, "scan on push is off"),
    Breach("resource_tags", API, a_tag_is_gone, "'owner': 'payments'"),
    Breach("resource_tags", API, another_owns_it, "'owner': 'somebody'"),
    Breach("resource_tags", API, a_tag_is_too_many, "'by-hand': 'yes'"),
    Breach("grants", API, policy(API, to(TO_THE_WRONG_ACCOUNT)), "444455556666 is granted a pull, and was refused"),
    Breach("grants", API, policy(API, without("PullByOrganizations")), "o-a1b2c3d4e5 is granted a pull"),
    Breach("grants", LEDGER, policy(LEDGER, to(TO_THE_WRONG_ACCOUNT)), "ledger-task-execution is granted"),
    Breach("grants", INGEST, policy(INGEST, without("PullByLambda")), "lambda in 111122223333 is granted"),
    Breach("grants", INGEST, policy(INGEST, for_our_functions_alone), "lambda in 444455556666 is granted"),
    Breach("grants", INGEST, policy(INGEST, without("PullByCodeBuild")), "codebuild in 444455556666 is granted"),
    Breach("grants", API, policy(API, and_also("444455556666", "ecr:*")), "444455556666 began to push a layer"),
    Breach("grants", API, policy(API, and_also("444455556666", "ecr:PutImage")), "444455556666 pushed a manifest"),
    Breach("grants", API, policy(API, and_also("444455556666", "ecr:BatchDeleteImage")), "444455556666 deleted an"),
    Breach("strangers", API, policy(API, to(PUBLIC_LAYERS)), "pulled a layer, and nothing grants it"),
    Breach("strangers", API, policy(API, to(PUBLIC_PUSH)), "began to push a layer, and nothing grants it"),
    Breach("strangers", API, policy(API, to(PUBLIC_TAGS)), "pushed a manifest, and nothing grants it"),
    Breach("strangers", API, policy(API, to(PUBLIC_DELETION)), "deleted an image, and nothing grants it"),
    Breach("repository_policy", API, policy(API, and_also(STRANGER, "ecr:BatchGetImage")), STRANGER),
    Breach("repository_policy", API, policy(API, without("PullByOrganizations")), "declared"),
    Breach("repository_policy", LEDGER, there_is_no_repository_policy, "and there is none"),
    Breach("strangers", API, policy(API, to(PUBLIC)), "pulled a manifest, and nothing grants it"),
    Breach("strangers", LEDGER, policy(LEDGER, to(TO_THE_WHOLE_ACCOUNT)), "role of 444455556666 pulled a manifest"),
    Breach("strangers", INGEST, policy(INGEST, to(TO_ANY_FUNCTION)), "another account's lambda pulled a manifest"),
    Breach("registry_settings", "registry", blobs_are_mounted, "'BLOB_MOUNTING': 'DISABLED'"),
    Breach("registry_settings", "registry", there_is_another_registry_policy, "registry policy: declared {"),
    Breach("registry_settings", "registry", somebody_s_pulls_don_t_count, "role/somebody"),
]
