"""Where a finding about what is at GitHub is written: in the catalog's push, or in the stack's key."""

from pathlib import Path

from policies.rules import github_environment_protected
from render.resource import Render
from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT, ENVIRONMENT_VARIABLE, REPOSITORY_VARIABLE, RULESET
from review.gate.settings_lines import SettingsLine, SettingsLines
from tests.cases import case, cases
from tests.policies.conftest import Declared
from tests.stacks import PROJECT, copied

FILE, CATALOG = "Pulumi.prod.yaml", "catalog.yaml"
LINES = SettingsLines(PROJECT, "container-registry", "prod")
RULE = github_environment_protected.RULE.id


def line(file: str, begin: str, after: str = "") -> SettingsLine:
    """The first line that begins so, after another."""
    text = [each.strip() for each in (PROJECT / file).read_text(encoding="utf-8").splitlines()]
    start = next(index for index, each in enumerate(text) if each.startswith(after))
    return SettingsLine(file, next(index for index in range(start, len(text)) if text[index].startswith(begin)) + 1)


API = line(
    CATALOG, "- {github: acme/payments-api", "- {github: acme/payments-api, owner_id: 1024, repository_id: 65536, env"
)
LEDGER = line(CATALOG, "- github: acme/payments-ledger", "subject: name")
GITHUB, REGISTRY = line(FILE, "container-registry:github"), line(FILE, "registry:")


@cases(
    "kind, name, path, expected",
    case("an environment", ENVIRONMENT, "acme/payments-api:production", "deploymentBranchPolicy", API),
    case("of another case", ENVIRONMENT, "acme/Payments-API:Production", "", API),
    case("of this stack", ENVIRONMENT, "acme/payments-ledger:production", "", LEDGER),
    case("a branch", DEPLOYMENT_POLICY, "acme/payments-api:production:refs/heads/main", "branchPattern", API),
    case("a variable of it", ENVIRONMENT_VARIABLE, "acme/payments-api:production:AWS_REGION", "value", API),
    case("who approves", ENVIRONMENT, "acme/payments-api:production", "reviewers", line(FILE, "production:")),
    case("who bypasses", ENVIRONMENT, "acme/payments-api:production", "canAdminsBypass", line(FILE, "production:")),
    case("a variable", REPOSITORY_VARIABLE, "acme/storefront:PUSH_ROLE_ARN_PROD", "value",
         line(CATALOG, "push: [{github: acme/storefront")),
    case("a ruleset", RULESET, "acme/payments-api", "rules", line(CATALOG, "acme/payments-api:")),
    case("this project's own", ENVIRONMENT, "acme/container-registry:prod", "reviewers", REGISTRY),
    case("its ruleset", RULESET, "acme/container-registry", "rules", REGISTRY),
    case("one that is not there any more", ENVIRONMENT, "acme/gone:production", "", GITHUB),
)  # fmt: skip
def test_what_is_at_github(kind: str, name: str, path: str, expected: SettingsLine) -> None:
    inside = (path,) if path else ()
    assert LINES.place(Declared(type=kind, inputs={}, name=name), inside, RULE) == expected


def test_an_environment_without_an_entry_of_its_own(tmp_path: Path) -> None:
    folder = copied(tmp_path, (FILE, "      production: {reviewers", '      "*": {reviewers'))
    place = SettingsLines(folder, "container-registry", "prod").place(
        Declared(type=ENVIRONMENT, inputs={}, name="acme/payments-api:production"), ("waitTimer",), RULE
    )
    assert place == line(FILE, "production:")


def test_by_its_urn(prod: Render) -> None:
    urns = [each.urn for each in prod.resources if "github" in each.type or each.name.startswith("acme/")]
    assert len(urns) > 40
    places = {LINES.of_urn(each) for each in urns}
    assert {API, LEDGER, GITHUB, REGISTRY} <= places
    assert not any(each.line == 1 for each in places)
