"""`python -m policies.pack.readme`: policies/README.md, written from the rules' records, or (`--check`) compared."""

import json
import sys
from pathlib import Path
from typing import Any

from policies.pack.judge import LONGEST_EXCEPTION_DAYS
from policies.pack.levels import FOLDER, load
from policies.pack.rule import Level, Rule, StackRule
from policies.pack.table import all_rules

NAME = "README.md"
_ALWAYS = "exceptions"
"""A parameter that every rule has; it is told once."""

_HEAD = """\
<!-- Written by `make policy-readme` from the rules' records: don't edit. -->
# The policy pack

{count} rules. The engine runs them on every preview and update (`make preview`, `make up`), and `python -m review gate`
runs the same functions with no account. One file a rule, under `rules/`. The levels and parameters of a stack stand in
`STACK.json` beside this page, in the engine's own form: `"rule-id": "mandatory"`, or an object with `enforcementLevel`
(`mandatory`, `advisory`, `disabled`) and the rule's parameters. Every file names every rule.

Every rule takes `exceptions`, a list of `{{"urn": …, "reason": …, "until": "2027-01-31"}}`: it lets that resource pass
until that day, at most {longest} days away. An exception that has ended is a violation itself; one that nothing
needs is told by the gate.

A value that is not known before a deployment counts as given where it is enough that there is one. Where the value
itself matters, the engine says nothing and the gate lists it as undecided.

| Rule | Severity | {stacks} |
| --- | --- | {dashes} |
"""


def readme(folder: Path) -> str:
    """The page, as the records and the folder's levels have it now."""
    stacks = {file.stem: load(file) for file in sorted(folder.glob("*.json"))}
    head = _HEAD.format(
        count=len(all_rules()), longest=LONGEST_EXCEPTION_DAYS, stacks=" | ".join(stacks),
        dashes=" | ".join("---" for _ in stacks),
    )  # fmt: skip

    rows = [_row(rule, [each[rule.id].level for each in stacks.values()]) for rule in all_rules().values()]
    return head + "\n".join(rows) + "\n" + "".join(map(_section, all_rules().values()))


def _row(rule: Rule, levels: list[Level]) -> str:
    return f"| [`{rule.id}`](#{rule.id}) | {rule.severity} | {' | '.join(levels)} |"


def _section(rule: Rule) -> str:
    parameters = [
        f"- `{name}`: {schema['description']}. Default: `{json.dumps(schema['default'])}`."
        for name, schema in parameter_schema(rule).items()
        if name != _ALWAYS
    ]
    scope = "all resources together: " if isinstance(rule, StackRule) else ""
    types = ", ".join(f"`{each}`" for each in rule.types)
    lines = [
        f"\n## {rule.id}",
        f"{rule.title}. **{rule.severity.capitalize()}**; looks at {scope}{types}.",
        f"**Risk.** {rule.risk}",
        f"**Remedy.** {rule.remediation}",
        *([f"**Covers.** {', '.join(rule.controls)}."] if rule.controls else []),
        *(["**Parameters.**\n\n" + "\n".join(parameters)] if parameters else []),
    ]
    return "\n\n".join(lines) + "\n"


def parameter_schema(rule: Rule) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each parameter, with nothing that lies elsewhere."""
    document = rule.parameters.model_json_schema()
    definitions = document.get("$defs", {})
    properties: dict[str, dict[str, Any]] = _inlined(document["properties"], definitions)
    return properties


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if "$ref" in value:
            return _inlined(definitions[str(value["$ref"]).rpartition("/")[2]], definitions)
        return {key: _inlined(each, definitions) for key, each in value.items()}
    return [_inlined(each, definitions) for each in value] if isinstance(value, list) else value


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    file, now = folder / NAME, readme(folder)
    if "--check" not in arguments:
        file.write_text(now, encoding="utf-8")
        return 0
    if file.is_file() and file.read_text(encoding="utf-8") == now:
        return 0
    print(f"{folder.name}/{NAME} is not what the rules say: run `make policy-readme`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
