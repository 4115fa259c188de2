"""ECR's control plane without a server: called directly, and each of its answers held against AWS's model."""

import asyncio
import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.validate import ParamValidator

from domain.aws import Arn, RegistryId
from domain.ecr import images
from domain.ecr.images import OCI_INDEX, OCI_MANIFEST
from domain.iam.access import Caller, Identity, Policy
from domain.iam.document import parse
from localcloud.callers import Callers
from localcloud.calls import Call
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.authorization_tokens import Tokens
from localcloud.ecr.control_plane import Control
from localcloud.ecr.registry_state import StoredRegistry, StoredRepository
from localcloud.ecr.services import Services
from localcloud.events.event import Event
from localcloud.iam_and_kms import AssumableRole, AttachedPolicies, Backend, KmsKey
from localcloud.protocols import CallFailed, service_model
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, REGION
from localcloud.tests.statements import Statement, allow, policy, text, trusts

NAME = "payments/api"
ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scanner"
KEEP_THREE = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}
LIFECYCLE = {"rules": [{"rulePriority": 1, "selection": KEEP_THREE, "action": {"type": "expire"}}]}
CONFIG = images.digest_of(b"{}")
NO_DIGEST = f"sha256:{'0' * 64}"
EMPTY_LIST = "Invalid length for parameter imageIds, value: 0, valid min length: 1"
"""The model has one shape for requests and for answers; AWS answers an empty list too."""

TRUST = text(trusts({"Service": "ecr.amazonaws.com"}))
TEMPLATE: dict[str, Any] = {"prefix": "cached", "appliedFor": ["REPLICATION", "PULL_THROUGH_CACHE"]}
REPLICATION: dict[str, Any] = {"rules": [{"destinations": [{"region": "eu-central-1", "registryId": ACCOUNT}]}]}

BACKFILL = "01234567-89ab-cdef-0123-456789abcdef"

CACHE_RULE: dict[str, Any] = {"ecrRepositoryPrefix": "ecr-public", "upstreamRegistryUrl": "public.ecr.aws"}


def root(account: str = ACCOUNT) -> Caller:
    return Caller(identity=Identity(arn=f"arn:aws:iam::{account}:root", account=account))


def a_key(arn: str, source: Mapping[str, object] | str, **more: Any) -> KmsKey:
    """One that encrypts, with its policy, which has the name of its id."""
    own = Policy(name=arn.rpartition("/")[2], document=parse(source))
    plain = {"enabled": True, "usage": "ENCRYPT_DECRYPT", "spec": "SYMMETRIC_DEFAULT"}
    return KmsKey(arn=arn, policy=own, **{"account": ACCOUNT, "region": REGION, **plain, **more})


def user(*statements: Statement, account: str = ACCOUNT, name: str = "ada") -> Caller:
    policies = (policy("own", *statements),) if statements else ()
    return Caller(identity=Identity(arn=f"arn:aws:iam::{account}:user/{name}", account=account), policies=policies)


def manifest(number: int = 0, **more: Any) -> str:
    """A manifest without layers, of an image that is the number's own."""
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": CONFIG, "size": 2}
    body = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}
    return json.dumps({**body, "annotations": {"number": str(number)}, **more})


def index(*digests: str) -> str:
    manifests = [{"mediaType": OCI_MANIFEST, "digest": each, "size": 1} for each in digests]
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})


def digest_of(content: str) -> str:
    return images.digest_of(content.encode())


class FakeKeys(Backend):
    """The keys by every name that they have, and roles by their ARN: who may assume them, and what they may."""

    def __init__(self) -> None:
        self.keys: dict[str, KmsKey] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.trusts: dict[str, str] = {}
        self.standings: dict[str, AttachedPolicies] = {}
        self._secrets: dict[str, str] = {}
        self.secrets: dict[str, dict[str, str] | CallFailed] = {}
        """By their ARN, with the members that Secrets Manager's answers have beside it."""

    def add_role(self, arn: str, trust: str, *statements: "Statement") -> None:
        self.trusts[arn] = trust
        policies = (policy("own", *statements),) if statements else ()
        self.standings[arn] = AttachedPolicies(policies)

    async def role(self, arn: Arn) -> AssumableRole | None:
        if str(arn) not in self.trusts:
            return None
        trust = Policy(name="trust policy", document=parse(self.trusts[str(arn)]))
        return AssumableRole(arn=str(arn), id="AROA", trust=trust, longest_session=timedelta(hours=1))

    async def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, account: str, region: str
    ) -> dict[str, Any]:
        assert service == "secretsmanager", (account, region)
        missing = CallFailed(service, operation, "ResourceNotFoundException", "can't find the secret")
        found = self.secrets.get(arn := parameters["SecretId"], missing)
        if isinstance(found, CallFailed):
            raise found
        return {"ARN": arn, **found}

    async def attached_policies(self, identity: Identity) -> AttachedPolicies:
        await asyncio.sleep(0)
        return self.standings[identity.principal_arn]

    async def key(self, name: str, *, account: str, region: str) -> KmsKey | None:
        self.requests.append((name, account, region))
        await asyncio.sleep(0)
        return self.keys.get(name)


