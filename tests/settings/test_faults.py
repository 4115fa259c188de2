"""Bad input: each fault is told with its file, line, path, value and fix, and all of them at once."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from settings import Fault, InvalidSettings, load

HEAD = """\
retention:
  default:
    - {untagged: true, expire_after_days: 7}
repositories:
"""
ENTRY = "  payments/api: {owner: payments}\n"


def faults(project: Path, stack: str = "dev") -> tuple[Fault, ...]:
    with pytest.raises(InvalidSettings) as raised:
        load(project, stack)
    return raised.value.faults


def only(project: Path, stack: str = "dev") -> str:
    found = faults(project, stack)
    assert len(found) == 1, [str(each) for each in found]
    return str(found[0])


def catalog(project: Path, text: str) -> None:
    (project / "catalog.yaml").write_text(text, encoding="utf-8")


def rules(*lines: str) -> str:
    written = "".join(f"    - {line}\n" for line in lines)
    return f"retention:\n  default:\n{written}repositories:\n{ENTRY}"


CATALOG_FAULTS = {
    "unknown key": (
        HEAD + "  payments/api: {owner: payments, retenton: services}\n",
        "catalog.yaml:5: repositories.payments/api.retenton: ",
        "did you mean 'retention'?",
    ),
    "unknown key at the top": (HEAD + ENTRY + "repos: {}\n", "catalog.yaml:6: repos: ", "repositories"),
    "unknown key in a rule": (
        rules("{untagged: true, expire_after_day: 7, keep: 1}"),
        "catalog.yaml:3: retention.default[0].expire_after_day: ",
        "did you mean 'expire_after_days'?",
    ),
    "missing owner": (HEAD + "  payments/api: {}\n", "catalog.yaml:5: repositories.payments/api.owner: ", "is missing"),
    "wrong type": (
        HEAD + "  payments/api: {owner: payments, adopt: 'yes'}\n",
        "catalog.yaml:5: repositories.payments/api.adopt: 'yes' ",
        "true or false",
    ),
    "number for text": (HEAD + "  payments/api: {owner: 7}\n", "repositories.payments/api.owner: 7 ", "quotes"),
    "upper case": (HEAD + "  Payments/api: {owner: payments}\n", "repositories.Payments/api: 'Payments/api' ", "case"),
    "one character": (HEAD + "  a: {owner: payments}\n", "repositories.a: 'a' ", "2"),
    "257 characters": (HEAD + f"  {'a' * 257}: {{owner: payments}}\n", "catalog.yaml:5: ", "256"),
    "illegal character": (HEAD + "  'pay ments': {owner: payments}\n", "repositories.pay ments: ", "' '"),
    "leading separator": (HEAD + "  -api: {owner: payments}\n", "repositories.-api: ", "-"),
    "doubled separator": (HEAD + "  pay..ments: {owner: payments}\n", "repositories.pay..ments: ", ".."),
    "empty part": (HEAD + "  pay//ments: {owner: payments}\n", "repositories.pay//ments: ", "/"),
    "trailing slash": (HEAD + "  payments/: {owner: payments}\n", "repositories.payments/: ", "/"),
    "unknown preset": (
        HEAD + "  payments/api: {owner: payments, retention: defualt}\n",
        "repositories.payments/api.retention: 'defualt' is no preset",
        "did you mean 'default'?",
    ),
    "no default preset": (
        "repositories:\n" + ENTRY,
        "catalog.yaml:2: repositories.payments/api.retention: 'default' is no preset",
        "declare a preset named default",
    ),
    "two rules for untagged images": (
        rules("{untagged: true, expire_after_days: 7}", "{untagged: true, keep: 3}"),
        "retention.default[1]: an object with untagged, keep selects what an earlier rule",
        "join the two rules",
    ),
    "two selectors": (
        rules("{untagged: true, tag: v*, expire_after_days: 7}"),
        "catalog.yaml:3: retention.default[0]: ",
        "exactly one of tag, all_tags, untagged, any",
    ),
    "two effects": (rules("{tag: v*, keep: 3, expire_after_days: 7}"), "retention.default[0]: ", "exactly one of keep"),
    "no effect": (rules("{tag: v*}"), "retention.default[0]: ", "has no effect"),
    "five wildcards": (rules("{tag: '*a*b*c*d*', keep: 3}"), "retention.default[0].tag: '*a*b*c*d*' ", "at most 4"),
    "count 0": (rules("{tag: v*, keep: 0}"), "retention.default[0].keep: 0 ", "1"),
    "archive expiry under 90 days": (
        rules("{any: true, expire_archived_after_days: 89}"),
        "retention.default[0].expire_archived_after_days: 89 ",
        "90",
    ),
    "more than 50 rules": (rules(*(f"{{tag: v{n}, keep: 3}}" for n in range(51))), "retention.default: ", "50"),
    "any not last": (
        rules("{any: true, keep: 3}", "{tag: v*, keep: 3}"),
        "catalog.yaml:3: retention.default[0]: an object with any, keep selects any image",
        "move it below them",
    ),
    "lifecycle policy too long": (
        rules(*(f"{{tag: {'x' * 700}{n}, keep: 3}}" for n in range(50))),
        "retention.default: ",
        "30720",
    ),
    "empty rules": (HEAD + "  payments/api: {owner: payments, retention: []}\n", "payments/api.retention: ", "empty"),
    "an exclusion filter that ECR refuses": (
        HEAD + "  payments/api: {owner: payments, mutable_tags: ['a*b*c*']}\n",
        "repositories.payments/api.mutable_tags[0]: 'a*b*c*' ",
        "2",
    ),
    "six exclusion filters": (
        HEAD + "  payments/api: {owner: payments, mutable_tags: [a, b, c, d, e, f]}\n",
        "repositories.payments/api.mutable_tags: ",
        "5",
    ),
    "a name that the stack does not map": (
        HEAD + "  payments/api: {owner: payments, pull: [{account: workload}]}\n",
        "repositories.payments/api.pull[0].account: 'workload' is no account that Pulumi.dev.yaml (accounts) declares",
        "did you mean 'workloads'?",
    ),
    "an organisation that the stack does not map": (
        HEAD + "  payments/api: {owner: payments, pull: [{organization: acne}]}\n",
        "pull[0].organization: 'acne' is no organization that Pulumi.dev.yaml (organizations) declares",
        "did you mean 'acme'?",
    ),
    "a key that the stack does not map": (
        HEAD + "  payments/api: {owner: payments, encryption: {key: shared}}\n",
        "encryption.key: 'shared' is no key",
        "none is declared",
    ),
    "an unknown kind of encryption": (
        HEAD + "  payments/api: {owner: payments, encryption: none}\n",
        "repositories.payments/api.encryption: 'none' ",
        "'customer', 'aws-managed' or 'aes256'",
    ),
    "an unknown service": (
        HEAD + "  payments/api: {owner: payments, pull: [{service: ecs}]}\n",
        "pull[0].service: 'ecs' ",
        "'lambda' or 'codebuild'",
    ),
    "a grant to nobody": (
        HEAD + "  payments/api: {owner: payments, pull: [{role: deploy}]}\n",
        "repositories.payments/api.pull[0]",
        "exactly one of account, organization, service",
    ),
    "a push without a source": (
        HEAD + "  payments/api: {owner: payments, push: [{github: acme/api}]}\n",
        "repositories.payments/api.push[0]: ",
        "exactly one of refs, environment",
    ),
    "a wildcard branch": (
        HEAD + "  payments/api: {owner: payments, push: [{github: acme/api, refs: ['refs/heads/*']}]}\n",
        "push[0].refs[0]: 'refs/heads/*' ",
        "refs/heads/main",
    ),
    "a push from an unknown stack": (
        HEAD + "  payments/api: {owner: payments, push: [{github: acme/api, environment: x, stacks: [prd]}]}\n",
        "push[0].stacks[0]: 'prd' ",
        "did you mean 'prod'?",
    ),
    "a day that is none": (
        HEAD + "  payments/api: {owner: payments, retire: {until: 2027-02-30, reason: gone}}\n",
        "repositories.payments/api.retire.until: '2027-02-30' ",
        "2027-01-31",
    ),
    "removed and still there": (
        HEAD + ENTRY + "removed: {payments/api: {until: 2027-01-31, reason: gone}}\n",
        "catalog.yaml:6: removed.payments/api: ",
        "among the repositories",
    ),
    "duplicate keys": (HEAD + ENTRY + ENTRY, "catalog.yaml:6: repositories.payments/api: ", "first in line 5"),
    "malformed YAML": (HEAD + "  payments/api: {owner: payments\n", "catalog.yaml:6: ", "YAML"),
    "a control character": ("a: \x07\n", "catalog.yaml: ", "YAML"),
    "empty file": ("", "catalog.yaml: 'catalog.yaml' is empty", "README"),
    "a list for a file": ("- a\n", "catalog.yaml:1: ", "is no object"),
    "a count in octal": (rules("{tag: v*, keep: 010}"), "retention.default[0].keep: ", "whole number"),
    "a count without end": (rules(f"{{tag: v*, keep: {'9' * 5000}}}"), "retention.default[0].keep: ", "whole number"),
    "a day in another form": (
        HEAD + "  payments/api: {owner: payments, retire: {until: 2027-W05-1, reason: gone}}\n",
        "retire.until: '2027-W05-1' ",
        "2027-01-31",
    ),
    "no reason": (
        HEAD + "  payments/api: {owner: payments, retire: {until: 2027-01-31, reason: ' '}}\n",
        "retire.reason: ' ' ",
        "why",
    ),
    "adopted nowhere": (HEAD + "  payments/api: {owner: payments, adopt: []}\n", "payments/api.adopt: ", "at least 1"),
    "pushed from nowhere": (
        HEAD + "  payments/api: {owner: payments, push: [{github: acme/api, refs: []}]}\n",
        "payments/api.push[0].refs: ",
        "at least 1",
    ),
    "a tag of YAML's": (HEAD + "  payments/api: {owner: !!binary aGk=}\n", "payments/api.owner: ", "remove it"),
    "a list for a key": (HEAD + "  payments/api: {[a, b]: 3}\n", "catalog.yaml:5: ", "YAML"),
    "a file name with a zero": (HEAD + "  payments/api: {owner: payments, encryption: [a]}\n", "encryption: ", "write"),
    "no value": (
        HEAD + "  payments/api: {owner: payments, retire: }\n",
        "payments/api.retire: has no value",
        "key",
    ),
    "no value for a list": (
        HEAD + "  payments/api: {owner: payments, push: }\n",
        "payments/api.push: has no value",
        "key",
    ),
    "an object for a list": (
        HEAD + "  payments/api: {owner: payments, pull: {account: workloads}}\n",
        "payments/api.pull: an object with account is no list",
        "list",
    ),
    "endless nesting": ("a: " + "[" * 60 + "]" * 60 + "\n", "catalog.yaml:1: ", "deep"),
}


@pytest.mark.parametrize("case", CATALOG_FAULTS)
def test_a_fault_in_the_catalog(project: Path, case: str) -> None:
    text, start, fix = CATALOG_FAULTS[case]
    catalog(project, text)
    found = [str(fault) for fault in faults(project)]
    assert any(start in fault and fix in fault for fault in found), found


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


def test_an_unknown_stack_names_the_nearest(project: Path) -> None:
    assert only(project, "prd").startswith("Pulumi.prd.yaml: 'prd' is no stack of this project (did you mean 'prod'?)")


def test_a_repository_policy_over_its_limit(project: Path) -> None:
    grants = ", ".join(f"{{account: workloads, role: {'r' * 60}{n:03}}}" for n in range(120))
    catalog(project, HEAD + f"  payments/api: {{owner: payments, pull: [{grants}]}}\n")
    assert "10240" in only(project).replace(",", "")


def test_a_named_key_must_stand_in_every_region(project: Path) -> None:
    file = project / "Pulumi.prod.yaml"
    arn = "arn:aws:kms:us-east-1:222233334444:key/1"
    keys = f"  container-registry:keys: {{shared: {{us-east-1: '{arn}'}}}}\n"
    file.write_text(file.read_text(encoding="utf-8") + keys, encoding="utf-8")
    catalog(project, HEAD + "  payments/api: {owner: payments, encryption: {key: shared}}\n")
    dev = project / "Pulumi.dev.yaml"
    found = [fault.message for fault in faults(project, "prod")]
    assert found == ["has no key in eu-west-1", "has no key in ap-northeast-1"]
    assert dev.is_file()


def test_a_sound_entry_is_checked_beside_a_faulty_one(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    keys = "  container-registry:keys: {shared: {eu-west-1: 'arn:aws:kms:eu-west-1:111122223333:key/1'}}\n"
    file.write_text(file.read_text(encoding="utf-8") + keys, encoding="utf-8")
    catalog(project, HEAD + "  a/b: {owner: 7}\n  c/d: {owner: payments, encryption: {key: shared}}\n")
    assert [fault.message for fault in faults(project)] == ["is no text", "has no key in us-east-1"]


TWELVE = """\
retention:
  default:
    - {tag: v*, keep: 0}
    - {untagged: true, expire_after_days: 7}
    - {untagged: true, keep: 1}
  broken:
    - {tag: '*a*b*c*d*', keep: 3}
    - {tag: v*, untagged: true, keep: 3}
