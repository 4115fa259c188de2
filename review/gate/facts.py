"""The remarks of a report as people read them: one fact for each rule and message, with all its repositories."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.wording import counted, listed
from review.gate.remarks import Remark, RemarkKind
from review.plan.phrases import grouped, in_regions, name_and_region


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What one rule says of one or several resources."""

    id: str
    names: tuple[str, ...]
    """The repositories, registries or roles; none for the stack as a whole."""
    regions: tuple[str, ...]
    message: str
    note: str
    fix: str
    place: str
    """The file and line of the settings."""

    @property
    def about(self) -> str:
        """The resources in a sentence, all of them."""
        return in_regions(self.names, self.regions)


def facts(remarks: Iterable[Remark]) -> list[Fact]:
    """The facts in the order of the remarks: what is the same in three regions, or of ten repositories, is one."""
    alike = grouped(remarks, lambda each: (*_said(each), name_and_region(each.urn)[0]))
    joined = grouped(
        alike.items(),
        lambda item: (item[0][:-1], tuple(sorted({name_and_region(each.urn)[1] for each in item[1]} - {""}))),
    )
    return [
        Fact(
            id=rule, message=message, note=note, fix=fix, place=place, regions=regions,
            names=tuple(name for (*_, name), _ in items if name),
        )
        for ((rule, message, note, fix, place), regions), items in joined.items()
    ]  # fmt: skip


def _said(remark: Remark) -> tuple[str, str, str, str, str]:
    place = f"{remark.file}:{remark.line}" if remark.file else ""
    return remark.id, remark.message, remark.note, remark.fix, place


def earlier_line(remarks: Iterable[Remark]) -> str:
    """`6 earlier remarks, unchanged: iam-github-ids`; empty where there are none."""
    found = [each for each in remarks if each.kind is RemarkKind.FINDING and each.earlier and not each.fails]
    return f"{counted(len(found), 'earlier remark')}, unchanged: {listed(each.id for each in found)}" if found else ""
