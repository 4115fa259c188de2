"""`python -m policies.pack.readme` writes policies/README.md from the rules' records; `--check` compares it."""

import json
import sys
from pathlib import Path
from typing import Any

from policies.pack.judge import LONGEST_EXCEPTION_DAYS
from policies.pack.levels import EXCEPTIONS, FOLDER, load_levels
from policies.pack.rule import Rule, StackRule, all_rules

NAME = "README.md"

_HEAD = """\
<!-- Written by `make policy-readme` from the rules' records: don't edit. -->
# The policy pack

{count} rules. The engine runs them on every preview and update (`make preview`, `make up`), and `python -m review gate`
runs the same functions without an AWS account. Each rule is a file in `rules/`. `STACK.json` beside this page sets the
levels and parameters for a stack, in the form of `--policy-pack-config`: `"rule-id": "mandatory"`, or an object with
`enforcementLevel` (`mandatory`, `advisory`, `disabled`) and the rule's parameters. It must list every rule.

Every rule has the parameter `exceptions`, a list of `{{"repository": "payments/ledger", "reason": …, "until":
"2027-01-31"}}`: findings for that repository, its lifecycle policy and its repository policy are ignored in every
region until that date, at most {longest} days from today. A registry, key or role is named by its URN, `"urn":
"urn:pulumi:…"` in place of `repository`. The gate refuses the name of a repository that the stack does not declare; an
exception that is merged before its repository says `"new": true`. An expired exception is itself a violation; the gate
reports exceptions that are no longer needed.

Some inputs are not known before the deployment. Where a rule only requires that a value is set, an unknown value
passes. Where it needs the value itself, the engine reports nothing and the gate lists the rule as undecided.

| Rule | Severity | {stacks} |
| --- | --- | {dashes} |
"""


def readme(folder: Path) -> str:
    """The text of the page, with the folder's levels."""
    stacks = {file.stem: load_levels(file) for file in sorted(folder.glob("*.json"))}
    head = _HEAD.format(
        count=len(all_rules()), longest=LONGEST_EXCEPTION_DAYS, stacks=" | ".join(stacks),
        dashes=" | ".join("---" for _ in stacks),
    )  # fmt: skip

    levels = {name: " | ".join(each[name].level for each in stacks.values()) for name in all_rules()}
    rows = [f"| [`{name}`](#{name}) | {rule.severity} | {levels[name]} |" for name, rule in all_rules().items()]
    return head + "\n".join(rows) + "\n" + "".join(map(_section, all_rules().values()))


def _section(rule: Rule) -> str:
    parameters = [
        f"- `{name}`: {schema['description']}. Default: `{json.dumps(schema['default'])}`."
        for name, schema in parameter_schema(rule).items()
        if name != EXCEPTIONS  # of every rule, described once
    ]
    scope = "all resources together: " if isinstance(rule, StackRule) else ""
    types = ", ".join(f"`{each}`" for each in rule.types)
    lines = [
        f"\n## {rule.id}",
        f"{rule.title}. **{rule.severity.capitalize()}**; checks {scope}{types}.",
        f"**Risk.** {rule.risk}",
        f"**Remediation.** {rule.remediation}",
        *([f"**Controls.** {', '.join(rule.controls)}."] if rule.controls else []),
        *(["**Parameters.**\n\n" + "\n".join(parameters)] if parameters else []),
    ]
    return "\n\n".join(lines) + "\n"


def parameter_schema(rule: Rule) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each parameter, without references."""
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
    print(f"{folder.name}/{NAME} does not match the rules: run `make policy-readme`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
