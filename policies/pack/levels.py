"""dev.json, prod.json: at which level each rule stands, its parameters and its exceptions.

The form is the engine's own (`--policy-pack-config`). The engine ignores what it does not know in silence; here it is a
fault.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from domain.document_text import parse, repeated_keys
from domain.wording import nearest
from policies.pack.rule import Level, Parameters, Rule
from policies.pack.table import all_rules

LEVEL = "enforcementLevel"
FOLDER = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Setting:
    """How one rule is applied."""

    rule: Rule
    level: Level
    parameters: Parameters


class InvalidLevels(ValueError):
    """A file of levels with everything that is wrong with it."""


def levels_file(project: Path, stack: str) -> Path:
    return project / FOLDER.name / f"{stack}.json"


def load(file: Path) -> dict[str, Setting]:
    """The setting of every rule, by its id; raises InvalidLevels with every fault."""
    try:
        text = file.read_text(encoding="utf-8")
        raw = parse(text)
    except FileNotFoundError:
        raise InvalidLevels(f"{file}: does not exist (copy {FOLDER.name}/prod.json and choose the levels)") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidLevels(f"{file}: can't be read: {error} (write one JSON object)") from error
    if not isinstance(raw, dict):
        raise InvalidLevels(f"{file}: holds no object (write the rules' ids with their levels)")
    settings: dict[str, Setting] = {}
    faults = [(each.path, f"{each.message} ({each.fix})") for each in repeated_keys(raw)]
    for name, rule in all_rules().items():
        if name not in raw:
            faults.append(((), f"{name} is missing (give it a level: {', '.join(Level)})"))
            continue
        read = _setting(rule, raw[name])
        if isinstance(read, Setting):
            settings[name] = read
        else:
            faults += read
    unknown = (each for each in raw if each not in all_rules())
    faults += [((each,), f"is no rule ({nearest(each, list(all_rules()))})") for each in unknown]
    if faults:
        raise InvalidLevels("\n".join(_told(file, text, path, message) for path, message in faults))
    return settings


def _setting(rule: Rule, value: object) -> Setting | list[tuple[tuple[str | int, ...], str]]:
    """A level alone, or an object with the level and parameters."""
    given = dict(value) if isinstance(value, Mapping) else {LEVEL: value}
    level = given.pop(LEVEL, None)
    faults: list[tuple[tuple[str | int, ...], str]] = []
    if level not in list(Level):
        faults.append(((rule.id,), f"{level!r} is no level (write one of {', '.join(Level)} as {LEVEL})"))
    try:
        parameters = rule.parameters.model_validate(given)
    except ValidationError as invalid:
        return faults + [_fault(rule, each["loc"], each["msg"], each["input"]) for each in invalid.errors()]
    return faults or Setting(rule, Level(str(level)), parameters)


def _fault(rule: Rule, place: tuple[str | int, ...], message: str, value: object) -> tuple[tuple[str | int, ...], str]:
    known = ", ".join(rule.parameters.model_fields)
    return (rule.id, *place), f"{value!r}: {message} (the rule's parameters: {known}; see {FOLDER.name}/README.md)"


def _told(file: Path, text: str, path: tuple[str | int, ...], message: str) -> str:
    key = re.search(rf"{re.escape(json.dumps(path[0]))}\s*:", text) if path else None
    line = text.count("\n", 0, key.start()) + 1 if key else 1
    where = ".".join(map(str, path))
    return f"{file}:{line}: {where}{': ' if where else ''}{message}"


def faulty(folder: Path = FOLDER) -> Iterator[str]:
    """What is wrong with the files of levels."""
    for file in sorted(folder.glob("*.json")):
        try:
            load(file)
        except InvalidLevels as invalid:
            yield str(invalid)


def main() -> int:
    faults = list(faulty())
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
