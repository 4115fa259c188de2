"""The one reader of the settings: for the program, the render, the rehearsal and the commands."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from domain.aws import RegistryId
from domain.model_problems import problems_of
from domain.problems import Path, unknown_key
from domain.wording import near
from settings.checks import across_fields, composed_policies
from settings.checks.access_test_entries import access_test_problems, written_test_problems
from settings.checks.caches import cache_problems, cache_tokens, shadowed_problems
from settings.checks.cluster_entries import pull_problems_in_catalog, pull_tokens
from settings.checks.github_adoption import adoption_problems
from settings.checks.github_entries import (
    catalog_problems_of_sources,
    declared_problems,
    options_problems,
    pushes_of,
    shared_problems,
)
from settings.checks.monitoring_entries import endpoint_secrets, monitored_problems, monitoring_entry_problems
from settings.checks.other_stacks import cluster_names, other_regions, shared_registries
from settings.checks.secrets import secret_problems
from settings.checks.self_hosted_entries import self_hosted_secrets
from settings.declared.resolve import resolve, sources_of
from settings.declared.settings import Settings
from settings.faults import InvalidSettings
from settings.files.configuration import SECRET_PREFIXES, Configuration, read_configuration, stacks
from settings.files.source import Reporter, read
from settings.sound_stack import SoundStack, own_keys, provider_values
from settings.written.catalog import Catalog, RepositoryEntry, RetentionRule
from settings.written.fields import Names
from settings.written.stack import AwsKeys, StackKeys

M = TypeVar("M", bound=BaseModel)


def load(root: FilePath, stack: str, engine: Mapping[str, str] | None = None) -> Settings:
    """Reads a stack's settings; raises InvalidSettings with every fault there is. `engine` are the engine's values."""
    configuration = read_configuration(root, stack, engine)
    if not configuration.project or (configuration.source is None and engine is None):
        raise InvalidSettings(configuration.faults)
    keys, aws = _stack_keys(configuration), _aws_keys(configuration)
    # Where a part is faulty the sound rest is checked all the same, so that one run has every fault.
    sound = SoundStack.of(configuration, keys, aws)
    if sound:
        for full, problem in shared_registries(root, stack, sound.keys, sound.aws):
            configuration.reporter(full)(sound.as_written(problem))
        for key, problem in across_fields.stack_problems(sound.keys, sound.aws):
            sound.report(key, problem)
        _check_caches_and_secrets(configuration, sound)
    file = keys.catalog if keys else configuration.own().get("catalog")
    if not isinstance(file, str):
        raise InvalidSettings(configuration.faults)
    source, faults = read(root / file, file)
    if source is None:
        raise InvalidSettings([*configuration.faults, *faults])
    report = Reporter(file, source, faults)
    missing = Catalog.model_fields.keys() - source.value
    keys_of_it = [key for key in source.value if key not in Catalog.model_fields and near(key, missing)]
    report.misspelt(*(unknown_key((key,), "is not a known key", missing) for key in keys_of_it))
    files, known, clusters = (configuration.file, file), [*stacks(root), stack], cluster_names(root, configuration)
    names = _names(configuration.own(), source.value, files, known, clusters)
    catalog = _validated(Catalog, source.value, lambda path: (report, path), names)
    report(*across_fields.catalog_problems(source.value), *written_test_problems(source.value))
    if sound is None:
        raise InvalidSettings([*configuration.faults, *faults])
    if catalog is None or keys is None:
        sound_names = names if keys else _names(sound.keys.model_dump(), source.value, files, known, clusters)
        catalog = _sound(source.value, sound_names)
    settings = resolve(configuration.project, stack, catalog, sound.keys, sound.aws)
    _check_declared(settings, sound, report, catalog)
    _check_github(root, settings, sound, report, catalog)
    whole = not (faults or configuration.faults)
    written = source.value.get("repositories")
    report(*access_test_problems(
        settings, catalog, sound.keys, sources_of(catalog),
        repositories=list(written) if isinstance(written, Mapping) else [], whole=whole,
        elsewhere=lambda: other_regions(root, stack),
    ))  # fmt: skip
    if found := [*faults, *configuration.faults]:
        raise InvalidSettings(found)
    return settings


def _check_declared(settings: Settings, stack: SoundStack, report: Reporter, catalog: Catalog) -> None:
    """What is wrong with what the sound parts make together."""
    entries = list(catalog.repositories.items())
    report(*across_fields.key_problems(entries, stack.keys, settings.registries))
    report(*across_fields.grant_problems(settings))
    report(*across_fields.role_problems(entries, stack.keys.accounts))
    report(*pull_problems_in_catalog(entries, stack.keys))
    report(*shadowed_problems([name for name, _ in entries], [each.rule for each in settings.caches]))
    report(*composed_policies.policy_problems_in_catalog(settings, entries))
    for key, problem in composed_policies.policy_problems_in_stack(settings):
        stack.report(key, problem)
    for problem in (
        *monitoring_entry_problems(stack.keys.monitoring, settings.all_registries),
        *monitored_problems(settings.monitoring.values()),
    ):
        stack.report("monitoring", problem)


def _check_github(root: FilePath, settings: Settings, stack: SoundStack, report: Reporter, catalog: Catalog) -> None:
    options = stack.keys.github
    pushes = pushes_of(catalog, settings.stack, options)
    report(*catalog_problems_of_sources(catalog, pushes))
    if options is None:
        return
    adopting = adoption_problems(options, settings.github)
    for problem in (*options_problems(options, catalog, pushes), *declared_problems(settings.github), *adopting):
        stack.report("github", problem)
    for file, problem in shared_problems(root, settings.stack, options, catalog, pushes):
        if file == "catalog":
            report(problem)
        else:
            stack.report("github", problem)


def _stack_keys(configuration: Configuration) -> StackKeys | None:
    """The project's own keys, each reported at its line."""

    def place(path: Path) -> tuple[Reporter, Path]:
        key = f"{configuration.project}:{path[0]}"
        return configuration.reporter(key), ("config", key, *path[1:])

    own = own_keys(configuration)
    return _validated(StackKeys, own, place, _names(own, {}, (configuration.file, "")))


