"""Bad input in a stack's file: each fault is told with its line, path, value and fix."""

from pathlib import Path

import pytest

from tests.settings.written import faults

LONG_POLICY = (
    "container-registry:registry_policy: {Version: '2012-10-17', Statement: {Effect: Allow, Principal: "
    f"{{AWS: '111122223333'}}, Action: 'ecr:ReplicateImage', Resource: ['arn:aws:ecr:::{'x' * 10240}']}}}}"
)
STACK_FAULTS = {
    "9-digit account": ("444455556666", "444455556", "accounts.workloads: '444455556' ", "12 digits"),
    "unquoted account": ('"444455556666"', "444455556666", "accounts.workloads: 444455556666 ", "quotes"),
    "unquoted octal account": ('"444455556666"', "012345670123", "accounts.workloads: ", "quotes"),
    "unquoted account with a leading zero": ('"444455556666"', "088855556666", "accounts.workloads: ", "quotes"),
    "unquoted own account": ('["111122223333"]', "[111122223333]", "aws:allowedAccountIds[0]: 111122223333", "quotes"),
    "two own accounts": (
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
        "config.container-registry:protetc: 'protetc' is no known key",
        "did you mean 'protect'?",
    ),
    "wrong type": ("protect: false", "protect: nope", "protect: 'nope' is not of type boolean", "a boolean"),
    "missing region": ("aws:region: us-east-1", "aws:profile: x", "config.aws:region: ", "add it: the stack's"),
    "missing key": (
        "container-registry:environment: dev",
        "",
        "container-registry:environment: is missing",
        "add it: what the stack is for",
    ),
    "misspelt namespace": (
        "container-registry:protect:",
        "container-registy:protect:",
        "config.container-registy:protect: ",
        "did you mean container-registry?",
    ),
    "a text for the account": (
        '["111122223333"]',
        '"[1111"',
        "config.aws:allowedAccountIds: '[1111' is no list",
        "list",
    ),
    "a number beyond all bounds": (
        "key_deletion_days: 7",
        "key_deletion_days: 1.0e+400",
        "key_deletion_days: inf ",
        "",
    ),
    "a fraction of a day": ("key_deletion_days: 7", "key_deletion_days: 7.5", "key_deletion_days: 7.5 ", "integer"),
    "a role twice": (
        "container-registry:protect: false",
        "container-registry:pull_time_exclusions: [&r 'arn:aws:iam::111122223333:role/a', *r]",
        "pull_time_exclusions[1]: ",
        "stands twice",
    ),
    "a role of another partition": (
        "container-registry:protect: false",
        "container-registry:pull_time_exclusions: ['arn:aws-cn:iam::111122223333:role/a']",
        "pull_time_exclusions[0]: ",
        "arn:aws:",
    ),
    "a role without a name": (
        "container-registry:protect: false",
        "container-registry:pull_time_exclusions: ['arn:aws:iam::111122223333:role/']",
        "pull_time_exclusions[0]: ",
        "role/NAME",
    ),
    "a role of a short account": (
        "container-registry:protect: false",
        "container-registry:pull_time_exclusions: ['arn:aws:iam::11112222333:role/a']",
        "pull_time_exclusions[0]: 'arn:aws:iam::11112222333:role/a' is no ARN of role or user",
        "arn:aws:iam::ACCOUNT:role/NAME",
    ),
    "a role with a region": (
        "container-registry:protect: false",
        "container-registry:pull_time_exclusions: ['arn:aws:iam:us-east-1:111122223333:role/a']",
        "pull_time_exclusions[0]: 'arn:aws:iam:us-east-1:111122223333:role/a' is no ARN of role or user",
        "arn:aws:iam::ACCOUNT:role/NAME",
    ),
    "a key of no region": (
        "container-registry:protect: false",
        "container-registry:keys: {shared: {us-east-1: 'arn:aws:kms::111122223333:key/1'}}",
        "keys.shared.us-east-1: 'arn:aws:kms::111122223333:key/1' is no ARN of key",
        "arn:aws:kms:REGION:ACCOUNT:key/ID",
    ),
    "a key of another partition": (
        "container-registry:protect: false",
        "container-registry:keys: {shared: {us-east-1: 'arn:aws-cn:kms:us-east-1:111122223333:key/1'}}",
        "keys.shared.us-east-1: ",
        "arn:aws:",
    ),
    "a role in the stack's own account": (
        "container-registry:protect: false",
        "container-registry:replicas: [{region: eu-west-1, role: deploy}]",
        "replicas[0].role: 'deploy' is a role in the stack's own account",
        "remove",
    ),
    "no namespace": (
        "container-registry:protect:",
        "protect:",
        "config.protect: 'protect' has no namespace",
        "protect",
    ),
    "deletion window": ("key_deletion_days: 7", "key_deletion_days: 6", "key_deletion_days: ", "7"),
    "replica at home": (
        "container-registry:protect: false",
        "container-registry:replicas: [{region: us-east-1}]",
        "container-registry:replicas[0].region: 'us-east-1' is the home region",
        "remove",
    ),
    "replica twice": (
        "container-registry:protect: false",
        "container-registry:replicas: [{region: eu-west-1}, {region: eu-west-1}]",
        "container-registry:replicas[1].region: 'eu-west-1' stands twice",
        "remove",
    ),
    "replica in another partition": (
        "container-registry:protect: false",
        "container-registry:replicas: [{region: cn-north-1}]",
        "replicas[0].region: 'cn-north-1' is in another partition",
        "stack",
    ),
    "replica in an unknown account": (
        "container-registry:protect: false",
        "container-registry:replicas: [{region: eu-west-1, account: dr}]",
        "replicas[0].account: 'dr' ",
        "accounts",
    ),
    "key of another region": (
        "container-registry:protect: false",
        "container-registry:keys: {shared: {eu-west-1: 'arn:aws:kms:us-east-1:111122223333:key/1'}}",
        "keys.shared.eu-west-1: ",
        "regional",
    ),
    "key by alias": (
        "container-registry:protect: false",
        "container-registry:keys: {shared: {us-east-1: 'arn:aws:kms:us-east-1:111122223333:alias/x'}}",
        "keys.shared.us-east-1: ",
        "no alias",
    ),
    "continuous basic scanning": (
        "container-registry:protect: false",
        "container-registry:scanning: {type: basic, rules: [{frequency: continuous}]}",
        "scanning.rules[0].frequency: 'continuous' ",
        "write on-push",
    ),
    "registry policy for everyone's every action": (
        "container-registry:protect: false",
        "container-registry:registry_policy: {Version: '2012-10-17', Statement: {Effect: Allow, Action: '*'}}",
        "container-registry:registry_policy",
        "rincipal",
    ),
    "too large a registry policy": (
        "container-registry:protect: false",
        LONG_POLICY,
        "container-registry:registry_policy",
        "10240",
    ),
    "duplicate keys": (
        "container-registry:environment: dev",
        "aws:region: eu-west-1",
        "config.aws:region: 'aws:region' stands twice (first in line 3)",
        "keep one",
    ),
}


@pytest.mark.parametrize("case", STACK_FAULTS)
def test_a_fault_in_the_stack(project: Path, case: str) -> None:
    old, new, start, fix = STACK_FAULTS[case]
    file = project / "Pulumi.dev.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [fault for fault in faults(project) if start in str(fault) and fix.replace("10240", "10") in str(fault)]
    assert found, [str(each) for each in faults(project)]
    assert all(fault.line for fault in found if fault.file == "Pulumi.dev.yaml")