class Events:
    """A bus that keeps what is put."""

    def __init__(self) -> None:
        self.put_so_far: list[Event] = []

    def put(self, event: Event) -> None:
        self.put_so_far.append(event)

    def offer(self, place: RegistryId, make: Callable[[], Event]) -> None:
        event = make()
        assert (event["account"], event["region"]) == (place.account, place.region)
        self.put(event)

    def of(self, detail_type: str) -> list[Event]:
        return [each for each in self.put_so_far if each["detail-type"] == detail_type]


class Plane:
    """A control plane with what is behind it; a call is an operation's name and its parameters."""

    def __init__(self) -> None:
        self.keys = FakeKeys()
        self.events = Events()
        self.callers = Callers(self.keys)
        self._ports: list[StoredRegistry] = []
        folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, folder)
        services = Services(
            Path(folder),
            self.keys,
            self.callers,
            tokens=Tokens(),
            upstream_hosts={},
            events=self.events,
            open_port=self._open,
        )
        self.registries, self.tokens = services.registries, services.tokens
        self.blobs, self.replicator = services.blobs, services.replicator
        self.control = Control(services)

    def __call__(self, operation: str, *, by: Caller | None = None, region: str = REGION, **given: Any) -> Any:
        answer = asyncio.run(self._answer(operation, given, Call(caller=by or root(), region=region)))
        require_contract(operation, answer)
        return answer

    def refused(self, operation: str, *, by: Caller | None = None, region: str = REGION, **given: Any) -> EcrError:
        with pytest.raises(EcrError) as caught:
            self(operation, by=by, region=region, **given)
        return caught.value

    def code(self, operation: str, *, by: Caller | None = None, region: str = REGION, **given: Any) -> str:
        return self.refused(operation, by=by, region=region, **given).code

    def allows(self, operation: str, *, by: Caller, **given: Any) -> bool:
        """Whether the caller has an answer; what else is wrong with the request fails the test."""
        try:
            self(operation, by=by, **given)
        except EcrError as refusal:
            if refusal.code != "AccessDeniedException":
                raise
            return False
        return True

    def create(self, name: str = NAME, **given: Any) -> StoredRepository:
        """A repository to which an image without layers can be pushed."""
        self("CreateRepository", repositoryName=name, **given)
        repository = self.repository(name)
        repository.layers.add(CONFIG)
        return repository

    def repository(self, name: str = NAME) -> StoredRepository:
        return self.registries.of(ACCOUNT, REGION).repositories[name]

    def push(self, content: str, tag: str | None = None, name: str = NAME) -> str:
        tags: dict[str, Any] = {} if tag is None else {"imageTag": tag}
        answer = self("PutImage", repositoryName=name, imageManifest=content, **tags)
        return str(answer["image"]["imageId"]["imageDigest"])

    async def _answer(self, operation: str, given: dict[str, Any], call: Call) -> dict[str, Any]:
        """With all that it begins done, since the loop ends with it."""
        answer = await self.control.answer(operation, given, call)
        await self.replicator.settled()
        return answer

    async def _open(self, registry: StoredRegistry, _: Services) -> int:
        self._ports.append(registry)
        port = 5000 + len(self._ports)
        await asyncio.sleep(0)
        return port


def require_contract(operation: str, answer: dict[str, Any]) -> None:
    """A client that knows nothing but AWS's model reads exactly this answer, each member of its type."""
    shape = service_model("ecr").operation_model(operation).output_shape
    assert shape is not None
    faults = ParamValidator().validate(answer, shape).generate_report().splitlines()
    assert set(faults) <= {EMPTY_LIST}, faults
    body = json.dumps(answer, default=_seconds).encode()
    response = {"body": body, "headers": {}, "status_code": 200}
    parsed = create_parser("json").parse(response, shape)
    assert {name: value for name, value in parsed.items() if name != "ResponseMetadata"} == answer


def _seconds(value: object) -> float:
    assert isinstance(value, datetime)
    return value.timestamp()


