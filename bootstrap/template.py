"""`bootstrap/account.yaml` with its functions resolved, as CloudFormation would for one account."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from domain.aws import REGIONS
from domain.iam.access import Policy
from domain.iam.document import InvalidDocument, parse
from domain.iam.github import ISSUER

FILE = Path("bootstrap", "account.yaml")
"""In the project's folder."""
PATH = Path(__file__).parents[1] / FILE
STACK_ID = "arn:{partition}:cloudformation:{region}:{account}:stack/container-registry-bootstrap/11111111-2222-3333"
KEY_ID = "0a1b2c3d-0000-4444-8888-5ec2e7500000"
_ANY_REPOSITORY = {"GitHubOwner": "any-owner", "GitHubRepository": "any-repository"}
"""Parameters that the boundary does not depend on."""
_NOTHING = object()
"""The value of AWS::NoValue."""
_LOOP = "Fn::ForEach::"
_NOT_IN_LOGICAL_ID = re.compile(r"[^A-Za-z0-9]")
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


class InvalidTemplate(ValueError):
    """A template or a parameter that CloudFormation would refuse, or that is not supported here."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml, where it is there
    """Reads `!Ref X` as {"Ref": "X"}, and `!Name x` as {"Fn::Name": x}."""


def _intrinsic(loader: yaml.constructor.SafeConstructor, suffix: str, node: yaml.Node) -> dict[str, object]:
    value: object
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            raise TypeError(f"{suffix} of {node}")
    if suffix == "GetAtt":
        value = str(value).split(".")
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load_template(path: Path = PATH) -> dict[str, Any]:
    """The template's data, intrinsic functions in their long form."""
    # The loader is safe: it creates plain data only.
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    return loaded


@dataclass(frozen=True)
class Account:
    """The deployed template: its resources and outputs as plain values."""

    id: str
    region: str
    resources: Mapping[str, Any]
    outputs: Mapping[str, str]

    @property
    def partition(self) -> str:
        return REGIONS[self.region].id

    def of_type(self, type: str) -> list[dict[str, Any]]:
        """The properties of all resources of the type."""
        return [each["Properties"] for each in self.resources.values() if each["Type"] == type]

    @property
    def boundary_arn(self) -> str:
        name = self.resources["PermissionsBoundary"]["Properties"]["ManagedPolicyName"]
        return f"arn:{self.partition}:iam::{self.id}:policy/{name}"

    def boundary(self) -> Policy:
        document = self.resources["PermissionsBoundary"]["Properties"]["PolicyDocument"]
        return Policy(name="boundary", document=parse(document))


def fill_in(data: Mapping[str, Any], account: str, region: str, **parameters: str) -> Account:
    """The template deployed to an account, with these parameters beside the defaults."""
    return _Filling(data, account, region, parameters).account()


