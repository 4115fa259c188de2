"""Roles of a catalog that can't all exist: IAM tells an account's roles apart by name, not by path or case."""

from pathlib import Path

import pytest

from settings import load
from tests.conftest import Edit
from tests.settings.written import HEAD, catalog, faults, only


def granted(*pulls: str) -> str:
    """A catalog of one repository for each."""
    return HEAD + "".join(f"  payments/r{n}: {{owner: payments, pull: [{each}]}}\n" for n, each in enumerate(pulls))


@pytest.mark.parametrize(
    ("one", "other"), [("batch/runner", "runner"), ("runner", "Runner"), ("a/runner", "b/runner"), ("b/Run", "B/run")]
)
def test_two_roles_of_one_name_are_told(project: Path, one: str, other: str) -> None:
    both = f"{{account: workloads}}, {{account: workloads, role: {other}}}"
    entries = (f"{{account: workloads, role: {one}}}", f"{{account: data-platform, role: {other}}}", both)
    catalog(project, granted(*entries))
    assert only(project) == (
        f"catalog.yaml:7: repositories.payments/r2.pull[1].role: {other!r} can't exist in account 444455556666 beside "
        f"{one!r} (repositories.payments/r0.pull[0].role): a role's name is unique there, whatever its path and case "
        "(write the one that exists)"
    )


def test_an_account_of_two_names_is_one(project: Path, edit: Edit) -> None:
    workloads = '    workloads: "444455556666"\n'
    edit("Pulumi.dev.yaml", workloads, f"{workloads}{workloads.replace('workloads', 'same')}")
    catalog(project, granted("{account: workloads, role: batch/runner}", "{account: same, role: runner}"))
    assert "payments/r1.pull[0].role: 'runner' can't exist in account 444455556666 beside" in only(project)


def test_roles_are_told_beside_other_faults(project: Path) -> None:
    roles = "{account: workloads, role: batch/runner}, {account: workloads, role: runner}"
    catalog(project, f"{granted(roles)}  payments/bad: {{}}\n")
    assert [fault.path[1] for fault in faults(project)] == ["payments/r0", "payments/bad"]


def test_a_role_may_be_granted_often(project: Path) -> None:
    role = "{account: workloads, role: batch/runner}"
    catalog(project, granted(role, role, "{account: data-platform, role: runner}", "{account: workloads, role: run}"))
    assert [len(each.pull) for each in load(project, "dev").repositories] == [1, 1, 1, 1]
