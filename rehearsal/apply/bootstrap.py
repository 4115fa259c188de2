"""`bootstrap/account.yaml` as CloudFormation would fill it in for one account."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from domain.aws import REGIONS
from domain.iam.github import ISSUER

PATH = Path(__file__).parents[2] / "bootstrap" / "account.yaml"
STACK_ID = "arn:{partition}:cloudformation:{region}:{account}:stack/container-registry-bootstrap/11111111-2222-3333"
KEY_ID = "0a1b2c3d-0000-4444-8888-5ec2e7500000"
"""What AWS makes up in the two, made up here."""
_NOTHING = object()
"""What a property becomes that AWS::NoValue stands for."""
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


class Unfit(ValueError):
    """What the template does not take, or the reader does not know."""


class _Loader(yaml.SafeLoader):
    """Reads `!Ref X` as {"Ref": "X"}, and `!Name x` as {"Fn::Name": x}."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, object]:
    value: object
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            raise Unfit(f"{suffix} of {node}")
    if suffix == "GetAtt":
        value = str(value).split(".")
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def source(text: str | None = None) -> dict[str, Any]:
    """The template's data, intrinsic functions in their long form."""
    # The loader is safe: it makes plain data, and of our own file.
    loaded: dict[str, Any] = yaml.load(PATH.read_text(encoding="utf-8") if text is None else text, Loader=_Loader)  # noqa: S506
    return loaded


class Filling:
    """The template with one account's parameters; one that is not given has its default, or is missed once it is used.

    Raises Unfit for a parameter that the template does not take.
    """

    def __init__(self, data: Mapping[str, Any], account: str, region: str, given: Mapping[str, str]) -> None:
        self._data = data
        self._given = given
        partition = REGIONS[region]
        self._pseudo = {
            "AWS::AccountId": account,
            "AWS::Region": region,
            "AWS::Partition": partition.id,
            "AWS::URLSuffix": partition.dns_suffix,
            "AWS::StackId": STACK_ID.format(partition=partition.id, region=region, account=account),
        }
        if unknown := sorted(set(given) - set(data["Parameters"])):
            raise Unfit(f"the template has no parameters {unknown}")
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::Sub": self._text,
            "Fn::GetAtt": lambda path: self._named(".".join(path)),
            "Fn::Join": lambda each: each[0].join(self.value(each[1])),
            "Fn::If": lambda each: self.value(each[1] if self.holds({"Condition": each[0]}) else each[2]),
        }

    def properties(self, resource: str) -> dict[str, Any]:
        filled: dict[str, Any] = self.value(self._data["Resources"][resource]["Properties"])
        return filled

    def value(self, node: Any) -> Any:
        """A part of the template, filled in."""
        if isinstance(node, list):
            filled = [self.value(each) for each in node]
            return [each for each in filled if each is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (function := self._functions.get(next(iter(node)))):
            return function(next(iter(node.values())))
        return {name: self.value(each) for name, each in node.items()}

    def holds(self, node: Mapping[str, Any]) -> bool:
        """Whether a condition does."""
        ((function, argument),) = node.items()
        match function:
            case "Condition":
                return self.holds(self._data["Conditions"][argument])
            case "Fn::Equals":
                one, other = map(self.value, argument)
                return bool(one == other)
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all(self.holds(each) for each in argument)
            case _:
                raise Unfit(f"nobody here knows {function}")

    def _parameter(self, name: str) -> str | list[str]:
        declared = self._data["Parameters"][name]
        value = self._given.get(name, declared.get("Default"))
        if value is None:
            raise Unfit(f"{name} has no default and was not given")
        if (pattern := declared.get("AllowedPattern")) and not re.fullmatch(pattern, value):
            raise Unfit(f"{name}: {value!r} does not match {pattern}")
        if value not in declared.get("AllowedValues", [value]):
            raise Unfit(f"{name}: {value!r} is none of {declared['AllowedValues']}")
        return value.split(",") if declared["Type"] == "CommaDelimitedList" else str(value)

    def _ref(self, name: str) -> Any:
        return _NOTHING if name == "AWS::NoValue" else self._named(name)

    def _text(self, text: str) -> str:
        return _VARIABLE.sub(lambda found: str(self._named(found[1])), text)

    def _named(self, name: str) -> Any:
        """What a Ref, a GetAtt or a variable in a Sub becomes."""
        if name in self._data["Parameters"]:
            return self._parameter(name)
        if name in self._pseudo:
            return self._pseudo[name]
        resource, _, attribute = name.partition(".")
        return self._of_resource(resource, attribute)

    def _of_resource(self, name: str, attribute: str) -> str:
        """What CloudFormation would answer: the properties that name a resource are given, so its ARN is known."""

        def given(key: str) -> str:
            return str(self.value(self._data["Resources"][name]["Properties"][key]))

        iam = self._text("arn:${AWS::Partition}:iam::${AWS::AccountId}")
        answers: dict[tuple[str, str], Callable[[], str]] = {
            ("StateBucket", ""): lambda: given("BucketName"),
            ("StateBucket", "Arn"): lambda: self._text(f"arn:${{AWS::Partition}}:s3:::{given('BucketName')}"),
            ("SecretsKey", ""): lambda: KEY_ID,
            ("SecretsKey", "Arn"): lambda: self._text(
                f"arn:${{AWS::Partition}}:kms:${{AWS::Region}}:${{AWS::AccountId}}:key/{KEY_ID}"
            ),
            ("SecretsKeyAlias", ""): lambda: given("AliasName"),
            ("OidcProvider", ""): lambda: f"{iam}:oidc-provider/{ISSUER}",
            ("PermissionsBoundary", ""): lambda: f"{iam}:policy/{given('ManagedPolicyName')}",
            ("DeployLimits", ""): lambda: f"{iam}:policy/{given('ManagedPolicyName')}",
            ("PreviewRole", "Arn"): lambda: f"{iam}:role/{given('RoleName')}",
            ("DeployRole", "Arn"): lambda: f"{iam}:role/{given('RoleName')}",
        }
        return answers[name, attribute]()
