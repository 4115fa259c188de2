"""The catalog's pushes of every stack, as they are written."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.ecr.tags import tag_matches
from domain.iam.github_trust import GitHubSource
from ops.why.refused_call import RefusedCall
from settings.declared.resolve import source
from settings.written.catalog import Push


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogPush:
    """One push of the catalog, as it is written."""

    repository: str
    index: int
    push: Push
    source: GitHubSource

    @property
    def path(self) -> tuple[str | int, ...]:
        return "repositories", self.repository, "push", self.index

    def is_in(self, stack: str) -> bool:
        return self.push.stacks is None or stack in self.push.stacks

    def trusts(self, subject: str) -> bool:
        return any(tag_matches(each, subject) for each in self.source.subjects())


def written_pushes(call: RefusedCall) -> Iterator[CatalogPush]:
    for name, entry in call.entries.items():
        for index, raw in enumerate(entry.get("push", ())):
            push = Push.model_validate(raw)
            yield CatalogPush(repository=name, index=index, push=push, source=source(push))
