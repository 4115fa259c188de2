"""dev.json and prod.json: the level, parameters and exceptions of each rule, in the form of `--policy-pack-config`.

The engine silently ignores a rule or a parameter that it does not know; here that is an error."""

import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from domain.document_text import parse_json, repeated_keys
from domain.wording import nearest
from policies.pack.rule import CheckedResource, Exemption, Level, Parameters, Rule, all_rules

ENFORCEMENT_LEVEL = "enforcementLevel"
FOLDER = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """How one rule is applied."""

    rule: Rule
    level: Level
    parameters: Parameters


class InvalidLevels(ValueError):
    """All errors of a file of levels."""


def levels_file(project: Path, stack: str) -> Path:
    return project / FOLDER.name / f"{stack}.json"


def load_levels(file: Path) -> dict[str, RuleConfig]:
    """The configuration of every rule, by its id; raises InvalidLevels with all errors."""
    try:
        text = file.read_text(encoding="utf-8")
        raw = parse_json(text)
    except FileNotFoundError:
        raise InvalidLevels(f"{file}: does not exist (copy {FOLDER.name}/prod.json and set the levels)") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidLevels(f"{file}: can't be read: {error} (write a JSON object)") from error
    if not isinstance(raw, dict):
        raise InvalidLevels(f"{file}: is not a JSON object (write the id of each rule with its level)")
    configs: dict[str, RuleConfig] = {}
    faults = [(each.path, f"{each.message} ({each.fix})") for each in repeated_keys(raw)]
    for name, rule in all_rules().items():
        if name not in raw:
            faults.append(((), f"{name} is missing (add it with a level: {', '.join(Level)})"))
            continue
        read = _config(rule, raw[name])
        if isinstance(read, RuleConfig):
            configs[name] = read
        else:
            faults += read
    unknown = (each for each in raw if each not in all_rules())
    faults += [((each,), f"is not a rule ({nearest(each, list(all_rules()))})") for each in unknown]
    if faults:
        raise InvalidLevels("\n".join(_located(file, text, path, message) for path, message in faults))
    return configs


def _config(rule: Rule, value: object) -> RuleConfig | list[tuple[tuple[str | int, ...], str]]:
    """A level alone, or an object with the level and parameters."""
    given = dict(value) if isinstance(value, Mapping) else {ENFORCEMENT_LEVEL: value}
    level = given.pop(ENFORCEMENT_LEVEL, None)
    faults: list[tuple[tuple[str | int, ...], str]] = []
    if level not in list(Level):
        faults.append(((rule.id,), f"{level!r} is not a valid {ENFORCEMENT_LEVEL} (write {', '.join(Level)})"))
    try:
        parameters = rule.parameters.model_validate(given)
    except ValidationError as invalid:
        return faults + [_fault(rule, each["loc"], each["msg"], each["input"]) for each in invalid.errors()]
    return faults or RuleConfig(rule, Level(str(level)), parameters)


def _fault(rule: Rule, place: tuple[str | int, ...], message: str, value: object) -> tuple[tuple[str | int, ...], str]:
    known = ", ".join(rule.parameters.model_fields)
    return (rule.id, *place), f"{value!r}: {message} (the rule's parameters: {known}; see {FOLDER.name}/README.md)"


def _located(file: Path, text: str, path: tuple[str | int, ...], message: str) -> str:
    key = re.search(rf"{re.escape(json.dumps(path[0]))}\s*:", text) if path else None
    line = text.count("\n", 0, key.start()) + 1 if key else 1
    where = ".".join(map(str, path))
    return f"{file}:{line}: {where}{': ' if where else ''}{message}"


def with_exceptions(
    config: RuleConfig, resources: Collection[CheckedResource], added: Sequence[Exemption]
) -> dict[str, object]:
    """In the form of the file, all that it says of a rule, and the exceptions that the resources need: they replace
    those that cover the same."""
    kept = [each for each in config.parameters.exceptions if not any(map(each.covers, resources))]
    parameters = config.parameters.model_dump(mode="json", exclude_unset=True, exclude={"exceptions"})
    listed = [each.as_written() for each in (*kept, *added)]
    return {ENFORCEMENT_LEVEL: config.level.value, **parameters, "exceptions": listed}


def errors_in(folder: Path = FOLDER) -> Iterator[str]:
    """The errors of all files of levels."""
    for file in sorted(folder.glob("*.json")):
        try:
            load_levels(file)
        except InvalidLevels as invalid:
            yield str(invalid)


def main() -> int:
    faults = list(errors_in())
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
