"""Policies as a resource's inputs hold them."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from domain.document_text import to_json_text
from domain.ecr.retention import compile_policy
from domain.iam.access import Caller, Context, Identity, Policy, Request
from domain.iam.document import CURRENT_VERSION, parse
from domain.iam.evaluate import evaluate
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY
from resources.iam import ROLE
from settings.written.catalog import domain_rule
from tests.policies.conftest import Declared

HOME, OTHER = "111122223333", "444455556666"
ORGANIZATION = "o-a1b2c3d4e5"
GITHUB = "token.actions.githubusercontent.com"
GITHUB_PROVIDER = f"arn:aws:iam::{HOME}:oidc-provider/{GITHUB}"
WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
NOT_ACTION = "(NotAction): list the allowed actions in Action"
NOT_RESOURCE = "(NotResource): list the resources in Resource"
NOT_PRINCIPAL = "allows every principal except some (NotPrincipal): list the allowed principals in Principal"
LOOSE_OPERATORS = ("StringEqualsIfExists", "StringNotEquals", "ForAllValues:StringEquals", "ForAnyValue:StringEquals")
LAMBDA = "lambda.amazonaws.com"


def policy(*statements: dict[str, object], version: str = CURRENT_VERSION) -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(**elements: object) -> dict[str, object]:
    """A statement with the elements that are not None."""
    return {"Effect": "Allow", **{name: value for name, value in elements.items() if value is not None}}


def deny(**elements: object) -> dict[str, object]:
    return {"Effect": "Deny", **elements}


def for_github(condition: object, **elements: object) -> dict[str, object]:
    """A statement that trusts GitHub's provider."""
    written = {"Sid": "GitHub", "Principal": {"Federated": GITHUB_PROVIDER}, "Action": WEB_IDENTITY, **elements}
    return allow(**written, Condition=condition)


def trusting(*statements: dict[str, object]) -> Declared:
    return Declared(type=ROLE, inputs={"assumeRolePolicy": policy(*statements)})


def assumes(token: Context, role: Declared) -> bool:
    """Whether a workflow with the token can assume the role."""
    trust = Policy(name="trust", document=parse(role.inputs["assumeRolePolicy"]))
    caller = Caller(identity=Identity(arn=GITHUB_PROVIDER, account=None))
    request = Request(action=WEB_IDENTITY, resource=f"arn:aws:iam::{HOME}:role/publisher", account=HOME, context=token)
    return evaluate(caller, request, (trust,)).allowed


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def to(*principals: str) -> dict[str, object]:
    return {"AWS": list(principals)}


Part = st.SearchStrategy[dict[str, Any]]


def statement_lists(*parts: Part, most: int = 2) -> st.SearchStrategy[list[dict[str, Any]]]:
    """One statement or more, each with the elements of all parts."""
    merged = st.builds(lambda *found: {key: value for part in found for key, value in part.items()}, *parts)
    return st.lists(merged, min_size=1, max_size=most)


def listing(keys: Sequence[str], names: Sequence[str]) -> Part:
    """One of the elements, with one or two of the names."""
    some = st.lists(st.sampled_from(names), min_size=1, max_size=2)
    return st.builds(lambda key, found: {key: found}, st.sampled_from(keys), some)


def under(conditions: Part) -> Part:
    """Up to two of the conditions."""
    blocks = st.lists(conditions, max_size=2)
    return blocks.map(lambda found: {"Condition": {name: block for each in found for name, block in each.items()}})


def lifecycle(*rules: dict[str, object]) -> str:
    """A lifecycle policy of rules as the catalog has them: `{"tag": "v*", "keep": 10}`."""
    return to_json_text(compile_policy([rule for each in rules if (rule := domain_rule(each))]))


def repository_with(mutable_tags: object, mode: object = "IMMUTABLE_WITH_EXCLUSION", **inputs: object) -> Declared:
    """A repository with the mutable tags, or with the value that is not a list of them."""
    filters = [{"filter": each} for each in mutable_tags] if isinstance(mutable_tags, list) else mutable_tags
    own = {"imageTagMutability": mode, "imageTagMutabilityExclusionFilters": filters}
    return Declared(type=REPOSITORY, inputs={"name": "payments/api", **own, **inputs})


def lifecycle_of(policy: object, repository: object = "payments/api", **fields: Any) -> Declared:
    inputs = {"repository": repository, "policy": policy}
    return Declared(type=LIFECYCLE_POLICY, inputs=inputs, **{"name": "a policy", **fields})
