"""Secrets, whose values never come into a rehearsal."""

import json
from secrets import token_urlsafe

from domain.ecr.upstreams import SECRET_KEYS
from rehearsal.apply.builder import Builder, Order
from resources import Answer
from resources.secretsmanager import SECRET, SECRET_VERSION

_USER = "rehearsal"


def _secret(order: Order) -> Answer:
    inputs = order.inputs
    key = {"KmsKeyId": inputs["kmsKeyId"]} if "kmsKeyId" in inputs else {}
    made = order.client("secretsmanager").create_secret(
        Name=inputs["name"],
        Description=inputs.get("description", ""),
        Tags=[{"Key": name, "Value": value} for name, value in inputs.get("tags", {}).items()],
        **key,
    )
    return made["ARN"], {"arn": made["ARN"]}


def _secret_version(order: Order) -> Answer:
    """In place of the declared value, which a rehearsal can't read: a login made up for this cloud."""
    secret = order.inputs["secretId"]
    login = dict(zip(SECRET_KEYS, (_USER, token_urlsafe()), strict=True))
    made = order.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(login))
    version = made["VersionId"]
    return f"{secret}|{version}", {"arn": made["ARN"], "versionId": version}


BUILDERS = {
    SECRET: Builder(
        build=_secret,
        properties=("name", "description", "kmsKeyId", "tags"),
        at_deletion=("recoveryWindowInDays",),
    ),
    SECRET_VERSION: Builder(build=_secret_version, properties=("secretId", "secretString")),
}
