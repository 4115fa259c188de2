"""An entry for each repository that was described, or why there is none."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from domain.aws import RegistryId
from domain.ecr.tags import TagMutability
from domain.problems import path_text, shorten
from domain.resource_tags import required_tags
from domain.wording import listed
from ops.adopt.described import Described, ExistingRepository
from ops.adopt.entry import CannotAdopt, Entry, EntryWriter
from ops.adopt.exceptions import RuleFailure, exceptions, rule_failures
from ops.adopt.existing_state import TYPES, AdoptionChange, ExistingState
from ops.adopt.naming import StackNames, names_used
from ops.adopt.project_copy import Project
from policies.pack.judge import RuleResult, judge
from policies.pack.rule import Level
from render.resource import Render
from review.plan.phrases import grouped
from settings import InvalidSettings
from settings.faults import Fault

_CLOUDFORMATION = "aws:cloudformation:stack-name"
_CUSTOMER = "customer"
Copies = Mapping[str, ExistingRepository]
"""A repository in each region."""


class Status(StrEnum):
    ADOPTABLE = "adoptable"
    IN_CATALOG = "in the catalog"
    NOT_ADOPTABLE = "not adoptable"


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A repository, with its entry or why there is none."""

    name: str
    status: Status
    entry: Entry = field(default_factory=dict)
    """The entry; of one in the catalog, the keys that must be written anew."""
    before: list[str] = field(default_factory=list)
    """What must be done first, for the import fails without it."""
    guesses: list[str] = field(default_factory=list)
    """What the entry says though it was not given."""
    fails: list[RuleFailure] = field(default_factory=list)
    changes: list[AdoptionChange] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """Why it can't be adopted."""

    def refuse(self, reason: str) -> None:
        if self.status is Status.ADOPTABLE:
            self.status = Status.NOT_ADOPTABLE
        self.reasons.append(reason)
        self.entry = {}

    @property
    def is_refused_by_gate(self) -> bool:
        return any(each.level is Level.MANDATORY for each in self.fails)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionReport:
    """Everything that the command prints."""

    stack: str
    regions: tuple[str, ...]
    catalog_file: str
    stack_keys: Mapping[str, Mapping[str, object]]
    """What must be added to the stack's file, by key."""
    other_stacks: tuple[str, ...]
    """What the other stacks' files need."""
    others: tuple[str, ...]
    """The other stacks, which create the repositories."""
    exceptions: Mapping[str, Mapping[str, object]]
    """What the stack's file of levels must say before the entries are merged, by rule."""
    notes: tuple[str, ...]
    """What people should know of what they gave."""
    repositories: tuple[Candidate, ...]


