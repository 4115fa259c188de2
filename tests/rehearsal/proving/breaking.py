"""Ways to break a promise in a registry that actual, each of which mends it again."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, TypeVar

from botocore.exceptions import ClientError

from domain.iam.document import CURRENT_VERSION
from localcloud.clients import Clients

REGION = "us-east-1"
PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
OWN = "registry"
"""The name of each role's one policy."""

T = TypeVar("T")
Break = Callable[[Clients], AbstractContextManager[None]]
Step = Callable[[Clients], object]
Change = Callable[[str | None], str | None]
"""Of a document's text; None is no document."""
Statement = dict[str, Any]


class Breach(NamedTuple):
    """A proof, its subject, what breaks the promise, and a word of what the proof then says."""

    proof: str
    subject: str
    break_it: Break
    told: str


def changed(read: Callable[[Clients], T], put: Callable[[Clients, T], object], change: Callable[[T], T]) -> Break:
    """What is read before is put back at the end."""

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        before = read(clients)
        put(clients, change(before))
        yield
        put(clients, before)

    return broken


def undone(do: Step, undo: Step) -> Break:
    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        do(clients)
        yield
        undo(clients)

    return broken


def both(one: Break, other: Break) -> Break:
    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        with one(clients), other(clients):
            yield

    return broken


def policy(*statements: Statement) -> str:
    return json.dumps({"Version": CURRENT_VERSION, "Statement": statements})


def allow(*actions: str, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), **more}


def deny(*actions: str, **more: Any) -> Statement:
    return {**allow(*actions, **more), "Effect": "Deny"}


def granted(*actions: str, to: str | None = None) -> Statement:
    """To an account, or to everyone."""
    return allow(*actions, Principal="*" if to is None else {"AWS": to})


def to(text: str | None) -> Change:
    return lambda _before: text


def replaced(old: str, new: str) -> Change:
    def change(before: str | None) -> str:
        assert before is not None
        assert old in before
        return before.replace(old, new)

    return change


def statements(change: Callable[[list[Statement]], Iterable[Statement]]) -> Change:
    """The policy with other statements."""

    def to_text(before: str | None) -> str:
        assert before is not None
        return policy(*change(json.loads(before)["Statement"]))

    return to_text


def without(sid: str) -> Change:
    return statements(lambda before: [each for each in before if each["Sid"] != sid])


def and_also(statement: Statement) -> Change:
    return statements(lambda before: [*before, statement])


def narrowed(sid: str, **condition: Any) -> Change:
    """The policy with another condition in one of its statements."""
    return statements(
        lambda before: [{**each, "Condition": condition} if each["Sid"] == sid else each for each in before]
    )


_DOCUMENTS = {
    "repository_policy": ("set", "policyText"),
    "registry_policy": ("put", "policyText"),
    "lifecycle_policy": ("put", "lifecyclePolicyText"),
}
"""How ECR calls the operation that puts one, and its text."""


