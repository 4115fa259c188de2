"""A stack's configuration as the engine gives it: Pulumi.yaml's defaults, the stack's file over them, types held."""

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from domain.ecr.cache import TOKEN_KEY_PREFIX
from domain.kubernetes.cluster import PULL_TOKEN_PREFIX
from domain.model_problems import meant_value
from domain.monitoring.subscribers import ENDPOINT_KEY_PREFIX
from domain.problems import Problem
from domain.selfhosted.cluster_registry import HTPASSWD_KEY_PREFIX, UPSTREAM_KEY_PREFIX
from domain.wording import a, near, nearest
from settings.faults import Fault
from settings.files.project import other_project_files, project_problems, provider_problems, stack_file_problems
from settings.files.source import Reporter, Source, read

PROJECT_FILE = "Pulumi.yaml"
_TYPES = (None, "string", "integer", "boolean", "object", "array")
REGION, ACCOUNTS = "aws:region", "aws:allowedAccountIds"
_OF_AWS = (REGION, ACCOUNTS)
SECRET_PREFIXES = (
    TOKEN_KEY_PREFIX, PULL_TOKEN_PREFIX, ENDPOINT_KEY_PREFIX, HTPASSWD_KEY_PREFIX, UPSTREAM_KEY_PREFIX
)  # fmt: skip
"""How the keys of a stack's secrets begin."""
UNREADABLE_SECRET = "encrypted"  # noqa: S105  in place of a value that only its owner can decrypt


@dataclass(slots=True)
class Configuration:
    """Every key's value, what the file says in its written form; `engine_keys` are those that came by `--config`."""

    project: str
    stack: str
    source: Source | None
    values: dict[str, object] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)
    engine_keys: frozenset[str] = frozenset()
    meant: dict[str, str] = field(default_factory=dict)
    """Misspelt keys of the file, as the engine has them, with those under which their values are."""

    @property
    def file(self) -> str:
        return stack_file(self.stack)

    def full(self, key: str) -> str:
        """A key as the engine has it: one without a namespace is the project's."""
        return key if ":" in key else f"{self.project}:{key}"

    def own(self) -> dict[str, object]:
        """The project's own keys, without their namespace."""
        prefix = f"{self.project}:"
        return {key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)}

    def reporter(self, key: str) -> Reporter:
        return Reporter(self.file, None if key in self.engine_keys else self.source, self.faults)

    def report(self, key: str, problem: Problem) -> None:
        """A problem of one of the project's own keys, reported at a path inside its value."""
        full = f"{self.project}:{key}"
        self.reporter(full)(problem.under("config", full))

    def provider(self) -> dict[str, str]:
        """What is configured of the provider and the engine beyond the region and the account, as text."""
        others = {key: value for key, value in self.values.items() if key not in (REGION, ACCOUNTS)}
        return {key: engine_text(value) for key, value in sorted(others.items()) if key.startswith(("aws:", "pulumi:"))}

    def home(self) -> tuple[str, str] | None:
        """The account and the region that the file names, whatever faults it has elsewhere."""
        accounts = self.values.get(ACCOUNTS)
        accounts = decoded(accounts) if isinstance(accounts, str) else accounts
        return (str(accounts[0]), str(self.values.get(REGION))) if isinstance(accounts, list) and accounts else None

    def as_engine_gives_it(self) -> dict[str, str]:
        return {key: engine_text(value) for key, value in self.values.items()}


def stack_file(stack: str) -> str:
    return f"Pulumi.{stack}.yaml"


def stacks(root: Path) -> list[str]:
    """The stacks that have a file beside Pulumi.yaml."""
    return sorted(file.name.split(".")[1] for file in root.glob("Pulumi.*.yaml"))


