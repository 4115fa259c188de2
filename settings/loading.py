"""The one reader of the settings: for the program, the render, the rehearsal and the commands."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from domain.aws import RegistryId
from domain.ecr.cache import TOKEN_KEY_PREFIX
from domain.problems import Path
from settings.checks import across_fields, composed_policies
from settings.checks.caches import cache_problems, shadowed_problems, token_problems
from settings.checks.other_stacks import shared_registries
from settings.declared.resolve import resolve
from settings.declared.settings import Settings
from settings.faults import InvalidSettings
from settings.files.configuration import Configuration, decoded, read_configuration, stacks
from settings.files.source import Reporter, read
from settings.written.catalog import Catalog, Names, RepositoryEntry, RetentionRule
from settings.written.errors import describe
from settings.written.stack import AwsKeys, StackKeys

M = TypeVar("M", bound=BaseModel)


def load(root: FilePath, stack: str, engine: Mapping[str, str] | None = None) -> Settings:
    """Reads a stack's settings; raises InvalidSettings with every fault there is. `engine` are the engine's values."""
    configuration = read_configuration(root, stack, engine)
    if not configuration.project or (configuration.source is None and engine is None):
        raise InvalidSettings(configuration.faults)
    keys = _stack_keys(configuration)
    aws = _aws_keys(configuration)
    if keys and aws:
        for full, problem in shared_registries(root, stack, keys, aws):
            configuration.reporter(full)(problem)
        for key, problem in across_fields.stack_problems(keys, aws):
            configuration.report(key, problem)
        _check_caches(configuration, keys, aws)
    file = keys.catalog if keys else configuration.own().get("catalog")
    if not isinstance(file, str):
        raise InvalidSettings(configuration.faults)
    source, faults = read(root / file, file)
    if source is None:
        raise InvalidSettings([*configuration.faults, *faults])
    report = Reporter(file, source, faults)
    names = _names(configuration, source.value, root, stack, file)
    catalog = _validated(Catalog, source.value, lambda path: (report, path), names)
    report(*across_fields.catalog_problems(source.value))
    if keys is None or aws is None:
        raise InvalidSettings([*configuration.faults, *faults])
    # Where the catalog as a whole is faulty its sound entries are checked all the same.
    sound = catalog or _sound(source.value, names)
    settings = resolve(configuration.project, stack, sound, keys, aws)
    _check_declared(settings, configuration, report, keys, sound)
    if found := [*faults, *configuration.faults]:
        raise InvalidSettings(found)
    return settings


def _check_declared(
    settings: Settings, configuration: Configuration, report: Reporter, keys: StackKeys, catalog: Catalog
) -> None:
    """What is wrong with what the sound parts make together."""
    entries = list(catalog.repositories.items())
    report(*across_fields.key_problems(entries, keys, settings.registries))
    report(*across_fields.grant_problems(settings))
    report(*across_fields.role_problems(entries, keys.accounts))
    report(*shadowed_problems([name for name, _ in entries], [each.rule for each in settings.caches]))
    report(*composed_policies.policy_problems_in_catalog(settings, entries))
    for key, problem in composed_policies.policy_problems_in_stack(settings):
        configuration.report(key, problem)


def _stack_keys(configuration: Configuration) -> StackKeys | None:
    """The project's own keys, each reported at its line."""

    def place(path: Path) -> tuple[Reporter, Path]:
        key = f"{configuration.project}:{path[0]}"
        return configuration.reporter(key), ("config", key, *path[1:])

    own = {key: value for key, value in configuration.own().items() if not key.startswith(TOKEN_KEY_PREFIX)}
    return _validated(StackKeys, own, place)


def _check_caches(configuration: Configuration, keys: StackKeys, aws: AwsKeys) -> None:
    for problem in cache_problems(keys, RegistryId(account=aws.account, region=aws.region)):
        configuration.report("caches", problem)
    given = [key for key in configuration.own() if key.startswith(TOKEN_KEY_PREFIX)]
    secret = [key for key in given if f"{configuration.project}:{key}" in configuration.secrets]
    for problem in token_problems(keys, given, secret, configuration.project):
        configuration.report(str(problem.path[0]), replace(problem, path=problem.path[1:]))


def _aws_keys(configuration: Configuration) -> AwsKeys | None:
    names = [str(field.alias) for field in AwsKeys.model_fields.values()]
    values = {name: configuration.values[name] for name in names if name in configuration.values}
    # `pulumi config set` writes a list as the text of one, and the provider takes it.
    values = {name: decoded(value) if isinstance(value, str) else value for name, value in values.items()}
    return _validated(AwsKeys, values, lambda path: (configuration.reporter(str(path[0])), ("config", *path)))


def _names(configuration: Configuration, raw: Mapping[str, object], root: FilePath, stack: str, file: str) -> Names:
    def keys(values: Mapping[str, object], key: str, file: str) -> tuple[list[str], str]:
        value = values.get(key)
        return [str(each) for each in value] if isinstance(value, Mapping) else [], f"{file} ({key})"

    kinds = ((Names.ACCOUNT, "accounts"), (Names.ORGANIZATION, "organizations"), (Names.KEY, "keys"))
    return Names(
        {kind: keys(configuration.own(), key, configuration.file) for kind, key in kinds}
        | {
            Names.PRESET: keys(raw, "retention", file),
            Names.STACK: ({*stacks(root), stack}, "a file beside Pulumi.yaml"),
        }
    )


def _sound(raw: Mapping[str, object], names: Names) -> Catalog:
    """The presets and repositories that are sound by themselves; what is wrong with the others is already reported."""

    def sound(key: str, model: Callable[[str, object], Any]) -> dict[str, Any]:
        found = {}
        value = raw.get(key)
        for name, each in value.items() if isinstance(value, Mapping) else ():
            with suppress(ValidationError):
                found[name] = model(name, each)
        return found

    def preset(name: str, rules: object) -> tuple[RetentionRule, ...]:
        return Catalog.model_validate({"retention": {name: rules}, "repositories": {}}).retention[name]

    def entry(_name: str, entry: object) -> RepositoryEntry:
        return RepositoryEntry.model_validate(entry, context=names)

    return Catalog.model_construct(
        retention=sound("retention", preset), repositories=sound("repositories", entry), removed={}
    )


def _validated(
    model: type[M], raw: object, place: Callable[[Path], tuple[Reporter, Path]], context: object = None
) -> M | None:
    """The model's value; where it is faulty each fault is reported at the place that `place` says its path has."""
    try:
        return model.model_validate(raw, context=context)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False):
            # pydantic counts the sound entries of a list; what is wrong with the others is reported.
            if error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]:
                continue
            problem = describe(model, error)
            report, path = place(problem.path)
            report(replace(problem, path=path))
    return None
