"""The account settings of ECR: each account has them once in each region."""


def account_settings(*, blob_mounting: bool) -> dict[str, str]:
    """Setting to value; the first two have one value left that new registries may take."""
    return {
        "BASIC_SCAN_TYPE_VERSION": "AWS_NATIVE",
        "REGISTRY_POLICY_SCOPE": "V2",
        "BLOB_MOUNTING": "ENABLED" if blob_mounting else "DISABLED",
    }