def _check_caches_and_secrets(configuration: Configuration, stack: SoundStack) -> None:
    for problem in cache_problems(stack.keys, RegistryId(account=stack.aws.account, region=stack.aws.region)):
        stack.report("caches", problem)
    given = [key for key in configuration.own() if key.startswith(SECRET_PREFIXES)]
    secret = [key for key in given if f"{configuration.project}:{key}" in configuration.secrets]
    if all(map(stack.has_all_of, ("caches", "pull_credentials", "monitoring", "self_hosted"))):
        needing = (cache_tokens, pull_tokens, endpoint_secrets, self_hosted_secrets)
        wanted = {name: why for each in needing for name, why in each(stack.keys).items()}
        found = secret_problems(wanted, given, secret, project=configuration.project, stack=configuration.stack)
        for key, problem in found:
            configuration.report(key, problem)


def _aws_keys(configuration: Configuration) -> AwsKeys | None:
    values = provider_values(configuration)
    return _validated(AwsKeys, values, lambda path: (configuration.reporter(str(path[0])), ("config", *path)))


def _names(
    own: Mapping[str, object],
    raw: Mapping[str, object],
    files: tuple[str, str],
    known: Iterable[str] = (),
    clusters: Iterable[str] | None = None,
) -> Names:
    """`files` are the stack's and the catalog's, `known` the stacks, `clusters` those of all stacks, if known."""

    def keys(values: Mapping[str, object], key: str, file: str) -> tuple[dict[str, object], str]:
        value = values.get(key)
        named = {str(name): each for name, each in value.items()} if isinstance(value, Mapping) else {}
        return named, f"{file} ({key})"

    kinds = ((Names.ACCOUNT, "accounts"), (Names.ORGANIZATION, "organizations"), (Names.KEY, "keys"))
    return Names(
        {kind: keys(own, key, files[0]) for kind, key in kinds}
        | {
            Names.PRESET: keys(raw, "retention", files[1]),
            Names.STACK: (dict.fromkeys(known), "a file beside Pulumi.yaml"),
        }
        | ({} if clusters is None else {Names.CLUSTER: (dict.fromkeys(clusters), "a Pulumi.STACK.yaml (clusters)")})
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
        retention=sound("retention", preset),
        repositories=sound("repositories", entry),
        removed={},
        sources={},
        access_tests=(),
    )


def _validated(
    model: type[M], raw: object, place: Callable[[Path], tuple[Reporter, Path]], context: object = None
) -> M | None:
    """The model's value; where it is faulty each fault is reported at the place that `place` says its path has."""
    try:
        return model.model_validate(raw, context=context)
    except ValidationError as invalid:
        for problem in problems_of(model, invalid.errors(include_url=False)):
            report, path = place(problem.path)
            report(replace(problem, path=path))
    return None