def samples() -> dict[str, dict[str, Any]]:
    """For each operation an input that a root user's plane of `furnished` answers."""
    named = {"repositoryName": NAME}
    policy = text({"Effect": "Allow", "Principal": {"AWS": OTHER_ACCOUNT}, "Action": "ecr:BatchGetImage"})
    registry_policy = text(allow("ecr:ReplicateImage", Principal={"AWS": OTHER_ACCOUNT}))
    image_ids = [{"imageTag": "v1"}, {"imageTag": "missing"}]
    filters = [{"filter": "pay*", "filterType": "WILDCARD"}]
    scan_rule = {"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": filters}
    return {
        "BatchDeleteImage": {**named, "imageIds": image_ids},
        "BatchGetImage": {**named, "imageIds": image_ids},
        "BatchGetRepositoryScanningConfiguration": {"repositoryNames": [NAME, "missing"]},
        "CreatePullThroughCacheRule": CACHE_RULE,
        "CreateRepository": {"repositoryName": "new/one"},
        "CreateRepositoryCreationTemplate": {"prefix": "prod", "appliedFor": ["CREATE_ON_PUSH"]},
        "DeleteLifecyclePolicy": named,
        "DeletePullThroughCacheRule": {"ecrRepositoryPrefix": "quay"},
        "DeleteRegistryPolicy": {},
        "DeleteRepository": {**named, "force": True},
        "DeleteRepositoryCreationTemplate": {"prefix": "cached"},
        "DeleteRepositoryPolicy": named,
        "DeregisterPullTimeUpdateExclusion": {"principalArn": ROLE},
        "DescribeImageReplicationStatus": {**named, "imageId": {"imageTag": "v1"}},
        "DescribeImages": named,
        "DescribePullThroughCacheRules": {"ecrRepositoryPrefixes": ["quay"]},
        "DescribeRegistry": {},
        "DescribeReplicationBackfillResults": {"replicationBackfillId": BACKFILL},
        "DescribeRepositories": {"repositoryNames": [NAME]},
        "DescribeRepositoryCreationTemplates": {},
        "GetAccountSetting": {"name": "BLOB_MOUNTING"},
        "GetAuthorizationToken": {},
        "GetLifecyclePolicy": named,
        "GetRegistryPolicy": {},
        "GetRegistryScanningConfiguration": {},
        "GetRepositoryPolicy": named,
        "ListImages": named,
        "ListPullTimeUpdateExclusions": {},
        "ListReplicationBackfills": {},
        "ListTagsForResource": {"resourceArn": ARN},
        "PutAccountSetting": {"name": "BLOB_MOUNTING", "value": "ENABLED"},
        "PutImage": {**named, "imageManifest": manifest(2), "imageTag": "v2"},
        "PutImageScanningConfiguration": {**named, "imageScanningConfiguration": {"scanOnPush": True}},
        "PutImageTagMutability": {**named, "imageTagMutability": "IMMUTABLE"},
        "PutLifecyclePolicy": {**named, "lifecyclePolicyText": json.dumps(LIFECYCLE)},
        "PutRegistryPolicy": {"policyText": registry_policy},
        "PutRegistryScanningConfiguration": {"scanType": "ENHANCED", "rules": [scan_rule]},
        "PutReplicationConfiguration": {"replicationConfiguration": REPLICATION},
        "RegisterPullTimeUpdateExclusion": {"principalArn": f"{ROLE}-two"},
        "SetRepositoryPolicy": {**named, "policyText": policy},
        "StartReplicationBackfill": {"destination": REPLICATION["rules"][0]["destinations"][0]},
        "TagResource": {"resourceArn": ARN, "tags": [{"Key": "owner", "Value": "payments"}]},
        "UntagResource": {"resourceArn": ARN, "tagKeys": ["team"]},
        "UpdateImageStorageClass": {**named, "imageId": {"imageTag": "v1"}, "targetStorageClass": "ARCHIVE"},
    }


def furnished() -> Plane:
    """A plane whose registry holds one of everything that can be read or deleted."""
    plane = Plane()
    plane("PutReplicationConfiguration", replicationConfiguration=REPLICATION)
    plane.create(tags=[{"Key": "team", "Value": "blue"}])
    plane.push(manifest(1), "v1")
    plane.repository().images[digest_of(manifest(1))].artifact_type = "application/example"
    given = samples()
    for operation in ("PutLifecyclePolicy", "PutRegistryPolicy", "SetRepositoryPolicy"):
        plane(operation, **given[operation])
    plane("RegisterPullTimeUpdateExclusion", principalArn=ROLE)
    begun = plane("StartReplicationBackfill", **given["StartReplicationBackfill"])
    backfills = plane.registries.of(ACCOUNT, REGION).backfills
    backfills[BACKFILL] = backfills.pop(begun["replicationBackfillId"])
    plane("CreateRepositoryCreationTemplate", **TEMPLATE)
    plane("CreatePullThroughCacheRule", ecrRepositoryPrefix="quay", upstreamRegistryUrl="quay.io")
    return plane
