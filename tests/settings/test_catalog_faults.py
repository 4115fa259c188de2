"""Bad input in catalog.yaml: each fault is reported with its line, path, value and fix."""

from functools import partial
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

from tests.settings.written import ENTRY, HEAD, api, catalog, rules, words

FAULTS = {
    "a key": api("retenton: services"),
    "a key at the top": HEAD + ENTRY + "repos: {}\n",
    "a key in a rule": rules("{untagged: true, expire_after_day: 7, keep: 1}"),
    "missing owner": HEAD + " payments/api: {}\n",
    "wrong type": api("adopt: 'yes'"),
    "number for text": HEAD + " payments/api: {owner: 7}\n",
    "upper case": HEAD + " Payments/api: {owner: payments}\n",
    "257 characters": HEAD + f" {'a' * 257}: {{owner: payments}}\n",
    "unknown preset": api("retention: defualt"),
    "no default preset": "repositories:\n" + ENTRY,
    "two of untagged": rules("{untagged: true, expire_after_days: 7}", "{untagged: true, keep: 3}"),
    "two selectors": rules("{untagged: true, tag: v*, expire_after_days: 7}"),
    "two effects": rules("{tag: v*, keep: 3, expire_after_days: 7}"),
    "no effect": rules("{tag: v*}"),
    "five wildcards": rules("{tag: '*a*b*c*d*', keep: 3}"),
    "count 0": rules("{tag: v*, keep: 0}"),
    "too early": rules("{any: true, expire_archived_after_days: 89}"),
    "more than 50 rules": rules(*(f"{{tag: v{n}, keep: 3}}" for n in range(51))),
    "any not last": rules("{any: true, keep: 3}", "{tag: v*, keep: 3}"),
    "a policy too long": rules(*(f"{{tag: {'x' * 700}{n}, keep: 3}}" for n in range(50))),
    "empty rules": api("retention: []"),
    "a filter that ECR refuses": api("mutable_tags: ['a*b*c*']"),
    "six exclusion filters": api("mutable_tags: [a, b, c, d, e, f]"),
    "a name of no stack": api("pull: [{account: workload}]"),
    "an organization of no stack": api("pull: [{organization: acne}]"),
    "a key of no stack": api("encryption: {key: shared}"),
    "a kind of encryption": api("encryption: none"),
    "an unknown service": api("pull: [{service: eks}]"),
    "a grant to none": api("pull: [{role: deploy}]"),
    "a push without a source": api("push: [{github: acme/api}]"),
    "a wildcard branch": api("push: [{github: acme/api, refs: ['refs/heads/*']}]"),
    "a push from no stack": api("push: [{github: a/b, environment: x, stacks: [prd]}]"),
    "a day that is none": api("retire: {until: 2027-02-30, reason: gone}"),
    "still there": HEAD + ENTRY + "removed: {payments/api: {until: 2027-01-31, reason: x}}\n",
    "duplicate keys": HEAD + ENTRY + ENTRY,
    "malformed YAML": HEAD + " payments/api: {owner: payments\n",
    "a control character": "a: \x07\n",
    "empty file": "",
    "a list for a file": "- a\n",
    "a count in octal": rules("{tag: v*, keep: 010}"),
    "a count without end": rules(f"{{tag: v*, keep: {'9' * 5000}}}"),
    "another form of day": api("retire: {until: 2027-W05-1, reason: gone}"),
    "no reason": api("retire: {until: 2027-01-31, reason: ' '}"),
    "adopted nowhere": api("adopt: []"),
    "pushed from nowhere": api("push: [{github: acme/api, refs: []}]"),
    "a tag of YAML's": HEAD + " payments/api: {owner: !!binary aGk=}\n",
    "a list for a key": HEAD + " payments/api: {[a, b]: 3}\n",
    "a file name with a zero": api("encryption: [a]"),
    "no value": api("retire: "),
    "no value for a list": api("push: "),
    "an object for a list": api("pull: {account: workloads}"),
    "endless nesting": "a: " + "[" * 60 + "]" * 60 + "\n",
}


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    assert words(project, {case: partial(catalog, text=text) for case, text in FAULTS.items()}) == snapshot
