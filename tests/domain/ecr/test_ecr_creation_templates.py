"""Which creation template counts for a repository."""

from botocore.loaders import Loader
from botocore.model import ServiceModel, StringShape

from domain.ecr.creation_templates import ROOT, Occasion, nearest_prefix, template_covers
from tests.cases import cases


def test_the_occasions_are_those_of_the_api() -> None:
    model = ServiceModel(Loader().load_service_model("ecr", "service-2"))
    shape = model.shape_for("RCTAppliedFor")
    assert isinstance(shape, StringShape)
    assert [each.value for each in Occasion] == shape.enum


@cases(
    "prefix, name, covered",
    ("prod", "prod/api", True), ("prod/", "prod/api", True), ("prod", "prod/team/api", True),
    ("prod/team", "prod/api", False), ("prod", "production/api", False), ("prod", "prod", False),
    ("prod", "test/prod/api", False), (ROOT, "anything", True),
)  # fmt: skip
def test_a_prefix_covers_what_is_below_it(prefix: str, name: str, covered: bool) -> None:
    assert template_covers(prefix, name) is covered


@cases(
    "prefixes, name, expected",
    (["prod", "prod/team"], "prod/team/api", "prod/team"), (["prod/team", "prod"], "prod/api", "prod"),
    (["a", ROOT], "a/b", "a"), (["a", ROOT], "b", ROOT), (["a"], "b", None), ([], "b", None),
)  # fmt: skip
def test_the_prefix_that_says_the_most_counts(prefixes: list[str], name: str, expected: str | None) -> None:
    assert nearest_prefix(prefixes, name) == expected
