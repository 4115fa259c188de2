"""Registries that are added and removed, and what starts or stops to replicate."""

import pytest

from render.resource import Render
from resources import OnChange
from resources.ecr import REPLICATION_CONFIGURATION, REPOSITORY
from resources.iam import ROLE
from review.plan.groups import groups
from review.plan.model import Topic
from review.plan.render_diff import plan
from tests.review.plan.changed import (
    ALLOW,
    CATALOG,
    NO_EUROPE,
    RETIRE_EUROPE,
    WEB,
    Compared,
    catalog,
    compared,
    small,
    with_inputs,
    without,
)
from tests.stacks import TextEdit

TOKYO = "    - region: ap-northeast-1\n"
ALL = "payments/api, platform/cache and storefront/web"
ACCOUNT, OTHER = "222233334444", "555566667777"
SITE = WEB.replace("storefront/web", "storefront/site")


def tokyo(new: str) -> TextEdit:
    return ("Pulumi.prod.yaml", TOKYO, new)


def prefixed(*prefixes: str) -> str:
    return f"    - {{region: ap-northeast-1, prefixes: [{', '.join(prefixes)}]}}\n"


def there(region: str, account: str = ACCOUNT) -> str:
    return f"{region} (account {account})"


def backfill(region: str, account: str = "") -> str:
    return f"`python -m ops backfill --stack prod --region {region}{account}`"


def starts_empty(what: str, command: str) -> str:
    return f"{what} without images. New pushes replicate there; {command} copies existing images."


ELSEWHERE = f"{TOKYO}    - {{region: eu-central-1, account: workloads, role: deployer, prefixes: [payments/]}}\n"
CASES: dict[str, tuple[tuple[TextEdit, ...], tuple[TextEdit, ...], list[str]]] = {
    "a registry in another account": (
        (),
        (tokyo(ELSEWHERE),),
        [
            starts_empty(
                f"{there('eu-central-1', OTHER)} is new: 1 repository starts there",
                backfill("eu-central-1", f" --account {OTHER}"),
            )
        ],
    ),
    "a region that gets nothing": (
        (NO_EUROPE,),
        (("Pulumi.prod.yaml", TOKYO, f"{TOKYO}{RETIRE_EUROPE[2]}"), ALLOW),
        [f"{there('eu-west-1')} is new: 3 repositories start there without images; existing images are not copied."],
    ),
    "a prefix more": (
        (tokyo(prefixed("payments/")),),
        (("Pulumi.prod.yaml", prefixed("payments/"), prefixed("payments/", "storefront/")),),
        [starts_empty(f"storefront/web starts in {there('ap-northeast-1')}", backfill("ap-northeast-1"))],
    ),
    "a prefix less": (
        (),
        (tokyo(prefixed("payments/")),),
        [f"platform/cache and storefront/web: pushes no longer replicate to {there('ap-northeast-1')}."],
    ),
    "one that retires": (
        (),
        (RETIRE_EUROPE, ALLOW),
        [f"{ALL}: pushes no longer replicate to {there('eu-west-1')}."],
    ),
    "a repository more": ((), (catalog(CATALOG, CATALOG + SITE),), []),
    "a repository less": ((), (catalog(WEB, ""),), []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_comes_and_goes(case: str) -> None:
    first, edits, told = CASES[case]
    both = compared("prod", *edits, first=first)
    places = [each for each in both.plan.consequences if each.topic is Topic.PLACE]
    assert [each.text for each in places] == told
    assert {each.urns != () for each in places} <= {True}
    assert "plan-weakens" not in {each.id for each in both.judged() if "replicate" in each.text}


def test_what_existed_before_replication_is_not_copied_by_it() -> None:
    """Both ways: what begins to flow leaves out what was pushed before, what ceases to leaves stale copies."""
    whole = small("prod")
    bare = without(whole, REPLICATION_CONFIGURATION)
    begun = [each.text for each in plan(bare, whole).consequences]
    assert begun == [
        f"{ALL}: new pushes replicate to {there(region)}; {backfill(region)} copies existing images."
        for region in ("ap-northeast-1", "eu-west-1")
    ]
    ended = Compared(whole, bare).judged()
    assert [each.text for each in ended] == [
        f"{ALL}: pushes no longer replicate to {there(region)}; the copies there stay and become stale."
        for region in ("ap-northeast-1", "eu-west-1")
    ]
    assert {(each.id, each.fails, each.fix.partition(",")[0]) for each in ended} == {
        ("plan-weakens", False, "keep the replication")
    }
    assert ended[0].urns[0].endswith("registry@us-east-1")


def configured(*rules: object) -> Render:
    return with_inputs(small("prod"), REPLICATION_CONFIGURATION, replicationConfiguration={"rules": list(rules)})


IRELAND, JAPAN = ({"region": region, "registryId": ACCOUNT} for region in ("eu-west-1", "ap-northeast-1"))
PAYMENTS = {"destinations": [IRELAND], "repositoryFilters": [{"filter": "payments/", "filterType": "PREFIX_MATCH"}]}


def test_a_filter_more_or_less_on_what_exists() -> None:
    """The copies may exist without the flow: another configuration replicated them."""
    everything, payments = {"destinations": [IRELAND]}, PAYMENTS
    (wider,) = plan(configured(payments), configured(everything)).consequences
    assert wider.text.startswith(f"platform/cache and storefront/web: new pushes replicate to {there('eu-west-1')}")
    (narrower,) = plan(configured(everything), configured(payments)).consequences
    assert narrower.text.endswith(
        f"no longer replicate to {there('eu-west-1')}; the copies there stay and become stale."
    )
    assert not plan(configured(everything), configured(everything, payments)).consequences
    unknown = with_inputs(small("prod"), REPLICATION_CONFIGURATION, replicationConfiguration="[unknown]")
    assert [each.topic for each in plan(unknown, unknown).consequences] == []


def test_what_another_provider_makes_is_in_its_account() -> None:
    both = compared("prod", tokyo(ELSEWHERE))
    accounts = {
        each.account for each in both.plan.changes if each.region == "eu-central-1" and "pulumi:" not in each.type
    }
    assert accounts == {OTHER}
    (repository,) = (each for each in both.head.resources if each.type == REPOSITORY and each.region == "eu-central-1")
    assert repository.outputs["repositoryUrl"] == f"{OTHER}.dkr.ecr.eu-central-1.amazonaws.com/payments/api"


def test_of_what_has_no_region_none_is_printed() -> None:
    whole = small("prod")
    found = [group for group in groups(plan(without(whole, ROLE), whole)) if "Role" in group.types]
    assert {group.places for group in found} == {""}
    assert {" in " in group.about for group in found} == {False}


def test_a_configuration_differs_by_what_goes_where() -> None:
    before = configured({"destinations": [IRELAND, JAPAN]})
    (change,) = plan(before, configured({"destinations": [JAPAN]}, PAYMENTS)).changes
    (difference,) = change.differences
    assert difference.effect is OnChange.IN_PLACE
    assert difference.lines == (f"- every repository to {there('eu-west-1')}", f"+ payments/* to {there('eu-west-1')}")
    (reordered,) = plan(before, configured({"destinations": [JAPAN, IRELAND]})).changes
    assert [each.lines for each in reordered.differences] == [(), ()]
