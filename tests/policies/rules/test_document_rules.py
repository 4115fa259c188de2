"""What every rule that reads a policy document does alike."""

import pytest

from domain.aws import RegistryId
from domain.document_text import UNKNOWN, to_json_text
from domain.iam.grants import AccountGrant, Grant, OrganizationGrant, PullService, ServiceGrant, repository_policy
from policies.pack.rule import Rule
from policies.rules import (
    ecr_policy_least_privilege,
    ecr_policy_no_source_ip,
    ecr_policy_not_public,
    ecr_registry_policy_narrow,
    iam_github_ids,
    iam_github_trust,
    iam_no_wildcard,
    iam_trust_not_public,
    kms_policy_narrow,
)
from resources.ecr import CREATION_TEMPLATE, REGISTRY_POLICY, REPOSITORY_POLICY
from resources.iam import ROLE, ROLE_POLICY
from resources.kms import KEY
from tests.policies.conftest import Declared, findings
from tests.policies.rules.texts import HOME, ORGANIZATION, OTHER, allow, policy, to

OF_REPOSITORIES = (ecr_policy_least_privilege.RULE, ecr_policy_no_source_ip.RULE, ecr_policy_not_public.RULE)
READERS = (
    *((rule, REPOSITORY_POLICY, "policy") for rule in OF_REPOSITORIES),
    *((each.RULE, REGISTRY_POLICY, "policy") for each in (ecr_policy_no_source_ip, ecr_registry_policy_narrow)),
    (iam_github_ids.RULE, ROLE, "assumeRolePolicy"),
    (iam_github_trust.RULE, ROLE, "assumeRolePolicy"), (iam_no_wildcard.RULE, ROLE_POLICY, "policy"),
    (iam_trust_not_public.RULE, ROLE, "assumeRolePolicy"), (kms_policy_narrow.RULE, KEY, "policy"),
)  # fmt: skip
DEEP = "[" * 100_000
BROKEN = {
    "": "is not a valid policy: document: is not valid JSON",
    "{": "is not a valid policy: document: is not valid JSON",
    "[]": "is not a valid policy: document: is not a policy document",
    "null": "is not a valid policy: document: is not a policy document",
    '"*"': "is not a valid policy: document: is not a policy document",
    "{}": "is not a valid policy: Statement: has no statement",
    '{"Statement": []}': "is not a valid policy: Statement: has no statement",
    '{"Statement": {"effect": "Allow"}}': "is not a valid policy: Statement.effect: 'effect' is not a valid element",
    '{"Statement": {"Effect": "allow", "Action": "*"}}': "is not a valid policy: Statement.Effect: is not a valid",
    '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*"}}': (
        "is not a valid policy: Statement.Effect: is written more than once"
    ),
    '{"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"StringEquals": {"a:b": NaN}}}}': (
        "is not a valid policy: document: is not valid JSON"
    ),
    '{"Version": "2026-01-01", "Statement": {"Effect": "Deny", "Action": "*"}}': (
        "is not a valid policy: Version: is not a version"
    ),
    DEEP: "is not a valid policy: document: is not valid JSON",
}
"""Texts that are no policy, with how each finding begins."""


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize(("rule", "kind", "name"), READERS, ids=[rule.id for rule, *_ in READERS])
def test_what_is_no_policy_is_found(rule: Rule, kind: str, name: str, text: str) -> None:
    (found,) = findings(rule, Declared(type=kind, inputs={name: text}))
    assert found.startswith(BROKEN[text])


@pytest.mark.parametrize(("rule", "kind", "name"), READERS, ids=[rule.id for rule, *_ in READERS])
def test_a_document_that_is_absent_or_not_known(rule: Rule, kind: str, name: str) -> None:
    assert findings(rule, Declared(type=kind, inputs={name: UNKNOWN})) == [f"undecided {name}"]
    # A key without a policy has the default of AWS KMS.
    assert (findings(rule, Declared(type=kind, inputs={})) == []) is (kind != KEY)


@pytest.mark.parametrize("rule", OF_REPOSITORIES, ids=lambda rule: str(rule.id))
def test_a_template_for_repositories_is_read_as_their_policy(rule: Rule) -> None:
    def of_template(**inputs: object) -> list[str]:
        template = {"appliedFors": ["REPLICATION"], "prefix": "ROOT"}
        return findings(rule, Declared(type=CREATION_TEMPLATE, inputs={**template, **inputs}))

    text = policy(
        allow(Principal=to(OTHER, "*"), Action="ecr:*", Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})
    )
    found = of_template(repositoryPolicy=text)
    assert found
    assert found == findings(rule, Declared(type=REPOSITORY_POLICY, inputs={"policy": text}))
    assert of_template() == []
    assert of_template(repositoryPolicy=UNKNOWN) == ["undecided repositoryPolicy"]


GRANTS: list[Grant] = [
    AccountGrant(account=HOME),
    AccountGrant(account=OTHER, role="teams/puller"),
    OrganizationGrant(organization=ORGANIZATION),
    *(ServiceGrant(service=service, account=account) for service in PullService for account in (HOME, OTHER)),
]


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
@pytest.mark.parametrize("rule", OF_REPOSITORIES, ids=lambda rule: str(rule.id))
def test_our_own_grants_pass(rule: Rule, region: str) -> None:
    for some in [[each] for each in GRANTS] + [GRANTS]:
        text = to_json_text(repository_policy(some, RegistryId(account=HOME, region=region)))
        assert findings(rule, Declared(type=REPOSITORY_POLICY, inputs={"policy": text})) == []
