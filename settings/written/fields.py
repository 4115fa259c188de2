"""What the models of what people write are made of: names that are known, checked texts."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StrictStr, ValidationInfo

from domain.aws import Arn, account_problems
from domain.ecr.names import repository_name_problems
from domain.iam.grants import role_name_problems
from domain.model_problems import as_day, invalid_value
from domain.problems import Problem, unless
from domain.registries.table import registry_user_problems
from domain.resource_tags import tag_value_problems
from domain.wording import a, near, nearest

DEFAULT_PRESET = "default"
_NO_DEFAULT = f"declare a preset named {DEFAULT_PRESET}, or give the repository a retention of its own"
_CREDENTIALS = (
    *("token", "password", "private_key", "secret_key"),
    *("kubeconfig", "client_key", "client_certificate", "client-key-data"),
    *("app_auth", "pem_file"),
)


class Names:
    """What the catalog can refer to: each kind's known names with their ids, and where one is declared."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"
    PRESET = "preset"
    KEY = "key"
    CLUSTER = "cluster"
    STACK = "stack"

    def __init__(self, known: Mapping[str, tuple[Mapping[str, object], str]]) -> None:
        self._known = known

    def check(self, kind: str, name: str) -> None:
        names, declared_in = self._known.get(kind, ({name: name}, ""))
        if name not in names:
            fix = _NO_DEFAULT if name == DEFAULT_PRESET else nearest(name, names)
            raise invalid_value(f"is not {a(kind)} that {declared_in} declares", fix, _named(name, names))

    def pull_of(self, name: str) -> dict[str, str] | None:
        """The account or organization of this name, else of a near one."""
        kinds = (self.ACCOUNT, self.ORGANIZATION)
        found = {kind: meant for kind in kinds if (meant := _named(name, self._known[kind][0]))}
        return next(({kind: found[kind]} for kind in sorted(found, key=lambda kind: found[kind] != name)), None)


def _named(written: str, names: Mapping[str, object]) -> str | None:
    """The name that was meant: the one of this id, or the nearest."""
    by_id = (name for name, ids in names.items() if written in (ids, *(ids.values() if isinstance(ids, dict) else ())))
    return next(by_id, near(written, names))


def known(kind: str) -> AfterValidator:
    def check(name: str, info: ValidationInfo) -> str:
        if isinstance(info.context, Names):
            info.context.check(kind, name)
        return name

    return AfterValidator(check)


def checked(problems: Callable[[str], list[Problem]]) -> AfterValidator:
    """A check of the domain as a field's: all that is wrong with one value makes one fault."""

    def check(value: str) -> str:
        if found := problems(value):
            fixes = dict.fromkeys(each.fix for each in found)
            instead = found[0].instead if len(found) == 1 else None
            hidden = any(each.value is None for each in found)
            raise invalid_value("; ".join(each.message for each in found), "; ".join(fixes), instead, hidden=hidden)
        return value

    return AfterValidator(check)


def matching(pattern: re.Pattern[str], message: str, fix: str) -> AfterValidator:
    return checked(lambda value: [] if pattern.fullmatch(value) else [Problem((), value, message, fix)])


def no_credential(instead: str) -> Callable[[Any], Any]:
    """A check of a whole entry before its model's: that it has no credential in it."""

    def check(value: Any) -> Any:
        written = [key for key in _CREDENTIALS if key in value] if isinstance(value, Mapping) else []
        if written:
            raise invalid_value(f"has a credential of its own ({written[0]}), for every reader of the file", instead)
        return value

    return check


def service_arn(service: str, kinds: tuple[str, ...], fix: str, *, regional: bool) -> AfterValidator:
    def problems(text: str) -> list[Problem]:
        arn = Arn.parse(text)
        named = arn and arn.resource.startswith(kinds) and not role_name_problems(arn.resource.partition("/")[2])
        placed = arn and bool(arn.region) is regional and not account_problems(arn.account)
        sound = arn and named and placed and arn.service == service
        return unless(sound, text, f"is not an ARN of {' or '.join(kind.rstrip('/') for kind in kinds)}", fix)

    return checked(problems)


Text = Annotated[StrictStr, checked(tag_value_problems)]
RegistryUser = Annotated[StrictStr, checked(registry_user_problems)]
Day = Annotated[date, BeforeValidator(as_day)]
StackName = Annotated[StrictStr, known(Names.STACK)]
RepositoryName = Annotated[StrictStr, checked(repository_name_problems)]


def unchanged(value: object) -> object:
    return value


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


PrincipalArn = Annotated[
    StrictStr, service_arn("iam", ("role/", "user/"), "write arn:aws:iam::ACCOUNT:role/NAME", regional=False)
]
