"""Bad input in catalog.yaml: each fault is told with its line, path, value and fix."""

from functools import partial
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.settings.written import ENTRY, HEAD, api, catalog, faults, rules, words

FAULTS = {
    "a key": (api("retenton: services"), "5: repositories.payments/api.retenton: "),
    "a key at the top": (HEAD + ENTRY + "repos: {}\n", "6: repos: "),
    "a key in a rule": (rules("{untagged: true, expire_after_day: 7, keep: 1}"), "default[0].expire_after_day: "),
    "missing owner": (HEAD + " payments/api: {}\n", "5: repositories.payments/api.owner: "),
    "wrong type": (api("adopt: 'yes'"), "5: repositories.payments/api.adopt: 'yes' "),
    "number for text": (HEAD + " payments/api: {owner: 7}\n", "payments/api.owner: 7 "),
    "upper case": (HEAD + " Payments/api: {owner: payments}\n", "repositories.Payments/api: 'Payments/api' "),
    "one character": (HEAD + " a: {owner: payments}\n", "repositories.a: 'a' "),
    "257 characters": (HEAD + f" {'a' * 257}: {{owner: payments}}\n", "5: "),
    "illegal character": (HEAD + " 'pay ments': {owner: payments}\n", "repositories.pay ments: "),
    "leading separator": (HEAD + " -api: {owner: payments}\n", "repositories.-api: "),
    "doubled separator": (HEAD + " pay..ments: {owner: payments}\n", "repositories.pay..ments: "),
    "empty part": (HEAD + " pay//ments: {owner: payments}\n", "repositories.pay//ments: "),
    "trailing slash": (HEAD + " payments/: {owner: payments}\n", "repositories.payments/: "),
    "unknown preset": (api("retention: defualt"), "payments/api.retention: 'defualt' is not a preset"),
    "no default preset": ("repositories:\n" + ENTRY, "2: repositories.payments/api.retention: 'default'"),
    "two of untagged": (rules("{untagged: true, expire_after_days: 7}", "{untagged: true, keep: 3}"), "default[1]: "),
    "two selectors": (rules("{untagged: true, tag: v*, expire_after_days: 7}"), "3: retention.default[0]: "),
    "two effects": (rules("{tag: v*, keep: 3, expire_after_days: 7}"), "retention.default[0]: "),
    "no effect": (rules("{tag: v*}"), "retention.default[0]: "),
    "five wildcards": (rules("{tag: '*a*b*c*d*', keep: 3}"), "retention.default[0].tag: '*a*b*c*d*' "),
    "count 0": (rules("{tag: v*, keep: 0}"), "retention.default[0].keep: 0 "),
    "too early": (rules("{any: true, expire_archived_after_days: 89}"), "default[0].expire_archived_after_days: 89 "),
    "more than 50 rules": (rules(*(f"{{tag: v{n}, keep: 3}}" for n in range(51))), "retention.default: "),
    "any not last": (rules("{any: true, keep: 3}", "{tag: v*, keep: 3}"), "3: retention.default[0]: an object"),
    "a policy too long": (rules(*(f"{{tag: {'x' * 700}{n}, keep: 3}}" for n in range(50))), "retention.default: "),
    "empty rules": (api("retention: []"), "payments/api.retention: "),
    "a filter that ECR refuses": (api("mutable_tags: ['a*b*c*']"), "payments/api.mutable_tags[0]: 'a*b*c*' "),
    "six exclusion filters": (api("mutable_tags: [a, b, c, d, e, f]"), "payments/api.mutable_tags: "),
    "a name of no stack": (api("pull: [{account: workload}]"), "payments/api.pull[0].account: 'workload'"),
    "an organization of no stack": (api("pull: [{organization: acne}]"), "pull[0].organization: 'acne'"),
    "a key of no stack": (api("encryption: {key: shared}"), "encryption.key: 'shared' is not a key"),
    "a kind of encryption": (api("encryption: none"), "payments/api.encryption: 'none' "),
    "an unknown service": (api("pull: [{service: eks}]"), "pull[0].service: 'eks' "),
    "a grant to none": (api("pull: [{role: deploy}]"), "payments/api.pull[0]"),
    "a push without a source": (api("push: [{github: acme/api}]"), "api.push[0]: "),
    "a wildcard branch": (api("push: [{github: acme/api, refs: ['refs/heads/*']}]"), "push[0].refs[0]: 'refs/heads/*'"),
    "a push from no stack": (api("push: [{github: a/b, environment: x, stacks: [prd]}]"), "push[0].stacks[0]: 'prd'"),
    "a day that is none": (api("retire: {until: 2027-02-30, reason: gone}"), "payments/api.retire.until: '2027-02-30'"),
    "still there": (
        HEAD + ENTRY + "removed: {payments/api: {until: 2027-01-31, reason: x}}\n",
        "removed.payments/api: ",
    ),
    "duplicate keys": (HEAD + ENTRY + ENTRY, "6: repositories.payments/api: "),
    "malformed YAML": (HEAD + " payments/api: {owner: payments\n", "6: "),
    "a control character": ("a: \x07\n", "catalog.yaml: "),
    "empty file": ("", "catalog.yaml: 'catalog.yaml' is empty"),
    "a list for a file": ("- a\n", "1: "),
    "a count in octal": (rules("{tag: v*, keep: 010}"), "retention.default[0].keep: "),
    "a count without end": (rules(f"{{tag: v*, keep: {'9' * 5000}}}"), "retention.default[0].keep: "),
    "another form of day": (api("retire: {until: 2027-W05-1, reason: gone}"), "until: '2027-W05-1' "),
    "no reason": (api("retire: {until: 2027-01-31, reason: ' '}"), "retire.reason: ' ' "),
    "adopted nowhere": (api("adopt: []"), "payments/api.adopt: "),
    "pushed from nowhere": (api("push: [{github: acme/api, refs: []}]"), "payments/api.push[0].refs: "),
    "a tag of YAML's": (HEAD + " payments/api: {owner: !!binary aGk=}\n", "payments/api.owner: "),
    "a list for a key": (HEAD + " payments/api: {[a, b]: 3}\n", "5: "),
    "a file name with a zero": (api("encryption: [a]"), "encryption: "),
    "no value": (api("retire: "), "payments/api.retire: has no value"),
    "no value for a list": (api("push: "), "payments/api.push: has no value"),
    "an object for a list": (api("pull: {account: workloads}"), "pull: an object with account is not a list"),
    "endless nesting": ("a: " + "[" * 60 + "]" * 60 + "\n", "1: "),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_in_the_catalog(project: Path, case: str) -> None:
    text, start = FAULTS[case]
    catalog(project, text)
    found = [str(fault) for fault in faults(project)]
    assert any(start in fault for fault in found), found


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    assert words(project, {case: partial(catalog, text=text) for case, (text, _) in FAULTS.items()}) == snapshot
