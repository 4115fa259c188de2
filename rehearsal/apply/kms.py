"""Keys and their aliases."""

from rehearsal.apply.builder import Builder, Order
from resources import Answer
from resources.kms import ALIAS, KEY


def _key(order: Order) -> Answer:
    kms, inputs = order.client("kms"), order.inputs
    tags = order.tags(key="TagKey", value="TagValue")
    made = kms.create_key(Policy=inputs["policy"], Description=inputs.get("description", ""), Tags=tags)
    key = made["KeyMetadata"]
    if inputs.get("enableKeyRotation"):
        kms.enable_key_rotation(KeyId=key["KeyId"])
    return key["KeyId"], {"keyId": key["KeyId"], "arn": key["Arn"]}


def _alias(order: Order) -> Answer:
    kms, name = order.client("kms"), order.inputs["name"]
    kms.create_alias(AliasName=name, TargetKeyId=order.inputs["targetKeyId"])
    pages = kms.get_paginator("list_aliases").paginate()
    arn = next(each["AliasArn"] for page in pages for each in page["Aliases"] if each["AliasName"] == name)
    return name, {"arn": arn}


BUILDERS = {
    KEY: Builder(
        build=_key,
        properties=("policy", "description", "enableKeyRotation", "tags"),
        at_deletion=("deletionWindowInDays",),
    ),
    ALIAS: Builder(build=_alias, properties=("name", "targetKeyId")),
}
