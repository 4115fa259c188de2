"""Bad input in a stack's file: each fault is told with its line, path, value and fix."""

from pathlib import Path

import pytest

from tests.settings.written import faults, key
from tests.stacks import edited

LONG_POLICY = (
    "registry_policy: {Version: '2012-10-17', Statement: {Effect: Allow, Principal: "
    f"{{AWS: '111122223333'}}, Action: 'ecr:ReplicateImage', Resource: ['arn:aws:ecr:::{'x' * 10240}']}}}}"
)
CHANGED = {
    "9-digit account": ("444455556666", "444455556", "accounts.workloads: '444455556' ", "12 digits"),
    "unquoted account": ('"444455556666"', "444455556666", "accounts.workloads: 444455556666 ", "quotes"),
    "unquoted octal account": ('"444455556666"', "012345670123", "accounts.workloads: ", "quotes"),
    "unquoted account with a leading zero": ('"444455556666"', "088855556666", "accounts.workloads: ", "quotes"),
    "unquoted own account": ('["111122223333"]', "[111122223333]", "aws:allowedAccountIds[0]: 111122223333", "quotes"),
    "two accounts": (
        '["111122223333"]',
        '["111122223333", "444455556666"]',
        "config.aws:allowedAccountIds: ",
        "at most 1",
    ),
    "unknown region": ("us-east-1", "us-east1", "config.aws:region: 'us-east1' ", "did you mean 'us-east-1'?"),
    "organisation": ("o-a1b2c3d4e5", "acme", "organizations.acme: 'acme' ", "o-"),
    "misspelt key": (
        "container-registry:protect:",
        "container-registry:protetc:",
        "config.container-registry:protetc: 'protetc' is not a known key",
        "did you mean 'protect'?",
    ),
    "wrong type": ("protect: false", "protect: nope", "protect: 'nope' is not of type boolean", "a boolean"),
    "missing region": ("aws:region: us-east-1", "aws:profile: x", "config.aws:region: ", "add it: the stack's"),
    "missing key": (
        "container-registry:environment: dev",
        "",
        "container-registry:environment: is missing",
        "what the stack",
    ),
    "a namespace": (
        "container-registry:protect:",
        "container-registy:protect:",
        "config.container-registy:protect: ",
        "mean container-registry?",
    ),
    "a text for the account": ('["111122223333"]', '"[1111"', "aws:allowedAccountIds: '[1111' is not a list", "list"),
    "a number without end": ("key_deletion_days: 7", "key_deletion_days: 1.0e+400", "key_deletion_days: inf ", ""),
    "a fraction of a day": ("key_deletion_days: 7", "key_deletion_days: 7.5", "key_deletion_days: 7.5 ", "integer"),
    "no namespace": ("container-registry:protect:", "protect:", "protect: 'protect' has no namespace", "protect"),
    "deletion window": ("key_deletion_days: 7", "key_deletion_days: 6", "key_deletion_days: ", "7"),
    "duplicate keys": (
        "container-registry:environment: dev",
        "aws:region: eu-west-1",
        "config.aws:region: 'aws:region' is written twice (first in line 3)",
        "keep one",
    ),
}
ADDED = {
    "a role twice": (
        "pull_time_exclusions: [&r 'arn:aws:iam::111122223333:role/a', *r]",
        "exclusions[1]: ",
        "stands twice",
    ),
    "a role of another partition": (
        "pull_time_exclusions: ['arn:aws-cn:iam::111122223333:role/a']",
        "exclusions[0]: ",
        "arn:aws:",
    ),
    "a role without a name": (
        "pull_time_exclusions: ['arn:aws:iam::111122223333:role/']",
        "exclusions[0]: ",
        "role/NAME",
    ),
    "a role of a short account": (
        "pull_time_exclusions: ['arn:aws:iam::11112222333:role/a']",
        "exclusions[0]: 'arn:aws:iam::11112222333:role/a' is not an ARN of role or user",
        "arn:aws:iam::ACCOUNT:role/NAME",
    ),
    "a role with a region": (
        "pull_time_exclusions: ['arn:aws:iam:us-east-1:111122223333:role/a']",
        "exclusions[0]: 'arn:aws:iam:us-east-1:111122223333:role/a' is not an ARN of role or user",
        "arn:aws:iam::ACCOUNT:role/NAME",
    ),
    "a key of no region": (
        "keys: {shared: {us-east-1: 'arn:aws:kms::111122223333:key/1'}}",
        "keys.shared.us-east-1: 'arn:aws:kms::111122223333:key/1' is not an ARN of key",
        "arn:aws:kms:REGION:ACCOUNT:key/ID",
    ),
    "a key of another partition": (
        "keys: {shared: {us-east-1: 'arn:aws-cn:kms:us-east-1:111122223333:key/1'}}",
        "keys.shared.us-east-1: ",
        "arn:aws:",
    ),
    "a role in the stack's own account": (
        "replicas: [{region: eu-west-1, role: deploy}]",
        "replicas[0].role: 'deploy' is a role in the stack's own account",
        "remove",
    ),
    "replica at home": (
        "replicas: [{region: us-east-1}]",
        "replicas[0].region: 'us-east-1' is the home region",
        "remove",
    ),
    "replica twice": (
        "replicas: [{region: eu-west-1}, {region: eu-west-1}]",
        "replicas[1].region: 'eu-west-1' stands twice",
        "remove",
    ),
    "another partition": (
        "replicas: [{region: cn-north-1}]",
        "replicas[0].region: 'cn-north-1' is in another partition",
        "stack",
    ),
    "an unknown account": ("replicas: [{region: eu-west-1, account: dr}]", "replicas[0].account: 'dr' ", "accounts"),
    "key of another region": (
        "keys: {shared: {eu-west-1: 'arn:aws:kms:us-east-1:111122223333:key/1'}}",
        "keys.shared.eu-west-1: ",
        "regional",
    ),
    "key by alias": (
        "keys: {shared: {us-east-1: 'arn:aws:kms:us-east-1:111122223333:alias/x'}}",
        "keys.shared.us-east-1: ",
        "no alias",
    ),
    "continuous basic scanning": (
        "scanning: {type: basic, rules: [{frequency: continuous}]}",
        "scanning.rules[0].frequency: 'continuous' ",
        "write on-push",
    ),
    "registry policy for everyone's every action": (
        "registry_policy: {Version: '2012-10-17', Statement: {Effect: Allow, Action: '*'}}",
        "container-registry:registry_policy",
        "rincipal",
    ),
    "too large a registry policy": (LONG_POLICY, "container-registry:registry_policy", "10240"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_a_fault_in_what_the_stack_has(project: Path, case: str) -> None:
    old, new, start, fix = CHANGED[case]
    edited(project, ("Pulumi.dev.yaml", old, new))
    assert_told(project, start, fix)


@pytest.mark.parametrize("case", ADDED)
def test_a_fault_in_a_key_more(project: Path, case: str) -> None:
    line, start, fix = ADDED[case]
    key(project, line)
    assert_told(project, start, fix)


def assert_told(project: Path, start: str, fix: str) -> None:
    found = [fault for fault in faults(project) if start in str(fault) and fix.replace("10240", "10") in str(fault)]
    assert found, [str(each) for each in faults(project)]
    assert all(fault.line for fault in found if fault.file == "Pulumi.dev.yaml")
