"""From what exists to what the catalog would say of it: an entry for each repository, or why there is none."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from domain.ecr.repository import RepositoryCopy
from domain.ecr.tags import TagMutability
from domain.iam.grants import Grant
from domain.resource_tags import required_tags
from domain.wording import listed
from ops.adopt import gate
from ops.adopt.changes import changes
from ops.adopt.encryption import CannotAdopt, Encryptions
from ops.adopt.entry import Entry, Writer
from ops.adopt.inventory import Found, Inventory
from ops.adopt.model import Change, Report, Status, Verdict
from ops.adopt.names import KeyNaming, Naming
from ops.adopt.project import KINDS, Project
from policies.pack.judge import judge
from settings import InvalidSettings
from settings.faults import Fault, path_text, shorten

_CLOUDFORMATION = "aws:cloudformation:stack-name"
_CUSTOMER = "customer"
Regions = Mapping[str, Found]


class Judge:
    """Judges each repository of an inventory; the names that it gives to ids are the same for all of them."""

    def __init__(self, project: Project, inventory: Inventory, today: date) -> None:
        settings = project.settings
        self._project = project
        self._inventory = inventory
        self._today = today
        self._registries = {(place.account, place.region) for place in settings.places}
        self._regions = tuple(place.region for place in settings.places)
        self._accounts = Naming("account", project.names["accounts"])
        self._organizations = Naming("organization", project.names["organizations"])
        self._keys = KeyNaming(project.names["keys"])
        self._encryptions = Encryptions(keys=self._keys, managers=inventory.managers, regions=self._regions)
        self._writer = Writer(
            stack=project.stack,
            presets=project.presets(),
            accounts=self._accounts,
            organizations=self._organizations,
        )

    def report(self) -> Report:
        """Judges all of them; raises InvalidSettings where the project would have faults that no repository makes."""
        ours: dict[str, dict[str, Found]] = {}
        elsewhere = [found for found in self._inventory.repositories if found.where not in self._registries]
        for found in self._inventory.repositories:
            if found.where in self._registries:
                ours.setdefault(found.name, {})[found.region] = found
        judged = {name: self._judged(name, found) for name, found in ours.items()}
        self._settle(judged, ours)
        exceptions = self._put_to_rules({name: each for name, each in judged.items() if not each.reasons})
        used = _names_used(verdict.entry for verdict in judged.values())
        return Report(
            stack=self._project.stack,
            regions=self._regions,
            catalog_file=self._project.catalog_file,
            verdicts=tuple(sorted([*judged.values(), *self._foreign(elsewhere)], key=lambda verdict: verdict.name)),
            stack_keys=self._added(used),
            elsewhere=tuple(
                f"Pulumi.{stack}.yaml needs a name that the catalog would use: {kind}: {listed(names)}"
                for stack, kind, names in self._project.missing_names(used)
            ),
            exceptions=exceptions,
            others=tuple(self._project.others),
            notes=self._inventory.notes,
        )

    def _foreign(self, elsewhere: Sequence[Found]) -> Iterator[Verdict]:
        """What no registry of the stack holds."""
        others = self._project.registries_of_others() if elsewhere else {}
        for found in elsewhere:
            stack = others.get(found.where)
            belongs = f"which belongs to the stack {stack}" if stack else "where no stack of this project is"
            reason = f"it is in {found.region} of account {found.account}, {belongs}"
            yield Verdict(name=found.name, status=Status.NOT_ADOPTABLE, reasons=[reason])

    def _judged(self, name: str, found: Regions) -> Verdict:
        known = self._project.entries.get(name)
        verdict = Verdict(name=name, status=Status.ADOPTABLE if known is None else Status.IN_CATALOG)
        home = found.get(self._regions[0])
        if home is None:
            told = "it is not there" if self._given(self._regions[0]) else "what is there was not given"
            verdict.refuse(f"it is in {listed(found)}, but the stack's home is {self._regions[0]}, and {told}")
            return verdict
        for region, each in found.items():
            if each.mutability not in {mode.value for mode in TagMutability}:
                verdict.refuse(f"its tag mutability in {region} is {each.mutability!r}, which is not known here")
        try:
            encryption = self._encryptions.propose(found)
        except CannotAdopt as reason:
            verdict.refuse(str(reason))
        if verdict.reasons:
            return verdict
        if known is None:
            verdict.entry = self._writer.entry(home, encryption.written, verdict.guesses)
        else:
            verdict.entry = self._amended(known, found, encryption.written)
        if "encryption" in verdict.entry:
            verdict.guesses += encryption.guesses
        verdict.before += self._missing(name, found, encryption.written)
        self._warn(verdict, home)
        return verdict

    def _amended(self, known: Mapping[str, Any], found: Regions, encryption: object) -> Entry:
        """What must be written anew in an entry that the catalog has."""
        amended: Entry = {}
        adopt = known.get("adopt") or []
        if adopt is not True and self._project.stack not in adopt:
            amended["adopt"] = [*adopt, self._project.stack]
        written = known.get("encryption", _CUSTOMER)
        named = self._project.names["keys"].get(written["key"], {}) if isinstance(written, dict) else {}
        same_key = bool(named) and all(each.key == named.get(region) for region, each in found.items())
        return amended if written == encryption or same_key else {**amended, "encryption": encryption}

    def _given(self, region: str) -> bool:
        return (self._project.settings.home.account, region) in self._inventory.registries

    def _missing(self, name: str, found: Regions, encryption: object) -> Iterator[str]:
        """A sentence for each region where the import would fail."""
        for region in self._regions:
            if region in found:
                continue
            if self._given(region):
                command = f"aws ecr create-repository --region {region} --repository-name {name}"
                options = f"--encryption-configuration {self._encryption_option(encryption, region)}"
                yield f"it is not in {region}, and the import fails there; make it: `{command} {options}`"
            else:
                yield f"what is in {region} was not given, and the import fails where the repository is missing"

    def _encryption_option(self, encryption: object, region: str) -> str:
        if isinstance(encryption, dict):
            return f"encryptionType=KMS,kmsKey={self._keys.arn(encryption['key'], region)}"
        return "encryptionType=AES256" if encryption == "aes256" else "encryptionType=KMS"

    def _warn(self, verdict: Verdict, home: Found) -> None:
        """What the tags say of who manages it."""
        tags, settings = home.tags or {}, self._project.settings
        if other := tags.get(_CLOUDFORMATION):
            verdict.before.append(
                f"CloudFormation's stack {other} manages it: take it out of there, with DeletionPolicy: Retain"
            )
        own = required_tags(owner="", environment=settings.environment, project=settings.project)
        if all(tags.get(key) == value for key, value in own.items() if value):
            verdict.guesses.append(
                "its tags say that this stack made it: where `pulumi stack export` shows it, it needs no `adopt`"
            )

    def _settle(self, judged: Mapping[str, Verdict], found: Mapping[str, Regions]) -> None:
        """Reads the settings with all entries in them; what a fault is about is refused, and the rest read again."""
        while True:
            sound = {name: verdict for name, verdict in judged.items() if not verdict.reasons}
            entries = self._whole_entries(sound)
            try:
                settings = self._project.with_entries(entries, self._added(_names_used(entries.values())))
                break
            except InvalidSettings as invalid:
                blamed = [(fault, str(fault.path[1])) for fault in invalid.faults if len(fault.path) > 1]
                blamed = [(fault, name) for fault, name in blamed if name in sound]
                if not blamed:
                    raise
                for fault, name in blamed:
                    judged[name].refuse(_told(fault))
        copies = {(place.region, copy.name): copy for place in settings.places for copy in settings.copies(place)}
        grants = {each.name: each.pull for each in settings.repositories}
        for name, verdict in sound.items():
            there = [(found[name][region], copies[region, name]) for region in self._regions if region in found[name]]
            verdict.changes = list(_changes(there, grants[name]))

    def _put_to_rules(self, sound: Mapping[str, Verdict]) -> Mapping[str, Mapping[str, object]]:
        """Adds to each verdict the rules that its entry fails; the exceptions that they need."""
        if not sound:
            return {}
        entries = self._whole_entries(sound)
        rendered = self._project.rendered_with(entries, self._added(_names_used(entries.values())))
        judgement = judge(rendered.judged(), self._project.levels, self._today)
        found = gate.about_entries(judgement.findings, sound)
        for name, failures in gate.failures(found).items():
            sound[name].failures = [replace(each, regions=self._in_order(each.regions)) for each in failures]
        return gate.exceptions(found, self._project.levels, self._today)

    def _in_order(self, regions: Collection[str]) -> tuple[str, ...]:
        return tuple(region for region in self._regions if region in regions)

    def _whole_entries(self, sound: Mapping[str, Verdict]) -> dict[str, Entry]:
        """The entries as they would stand in the catalog."""
        return {name: {**self._project.entries.get(name, {}), **each.entry} for name, each in sound.items()}

    def _added(self, used: Mapping[str, set[str]]) -> dict[str, dict[str, object]]:
        added: dict[str, Mapping[str, object]] = {
            "accounts": self._accounts.added,
            "organizations": self._organizations.added,
            "keys": self._keys.added,
        }
        needed = {kind: {name: names[name] for name in names if name in used[kind]} for kind, names in added.items()}
        return {kind: names for kind, names in needed.items() if names}


def _changes(there: Sequence[tuple[Found, RepositoryCopy]], grants: tuple[Grant, ...]) -> Iterator[Change]:
    """What adoption changes; what is the same in several regions stands there once."""
    regions: dict[Change, list[str]] = {}
    for found, copy in there:
        for change in changes(found, copy, grants):
            regions.setdefault(change, []).append(found.region)
    return (replace(change, regions=tuple(where)) for change, where in regions.items())


def _names_used(entries: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The names of each kind that entries refer to."""
    used: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for entry in entries:
        for pull in entry.get("pull", ()):
            used["accounts"] |= {pull["account"]} if "account" in pull else set()
            used["organizations"] |= {pull["organization"]} if "organization" in pull else set()
        if isinstance(entry.get("encryption"), dict):
            used["keys"].add(entry["encryption"]["key"])
    return used


def _told(fault: Fault) -> str:
    where = f"{path_text(fault.path[2:])}: " if fault.path[2:] else ""
    value = "" if fault.value is None else f"{shorten(fault.value)} "
    return f"the settings refuse it: {where}{value}{fault.message} ({fault.fix})"
