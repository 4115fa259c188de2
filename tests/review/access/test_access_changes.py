"""What a change gives to people and takes from them, line by line."""

import pytest

from render.resource import Resource
from review.access.access_diff import AccessTrend, access_changes
from tests.review.access.scene import ACCOUNT, API, OTHER, THIRD, allow, arn_of, found, github, mine, repository, role

Scene = list[Resource]
VPCE = {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}
IF_VPCE = "if StringEquals aws:SourceVpce vpce-1a2b3c4d"
LEDGER = "payments/ledger"
RELEASE = github("repo:acme/payments-api:environment:production")
EVERY_COPY = f"arn:aws:ecr:*:{ACCOUNT}:repository/{API}"


def told(before: Scene | None, after: Scene) -> list[str]:
    return [str(each) for each in access_changes(None if before is None else found(before), found(after))]


def pulled_by(*accounts: str, name: str = API, region: str = "us-east-1") -> Scene:
    return repository(name, *([allow({"AWS": list(accounts)})] if accounts else []), region=region)


CASES: dict[str, tuple[Scene | None, Scene, list[str]]] = {
    "nothing": (pulled_by(OTHER), pulled_by(OTHER), []),
    "one more": (pulled_by(OTHER), pulled_by(OTHER, THIRD), [f"account {THIRD} can now pull `{API}`"]),
    "one less": (pulled_by(OTHER), pulled_by(), [f"account {OTHER} can no longer pull `{API}`"]),
    "gained before lost": (
        pulled_by(OTHER),
        pulled_by(THIRD),
        [f"account {THIRD} can now pull `{API}`", f"account {OTHER} can no longer pull `{API}`"],
    ),
    "several repositories": (
        [*pulled_by(), *pulled_by(name=LEDGER)],
        [*pulled_by(OTHER), *pulled_by(OTHER, name=LEDGER)],
        [f"account {OTHER} can now pull `{API}` and `{LEDGER}`"],
    ),
    "a new repository": (
        pulled_by(OTHER),
        [*pulled_by(OTHER), *pulled_by(OTHER, name=LEDGER)],
        [f"account {OTHER} can now pull `{LEDGER}`"],
    ),
    "a repository that goes": (
        [*pulled_by(OTHER), *pulled_by(OTHER, name=LEDGER)],
        pulled_by(OTHER),
        [f"account {OTHER} can no longer pull `{LEDGER}`"],
    ),
    "a new stack": (None, pulled_by(OTHER), [f"account {OTHER} can now pull `{API}`"]),
    "in one of two regions": (
        [*pulled_by(), *pulled_by(region="eu-west-1")],
        [*pulled_by(), *pulled_by(OTHER, region="eu-west-1")],
        [f"account {OTHER} can now pull `{API}` in eu-west-1"],
    ),
    "in both regions": (
        [*pulled_by(), *pulled_by(region="eu-west-1")],
        [*pulled_by(OTHER), *pulled_by(OTHER, region="eu-west-1")],
        [f"account {OTHER} can now pull `{API}`"],
    ),
    "under a condition": (
        pulled_by(),
        repository(API, allow({"AWS": OTHER}, Condition=VPCE)),
        [f"account {OTHER} can now pull `{API}`, {IF_VPCE}"],
    ),
    "a condition comes": (
        pulled_by(OTHER),
        repository(API, allow({"AWS": OTHER}, Condition=VPCE)),
        [f"account {OTHER} can now pull `{API}`, only {IF_VPCE}"],
    ),
    "a condition goes": (
        repository(API, allow({"AWS": OTHER}, Condition=VPCE)),
        pulled_by(OTHER),
        [f"account {OTHER} can now pull `{API}` without a condition"],
    ),
    "another way to the same": (
        repository(API, allow({"AWS": OTHER}, Sid="One")),
        repository(API, allow({"AWS": OTHER}, Sid="Other"), allow({"AWS": OTHER}, "ecr:DescribeImages")),
        [],
    ),
    "a publisher": (
        repository(),
        [*repository(), *role("push", mine())],
        ["`acme/payments-api` on `main` can now push `payments/api`"],
    ),
    "another trust of the same role": (
        [*repository(), *role("push", mine())],
        [*repository(), *role("push", mine(), trust=RELEASE)],
        [
            "`acme/payments-api` in environment `production` can now push `payments/api`",
            "`acme/payments-api` on `main` can no longer push `payments/api`",
        ],
    ),
    "another role for the same": (
        [*repository(), *role("push", mine())],
        [*repository(), *role("publish", mine(resource=EVERY_COPY))],
        [],
    ),
    "one role less of two for the same": (
        [*repository(), *role("push", mine()), *role("also", mine(resource=arn_of("payments/*")))],
        [*repository(), *role("push", mine())],
        [],
    ),
    "the strongest first": (
        repository(),
        [*repository(), *role("push", mine("ecr:*"))],
        [
            "`acme/payments-api` on `main` can now configure `payments/api`",
            "`acme/payments-api` on `main` can now delete images of `payments/api`",
            "`acme/payments-api` on `main` can now push `payments/api`",
            "`acme/payments-api` on `main` can now pull `payments/api`",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_lines(case: str) -> None:
    before, after, expected = CASES[case]
    assert told(before, after) == expected


def test_many_repositories_are_one_line() -> None:
    names = [f"team/service-{number:02}" for number in range(30)]
    before = [each for name in names for each in pulled_by(name=name)]
    after = [each for name in names for each in pulled_by(OTHER, name=name)]
    [line] = told(before, after)
    assert line.endswith("`team/service-08` and 21 more")
    [change] = access_changes(found(before), found(after))
    assert (change.trend, len(change.repositories)) == (AccessTrend.GAINED, 30)


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_what_one_of_two_roles_may_for_sure_is_sure(names: tuple[str, str]) -> None:
    sure, doubtful = role(names[0], mine()), role(names[1], mine(Condition=VPCE))
    lines = told(repository(), [*repository(), *sure, *doubtful])
    assert lines == ["`acme/payments-api` on `main` can now push `payments/api`"]