class At(NamedTuple):
    """One registry, and what can be broken there."""

    account: str
    region: str = REGION

    def ecr(self, clients: Clients) -> Any:
        return clients.root("ecr", self.region, self.account)

    def iam(self, clients: Clients) -> Any:
        return clients.root("iam", self.region, self.account)

    def kms(self, clients: Clients) -> Any:
        return clients.root("kms", self.region, self.account)

    def calls(self, operation: str, **given: Any) -> Step:
        """Of ECR."""
        return lambda clients: getattr(self.ecr(clients), operation)(**given)

    def arn(self, name: str) -> str:
        return f"arn:aws:ecr:{self.region}:{self.account}:repository/{name}"

    def repository_policy(self, name: str, change: Change) -> Break:
        return self._document("repository_policy", change, repositoryName=name)

    def lifecycle_policy(self, name: str, change: Change) -> Break:
        return self._document("lifecycle_policy", change, repositoryName=name)

    def registry_policy(self, change: Change) -> Break:
        return self._document("registry_policy", change)

    def _document(self, kind: str, change: Change, **of: str) -> Break:
        verb, name = _DOCUMENTS[kind]

        def read(clients: Clients) -> str | None:
            try:
                return str(getattr(self.ecr(clients), f"get_{kind}")(**of)[name])
            except ClientError as absent:
                if not absent.response["Error"]["Code"].endswith("PolicyNotFoundException"):
                    raise
                return None

        def put(clients: Clients, text: str | None) -> None:
            if text is None:
                getattr(self.ecr(clients), f"delete_{kind}")(**of)
            else:
                force = {"force": True} if kind == "repository_policy" else {}
                getattr(self.ecr(clients), f"{verb}_{kind}")(**of, **{name: text}, **force)

        return changed(read, put, change)

    def mutability(self, name: str, mode: str, *excluded: str) -> Break:
        filters = [{"filter": each, "filterType": "WILDCARD"} for each in excluded]
        other = {"imageTagMutability": mode, **({"imageTagMutabilityExclusionFilters": filters} if filters else {})}

        def read(clients: Clients) -> dict[str, Any]:
            (found,) = self.ecr(clients).describe_repositories(repositoryNames=[name])["repositories"]
            return {key: found[key] for key in found if key.startswith("imageTagMutability")}

        def put(clients: Clients, asked: dict[str, Any]) -> None:
            self.ecr(clients).put_image_tag_mutability(repositoryName=name, **asked)

        return changed(read, put, lambda _: other)

    def scanning(self, **changes: Any) -> Break:
        return changed(
            lambda clients: self.ecr(clients).get_registry_scanning_configuration()["scanningConfiguration"],
            lambda clients, asked: self.ecr(clients).put_registry_scanning_configuration(**asked),
            lambda before: {**before, **changes},
        )

    def replication(self, change: Callable[[list[Any]], list[Any]]) -> Break:
        return changed(
            lambda clients: self.ecr(clients).describe_registry()["replicationConfiguration"]["rules"],
            lambda clients, rules: self.ecr(clients).put_replication_configuration(
                replicationConfiguration={"rules": rules}
            ),
            change,
        )

    def template(self, prefix: str, **changes: Any) -> Break:
        """Another creation template."""

        def read(clients: Clients) -> dict[str, Any]:
            asked = {"prefixes": [prefix]}
            (found,) = self.ecr(clients).describe_repository_creation_templates(**asked)["repositoryCreationTemplates"]
            return {name: value for name, value in found.items() if name not in ("createdAt", "updatedAt")}

        def put(clients: Clients, asked: dict[str, Any]) -> None:
            self.ecr(clients).delete_repository_creation_template(prefix=prefix)
            self.ecr(clients).create_repository_creation_template(**asked)

        return changed(read, put, lambda before: {**before, **changes})

    def key_policy(self, key: str, text: str) -> Break:
        def id_of(clients: Clients) -> str:
            return str(self.kms(clients).describe_key(KeyId=key)["KeyMetadata"]["KeyId"])

        return changed(
            lambda clients: self.kms(clients).get_key_policy(KeyId=id_of(clients), PolicyName="default")["Policy"],
            lambda clients, put: self.kms(clients).put_key_policy(
                KeyId=id_of(clients), PolicyName="default", Policy=put
            ),
            lambda _: text,
        )

    def role_policy(self, role: str, old: str, new: str) -> Break:
        """The role's own policy with another text in the place of one."""
        return changed(
            lambda clients: json.dumps(
                self.iam(clients).get_role_policy(RoleName=role, PolicyName=OWN)["PolicyDocument"]
            ),
            lambda clients, text: self.iam(clients).put_role_policy(RoleName=role, PolicyName=OWN, PolicyDocument=text),
            replaced(old, new),
        )

    def one_more(self, role: str, statement: Statement) -> Break:
        """One policy too many."""
        named = {"RoleName": role, "PolicyName": "more"}
        return undone(
            lambda clients: self.iam(clients).put_role_policy(**named, PolicyDocument=policy(statement)),
            lambda clients: self.iam(clients).delete_role_policy(**named),
        )

    def more(self, role: str, *actions: str) -> Break:
        """One policy too many, for everything that there is, and no boundary that would hold it."""
        boundary = f"arn:aws:iam::{self.account}:policy/container-registry-dev-boundary"

        @contextmanager
        def broken(clients: Clients) -> Iterator[None]:
            self.iam(clients).delete_role_permissions_boundary(RoleName=role)
            with self.one_more(role, allow(*actions, Resource="*"))(clients):
                yield
            self.iam(clients).put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)

        return broken

    def less(self, role: str, *actions: str) -> Break:
        return self.one_more(role, deny(*actions, Resource="*"))

    def trust(self, role: str, change: Callable[[Statement], Mapping[str, Any]]) -> Break:
        """Another first statement in the role's trust policy."""

        def other(before: Mapping[str, Sequence[Statement]]) -> Mapping[str, Any]:
            first, *rest = json.loads(json.dumps(before["Statement"]))
            return {**before, "Statement": [change(first), *rest]}

        return changed(
            lambda clients: self.iam(clients).get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"],
            lambda clients, document: self.iam(clients).update_assume_role_policy(
                RoleName=role, PolicyDocument=json.dumps(document)
            ),
            other,
        )
