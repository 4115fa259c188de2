"""AWS KMS: keys and their aliases."""

from resources.record import Grammar, ResourceType, words_in

KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"
# Rules judge it; this program declares none.
KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"


TYPES = (
    ResourceType(
        token=KEY,
        # description, multi_region, policy and rotation_period_in_days are Optional and Computed.
        source=(
            "kms/key.go 00a3530: "
            "ForceNew on custom_key_store_id, customer_master_key_spec, key_usage, multi_region, xks_key_id"
        ),
        identity=None,
        make_id=lambda declaration: str(declaration.made_up()),
        make_outputs=lambda made, key: {"keyId": key, "arn": made.arn("kms", f"key/{key}")},
        made_up=("arn", "keyId"),
        replaces=("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"),
        updates=words_in(
            "bypassPolicyLockoutSafetyCheck deletionWindowInDays description enableKeyRotation isEnabled policy "
            "rotationPeriodInDays tags"
        ),
        optional=("description", "multiRegion", "policy", "rotationPeriodInDays"),
        documents={"policy": Grammar.IAM},
        tags="tags",
        reads=("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"),
        # Rotation is never switched off and no key disabled: enableKeyRotation is always declared, isEnabled is true by
        # default. A key that was disabled by hand is enabled.
        creates=("CreateKey", "EnableKeyRotation"),
        changes=words_in("EnableKey PutKeyPolicy TagResource UntagResource UpdateKeyDescription ScheduleKeyDeletion"),
        parameters={"Tags": "tags"},
        settings_key="protect",
        settings_keys={"deletionWindowInDays": "key_deletion_days"},
        describe=lambda inputs: [
            "rotation" if inputs["enableKeyRotation"] else "no rotation",
            f"{inputs['deletionWindowInDays']} days to undo a deletion",
        ],
    ),
    ResourceType(
        token=ALIAS,
        source="kms/alias.go 01c0800: ForceNew on name, name_prefix",
        identity=("name",),
        make_outputs=lambda declaration, name: {"arn": declaration.arn("kms", name)},
        exclusive=True,
        replaces=("name", "namePrefix"),
        updates=("targetKeyId",),
        reads=("ListAliases",),
        creates=("CreateAlias",),
        changes=("UpdateAlias", "DeleteAlias"),
        parameters={"AliasName": "name", "TargetKeyId": "targetKeyId"},
        describe=lambda inputs: [inputs["name"]],
    ),
)
