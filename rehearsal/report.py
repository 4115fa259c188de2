"""The report of a rehearsal, for people and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from localcloud.clients import exports
from rehearsal.apply import preconditions
from rehearsal.apply.applying import Applied
from rehearsal.proofs.harness.run import ProofOutcome

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A registry that is being served; `password` is its owner's, for twelve hours."""

    account: str
    region: str
    host: str
    password: str
    repository: str | None
    """One of its repositories, for examples; None where it has none."""
    tag: str
    """Of an image that was pushed to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    stack: str
    applied: Applied
    outcomes: Sequence[ProofOutcome]
    seconds: float
    control: str
    endpoints: Sequence[Endpoint]

    @property
    def failed(self) -> list[ProofOutcome]:
        return [each for each in self.outcomes if not each.held]

    @property
    def left_out(self) -> list[str]:
        """What is declared and was not created."""
        return [f"{name}: {reason}" for name, reason in self.applied.not_built.items()]

    @property
    def stand_ins(self) -> list[str]:
        return preconditions.stand_ins(self.applied.settings)


def to_json(report: Report) -> str:
    data: Mapping[str, object] = {
        "version": FORMAT_VERSION,
        "stack": report.stack,
        "held": not report.failed,
        "built": report.applied.built,
        "not_built": report.left_out,
        "stand_ins": report.stand_ins,
        "seconds": round(report.seconds, 3),
        "proofs": [asdict(each) for each in report.outcomes],
        "control": report.control,
        "endpoints": [asdict(each) for each in report.endpoints],
    }
    return json.dumps(data, indent=1, ensure_ascii=False)


def show(report: Report, console: Console) -> None:
    """The table of proofs, what was left out, and the sum of it; failures last, where they are seen."""
    console.print(_table(report.outcomes))
    for line in report.left_out:
        console.print(Text(f"not built here: {line}", style="yellow"))
    for line in report.stand_ins:
        console.print(Text(f"stand-in: {line}", style="yellow"))
    for each in report.failed:
        console.print(Text(f"FAILED {each.subject}: {each.promise}\n       {each.happened}", style="bold red"))
    held = len(report.outcomes) - len(report.failed)
    subjects = len({each.subject for each in report.outcomes})
    summary = f"{held} of {len(report.outcomes)} promises held"
    of = f"of {subjects} repositories, registries, roles and caches; {report.applied.built} resources built"
    style = "bold red" if report.failed else "bold green"
    console.print(Text(f"{summary}, {of}; {report.seconds:.1f} s", style=style))


def show_endpoints(report: Report, console: Console) -> None:
    """Lines to copy: the token once, then a login, a push and a pull for each client."""
    for each in report.endpoints:
        console.print(Text(f"\n{each.account} {each.region}", style="bold"))
        if each.repository is not None:
            console.print(_commands(each, each.repository), soft_wrap=True, highlight=False, markup=False)
    console.print(Text("\nevery AWS API of the local cloud", style="bold"))
    home = report.endpoints[0]
    lines = f"{exports(report.control, home.account, home.region)}\n  aws ecr describe-repositories"
    console.print(lines, soft_wrap=True, highlight=False, markup=False)


def _table(outcomes: Sequence[ProofOutcome]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("promise")
    table.add_column("what happened", overflow="fold")
    table.add_column("time", justify="right", no_wrap=True)
    for subject, group in groupby(outcomes, key=lambda each: each.subject):
        table.add_row("", Text(subject, style="bold cyan", overflow="fold"))  # its end tells the regions apart
        for each in group:
            mark = Text("ok", style="green") if each.held else Text("NO", style="bold red")
            table.add_row(mark, Text(each.promise), Text(each.happened), f"{each.seconds * 1000:.0f} ms")
    return table


def _commands(endpoint: Endpoint, repository: str) -> str:
    image = f"{endpoint.host}/{repository}:{endpoint.tag}"
    mine = f"{endpoint.host}/{repository}:mine-1"
    return f"""\
  TOKEN={endpoint.password}

  echo $TOKEN | docker login --username AWS --password-stdin {endpoint.host}
  docker pull {image}
  docker tag {image} {mine}
  docker push {mine}

  echo $TOKEN | podman login --tls-verify=false --username AWS --password-stdin {endpoint.host}
  podman pull --tls-verify=false {image}
  podman tag {image} {mine}
  podman push --tls-verify=false {mine}

  echo $TOKEN | skopeo login --tls-verify=false --username AWS --password-stdin {endpoint.host}
  skopeo copy --src-tls-verify=false docker://{image} oci:rehearsed
  skopeo copy --dest-tls-verify=false oci:rehearsed docker://{mine}"""
