"""The table of kinds, and the one that a host is of."""

from difflib import get_close_matches

from domain.problems import Problem, unless
from domain.registries.cloud_registries import ARTIFACT_REGISTRY, AZURE, ECR, ECR_PUBLIC
from domain.registries.hosted_registries import DOCKER_HUB, GHCR, GITLAB, QUAY
from domain.registries.kind import RegistryKind
from domain.registries.own_registries import ARTIFACTORY, HARBOR, SELF_HOSTED

KINDS = (
    ECR, ECR_PUBLIC, GHCR, DOCKER_HUB, QUAY, GITLAB, ARTIFACT_REGISTRY, AZURE, ARTIFACTORY, HARBOR, SELF_HOSTED
)  # fmt: skip
_TOKEN = 40
"""What has so many characters may be a token in the user's place, and is not shown."""
_NEAR = 0.85
"""Hosts are long and end alike: what is near among words is not near among them."""


def kind_of(host: str) -> RegistryKind | None:
    """None where the host does not say it: one of one's own, or one that is misspelt."""
    return next((each for each in KINDS if each.hosts and each.hosts.fullmatch(host.lower())), None)


def meant_host(host: str) -> str | None:
    """The host of a kind that is spelt nearly so."""
    whole = [each.host for each in KINDS if each.hosts and each.hosts.fullmatch(each.host)]
    if near := get_close_matches(host, whole, 1, _NEAR):
        return near[0]
    *first, middle, last = host.split(".") if "." in host else ("", "", "")
    domains = {".".join(each.host.split(".")[-2:]) for each in KINDS if each.hosts and each.host not in whole}
    found = get_close_matches(f"{middle}.{last}", sorted(domains - {f"{middle}.{last}"}), 1, _NEAR)
    meant = ".".join((*first, *found))
    return meant if found and kind_of(meant) else None


def registry_user_problems(user: str) -> list[Problem]:
    """Of a user of any registry: https://www.rfc-editor.org/rfc/rfc7617#section-2"""
    sound = user and ":" not in user and user.isprintable() and user == user.strip()
    return unless(
        sound,
        None if ":" in user else user,
        "is not the name of a user",
        "write it alone, without a colon or a password",
    )


def lasting_login_problems(host: str, user: str) -> list[Problem]:
    """Of a login whose token has to last, as a pull secret's; a path begins with `registry` or `username`."""
    kind = kind_of(host)
    if kind is None:
        return []
    if kind.lasting_users is None:
        return [Problem(("registry",), host, f"is {kind.name}, whose tokens end after 12 hours", kind.lasting_user)]
    other = next((each for each in KINDS if user in each.own_users and each is not kind), None)
    if other is not None:
        return [Problem(("username",), user, f"is the user of {other.name}, not of {kind.name}", kind.lasting_user)]
    if kind.lasting_users.fullmatch(user):
        return []
    message = (
        f"is the user of tokens of {kind.name} that end by themselves"
        if user in kind.own_users
        else f"can't be a user of {kind.name}"
    )
    return [Problem(("username",), user if len(user) < _TOKEN else None, message, kind.lasting_user)]
