"""Grants to the registry's own account are proven like all others: its roles get no more than a pull either."""

import json
from dataclasses import replace
from typing import Any

import pytest

from domain.iam.grants import AccountGrant
from rehearsal.proofs import grants
from rehearsal.proofs.harness.case import Broken, Case, PlaceCase

HOME = "111122223333"


@pytest.fixture
def case(subjects: dict[str, PlaceCase]) -> Case:
    """A repository that the home account as a whole may pull, and one role of it."""
    found = subjects["storefront/web@us-east-1"]
    assert isinstance(found, Case)
    own = AccountGrant(account=HOME), AccountGrant(account=HOME, role="ci/builder")
    return replace(found, repository=replace(found.repository, pull=own))


def test_they_hold(case: Case) -> None:
    assert grants.prove(case) == f"{HOME}, {HOME} ci/builder"


def test_a_role_of_the_own_account_that_may_do_more_breaks_them(case: Case) -> None:
    case.visitor(HOME, "ci/builder")
    ecr: Any = case.api("ecr")
    before = ecr.get_repository_policy(repositoryName=case.name)["policyText"]
    more = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HOME}:role/ci/builder"}, "Action": "ecr:*"}
    changed = {"Version": "2012-10-17", "Statement": [*json.loads(before)["Statement"], more]}
    ecr.set_repository_policy(repositoryName=case.name, policyText=json.dumps(changed), force=True)
    try:
        with pytest.raises(Broken, match=f"{HOME} ci/builder began to push a layer, and nothing grants it"):
            grants.prove(case)
    finally:
        ecr.set_repository_policy(repositoryName=case.name, policyText=before)
