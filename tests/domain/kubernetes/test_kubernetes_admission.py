"""Which images a cluster admits: the data that its policy is given."""

import re
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from domain.ecr.tags import tag_matches, tag_problems
from domain.kubernetes.cluster import Admission
from domain.kubernetes.image_admission import tags_regex
from domain.kubernetes.pull_access import cluster_steps
from tests.cases import cases
from tests.cluster_values import BATCH, HOST, IMAGE, OTHER_HOST, PAYMENTS, STOREFRONT

PATTERNS = st.lists(st.text("ab.-_*1", min_size=1, max_size=6), min_size=1, max_size=4)


@given(PATTERNS, st.text("ab.-_1Z", min_size=1, max_size=8))
@example(["v1.*"], "v1x2")
@example(["latest"], "latest2")
@example(["a", "b*"], "ab")
@example(["a.b"], "axb")
def test_the_policy_finds_the_tags_that_can_move(patterns: list[str], tag: str) -> None:
    """Python's expressions stand in for RE2's: what they have in common is all that is used."""
    if not tag_problems(tag):
        assert bool(re.search(tags_regex(tuple(patterns)), tag)) == any(tag_matches(each, tag) for each in patterns)


@given(PATTERNS)
def test_its_expressions_are_of_what_re2_and_python_share(patterns: list[str]) -> None:
    assert re.fullmatch(r"\^\(([A-Za-z0-9_|]|\.\*|\\[.-])*\)\$", tags_regex(tuple(patterns)))


def data_of(mutable_tags: dict[str, tuple[str, ...]], **fields: object) -> dict[str, str]:
    cluster = replace(STOREFRONT, **fields)  # type: ignore[arg-type]
    steps = cluster_steps(cluster, (HOST, OTHER_HOST), mutable_tags)
    (found,) = [each.manifest["data"] for step in steps for each in step if each.manifest["kind"] == "ConfigMap"]
    return dict(found)


PARTS = st.lists(st.tuples(st.text("ab1", min_size=1, max_size=3), st.sampled_from("/._-")), min_size=1, max_size=4)
NAMES = PARTS.map(lambda parts: "".join(map("".join, parts))[:-1])


@given(st.sets(NAMES, max_size=6))
@example({"a/b", "a.b", "a-b"})
def test_each_repository_has_a_key_of_its_own(names: set[str]) -> None:
    """That a ConfigMap takes, and that is none of the policy's own."""
    keys = set(data_of(dict.fromkeys(names, ()))) - set(data_of({}))
    assert {each.replace("..", "/") for each in keys} == names
    assert all(re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", each) and not each.startswith("..") for each in keys)


def test_a_key_that_is_too_long_leaves_its_repository_to_digests() -> None:
    fits, over = "a" * 253, "a" * 254
    assert fits in data_of({fits: (), over: ()})
    assert over not in data_of({fits: (), over: ()})


def test_the_data_of_a_catalog() -> None:
    assert data_of({"web": (), "payments/api": ("latest", "preview-*"), "b.c/d": ("v1.*",)}) == {
        "HOSTS": f"{HOST} {OTHER_HOST}",
        "REFRESHER": "ecr-refresher",
        "REFRESHER_IMAGE": IMAGE,
        "REFRESHER_NAMESPACES": "payments",
        "b.c..d": r"^(v1\..*)$",
        "payments..api": r"^(latest|preview\-.*)$",
        "web": "",
    }


def test_no_image_of_another_registry_is_named_where_nothing_refreshes() -> None:
    assert set(data_of({}, namespaces=(BATCH,))) == {"HOSTS"}
    assert "REFRESHER_IMAGE" in data_of({}, namespaces=(BATCH, PAYMENTS))


@cases(
    "deny, actions", (True, ["Deny"]), (False, ["Warn", "Audit"])
)  # fmt: skip
def test_what_follows_from_an_image_that_is_not_admitted(deny: bool, actions: list[str]) -> None:
    cluster = replace(STOREFRONT, admission=Admission(deny=deny, excepted=("monitoring", "cni")))
    bindings = {
        each.part: each.manifest["spec"]
        for step in cluster_steps(cluster, (HOST,), {})
        for each in step
        if each.manifest["kind"].endswith("Binding")
    }
    assert bindings["images"]["validationActions"] == actions
    (selected,) = bindings["images"]["matchResources"]["namespaceSelector"]["matchExpressions"]
    assert (selected["operator"], selected["values"]) == ("NotIn", ["cni", "kube-system", "monitoring"])
    # The refresher's own policy always refuses.
    assert bindings["refresher"]["validationActions"] == ["Deny"]
