"""GitHub: environments, Actions variables and rulesets of repositories. No region and no account of AWS holds them."""

from collections.abc import Sequence

from domain.github_source import import_id
from resources.record import Declaration, Inputs, ResourceType, words_in

_PACKAGE = "github:index/"
ENVIRONMENT = f"{_PACKAGE}repositoryEnvironment:RepositoryEnvironment"
DEPLOYMENT_POLICY = f"{_PACKAGE}repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy"
ENVIRONMENT_VARIABLE = f"{_PACKAGE}actionsEnvironmentVariable:ActionsEnvironmentVariable"
REPOSITORY_VARIABLE = f"{_PACKAGE}actionsVariable:ActionsVariable"
RULESET = f"{_PACKAGE}repositoryRuleset:RepositoryRuleset"
_ORGANIZATION_VARIABLE = f"{_PACKAGE}actionsOrganizationVariable:ActionsOrganizationVariable"
VARIABLES = (ENVIRONMENT_VARIABLE, REPOSITORY_VARIABLE, _ORGANIZATION_VARIABLE)
SECRETS = tuple(
    f"{_PACKAGE}{each[0].lower()}{each[1:]}:{each}"
    for each in (
        *("ActionsSecret", "ActionsEnvironmentSecret", "ActionsOrganizationSecret"),
        *("DependabotSecret", "DependabotOrganizationSecret"),
        *("CodespacesSecret", "CodespacesOrganizationSecret", "CodespacesUserSecret"),
    )
)
"""The rules judge these; the program declares none."""

_PATTERNS = ("branchPattern", "tagPattern")


def is_github(token: str) -> bool:
    """Whether the type is one of GitHub's."""
    return token.startswith(_PACKAGE)


def _number(declaration: Declaration) -> str:
    """In place of an id that GitHub makes up."""
    return str(declaration.made_up().int % 10**8)


def _policy_id(declaration: Declaration) -> str:
    inputs = declaration.inputs
    return import_id(inputs["repository"], inputs["environment"], _number(declaration))


def _environment(inputs: Inputs) -> Sequence[str]:
    reviewers = [pair for each in inputs.get("reviewers", ()) for pair in each.items()]
    who = [f"{kind} {', '.join(map(str, ids))}" for kind, ids in reviewers]
    wait = inputs.get("waitTimer", 0)
    return [
        inputs["environment"],
        f"reviewed by {' or '.join(who)}" if who else "no reviewers",
        *([f"after {wait:,} min"] if wait else []),
        *(["can be approved by the person who started it"] if who and not inputs["preventSelfReview"] else []),
        *(["administrators bypass"] if inputs["canAdminsBypass"] else []),
        *([] if "deploymentBranchPolicy" in inputs else ["any branch or tag"]),
    ]


def _policy(inputs: Inputs) -> Sequence[str]:
    admitted = [f"{kind.removesuffix('Pattern')} {inputs[kind]}" for kind in _PATTERNS if kind in inputs]
    return [inputs["environment"], *admitted]


def _variable(inputs: Inputs) -> Sequence[str]:
    environment = [inputs["environment"]] if "environment" in inputs else []
    return [" ".join((*environment, inputs["variableName"])), inputs["value"]]


def _rules(inputs: Inputs) -> Sequence[str]:
    rules = inputs["rules"]
    checks = [each["context"] for each in rules.get("requiredStatusChecks", {}).get("requiredChecks", ())]
    return [
        *([f"checks {', '.join(checks)}"] if checks else []),
        *(["reviewed by a code owner"] if rules.get("pullRequest", {}).get("requireCodeOwnerReview") else []),
        *(["linear history"] if rules.get("requiredLinearHistory") else []),
        *(["signed commits"] if rules.get("requiredSignatures") else []),
    ]


def _type(token: str, source: str, **fields: object) -> ResourceType:
    """Of a repository of another name only the provider knows whether it is the same one, renamed."""
    return ResourceType(token=token, source=source, regional=False, settings_key="github", **fields)  # type: ignore[arg-type]


TYPES = (
    # A PUT, which makes one or changes the one that is there.
    _type(
        ENVIRONMENT, "resource_github_repository_environment.go 4349001: ForceNew on environment",
        identity=("repository", "environment"),
        make_id=lambda made: import_id(made.inputs["repository"], made.inputs["environment"]),
        replaces=("environment",),
        updates=words_in("canAdminsBypass deploymentBranchPolicy preventSelfReview reviewers waitTimer"),
        sets=("reviewers[].teams", "reviewers[].users"),
        describe=_environment,
    ),
    # Its patterns force a replacement where one takes the other's place.
    _type(
        DEPLOYMENT_POLICY,
        "resource_github_repository_environment_deployment_policy.go ed957d4: ForceNew on environment",
        identity=("repository", "environment", *_PATTERNS),
        make_id=_policy_id,
        replaces=("environment",),
        updates=_PATTERNS,
        undecided=_PATTERNS,
        describe=_policy,
    ),
    _type(
        ENVIRONMENT_VARIABLE,
        "resource_github_actions_environment_variable.go c12ee83: ForceNew on environment, variable_name",
        identity=("repository", "environment", "variableName"),
        make_id=lambda made: import_id(*(made.inputs[each] for each in ("repository", "environment", "variableName"))),
        exclusive=True,
        replaces=("environment", "variableName"),
        updates=("value",),
        describe=_variable,
    ),
    _type(
        REPOSITORY_VARIABLE, "resource_github_actions_variable.go c12ee83: ForceNew on variable_name",
        identity=("repository", "variableName"),
        make_id=lambda made: import_id(made.inputs["repository"], made.inputs["variableName"]),
        exclusive=True,
        replaces=("variableName",),
        updates=("value",),
        describe=_variable,
    ),
    # No name forces a replacement: a ruleset is known by its number alone.
    _type(
        RULESET, "resource_github_repository_ruleset.go 4d34f10",
        identity=("repository", "name"),
        make_id=_number,
        updates=words_in("bypassActors conditions enforcement name repository rules target"),
        sets=("bypassActors", "rules.requiredStatusChecks.requiredChecks"),
        describe=_rules,
    ),
)  # fmt: skip
