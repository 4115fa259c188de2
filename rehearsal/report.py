"""The report of a rehearsal, for people and as JSON."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.text import Text

from domain.wording import counted
from localcloud.clients import exports
from rehearsal.apply import preconditions
from rehearsal.apply.applying import Applied
from rehearsal.proofs.harness.run import ProofOutcome
from review.plan.phrases import grouped

FORMAT_VERSION = 1
_NAME_MAX = 50
"""The column of names leaves room for the others in 80 columns; a longer name is whole, and its line is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A registry that is being served; `password` is its owner's: for twelve hours, or the one that was asked for."""

    account: str
    region: str
    host: str
    password: str
    repository: str | None
    """One of its repositories, for examples; None where it has none."""
    tag: str
    """Of an image that is in it."""


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
        replaced = "an API server on loopback, and its nodes by processes of this machine"
        clusters = [f"cluster {name} was replaced by {replaced}" for name in self.applied.clusters]
        return [*preconditions.stand_ins(self.applied.settings), *clusters]

    @property
    def undelivered(self) -> list[str]:
        """What would leave the machine."""
        return preconditions.undelivered(self.applied.settings)


def to_json(report: Report) -> str:
    data: Mapping[str, object] = {
        "version": FORMAT_VERSION,
        "stack": report.stack,
        "held": not report.failed,
        "built": report.applied.built,
        "not_built": report.left_out,
        "stand_ins": report.stand_ins,
        "not_delivered": report.undelivered,
        "seconds": round(report.seconds, 3),
        "proofs": [asdict(each) for each in report.outcomes],
        "control": report.control,
        "endpoints": [asdict(each) for each in report.endpoints],
    }
    return json.dumps(data, indent=1, ensure_ascii=False)


def show(report: Report, console: Console, *, verbose: bool = False) -> None:
    """A line for each repository, role and cache, or one for each proof; failures last, where they are seen."""
    groups: dict[str, list[ProofOutcome]] = {}
    for each in report.outcomes:
        groups.setdefault(each.subject if verbose else each.subject.partition("@")[0], []).append(each)
    column = min(_NAME_MAX, max(map(len, groups), default=0))
    for name, some in sorted(groups.items(), key=lambda group: not all(each.held for each in group[1])):
        _show_group(name, some, console, column, verbose=verbose)
    for line in report.left_out if verbose else _by_reason(report.applied.not_built):
        _print(console, f"not built here: {line}", "yellow")
    for line in report.stand_ins:
        _print(console, f"stand-in: {line}", "yellow")
    for line in report.undelivered:
        _print(console, f"not delivered: {line}", "yellow")
    held = len(report.outcomes) - len(report.failed)
    summary = f"{held} of {counted(len(report.outcomes), 'promise')} held; {report.applied.built} resources built"
    _print(console, f"{summary}; {report.seconds:.1f} s", "bold red" if report.failed else "bold green")


def _by_reason(not_built: Mapping[str, str]) -> Iterator[str]:
    """A line for each reason: what is not built for it, or how many resources."""
    for reason, names in grouped(not_built, not_built.__getitem__).items():
        what = names[0] if len(names) == 1 else f"{counted(len(names), 'resource')} (--verbose names them)"
        yield f"{what}: {reason}"


def _show_group(name: str, some: Sequence[ProofOutcome], console: Console, column: int, *, verbose: bool) -> None:
    failed = [each for each in some if not each.held]
    seconds = sum(each.seconds for each in some)
    mark, style = ("NO", "bold red") if failed else ("ok", "green")
    line = Text(f"{mark}  ", style).append(f"{name:<{column}}", "bold" if failed or verbose else "default")
    line.append(f"  {counted(len(some), 'promise'):>13}  {seconds:5.1f} s", "dim")
    console.print(line, soft_wrap=True)
    for each in some if verbose else failed:
        sign, color = ("ok", "default") if each.held else (f"FAILED {each.subject}:", "bold red")
        took = f" ({each.seconds * 1000:.0f} ms)" if verbose else ""
        _print(console, f"    {sign} {each.promise}{took}", color)
        _print(console, f"        {each.happened}", color if not each.held else "dim")


def _print(console: Console, line: str, style: str) -> None:
    """Wrapped under its own indentation on a terminal; a pipe gets the whole line."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    width = console.width if console.is_terminal else len(line) + 1
    for each in textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) or [line]:
        console.print(Text(each, style), soft_wrap=True)


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