class _Filling:
    def __init__(self, data: Mapping[str, Any], account: str, region: str, given: Mapping[str, str]) -> None:
        self._account = account
        self._region = region
        unknown = sorted(set(given) - set(data["Parameters"]))
        if unknown:
            raise InvalidTemplate(f"the template has no parameters {unknown}")
        self._parameters = {name: self._parameter(name, each, given) for name, each in data["Parameters"].items()}
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::Sub": lambda text: _VARIABLE.sub(lambda found: str(self._named(found[1])), text),
            "Fn::GetAtt": lambda path: self._named(".".join(path)),
            "Fn::Join": lambda each: each[0].join(self._value(each[1])),
            "Fn::If": lambda each: self._value(each[1] if self._holds({"Condition": each[0]}) else each[2]),
        }
        self._data = {**data, "Resources": dict(self._expanded(data["Resources"]))}

    def _expanded(self, part: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """With each loop's fragment once for each value of its collection."""
        for name, each in part.items():
            if not name.startswith(_LOOP):
                yield name, each
                continue
            identifier, collection, fragment = each
            for value in self._value(collection):
                yield from _with_value(fragment, identifier, value).items()

    def account(self) -> Account:
        resources = {name: self._value(each) for name, each in self._made("Resources").items()}
        outputs = {name: self._value(each["Value"]) for name, each in self._made("Outputs").items()}
        return Account(self._account, self._region, resources, outputs)

    def _made(self, part: str) -> dict[str, Any]:
        """The entries whose conditions hold."""
        return {
            name: each
            for name, each in self._data[part].items()
            if "Condition" not in each or self._holds({"Condition": each["Condition"]})
        }

    def _parameter(self, name: str, declared: Mapping[str, Any], given: Mapping[str, str]) -> str | list[str]:
        value = given.get(name, declared.get("Default"))
        if value is None:
            raise InvalidTemplate(f"{name} has no default and was not given")
        if not re.fullmatch(declared.get("AllowedPattern", "(?s:.*)"), value):
            raise InvalidTemplate(f"{name}: {value!r} does not match {declared['AllowedPattern']}")
        if value not in declared.get("AllowedValues", [value]):
            raise InvalidTemplate(f"{name}: {value!r} is none of {declared['AllowedValues']}")
        return value.split(",") if declared["Type"] == "CommaDelimitedList" else value

    def _value(self, node: Any) -> Any:
        if isinstance(node, list):
            filled = [self._value(each) for each in node]
            return [each for each in filled if each is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (function := self._functions.get(next(iter(node)))):
            return function(next(iter(node.values())))
        filled_in = {name: self._value(each) for name, each in node.items()}
        return {name: each for name, each in filled_in.items() if each is not _NOTHING}

    def _holds(self, node: Mapping[str, Any]) -> bool:
        ((function, argument),) = node.items()
        match function:
            case "Condition":
                return self._holds(self._data["Conditions"][argument])
            case "Fn::Equals":
                one, other = map(self._value, argument)
                return bool(one == other)
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(self._holds(each) for each in argument)
            case _:
                raise InvalidTemplate(f"{function} is not a supported condition")

    def _ref(self, name: str) -> Any:
        return _NOTHING if name == "AWS::NoValue" else self._named(name)

    def _named(self, name: str) -> Any:
        """The value of a Ref, a GetAtt or a variable in a Sub."""
        if name in self._parameters:
            return self._parameters[name]
        partition = REGIONS[self._region]
        pseudo = {
            "AWS::AccountId": self._account,
            "AWS::Region": self._region,
            "AWS::Partition": partition.id,
            "AWS::URLSuffix": partition.dns_suffix,
            "AWS::StackId": STACK_ID.format(partition=partition.id, region=self._region, account=self._account),
        }
        if name in pseudo:
            return pseudo[name]
        resource, _, attribute = name.partition(".")
        return self._of_resource(resource, attribute)

    def _of_resource(self, name: str, attribute: str) -> str:
        """The value that CloudFormation would return: resources have explicit names, so their ARNs are known."""

        def given(key: str) -> str:
            return str(self._value(self._data["Resources"][name]["Properties"][key]))

        partition = REGIONS[self._region].id
        answers: dict[tuple[str, str], Callable[[], str]] = {
            ("StateBucket", ""): lambda: given("BucketName"),
            ("StateBucket", "Arn"): lambda: f"arn:{partition}:s3:::{given('BucketName')}",
            ("SecretsKey", ""): lambda: KEY_ID,
            ("SecretsKey", "Arn"): lambda: f"arn:{partition}:kms:{self._region}:{self._account}:key/{KEY_ID}",
            ("SecretsKeyAlias", ""): lambda: given("AliasName"),
            ("OidcProvider", ""): lambda: f"arn:{partition}:iam::{self._account}:oidc-provider/{ISSUER}",
        }
        match self._data["Resources"][name]["Type"], attribute:
            case "AWS::IAM::ManagedPolicy", "":
                return f"arn:{partition}:iam::{self._account}:policy/{given('ManagedPolicyName')}"
            case "AWS::IAM::Role", "Arn":
                return f"arn:{partition}:iam::{self._account}:role/{given('RoleName')}"
        return answers[name, attribute]()


def _with_value(node: Any, identifier: str, value: str) -> Any:
    """A loop's fragment for one value.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html"""
    if isinstance(node, str):
        alphanumeric = _NOT_IN_LOGICAL_ID.sub("", value)
        return node.replace(f"&{{{identifier}}}", alphanumeric).replace(f"${{{identifier}}}", value)
    if isinstance(node, list):
        return [_with_value(each, identifier, value) for each in node]
    if isinstance(node, dict):
        return {_with_value(key, identifier, value): _with_value(each, identifier, value) for key, each in node.items()}
    return node


def for_stack(file: Path, project: str, stack: str, account: str, region: str, **parameters: str) -> Account:
    """The template deployed for a stack, with any repository on GitHub."""
    given = {**_ANY_REPOSITORY, **parameters}
    return fill_in(load_template(file), account, region, Project=project, Stack=stack, **given)


def boundaries(folder: Path, project: str, stack: str, account: str, region: str) -> dict[str, Policy]:
    """The permissions boundary of the project's template, by its ARN; empty where there is none."""
    file = folder / FILE
    if not file.is_file() or region not in REGIONS:
        return {}
    try:
        made = for_stack(file, project, stack, account, region)
        return {made.boundary_arn: made.boundary()}
    except (InvalidTemplate, InvalidDocument, KeyError, TypeError, yaml.YAMLError):
        # Another revision's template may be anything. The matrix notes that the boundary is not known.
        return {}
