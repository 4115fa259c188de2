"""Bad input in a stack's file: each fault is reported with its line, path, value and fix."""

from functools import partial
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

from tests.settings.written import key, words
from tests.stacks import edited


def changed(project: Path, old: str, new: str) -> None:
    edited(project, ("Pulumi.dev.yaml", old, new))


LONG_POLICY = (
    "registry_policy: {Version: '2012-10-17', Statement: {Effect: Allow, Principal: "
    f"{{AWS: '111122223333'}}, Action: 'ecr:ReplicateImage', Resource: ['arn:aws:ecr:::{'x' * 10240}']}}}}"
)
EVERY_ACTION = "registry_policy: {Version: '2012-10-17', Statement: {Effect: Allow, Action: '*'}}"
HERE = "arn:aws:iam::111122223333:role"
KEY = "arn:aws:kms:us-east-1:111122223333"
CHANGED = {
    "9-digit account": ("444455556666", "444455556"),
    "unquoted account": ('"444455556666"', "444455556666"),
    "unquoted octal account": ('"444455556666"', "012345670123"),
    "unquoted account with a leading zero": ('"444455556666"', "088855556666"),
    "unquoted own account": ('["111122223333"]', "[111122223333]"),
    "two accounts": ('["111122223333"]', '["111122223333", "444455556666"]'),
    "unknown region": ("us-east-1", "us-east1"),
    "organisation": ("o-a1b2c3d4e5", "acme"),
    "misspelt key": ("registry:protect:", "registry:protetc:"),
    "wrong type": ("protect: false", "protect: nope"),
    "missing region": ("aws:region: us-east-1", "aws:profile: x"),
    "missing key": ("container-registry:environment: dev", ""),
    "a namespace": ("container-registry:protect:", "container-registy:protect:"),
    "a text for the account": ('["111122223333"]', '"[1111"'),
    "a number without end": ("key_deletion_days: 7", "key_deletion_days: 1.0e+400"),
    "a fraction of a day": ("key_deletion_days: 7", "key_deletion_days: 7.5"),
    "no namespace": ("container-registry:protect:", "protect:"),
    "deletion window": ("key_deletion_days: 7", "key_deletion_days: 6"),
    "duplicate keys": ("container-registry:environment: dev", "aws:region: eu-west-1"),
}
ADDED = {
    "a role twice": f"pull_time_exclusions: [&r '{HERE}/a', *r]",
    "a role of another partition": f"pull_time_exclusions: ['{HERE.replace('aws', 'aws-cn')}/a']",
    "a role without a name": f"pull_time_exclusions: ['{HERE}/']",
    "a role of a short account": f"pull_time_exclusions: ['{HERE.replace('3:', ':')}/a']",
    "a role with a region": f"pull_time_exclusions: ['{HERE.replace('::', ':us-east-1:')}/a']",
    "a key of no region": f"keys: {{x: {{us-east-1: '{KEY.replace('us-east-1', '')}:key/1'}}}}",
    "key of another partition": f"keys: {{x: {{us-east-1: '{KEY.replace('aws', 'aws-cn')}:key/1'}}}}",
    "key of another region": f"keys: {{shared: {{eu-west-1: '{KEY}:key/1'}}}}",
    "key by alias": f"keys: {{shared: {{us-east-1: '{KEY}:alias/x'}}}}",
    "a role in the own account": "replicas: [{region: eu-west-1, role: deploy}]",
    "replica at home": "replicas: [{region: us-east-1}]",
    "replica twice": "replicas: [{region: eu-west-1}, {region: eu-west-1}]",
    "another partition": "replicas: [{region: cn-north-1}]",
    "an unknown account": "replicas: [{region: eu-west-1, account: dr}]",
    "continuous scanning": "scanning: {type: basic, rules: [{frequency: continuous}]}",
    "registry policy for everyone's every action": EVERY_ACTION,
    "too large a registry policy": LONG_POLICY,
}


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    changes = {case: partial(changed, old=old, new=new) for case, (old, new) in CHANGED.items()}
    assert words(project, {**changes, **{case: partial(key, line=line) for case, line in ADDED.items()}}) == snapshot
