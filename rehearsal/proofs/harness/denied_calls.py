"""Every call on a repository's images, tried one by one by a principal that must be denied."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from botocore.exceptions import ClientError

from domain.iam.grants import AccountGrant, Grant, OrganizationGrant, PullService, ServiceGrant
from oci.client import Client, Pulled, Refused
from oci.image import Image
from rehearsal.proofs.harness.case import DENIED, Broken, Case, RegistryCase

Try = Callable[[Client, str, Image], object]
"""By a client, in a repository, with an image that is there."""

PULLS: dict[str, Try] = {
    "pulled a manifest": lambda client, name, image: client.manifest(name, image.digest),
    "pulled a layer": lambda client, name, image: client.check_blob(name, image.blobs[-1].digest),
}
CHANGES: dict[str, Try] = {
    "began to push a layer": lambda client, name, _image: client.begin_upload(name),
    # A tag for each image, so that none is refused because it is in use.
    "pushed a manifest": lambda client, name, image: client.put_manifest(
        name, image.manifest, f"rehearsal-intruder-{image.digest[-8:]}"
    ),
    "deleted an image": lambda client, name, image: client.delete_manifest(name, image.digest),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPrincipal:
    """A principal at the registry; without a password it is anonymous."""

    who: str
    password: str | None

    def is_denied(self, refusal: Refused) -> bool:
        """Whether the reason of the refusal is the principal."""
        return refusal.status == HTTPStatus.UNAUTHORIZED if self.password is None else refusal.code == DENIED


def granted(case: RegistryCase, grant: Grant) -> RegistryPrincipal:
    """The principal that the grant names; only the grant allows it."""
    match grant:
        case AccountGrant(account=account, role=None):
            return RegistryPrincipal(who=account, password=case.other_principal(account))
        case AccountGrant(account=account, role=role):
            return RegistryPrincipal(who=f"{account} {role}", password=case.other_principal(account, str(role)))
        case OrganizationGrant(organization=organization):
            return RegistryPrincipal(who=organization, password=case.other_principal(case.member(organization)))
        case ServiceGrant(service=service, account=account):
            return RegistryPrincipal(who=f"{service.value} in {account}", password=case.service(service, account))


def other_principals(case: RegistryCase, grants: Sequence[Grant]) -> Iterator[RegistryPrincipal]:
    """An account that is not named, another role beside each named one, another account's function."""
    yield RegistryPrincipal(who=f"account {case.other_account}", password=case.other_principal(case.other_account))
    services = [each for each in grants if isinstance(each, ServiceGrant)]
    whole = {each.account for each in grants if isinstance(each, AccountGrant) and each.role is None}
    # AWS Lambda pulls for another account only where that account as a whole may pull, too.
    whole |= {each.account for each in services if each.service is PullService.LAMBDA}
    named = {each.account for each in grants if isinstance(each, AccountGrant)}
    for account in sorted(named - whole - {case.registry.account}):
        yield RegistryPrincipal(
            who=f"another role of {account}", password=case.other_principal(account, "rehearsal-other")
        )
    for service in sorted({each.service for each in services}, key=str):
        who = f"another account's {service.value}"
        yield RegistryPrincipal(who=who, password=case.service(service, case.other_account))


def require_pulled(case: RegistryCase, name: str, reference: str, puller: RegistryPrincipal) -> Pulled:
    """What comes; raises Broken where the pull is refused."""
    try:
        with Client.on_loopback(case.host, puller.password) as client:
            return client.pull(name, reference)
    except Refused as refused:
        raise Broken(f"{puller.who} is granted a pull, and was refused: {refused}") from refused


def require_refused(case: Case, denied: RegistryPrincipal, pushed: Image, tries: dict[str, Try]) -> None:
    """Raises Broken with the first try that works, and what is refused in another way than it should be."""
    with Client.on_loopback(case.host, denied.password) as client:
        require_refused_in(case.name, client, denied, pushed, tries)


def require_refused_in(
    name: str, client: Client, denied: RegistryPrincipal, pushed: Image, tries: dict[str, Try]
) -> None:
    """The same in one repository, with a client that is there already."""
    for what, attempt in tries.items():
        try:
            attempt(client, name, pushed)
        except Refused as refusal:
            if not denied.is_denied(refusal):
                raise
        else:
            raise Broken(f"{denied.who} {what}, and nothing grants it")


def require_denied(who: str, calls: Mapping[str, Callable[[], object]], code: str = "AccessDeniedException") -> None:
    """Of calls to AWS's API: raises Broken with the first that is answered, and what is refused with another code."""
    for what, call in calls.items():
        try:
            call()
        except ClientError as refusal:
            if refusal.response["Error"]["Code"] != code:
                raise
        else:
            raise Broken(f"{who} {what}, and nothing grants it")