repositories:
  Payments/api: {owner: payments}
  payments/api:
    ownr: payments
    retention: nowhere
    mutable_tags: ['a b']
    pull: [{account: nobody}]
    push: [{github: acme}]
  payments/web: {owner: payments, adopt: maybe, encryption: rot13}
"""


def test_twelve_planted_faults_are_told_in_one_run(project: Path) -> None:
    catalog(project, TWELVE)
    told = {(fault.line, fault.path[-1]) for fault in faults(project)}
    planted = {
        (3, "keep"),
        (7, "tag"),
        (8, 1),
        (10, "Payments/api"),
        (12, "ownr"),
        (11, "owner"),
        (13, "retention"),
        (14, 0),
        (15, "account"),
        (16, "github"),
        (17, "adopt"),
        (17, "encryption"),
    }
    assert planted <= told, planted - told
    assert any("an earlier rule" in fault.message and fault.line == 5 for fault in faults(project))


def test_the_command_tells_faults_without_a_traceback(project: Path, root: Path) -> None:
    catalog(project, TWELVE)
    command = [sys.executable, "-m", "review", "render", "--stack", "dev", "--project", str(project)]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("catalog.yaml:") >= 12
    assert not ended.stdout


def test_a_fault_in_the_last_of_5000_repositories_is_told_within_5_seconds(project: Path) -> None:
    entries = "".join(f"  team-{n % 50}/service-{n}: {{owner: payments}}\n" for n in range(4999))
    catalog(project, HEAD + entries + "  last: {owner: payments, pull: [{account: nobody}]}\n")
    started = time.monotonic()
    assert only(project).startswith("catalog.yaml:5004: repositories.last.pull[0].account: 'nobody' ")
    assert time.monotonic() - started < 5


def test_not_utf8(project: Path) -> None:
    (project / "catalog.yaml").write_bytes(b"retention: \xff\n")
    assert only(project).startswith("catalog.yaml: ")


def test_a_missing_catalog(project: Path) -> None:
    (project / "catalog.yaml").unlink()
    assert "does not exist" in only(project)


def test_the_same_fault_is_told_once(project: Path) -> None:
    catalog(project, HEAD + "  payments/api: {owner: payments, push: }\n")
    assert only(project).startswith("catalog.yaml:5: repositories.payments/api.push: has no value")


def test_a_wrong_type_in_the_stack_is_told_once(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "  container-registry:replicas: {}\n", encoding="utf-8")
    assert "is not of type array<object>" in only(project)


@pytest.mark.parametrize("content", [None, '"', ""])
def test_without_a_readable_project_nothing_else_is_told(project: Path, content: str | None) -> None:
    (project / "Pulumi.yaml").unlink()
    if content is not None:
        (project / "Pulumi.yaml").write_text(content, encoding="utf-8")
    assert only(project).startswith("Pulumi.yaml:")


def test_a_folder_for_a_catalog(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "  container-registry:catalog: .\n", encoding="utf-8")
    assert "can't be read: Is a directory" in only(project)
