"""Bad input in a stack's file: each fault is told with its line, path, value and fix."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.settings.written import faults, key, words
from tests.stacks import edited


def changed(project: Path, old: str, new: str) -> None:
    edited(project, ("Pulumi.dev.yaml", old, new))


LONG_POLICY = (
    "registry_policy: {Version: '2012-10-17', Statement: {Effect: Allow, Principal: "
    f"{{AWS: '111122223333'}}, Action: 'ecr:ReplicateImage', Resource: ['arn:aws:ecr:::{'x' * 10240}']}}}}"
)
HERE = "arn:aws:iam::111122223333:role"
KEY = "arn:aws:kms:us-east-1:111122223333"
CHANGED = {
    "9-digit account": ("444455556666", "444455556", "accounts.workloads: '444455556' "),
    "unquoted account": ('"444455556666"', "444455556666", "accounts.workloads: 444455556666 "),
    "unquoted octal account": ('"444455556666"', "012345670123", "accounts.workloads: "),
    "unquoted account with a leading zero": ('"444455556666"', "088855556666", "accounts.workloads: "),
    "unquoted own account": ('["111122223333"]', "[111122223333]", "aws:allowedAccountIds[0]: 111122223333 "),
    "two accounts": ('["111122223333"]', '["111122223333", "444455556666"]', "config.aws:allowedAccountIds: "),
    "unknown region": ("us-east-1", "us-east1", "config.aws:region: 'us-east1' "),
    "organisation": ("o-a1b2c3d4e5", "acme", "organizations.acme: 'acme' "),
    "misspelt key": ("registry:protect:", "registry:protetc:", "container-registry:protetc: 'protetc' "),
    "wrong type": ("protect: false", "protect: nope", "protect: 'nope' "),
    "missing region": ("aws:region: us-east-1", "aws:profile: x", "config.aws:region: "),
    "missing key": ("container-registry:environment: dev", "", "container-registry:environment: "),
    "a namespace": ("container-registry:protect:", "container-registy:protect:", "container-registy:protect: "),
    "a text for the account": ('["111122223333"]', '"[1111"', "aws:allowedAccountIds: '[1111' "),
    "a number without end": ("key_deletion_days: 7", "key_deletion_days: 1.0e+400", "key_deletion_days: inf "),
    "a fraction of a day": ("key_deletion_days: 7", "key_deletion_days: 7.5", "key_deletion_days: 7.5 "),
    "no namespace": ("container-registry:protect:", "protect:", "protect: 'protect' "),
    "deletion window": ("key_deletion_days: 7", "key_deletion_days: 6", "key_deletion_days: 6 "),
    "duplicate keys": ("container-registry:environment: dev", "aws:region: eu-west-1", "config.aws:region: "),
}
ADDED = {
    "a role twice": (f"pull_time_exclusions: [&r '{HERE}/a', *r]", "exclusions[1]: "),
    "a role of another partition": (f"pull_time_exclusions: ['{HERE.replace('aws', 'aws-cn')}/a']", "exclusions[0]: "),
    "a role without a name": (f"pull_time_exclusions: ['{HERE}/']", "exclusions[0]: "),
    "a role of a short account": (f"pull_time_exclusions: ['{HERE.replace('3:', ':')}/a']", "exclusions[0]: "),
    "a role with a region": (f"pull_time_exclusions: ['{HERE.replace('::', ':us-east-1:')}/a']", "exclusions[0]: "),
    "a key of no region": (f"keys: {{x: {{us-east-1: '{KEY.replace('us-east-1', '')}:key/1'}}}}", "keys.x.us-east-1: "),
    "key of another partition": (
        f"keys: {{x: {{us-east-1: '{KEY.replace('aws', 'aws-cn')}:key/1'}}}}",
        "x.us-east-1: ",
    ),
    "key of another region": (f"keys: {{shared: {{eu-west-1: '{KEY}:key/1'}}}}", "keys.shared.eu-west-1: "),
    "key by alias": (f"keys: {{shared: {{us-east-1: '{KEY}:alias/x'}}}}", "keys.shared.us-east-1: "),
    "a role in the own account": ("replicas: [{region: eu-west-1, role: deploy}]", "replicas[0].role: 'deploy' "),
    "replica at home": ("replicas: [{region: us-east-1}]", "replicas[0].region: 'us-east-1' "),
    "replica twice": ("replicas: [{region: eu-west-1}, {region: eu-west-1}]", "replicas[1].region: 'eu-west-1' "),
    "another partition": ("replicas: [{region: cn-north-1}]", "replicas[0].region: 'cn-north-1' "),
    "an unknown account": ("replicas: [{region: eu-west-1, account: dr}]", "replicas[0].account: 'dr' "),
    "continuous scanning": (
        "scanning: {type: basic, rules: [{frequency: continuous}]}",
        "scanning.rules[0].frequency: ",
    ),
    "registry policy for everyone's every action": (
        "registry_policy: {Version: '2012-10-17', Statement: {Effect: Allow, Action: '*'}}",
        "container-registry:registry_policy.Statement.Principal: ",
    ),
    "too large a registry policy": (LONG_POLICY, "container-registry:registry_policy: "),
}


CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    **{case: (partial(changed, old=old, new=new), start) for case, (old, new, start) in CHANGED.items()},
    **{case: (partial(key, line=line), start) for case, (line, start) in ADDED.items()},
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_in_the_stack(project: Path, case: str) -> None:
    change, start = CASES[case]
    change(project)
    found = [fault for fault in faults(project) if start in str(fault)]
    assert found, [str(each) for each in faults(project)]
    assert all(fault.line for fault in found if fault.file == "Pulumi.dev.yaml")


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    assert words(project, {case: change for case, (change, _) in CASES.items()}) == snapshot