def engine_text(value: object) -> str:
    """A value as the engine hands it to a program: text, or JSON for an object or list."""
    if isinstance(value, str | None):
        return value or ""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def read_configuration(root: Path, stack: str, engine: Mapping[str, str] | None = None) -> Configuration:
    """Reads both files; the values that the engine gives win over the files' where they differ."""
    project_source, faults = read(root / PROJECT_FILE, PROJECT_FILE)
    name = stack_file(stack)
    declared = _declared(project_source, faults)
    if project_source is None or declared is None:
        return Configuration("", stack, None, faults=faults)
    project = str(project_source.value["name"])
    _check_project(root, project_source, declared, faults)
    known = stacks(root)
    if engine is None and stack not in known:
        fault = Fault.of(Problem((), stack, "is not a stack of this project", nearest(stack, known)), name, None)
        return Configuration(project, stack, None, faults=[*faults, fault])
    source, stack_faults = read(root / name, name) if stack in known else (None, [])
    configuration = Configuration(project, stack, source, faults=[*faults, *stack_faults])
    _read_stack_values(configuration, [*map(configuration.full, declared), REGION, ACCOUNTS], offline=engine is None)
    _apply_defaults(configuration, declared)
    if engine is not None:
        _overlay(configuration, engine)
    return configuration


def _check_project(root: Path, source: Source, declared: Mapping[str, object], faults: list[Fault]) -> None:
    report = Reporter(PROJECT_FILE, source, faults)
    report(*project_problems(source.value))
    others = other_project_files(frozenset(file.name for file in root.glob("Pulumi.*")))
    faults.extend(Fault.of(problem, str(problem.value), None) for problem in others)
    for key in declared:
        report(*provider_problems(key))


def _declared(source: Source | None, faults: list[Fault]) -> dict[str, dict[str, object]] | None:
    """The keys that Pulumi.yaml declares, each with its type and default; None where it can't be understood."""
    if source is None:
        return None
    report = Reporter(PROJECT_FILE, source, faults)
    if not isinstance(source.value.get("name"), str):
        fix = "write name: container-registry"
        report(Problem(("name",), source.value.get("name"), "is not a valid project name", fix))
    keys = source.value.get("config", {})
    if not isinstance(keys, dict):
        report(Problem(("config",), keys, "is not an object", "declare one key a line"))
        return None
    # The engine's short form gives the default alone.
    declared = {key: each if isinstance(each, dict) else {"default": each} for key, each in keys.items()}
    for key, each in declared.items():
        if each.get("type") not in _TYPES:
            fix = f"write {', '.join(_TYPES[1:])}"
            report(Problem(("config", key, "type"), each["type"], "is not a configuration type of Pulumi", fix))
    return None if faults else declared


def _read_stack_values(configuration: Configuration, known: list[str], *, offline: bool) -> None:
    report = Reporter(configuration.file, configuration.source, configuration.faults)
    if configuration.source:
        report.misspelt(*list(stack_file_problems(configuration.source.value)))
    written = configuration.source.value.get("config", {}) if configuration.source else {}
    if written is None:
        return
    if not isinstance(written, dict):
        report(Problem(("config",), written, "is not an object", "write one `namespace:key: value` a line"))
        return
    meant = report.misspelt(*_misspelt_keys(configuration.project, written, known))
    configuration.meant = {configuration.full(key): each for key, each in meant.items()}
    secrets = set()
    for key, value in written.items():
        report(*provider_problems(key))
        if ":" not in key:
            continue
        if isinstance(value, dict) and set(value) == {"secure"}:
            secrets.add(key)
            configuration.values[key] = UNREADABLE_SECRET
            own = key.removeprefix(f"{configuration.project}:")
            if offline and own != key and not own.startswith(SECRET_PREFIXES):
                message = "is encrypted, and can't be read without the engine"
                fix = "write it in plain text: it is not a secret"
                report(Problem(("config", key), UNREADABLE_SECRET, message, fix))
        else:
            configuration.values[key] = value
    configuration.secrets = frozenset(secrets)


