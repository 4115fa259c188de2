"""Secrets, whose values never come into a rehearsal."""

import json
from secrets import token_urlsafe

from domain.ecr.cache import credentials
from rehearsal.apply.builder import Builder, Order
from resources import Answer
from resources.secretsmanager import SECRET, SECRET_VERSION


def _secret(order: Order) -> Answer:
    inputs = order.inputs
    key = {"KmsKeyId": inputs["kmsKeyId"]} if "kmsKeyId" in inputs else {}
    made = order.client("secretsmanager").create_secret(
        Name=inputs["name"], Description=inputs.get("description", ""), Tags=order.tags(), **key
    )
    return made["ARN"], {"arn": made["ARN"]}


def _secret_version(order: Order) -> Answer:
    """In place of the declared value, which a rehearsal can't read: a login made up for this cloud."""
    secret = order.inputs["secretId"]
    login = json.dumps(credentials("rehearsal", token_urlsafe()))
    made = order.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=login)
    return f"{secret}|{made['VersionId']}", {"arn": made["ARN"], "versionId": made["VersionId"]}


BUILDERS = {
    SECRET: Builder(
        build=_secret, properties=("name", "description", "kmsKeyId", "tags"), at_deletion=("recoveryWindowInDays",)
    ),
    SECRET_VERSION: Builder(build=_secret_version, properties=("secretId", "secretString")),
}
