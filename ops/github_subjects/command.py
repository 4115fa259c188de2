"""`python -m ops github-subjects`: the catalog's ids and subjects of GitHub repositories, compared with GitHub's."""

import argparse
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console

from ops.github_subjects.comparing import WrittenPush, compared
from ops.github_subjects.rest import GitHubApi, GitHubUnavailable, LiveSource
from ops.github_subjects.text import ComparedSource, to_json, to_text
from render.output import print_text, refuse
from render.progress_bar import progress_bar
from settings import InvalidSettings, load
from settings.declared.resolve import here, source
from settings.files.configuration import read_configuration
from settings.files.source import Source, read
from settings.written.catalog import Catalog

_EQUAL, _DIFFERENT = 0, 1
_AT_ONCE = 8
"""Far from the hundred at which GitHub refuses."""


def run(options: argparse.Namespace) -> int:
    """The exit code: 0 where all is equal, 1 where it is not, 2 where it can't be compared."""
    try:
        file, written, pushes = _pushes(options.project, options.stack)
        live = (
            _live(GitHubApi(os.environ), {key: some[0].source.github for key, some in pushes.items()}) if pushes else {}
        )
    except (InvalidSettings, GitHubUnavailable) as fault:
        return refuse(fault)
    found = [
        ComparedSource(github=some[0].source.github, live=live[name], differences=compared(some, live[name]))
        for name, some in pushes.items()
    ]
    shown = to_json if options.format == "json" else to_text
    print_text(shown(options.stack, found, lambda path: (file, written.line(path))))
    return _DIFFERENT if any(each.breaks for one in found for each in one.differences) else _EQUAL


def _pushes(project: Path, stack: str) -> tuple[str, Source, Mapping[str, Sequence[WrittenPush]]]:
    """The catalog's name and lines, and by the name of a GitHub repository, in any case, its pushes in this stack."""
    settings = load(project, stack)
    file = str(read_configuration(project, stack).own().get("catalog", "catalog.yaml"))
    written, faults = read(project / file, file)
    if written is None:
        raise InvalidSettings(faults)
    catalog = Catalog.model_validate(written.value)
    declared = {each.full_name.casefold() for each in settings.github}
    found: dict[str, list[WrittenPush]] = {}
    for name in sorted(catalog.repositories):
        for index, push in here(catalog.repositories[name], settings.stack):
            path = ("repositories", name, "push", index)
            key = push.github.casefold()
            one = WrittenPush(path=path, source=source(push), subject=push.subject, declared=key in declared)
            found.setdefault(key, []).append(one)
    return file, written, dict(sorted(found.items()))


def _live(api: GitHubApi, names: Mapping[str, str]) -> Mapping[str, LiveSource | None]:
    """By the same keys as the names. The first that can't be read ends it: what comes after would say the same."""
    found: dict[str, LiveSource | None] = {}
    with progress_bar(Console(stderr=True)) as bar, ThreadPoolExecutor(_AT_ONCE) as workers:
        task = bar.add_task("github-subjects", total=len(names), detail="")
        asked = {workers.submit(api.source, name): key for key, name in names.items()}
        try:
            for each in as_completed(asked):
                found[asked[each]] = each.result()
                bar.update(task, advance=1, detail=names[asked[each]])
        finally:
            workers.shutdown(cancel_futures=True)
    return found