def _misspelt_keys(project: str, written: Mapping[str, object], known: list[str]) -> list[Problem]:
    """Those without a namespace, or with another, and those near a key that is missing."""
    found = []
    for key in written:
        namespace, _, word = key.rpartition(":")
        if not namespace:
            message, candidates = "has no namespace", known
        elif namespace != project and difflib.get_close_matches(namespace, [project], 1, 0.8):
            message, candidates = "has an unknown namespace", known
        elif namespace not in (project, "aws") and near(namespace, ["aws"]):
            # Another provider's key may be called like this, so only one that is missing was meant.
            message, candidates = "has an unknown namespace", [each for each in _OF_AWS if each not in written]
        elif key in known or namespace not in (project, "aws") or word.startswith(SECRET_PREFIXES):
            continue
        else:
            # Under `aws` there are more keys than those that this project reads.
            kin = known if namespace == project else _OF_AWS
            message, candidates = "is not a known key", [each for each in kin if each not in written]
        names = {each.partition(":")[2]: each for each in candidates}
        meant = names.get(near(word, names) or "")
        if meant or candidates is known:
            shown = word if namespace == project else key
            found.append(Problem(("config", key), shown, message, nearest(word, candidates), key=meant))
    return found


def _apply_defaults(configuration: Configuration, declared: Mapping[str, Mapping[str, object]]) -> None:
    report = Reporter(configuration.file, configuration.source, configuration.faults)
    for name, declaration in declared.items():
        key = configuration.full(name)
        default = declaration.get("value", declaration.get("default"))
        if key not in configuration.values:
            if default is not None:
                configuration.values[key] = default
        elif not _check_type(configuration.values[key], declaration, report, key) and default is not None:
            configuration.values[key] = default  # the fault is reported: what follows finds others


def _check_type(value: object, declaration: Mapping[str, object], report: Reporter, key: str) -> bool:
    kind, items = declaration.get("type"), declaration.get("items")
    if kind is None or value == UNREADABLE_SECRET or _fits(value, str(kind), items, top=True):
        return True
    if value is None:
        return False  # reported where the file was read
    name = f"array<{items['type']}>" if isinstance(items, dict) else str(kind)
    fix, instead = f"write {a(name)}, as {PROJECT_FILE} says", meant_value(str(kind), value)
    report(Problem(("config", key), value, f"is not of type {name}", fix, instead=instead))
    return False


def _is_integer(value: object) -> bool:
    if isinstance(value, str):
        return value.removeprefix("-").removeprefix("+").isdecimal()
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


# The engine's ValidateConfigValue: a scalar at the top reaches it as text, inside a list or object as it was written.
_FITS: dict[str, Callable[[object], bool]] = {
    "integer": _is_integer,
    "boolean": lambda value: isinstance(value, bool) or value in ("true", "false"),
    "object": lambda value: isinstance(value, dict),
}


def _fits(value: object, kind: str, items: object, *, top: bool = False) -> bool:
    if kind == "string":
        return isinstance(value, str) or (top and isinstance(value, bool | int | float))
    if kind != "array":
        return _FITS[kind](value)
    if not isinstance(value, list) or not isinstance(items, dict):
        return False
    return all(_fits(item, str(items.get("type")), items.get("items")) for item in value)


def _overlay(configuration: Configuration, engine: Mapping[str, str]) -> None:
    """Puts the engine's values in; where the file says the same, its written form and its lines stay."""
    written, meant = configuration.values, configuration.meant
    engine = {key: text for key, text in engine.items() if key not in meant} | {
        meant[key]: text for key, text in engine.items() if key in meant
    }
    same = {key for key, text in engine.items() if key in written and _same(written[key], text)}
    configuration.values = {key: written[key] if key in same else decoded(text) for key, text in engine.items()}
    configuration.engine_keys = frozenset(engine.keys() - same)
    for key in engine:
        configuration.reporter(key)(*provider_problems(key))


def decoded(text: str) -> object:
    """An object or list that the engine handed over as JSON; anything else as it is."""
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        return text


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key appears twice")
    return value


def _same(written: object, text: str) -> bool:
    if not isinstance(written, dict | list):
        return engine_text(written) == text
    return decoded(text) == written
