"""Bad input in catalog.yaml: each fault is told with its line, path, value and fix."""

from pathlib import Path

import pytest

from tests.settings.written import ENTRY, HEAD, api, catalog, faults, rules

CATALOG_FAULTS = {
    "a key": (api("retenton: services"), "catalog.yaml:5: repositories.payments/api.retenton: ", "mean 'retention'?"),
    "a key at the top": (HEAD + ENTRY + "repos: {}\n", "catalog.yaml:6: repos: ", "repositories"),
    "a key in a rule": (
        rules("{untagged: true, expire_after_day: 7, keep: 1}"),
        "catalog.yaml:3: retention.default[0].expire_after_day: ",
        "mean 'expire_after_days'?",
    ),
    "missing owner": (HEAD + "  payments/api: {}\n", "catalog.yaml:5: repositories.payments/api.owner: ", "is missing"),
    "wrong type": (api("adopt: 'yes'"), "catalog.yaml:5: repositories.payments/api.adopt: 'yes' ", "true or false"),
    "number for text": (HEAD + "  payments/api: {owner: 7}\n", "payments/api.owner: 7 ", "quotes"),
    "upper case": (HEAD + "  Payments/api: {owner: payments}\n", "repositories.Payments/api: 'Payments/api' ", "case"),
    "one character": (HEAD + "  a: {owner: payments}\n", "repositories.a: 'a' ", "2"),
    "257 characters": (HEAD + f"  {'a' * 257}: {{owner: payments}}\n", "catalog.yaml:5: ", "256"),
    "illegal character": (HEAD + "  'pay ments': {owner: payments}\n", "repositories.pay ments: ", "' '"),
    "leading separator": (HEAD + "  -api: {owner: payments}\n", "repositories.-api: ", "-"),
    "doubled separator": (HEAD + "  pay..ments: {owner: payments}\n", "repositories.pay..ments: ", ".."),
    "empty part": (HEAD + "  pay//ments: {owner: payments}\n", "repositories.pay//ments: ", "/"),
    "trailing slash": (HEAD + "  payments/: {owner: payments}\n", "repositories.payments/: ", "/"),
    "unknown preset": (
        api("retention: defualt"),
        "payments/api.retention: 'defualt' is not a preset",
        "mean 'default'?",
    ),
    "no default preset": (
        "repositories:\n" + ENTRY,
        "catalog.yaml:2: repositories.payments/api.retention: 'default' is not a preset",
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
    "a policy too long": (
        rules(*(f"{{tag: {'x' * 700}{n}, keep: 3}}" for n in range(50))),
        "retention.default: ",
        "30720",
    ),
    "empty rules": (api("retention: []"), "payments/api.retention: ", "empty"),
    "a filter that ECR refuses": (api("mutable_tags: ['a*b*c*']"), "payments/api.mutable_tags[0]: 'a*b*c*' ", "2"),
    "six exclusion filters": (api("mutable_tags: [a, b, c, d, e, f]"), "payments/api.mutable_tags: ", "5"),
    "a name of no stack": (
        api("pull: [{account: workload}]"),
        "payments/api.pull[0].account: 'workload' is not an account that Pulumi.dev.yaml (accounts) declares",
        "mean 'workloads'?",
    ),
    "an organization of no stack": (
        api("pull: [{organization: acne}]"),
        "pull[0].organization: 'acne' is not an organization that Pulumi.dev.yaml (organizations) declares",
        "mean 'acme'?",
    ),
    "a key of no stack": (
        api("encryption: {key: shared}"),
        "encryption.key: 'shared' is not a key",
        "none is declared",
    ),
    "a kind of encryption": (api("encryption: none"), "payments/api.encryption: 'none' ", "'aws-managed' or"),
    "an unknown service": (api("pull: [{service: eks}]"), "pull[0].service: 'eks' ", "'lambda', 'codebuild' or 'ecs'"),
    "a grant to none": (api("pull: [{role: deploy}]"), "payments/api.pull[0]", "exactly one of account,"),
    "a push without a source": (api("push: [{github: acme/api}]"), "api.push[0]: ", "exactly one of refs, environment"),
    "a wildcard branch": (
        api("push: [{github: acme/api, refs: ['refs/heads/*']}]"),
        "push[0].refs[0]: 'refs/heads/*' ",
        "refs/heads/main",
    ),
    "a push from an unknown stack": (
        api("push: [{github: acme/api, environment: x, stacks: [prd]}]"),
        "push[0].stacks[0]: 'prd' ",
        "mean 'prod'?",
    ),
    "a day that is none": (
        api("retire: {until: 2027-02-30, reason: gone}"),
        "payments/api.retire.until: '2027-02-30' ",
        "2027-01-31",
    ),
    "removed and still there": (
        HEAD + ENTRY + "removed: {payments/api: {until: 2027-01-31, reason: gone}}\n",
        "catalog.yaml:6: removed.payments/api: ",
        "is still listed in repositories",
    ),
    "duplicate keys": (HEAD + ENTRY + ENTRY, "catalog.yaml:6: repositories.payments/api: ", "first in line 5"),
    "malformed YAML": (HEAD + "  payments/api: {owner: payments\n", "catalog.yaml:6: ", "YAML"),
    "a control character": ("a: \x07\n", "catalog.yaml: ", "YAML"),
    "empty file": ("", "catalog.yaml: 'catalog.yaml' is empty", "README"),
    "a list for a file": ("- a\n", "catalog.yaml:1: ", "is not an object"),
    "a count in octal": (rules("{tag: v*, keep: 010}"), "retention.default[0].keep: ", "whole number"),
    "a count without end": (rules(f"{{tag: v*, keep: {'9' * 5000}}}"), "retention.default[0].keep: ", "whole number"),
    "another form of day": (api("retire: {until: 2027-W05-1, reason: gone}"), "until: '2027-W05-1' ", "2027-01-31"),
    "no reason": (api("retire: {until: 2027-01-31, reason: ' '}"), "retire.reason: ' ' ", "why"),
    "adopted nowhere": (api("adopt: []"), "payments/api.adopt: ", "at least 1"),
    "pushed from nowhere": (api("push: [{github: acme/api, refs: []}]"), "payments/api.push[0].refs: ", "at least 1"),
    "a tag of YAML's": (HEAD + "  payments/api: {owner: !!binary aGk=}\n", "payments/api.owner: ", "remove it"),
    "a list for a key": (HEAD + "  payments/api: {[a, b]: 3}\n", "catalog.yaml:5: ", "YAML"),
    "a file name with a zero": (api("encryption: [a]"), "encryption: ", "write"),
    "no value": (api("retire: "), "payments/api.retire: has no value", "key"),
    "no value for a list": (api("push: "), "payments/api.push: has no value", "key"),
    "an object for a list": (api("pull: {account: workloads}"), "pull: an object with account is not a list", "list"),
    "endless nesting": ("a: " + "[" * 60 + "]" * 60 + "\n", "catalog.yaml:1: ", "deep"),
}


@pytest.mark.parametrize("case", CATALOG_FAULTS)
def test_a_fault_in_the_catalog(project: Path, case: str) -> None:
    text, start, fix = CATALOG_FAULTS[case]
    catalog(project, text)
    found = [str(fault) for fault in faults(project)]
    assert any(start in fault and fix in fault for fault in found), found
