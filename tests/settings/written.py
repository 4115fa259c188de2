"""Short ways to write faulty settings and to read what is reported of them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from settings import Fault, InvalidSettings, load

HEAD = """\
retention:
  default:
    - {untagged: true, expire_after_days: 7}
repositories:
"""
ENTRY = "  payments/api: {owner: payments}\n"


def faults(project: Path, stack: str = "dev") -> tuple[Fault, ...]:
    with pytest.raises(InvalidSettings) as raised:
        load(project, stack)
    return raised.value.faults


def only(project: Path, stack: str = "dev") -> str:
    found = faults(project, stack)
    assert len(found) == 1, [str(each) for each in found]
    return str(found[0])


def words(project: Path, cases: Mapping[str, Callable[[Path], object]], stack: str = "dev") -> str:
    """A line for every fault of each case; a case changes the files as they are."""
    before = {file: file.read_bytes() for file in project.glob("*.yaml")}
    reported: list[str] = []
    for case, change in cases.items():
        change(project)
        reported += (f"{case}: {each}" for each in faults(project, stack))
        for file, content in before.items():
            file.write_bytes(content)
    return "\n".join(reported)


def catalog(project: Path, text: str) -> None:
    (project / "catalog.yaml").write_text(text, encoding="utf-8")


def api(more: str) -> str:
    """A catalog of one repository with an owner and more."""
    return f"{HEAD}  payments/api: {{owner: payments, {more}}}\n"


def key(project: Path, line: str, stack: str = "dev") -> None:
    """Adds a key of ours to the stack's file."""
    with (project / f"Pulumi.{stack}.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  container-registry:{line}\n")


def rules(*lines: str) -> str:
    written = "".join(f"    - {line}\n" for line in lines)
    return f"retention:\n  default:\n{written}repositories:\n{ENTRY}"
