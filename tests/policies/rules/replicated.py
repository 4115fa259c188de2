"""A registry, its replicas and what copies between them, as a render gives them."""

import json
from typing import Any

from domain.document_text import UNKNOWN
from resources import PROVIDER
from resources.ecr import LIFECYCLE_POLICY, REPLICATION_CONFIGURATION, REPOSITORY
from tests.policies.conftest import Declared
from tests.policies.rules.texts import HOME, OTHER

US, EU, ASIA = "us-east-1", "eu-west-1", "ap-northeast-1"
CONFIG = "registry@us-east-1"
OTHERS = f"urn:pulumi:prod::container-registry::{PROVIDER}::other"


def provider(name: str = "default", account: object = HOME, region: str = US) -> Declared:
    inputs = {"allowedAccountIds": account if account is UNKNOWN else json.dumps([account]), "region": region}
    return Declared(type=PROVIDER, inputs=inputs, name=name, region=None)


DEFAULT, OTHER_PROVIDER = provider(), provider("other", OTHER)


def repository(
    name: object = "payments/api", region: str | None = US, provider: str | None = None, **inputs: Any
) -> Declared:
    written = {
        "name": name,
        "imageTagMutability": "IMMUTABLE",
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": f"arn:aws:kms:{region or US}:{HOME}:key/1"}],
        **inputs,
    }
    return Declared(type=REPOSITORY, inputs=written, name=f"{name}@{region}", region=region, provider=provider)


def to(*regions: str, account: object = HOME, prefixes: list[object] | None = None) -> dict[str, Any]:
    destinations = [{"region": region, "registryId": account} for region in regions]
    filters = [{"filter": each, "filterType": "PREFIX_MATCH"} for each in prefixes or ()]
    return {"destinations": destinations, **({"repositoryFilters": filters} if filters else {})}


def replicating(
    *rules: object, region: str | None = US, provider: str | None = None, name: str = CONFIG, **inputs: Any
) -> Declared:
    written = {"replicationConfiguration": {"rules": list(rules)}, **inputs}
    return Declared(type=REPLICATION_CONFIGURATION, inputs=written, name=name, region=region, provider=provider)


def lifecycle(count_type: str, region: str = EU, **other: Any) -> Declared:
    selection = {"tagStatus": "any", "countType": count_type, "countNumber": 90, "countUnit": "days"}
    action = {"type": "transition", "targetStorageClass": "archive"}
    text = json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": action}]})
    inputs = {"repository": "payments/api", "policy": text, **other}
    return Declared(type=LIFECYCLE_POLICY, inputs=inputs, name=f"payments/api@{region}", region=region)


API, REPLICA = repository(), repository(region=EU)
