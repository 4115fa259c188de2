"""A kind of registries, and what each row of the table says of one."""

import re
from dataclasses import dataclass
from enum import Enum

READ = "2026-11-30"
"""The day on which the pages without a date were read, in stored copies of them."""


class Support(Enum):
    """Whether a registry has something, as far as its source says."""

    YES = "yes"
    NO = "no"
    OPTIONAL = "where it is switched on"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Sourced:
    """What somebody else has written, and where."""

    text: str
    source: str
    day: str
    """The source's own (2026-07-02); of a page without one, the day on which it was read."""


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether it can do what not every registry can, and where that is written."""

    support: Support
    text: str
    source: str
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginWays:
    """How a person, a workflow and a cluster log in; `{host}`, `{name}` and `{region}` are filled in."""

    user: str
    """What a person logs in as."""
    typed: str
    """What is given as the password."""
    command: str | None = None
    """What prints it; None where a person has to make it."""
    permissions: tuple[str, ...] = ()
    """Those of the workflow's token, beside contents: read."""
    steps: str
    """Those of the workflow that log in, as YAML."""
    cluster: str
    """How a cluster pulls."""
    cluster_user: str | None = None
    """The user of its pull secret; None where no token lasts."""
    fact: Sourced

    @property
    def stores_a_secret(self) -> bool:
        """Whether the workflow takes a secret that somebody has stored at GitHub."""
        return "secrets." in self.steps


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryKind:
    """A row: one registry, or those that one program serves for many owners."""

    id: str
    name: str
    host: str
    """What its host looks like, with what differs in capitals."""
    hosts: re.Pattern[str] | None
    """Those that are of this kind for certain; None where every host can be."""
    image: str
    """What follows the host in an image's name, with what differs in capitals."""
    naming: Sourced
    made_by_push: Support
    """Whether a push makes the repository that it names."""
    login: LoginWays
    own_users: tuple[str, ...] = ()
    """Users that mean this kind and no other."""
    lasting_users: re.Pattern[str] | None = None
    """Users whose tokens do not end by themselves, for a cluster's pull secret; None where every token ends."""
    lasting_user: str = ""
    """What to write for one, or in place of it."""
    immutable_tags: Ability
    referrers: Ability
    deletion: Ability
    """Of a manifest, by the protocol's DELETE."""
    catalog: Ability
    """Whether /v2/_catalog lists the repositories."""
    limits: Sourced | None
    retention: Sourced | None
    seen: str | None = None
    """What of it this project has been run against; None where its sources alone speak."""

    def places(self, host: str) -> dict[str, str]:
        """What the host says of `{host}`, `{name}` and `{region}`; in capitals what it does not say."""
        found = self.hosts.fullmatch(host) if self.hosts else None
        return {"host": host, "name": "NAME", "region": "REGION", **(found.groupdict() if found else {})}
