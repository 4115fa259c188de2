"""dev.json and prod.json: the level, parameters and exceptions of each rule, in the form of `--policy-pack-config`.

The engine silently ignores a rule or a parameter that it does not know; here that is an error."""

import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, create_model

from domain.document_text import line_of, parse_json, repeated_keys
from domain.model_problems import invalid_value, problems_of
from domain.problems import Problem, problem_text, unknown_key
from domain.wording import near
from policies.pack.rule import CheckedResource, Exemption, Level, Parameters, Rule, all_rules

ENFORCEMENT_LEVEL = "enforcementLevel"
EXCEPTIONS = "exceptions"
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
    name = f"{FOLDER.name}/{file.name}"
    try:
        text = file.read_text(encoding="utf-8")
        raw = parse_json(text)
    except FileNotFoundError:
        raise InvalidLevels(f"{name}: does not exist (copy {FOLDER.name}/prod.json and set the levels)") from None
    except json.JSONDecodeError as error:
        raise InvalidLevels(f"{name}:{_not_json(error)}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidLevels(f"{name}: can't be read: {error} (write a JSON object)") from error
    if not isinstance(raw, dict):
        raise InvalidLevels(f"{name}: is not a JSON object (write the id of each rule with its level)")
    rules, configs = all_rules(), dict[str, RuleConfig]()
    problems = repeated_keys(raw)
    problems += [unknown_key((each,), "is not a rule", rules) for each in raw if each not in rules]
    meant = {each.key for each in problems}
    for rule in rules.values():
        read = _config(rule, raw[rule.id]) if rule.id in raw else [_missing(rule)] if rule.id not in meant else []
        if isinstance(read, RuleConfig):
            configs[rule.id] = read
        else:
            problems += read
    if problems:
        found = [each.written(raw, _json_line) for each in problems]
        lines = sorted(((line_of(text, each.path), each) for each in found), key=lambda each: each[0])
        raise InvalidLevels("\n".join(_text(each, f"{name}:{line}") for line, each in lines))
    return configs


def _not_json(error: json.JSONDecodeError) -> str:
    """The line of the error, what is wrong and the fix: most often a comma lacks, or is left from a line removed."""
    before, at = error.doc[: error.pos].rstrip(), error.doc[error.pos :]
    if at.startswith(","):  # Python 3.13 points at the comma itself
        before, at = f"{before},", at[1:].lstrip()
    above = before.count("\n") + 1
    if before.endswith(",") and at[:1] in ("}", "]"):
        return f"{above}: the last entry ends with a comma (remove the comma at the end of line {above})"
    if at and error.msg.startswith("Expecting ',' delimiter"):
        where = f"at the end of line {above}" if above < error.lineno else f"before {at.split()[0]}"
        return f"{error.lineno}: a comma is missing (put one {where})"
    return f"{error.lineno}: is not JSON: {error.msg} (write a JSON object)"


def _config(rule: Rule, value: object) -> RuleConfig | list[Problem]:
    """A level alone, or an object with the level and parameters."""
    alone = not isinstance(value, Mapping)
    given = dict(value) if isinstance(value, Mapping) else {ENFORCEMENT_LEVEL: value}
    try:
        level = getattr(_with_level(rule).model_validate(given), ENFORCEMENT_LEVEL)
    except ValidationError as invalid:
        page = f"{FOLDER.name}/README.md"
        found = problems_of(_with_level(rule), invalid.errors(include_url=False), page)
        return [(replace(each, path=()) if alone else each).under(rule.id) for each in found]
    del given[ENFORCEMENT_LEVEL]
    return RuleConfig(rule, Level(level), rule.parameters.model_validate(given))


def _missing(rule: Rule) -> Problem:
    return Problem((rule.id,), None, "is missing", f"add it with a level: {', '.join(Level)}")


def _level(value: object) -> object:
    if value in list(Level):
        return value
    fix = f"write {', '.join(Level)}"
    instead = near(value, Level) if isinstance(value, str) else None
    raise invalid_value(f"is not a valid {ENFORCEMENT_LEVEL}", fix, instead)


@cache
def _with_level(rule: Rule) -> type[Parameters]:
    """The parameters and the level, as the file has them."""
    level = Annotated[str, BeforeValidator(_level), Field(description=", ".join(Level))]
    return create_model("RuleSetting", __base__=rule.parameters, **{ENFORCEMENT_LEVEL: (level, ...)})  # type: ignore[call-overload,no-any-return]


def _json_line(key: str, value: object) -> str:
    return f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"


def _text(problem: Problem, where: str) -> str:
    return problem_text(where, problem.path, problem.value, problem.message, problem.fix)


def with_exceptions(
    config: RuleConfig, resources: Collection[CheckedResource], added: Sequence[Exemption]
) -> dict[str, object]:
    """In the form of the file, all that it says of a rule, and the exceptions that the resources need: they replace
    those that cover the same."""
    kept = [each for each in config.parameters.exceptions if not any(map(each.covers, resources))]
    parameters = config.parameters.model_dump(mode="json", exclude_unset=True, exclude={EXCEPTIONS})
    listed = [each.as_written() for each in (*kept, *added)]
    return {ENFORCEMENT_LEVEL: config.level.value, **parameters, EXCEPTIONS: listed}


def block_lines(rules: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What the file must say of some rules, as JSON to paste: an exception a line."""
    blocks = []
    for rule, value in rules.items():
        others = "".join(f"    {_json_line(key, each)},\n" for key, each in value.items() if key != EXCEPTIONS)
        listed = ",\n".join(f"      {json.dumps(each, ensure_ascii=False)}" for each in value[EXCEPTIONS])
        blocks.append(f'  {json.dumps(rule)}: {{\n{others}    "{EXCEPTIONS}": [\n{listed}\n    ]\n  }}')
    return ",\n".join(blocks).split("\n")


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
