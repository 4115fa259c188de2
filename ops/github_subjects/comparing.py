"""What the catalog says of a repository that pushes, beside what GitHub says, and the lines that make them equal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.iam.github_trust import BY_NAME, IMMUTABLE, GitHubSource
from domain.problems import Path
from ops.github_subjects.rest import LiveSource


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPush:
    """An entry of the catalog: where it is, and which of its keys are written."""

    path: Path
    source: GitHubSource
    subject: str | None
    declared: bool
    """Whether the stack declares the repository at GitHub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What to write at a path of the catalog."""

    path: Path
    write: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectDifference:
    """Why tokens are refused, or could be somebody else's; without `breaks` all works, and could be safer."""

    kind: str
    message: str
    lines: tuple[Line, ...] = ()
    command: str | None = None
    breaks: bool = True


def compared(pushes: Sequence[WrittenPush], live: LiveSource | None) -> list[SubjectDifference]:
    """`pushes` are all of one repository."""
    github = pushes[0].source.github
    if live is None:
        message = "is not found: it was deleted, or this token can't read it"
        return [SubjectDifference(kind="missing", message=message, lines=_removed(pushes))]
    if live.archived:
        message = "is archived: none of its workflows runs"
        return [SubjectDifference(kind="archived", message=message, lines=_removed(pushes))]
    return [*_name(pushes, live), *_ids(pushes, live), *_subject(github, pushes, live)]


def _name(pushes: Sequence[WrittenPush], live: LiveSource) -> Iterator[SubjectDifference]:
    """The case of a name counts in the subject, by which roles trust, though GitHub finds it by any."""
    different = [each for each in pushes if each.source.github != live.full_name]
    if not different:
        return
    written = different[0].source.github
    if written.casefold() == live.full_name.casefold():
        message = f"is written {live.full_name} at GitHub, and a subject has that case"
    else:
        message = f"is {live.full_name} now; the names of its roles change with it, and so what its workflows assume"
    lines = [Line(path=(*each.path, "github"), write=f"github: {live.full_name}") for each in different]
    owner, _, before = written.partition("/")
    if different[0].declared and live.full_name.startswith(f"{owner}/"):
        entry = f"{live.full_name}: {{renamed_from: {before}}}"
        lines.append(Line(path=("sources",), write=f"add {entry} to sources, or all of it is created anew"))
    yield SubjectDifference(kind="renamed", message=message, lines=tuple(lines))


def _removed(pushes: Sequence[WrittenPush]) -> tuple[Line, ...]:
    return tuple(Line(path=each.path, write="remove this entry") for each in pushes)


def _ids(pushes: Sequence[WrittenPush], live: LiveSource) -> Iterator[SubjectDifference]:
    for key, actual in (("owner_id", live.owner_id), ("repository_id", live.repository_id)):
        written = [(each, getattr(each.source, key)) for each in pushes]
        wrong = [(each, value) for each, value in written if value not in (None, actual)]
        if wrong:
            kind = "owner" if key == "owner_id" else "repository"
            message = (
                f"has the {key} {actual}, and the catalog {wrong[0][1]}: another {kind} by the same name; "
                "make sure that it is yours before you trust it"
            )
            lines = tuple(Line(path=(*each.path, key), write=f"{key}: {actual}") for each, _ in wrong)
            yield SubjectDifference(kind=key, message=message, lines=lines)


def _subject(github: str, pushes: Sequence[WrittenPush], live: LiveSource) -> Iterator[SubjectDifference]:
    if live.is_custom:
        yield _customized(live)
    elif live.prefix == live.with_ids:
        yield from _has_ids(pushes, live)
    elif live.prefix == live.by_name:
        yield from _has_names(pushes, live)
    elif live.prefix is None:
        message = "has subjects of a form that GitHub does not say: read it from a token, see docs/github.md"
        yield SubjectDifference(kind="unknown", message=message, breaks=False)
    else:
        message = f"has subjects that begin with {live.prefix}: no trust policy for {github} accepts them"
        yield SubjectDifference(kind="subject", message=message)


def _customized(live: LiveSource) -> SubjectDifference:
    keys = f"of {', '.join(live.claim_keys)}" if live.claim_keys else "of its organization's template"
    return SubjectDifference(
        kind="customized",
        message=f"has subjects {keys}: no trust policy of the catalog accepts them; undo it, then compare again",
        command=f"gh api -X PUT repos/{live.full_name}/actions/oidc/customization/sub -F use_default=true",
    )


def _has_ids(pushes: Sequence[WrittenPush], live: LiveSource) -> Iterator[SubjectDifference]:
    lines = []
    for each in pushes:
        for key, actual in (("owner_id", live.owner_id), ("repository_id", live.repository_id)):
            if getattr(each.source, key) is None:
                lines.append(Line(path=each.path, write=f"add {key}: {actual}"))
        if each.subject == BY_NAME:
            lines.append(Line(path=(*each.path, "subject"), write=f"subject: {IMMUTABLE}"))
    if lines:
        message = f"has subjects with ids ({live.with_ids})"
        yield SubjectDifference(kind="subject", message=message, lines=tuple(lines))


def _has_names(pushes: Sequence[WrittenPush], live: LiveSource) -> Iterator[SubjectDifference]:
    wrong = [each for each in pushes if each.source.immutable]
    if wrong:
        message = f"has subjects without ids ({live.by_name}), and the catalog expects them"
        lines = tuple(_by_name(each) for each in wrong)
        yield SubjectDifference(kind="subject", message=message, lines=lines)
    bare = [each for each in pushes if None in (each.source.owner_id, each.source.repository_id)]
    if bare:
        ids = f"owner_id: {live.owner_id}, repository_id: {live.repository_id}, subject: {BY_NAME}"
        message = "is trusted by its name alone, which another could get; its ids make sure of it"
        added = tuple(Line(path=each.path, write=f"add {ids}") for each in bare)
        yield SubjectDifference(kind="unset", message=message, lines=added, breaks=False)


def _by_name(push: WrittenPush) -> Line:
    written = push.subject is not None
    path = (*push.path, "subject") if written else push.path
    return Line(path=path, write=f"{'' if written else 'add '}subject: {BY_NAME}")
