import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.aws import RegistryId
from domain.document_text import to_json_text
from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.document import parse
from domain.iam.grants import (
    AccountGrant,
    Grant,
    OrganizationGrant,
    PullService,
    ServiceGrant,
    organization_problems,
    registry_policy_problems,
    repository_policy,
    repository_policy_problems,
    role_name_problems,
)
from domain.iam.limits import POLICY_TEXT_MAX
from domain.iam.statement import Principal, PrincipalKind
from domain.problems import Problem
from tests.cases import cases

HOME, OTHER = "111122223333", "444455556666"
ORGANIZATION = "o-a1b2c3d4e5"
REGISTRY = RegistryId(account=HOME, region="us-east-1")
CHINA = RegistryId(account=HOME, region="cn-north-1")

ACCOUNTS = st.sampled_from([HOME, OTHER, "777788889999"])
GRANTS: st.SearchStrategy[Grant] = st.one_of(
    st.builds(AccountGrant, account=ACCOUNTS, role=st.sampled_from([None, "puller", "teams/a/puller"])),
    st.builds(OrganizationGrant, organization=st.sampled_from([ORGANIZATION, "o-zzzzzzzzzz"])),
    st.builds(ServiceGrant, service=st.sampled_from(PullService), account=ACCOUNTS),
)
OWN_ACCOUNT = AccountGrant(account=HOME)
PULL = {"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}
REGISTRIES = st.sampled_from([REGISTRY, CHINA])


def statements(*grants: Grant, registry: RegistryId = REGISTRY) -> list[dict[str, object]]:
    policy = repository_policy(grants, registry)
    assert policy is not None
    found = policy["Statement"]
    assert isinstance(found, list)
    return found


def test_nothing_to_grant_is_no_policy() -> None:
    assert repository_policy([], REGISTRY) is None


def test_accounts_and_roles_are_one_statement() -> None:
    role, other, home = AccountGrant(account=OTHER, role="teams/a/puller"), AccountGrant(account=OTHER), OWN_ACCOUNT
    arns = [f"arn:aws:iam::{each}" for each in (f"{HOME}:root", f"{OTHER}:role/teams/a/puller", f"{OTHER}:root")]
    statement = {**PULL, "Sid": "PullByAccounts", "Principal": {"AWS": arns}}
    assert repository_policy([role, other, home, home], REGISTRY) == {"Version": "2012-10-17", "Statement": [statement]}


def test_organizations_are_anyone_narrowed_to_them() -> None:
    other = "o-bbbbbbbbbb"
    condition = {"StringEquals": {"aws:PrincipalOrgID": [ORGANIZATION, other]}}
    assert statements(OrganizationGrant(organization=other), OrganizationGrant(organization=ORGANIZATION)) == [
        {**PULL, "Sid": "PullByOrganizations", "Principal": "*", "Condition": condition}
    ]


FUNCTIONS = "arn:aws:lambda:us-east-1:111122223333:function:*"
PROJECTS = {
    "ArnLike": {"aws:SourceArn": ["arn:aws:codebuild:us-east-1:444455556666:project/*"]},
    "StringEquals": {"aws:SourceAccount": [OTHER]},
}


@cases(
    "service, account, sid, condition",
    (PullService.LAMBDA, HOME, "PullByLambda", {"StringLike": {"aws:SourceArn": [FUNCTIONS]}}),
    (PullService.CODEBUILD, OTHER, "PullByCodeBuild", PROJECTS),
)
def test_a_service_is_held_to_its_resources(service: PullService, account: str, sid: str, condition: object) -> None:
    principal = {"Service": [f"{sid.removeprefix('PullBy').lower()}.amazonaws.com"]}
    statement = {**PULL, "Sid": sid, "Principal": principal, "Condition": condition}
    assert statements(ServiceGrant(service=service, account=account)) == [statement]


def test_lambda_of_another_account_needs_the_account_too() -> None:
    of_both = [ServiceGrant(service=PullService.LAMBDA, account=account) for account in (OTHER, HOME)]
    accounts, service = statements(*of_both)
    assert accounts["Principal"] == {"AWS": ["arn:aws:iam::444455556666:root"]}
    functions = [f"arn:aws:lambda:us-east-1:{account}:function:*" for account in (HOME, OTHER)]
    assert service["Condition"] == {"StringLike": {"aws:SourceArn": functions}}


def test_china_has_its_own_partition_and_the_same_service_names() -> None:
    services = (ServiceGrant(service=service, account=OTHER) for service in PullService)
    text = to_json_text({"all": statements(AccountGrant(account=OTHER), *services, registry=CHINA)})
    assert "arn:aws:" not in text
    assert "arn:aws-cn:lambda:cn-north-1:444455556666:function:*" in text
    assert '"lambda.amazonaws.com"' in text


def test_login_is_never_granted_by_a_repository() -> None:
    assert LOGIN_ACTION not in {*PULL_ACTIONS, *PUSH_ACTIONS}


@given(st.lists(GRANTS, max_size=6), REGISTRIES, st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference(grants: list[Grant], registry: RegistryId, random: object) -> None:
    shuffled = [*grants, *grants[:2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert repository_policy(shuffled, registry) == repository_policy(grants, registry)


@given(st.lists(GRANTS, min_size=1, max_size=6), REGISTRIES)
def test_no_policy_grants_more_than_a_narrowed_pull(grants: list[Grant], registry: RegistryId) -> None:
    policy = repository_policy(grants, registry)
    assert policy is not None
    assert repository_policy_problems(policy) == []
    for statement in parse(policy).statements:
        assert {each.written for each in statement.actions or ()} == set(PULL_ACTIONS)
        assert statement.resources is None
        assert statement.sid
        narrowed = any(each.is_anyone or each.kind is PrincipalKind.SERVICE for each in statement.principals or ())
        assert bool(statement.conditions) == narrowed


@given(st.lists(GRANTS, min_size=1, max_size=6), REGISTRIES)
def test_only_granted_accounts_are_principals(grants: list[Grant], registry: RegistryId) -> None:
    named = {each.account for each in grants if not isinstance(each, OrganizationGrant)}
    principals: set[Principal] = set()
    for statement in parse(repository_policy(grants, registry) or {}).statements:
        principals.update(statement.principals or ())
    assert {each.account for each in principals if each.account} <= named
    assert {each.account for each in grants if isinstance(each, AccountGrant)} <= {each.account for each in principals}


def padded(length: int) -> dict[str, object]:
    statement = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "ecr:*"}
    policy: dict[str, object] = {"Version": "2012-10-17", "Id": "", "Statement": [statement]}
    return {**policy, "Id": "a" * (length - len(to_json_text(policy)))}


TOO_LONG = "the policy's text has 10,241 characters, and Amazon ECR allows 10,240"
ELSEWHERE = "name whole accounts or an organization in place of many roles"


@pytest.mark.parametrize("check", [repository_policy_problems, registry_policy_problems])
def test_length_limit(check: object) -> None:
    assert callable(check)
    assert check(padded(POLICY_TEXT_MAX)) == []
    assert check(padded(POLICY_TEXT_MAX + 1)) == [Problem((), 10_241, TOO_LONG, ELSEWHERE)]


ACCOUNT = {"AWS": HOME}


@cases(
    "statement, paths",
    ({"Effect": "Allow", "Principal": ACCOUNT, "Action": ["ecr:*", "ECR:ReplicateImage"]}, []),
    ({"Effect": "Deny", "NotPrincipal": ACCOUNT, "Action": "ecr:*"}, []),
    ({"Effect": "Allow", "NotPrincipal": ACCOUNT, "Action": "ecr:*"}, [("NotPrincipal",)]),
    ({"Effect": "Allow", "Action": "ecr:*"}, [("Principal",)]),
    ({"Effect": "Deny", "Action": "ecr:*"}, [("Principal",)]),
    ({"Effect": "Allow", "Principal": ACCOUNT, "Action": "*"}, [("Action",)]),
    ({"Effect": "Allow", "Principal": ACCOUNT, "Action": "ecr-public:*"}, [("Action",)]),
    ({"Effect": "Allow", "Principal": ACCOUNT, "NotAction": "kms:*"}, [("NotAction",)]),
    ({"Effect": "Allow", "Action": "s3:*"}, [("Principal",), ("Action",)]),
)
def test_registry_policy(statement: dict[str, object], paths: list[tuple[str, ...]]) -> None:
    listed = registry_policy_problems({"Version": "2012-10-17", "Statement": [statement]})
    single = registry_policy_problems({"Version": "2012-10-17", "Statement": statement})
    assert [each.path for each in listed] == [("Statement", 0, *path) for path in paths]
    assert [each.path for each in single] == [("Statement", *path) for path in paths]


@cases(
    "problems, path",
    (repository_policy_problems({"Statement": []}), ("Statement",)),
    (registry_policy_problems({"Statement": [{"Effect": "Allow"}]}), ("Statement", 0, "Action")),
    (registry_policy_problems(None), ()),
    (registry_policy_problems("{}"), ()),
    (registry_policy_problems([]), ()),
)
def test_a_policy_that_cannot_be_read(problems: list[Problem], path: tuple[str | int, ...]) -> None:
    assert [each.path for each in problems] == [path]


FOREIGN = ("is not an action of Amazon ECR", "write an action that begins with 'ecr:'")
ROLE_FIX = "write letters, digits and _+=,.@- only, with no slash at either end"
NO_ROLE = ("is not a role name, or a path and a role name", ROLE_FIX)


def of(**elements: object) -> list[Problem]:
    """Of a registry policy's only statement."""
    return registry_policy_problems({"Statement": elements})


NOT_ID = ("is not an organization id", "write the id as in o-a1b2c3d4e5, not a name or an ARN")
NOT_POLICY = ("is not a policy document", "write an object with Version and Statement")
S = ("Statement",)
LONG_PATH = f"{'p' * 511}/r"
ALL_BUT = ("allows every principal except these", "list the allowed principals in Principal")


@cases(
    "found, expected",
    (registry_policy_problems(5), Problem((), 5, *NOT_POLICY)),
    (of(Effect="Allow", NotPrincipal=ACCOUNT, Action="ecr:*"), Problem((*S, "NotPrincipal"), [HOME], *ALL_BUT)),
    (of(Effect="Deny", Action="ecr:*"), Problem((*S, "Principal"), None, "is missing", "add a Principal")),
    (of(Effect="Deny", Principal="*", NotAction="s3:*"), Problem((*S, "NotAction"), "s3:*", *FOREIGN)),
    (of(Effect="Deny", Principal="*", Action="S3:Get*"), Problem((*S, "Action"), "S3:Get*", *FOREIGN)),
    (role_name_problems("teams//puller"), Problem((), "teams//puller", *NO_ROLE)),
    (role_name_problems("x" * 65), Problem((), "x" * 65, "the role's name has 65 characters", "keep within 64")),
    (role_name_problems(LONG_PATH), Problem((), LONG_PATH, "the role's path has 513 characters", "keep within 512")),
    (organization_problems("acme"), Problem((), "acme", *NOT_ID)),
)
def test_a_problem_says_what_is_wrong_and_what_to_write(found: list[Problem], expected: Problem) -> None:
    assert found == [expected]


@pytest.mark.parametrize("role", ["puller", "teams/payments/puller", "a+=,.@-_9", "x" * 64, f"{'p' * 510}/r"])
def test_role_names(role: str) -> None:
    assert role_name_problems(role) == []


@cases(
    "role",
    "", "/puller", "puller/", "a//b", "a b", "*", "tea*/puller", "pullér", "puller\n", "x" * 65, f"{'p' * 511}/r",
)  # fmt: skip
def test_no_role_names(role: str) -> None:
    (problem,) = role_name_problems(role)
    assert problem.value == role


@pytest.mark.parametrize(("id", "valid"), [(ORGANIZATION, True), ("acme", False), ("o-A1B2C3D4E5", False), ("", False)])
def test_organization_ids(id: str, valid: bool) -> None:
    assert (organization_problems(id) == []) is valid