class Adopter:
    """Finds an entry for each described repository; the names that it gives to ids are the same for all of them."""

    def __init__(self, project: Project, described: Described, today: date) -> None:
        self._project = project
        self._described = described
        self._today = today
        self._home = project.settings.home.id
        self._regions = tuple(registry.region for registry in project.settings.registries)
        self._names = StackNames(project.names)
        self._writer = EntryWriter(
            project.stack, self._regions, presets=project.presets(), names=self._names, managers=described.managers
        )

    def report(self) -> AdoptionReport:
        """Raises InvalidSettings where the project would have faults that no repository makes."""
        registries = {registry.id for registry in self._project.settings.registries}
        ours: dict[str, dict[str, ExistingRepository]] = {}
        for found in self._described.repositories:
            if found.registry in registries:
                ours.setdefault(found.name, {})[found.region] = found
        candidates = {name: self._candidate(name, copies) for name, copies in ours.items()}
        head = self._rendered(candidates)
        sound = {name: each for name, each in candidates.items() if not each.reasons}
        names = names_used([each.entry for each in candidates.values()])
        elsewhere = self._elsewhere(registries)
        return AdoptionReport(
            stack=self._project.stack,
            regions=self._regions,
            catalog_file=self._project.catalog_file,
            exceptions=self._judge(sound, ours, head) if head else {},
            repositories=tuple(sorted([*candidates.values(), *elsewhere], key=lambda each: each.name)),
            stack_keys=self._names.added(names),
            other_stacks=tuple(
                f"Pulumi.{stack}.yaml needs a name that the catalog would use: {kind}: {listed(missing)}"
                for stack, kind, missing in self._project.missing_names(names)
            ),
            others=tuple(self._project.others),
            notes=self._described.notes,
        )

    def _elsewhere(self, registries: Collection[RegistryId]) -> Iterator[Candidate]:
        """What is in no registry of the stack."""
        elsewhere = [each for each in self._described.repositories if each.registry not in registries]
        others = self._project.registries_of_others() if elsewhere else {}
        for found in elsewhere:
            stack = others.get(found.registry)
            belongs = f"which belongs to the stack {stack}" if stack else "where no stack of this project is"
            reason = f"it is in {found.region} of account {found.registry.account}, {belongs}"
            yield Candidate(name=found.name, status=Status.NOT_ADOPTABLE, reasons=[reason])

    def _candidate(self, name: str, copies: Copies) -> Candidate:
        known = self._project.entries.get(name)
        candidate = Candidate(name=name, status=Status.ADOPTABLE if known is None else Status.IN_CATALOG)
        home = copies.get(self._home.region)
        if home is None:
            why = "it is not there" if self._is_given(self._home.region) else "what is there was not given"
            candidate.refuse(f"it is in {listed(copies)}, but the stack's home is {self._home.region}, and {why}")
            return candidate
        for region, copy in copies.items():
            mode = copy.described.mutability
            if mode not in {each.value for each in TagMutability}:
                candidate.refuse(f"its tag mutability in {region} is {mode!r}, which is not known here")
        try:
            encryption = self._writer.encryption(copies)
        except CannotAdopt as reason:
            candidate.refuse(str(reason))
        if candidate.reasons:
            return candidate
        if known is None:
            candidate.entry = self._writer.entry(home, encryption, candidate.guesses)
        else:
            candidate.entry = self._amended(known, copies, encryption)
        if "encryption" in candidate.entry:
            candidate.guesses += self._writer.key_guesses(encryption)
        candidate.before += self._missing(name, copies, encryption)
        self._note_managers(candidate, home.tags or {})
        return candidate

    def _amended(self, known: Mapping[str, Any], copies: Copies, encryption: object) -> Entry:
        """What must be written anew in an entry that the catalog has."""
        amended: Entry = {}
        adopt = known.get("adopt") or []
        if adopt is not True and self._project.stack not in adopt:
            amended["adopt"] = [*adopt, self._project.stack]
        written = known.get("encryption", _CUSTOMER)
        named = self._project.names["keys"].get(written["key"], {}) if isinstance(written, dict) else {}
        keys = {region: copy.described.encryption and copy.described.encryption.key for region, copy in copies.items()}
        same_key = bool(named) and all(key == named.get(region) for region, key in keys.items())
        return amended if written == encryption or same_key else {**amended, "encryption": encryption}

    def _is_given(self, region: str) -> bool:
        return replace(self._home, region=region) in self._described.registries

    def _missing(self, name: str, copies: Copies, encryption: object) -> Iterator[str]:
        """A sentence for each region where the import would fail."""
        for region in self._regions:
            if region in copies:
                continue
            if self._is_given(region):
                command = f"aws ecr create-repository --region {region} --repository-name {name}"
                options = f"--encryption-configuration {self._writer.creation_options(encryption, region)}"
                yield f"it is not in {region}, and the import fails there; make it: `{command} {options}`"
            else:
                yield f"what is in {region} was not given, and the import fails where the repository is missing"

    def _note_managers(self, candidate: Candidate, tags: Mapping[str, str]) -> None:
        """What the tags say of who manages it."""
        settings = self._project.settings
        if other := tags.get(_CLOUDFORMATION):
            fix = "take it out of there, with DeletionPolicy: Retain"
            candidate.before.append(f"CloudFormation's stack {other} manages it: {fix}")
        own = required_tags(owner="", environment=settings.environment, project=settings.project)
        if all(tags.get(key) == value for key, value in own.items() if value):
            fix = f"where `pulumi stack export --stack {settings.stack}` shows it, it needs no `adopt`"
            candidate.guesses.append(f"its tags say that this stack made it: {fix}")

    def _rendered(self, candidates: Mapping[str, Candidate]) -> Render | None:
        """The stack with all entries in it; what a fault is about is refused, and the rest rendered again."""
        while sound := {name: each for name, each in candidates.items() if not each.reasons}:
            entries = {name: {**self._project.entries.get(name, {}), **each.entry} for name, each in sound.items()}
            try:
                return self._project.rendered_with(entries, self._names.added(names_used(entries.values())))
            except InvalidSettings as invalid:
                blamed = [(str(fault.path[1]), fault) for fault in invalid.faults if len(fault.path) > 1]
                blamed = [(name, fault) for name, fault in blamed if name in sound]
                if not blamed:
                    raise
                for name, fault in blamed:
                    candidates[name].refuse(_refusal(fault))
        return None

    def _judge(
        self, sound: Mapping[str, Candidate], copies: Mapping[str, Copies], head: Render
    ) -> dict[str, dict[str, object]]:
        """Adds to each candidate what changes and the rules that it fails; the exceptions that all need."""
        findings = judge(head.judged(), self._project.levels, self._today).findings
        about = [each for each in findings if each.resource.type in TYPES and _repository(each) in sound]
        failing, state = grouped(about, _repository), ExistingState(head)
        for name, candidate in sound.items():
            candidate.changes = state.changes(copies[name][each] for each in self._regions if each in copies[name])
            candidate.fails = rule_failures(failing.get(name, ()), self._regions)
        declared = {each.name for each in self._project.settings.repositories}
        return exceptions(about, self._project.levels, self._today, declared)


def _repository(judged: RuleResult) -> str:
    """The name of the repository that a resource belongs to."""
    return judged.resource.name.rpartition("@")[0]


def _refusal(fault: Fault) -> str:
    where = f"{path_text(fault.path[2:])}: " if fault.path[2:] else ""
    value = "" if fault.value is None else f"{shorten(fault.value)} "
    return f"the settings refuse it: {where}{value}{fault.message} ({fault.fix})"
