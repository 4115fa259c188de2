"""The account settings of ECR: each account has them once in each region."""

BLOB_MOUNTING = "BLOB_MOUNTING"
BASIC_SCAN_TYPE_VERSION = "BASIC_SCAN_TYPE_VERSION"
REGISTRY_POLICY_SCOPE = "REGISTRY_POLICY_SCOPE"
ENABLED, DISABLED = "ENABLED", "DISABLED"

VALUES = {BASIC_SCAN_TYPE_VERSION: ("AWS_NATIVE",), BLOB_MOUNTING: (DISABLED, ENABLED), REGISTRY_POLICY_SCOPE: ("V2",)}
"""The values of a setting, its default first. Two have one value left that ECR still takes.
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutAccountSetting.html"""


def account_settings(*, blob_mounting: bool) -> dict[str, str]:
    """Every setting with its value."""
    defaults = {name: values[0] for name, values in VALUES.items()}
    return {**defaults, BLOB_MOUNTING: ENABLED if blob_mounting else DISABLED}
