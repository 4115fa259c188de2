"""Limits that AWS sets on policy texts and IAM names."""

POLICY_TEXT_MAX = 10_240
"""Characters of a repository policy and of a registry policy.
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html"""

ROLE_NAME_MAX = 64
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""

ROLE_PATH_MAX = 512
"""Characters of a role's path, its first and last slash included; same page."""

TRUST_TEXT_MAX = 2_048
"""Characters of a role's trust policy, by default; spaces don't count, and we write none.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

INLINE_TEXT_MAX = 10_240
"""Characters of all of a role's inline policies together; same page."""

ROLES_MAX = 1_000
"""Roles in an account, by default; same page."""

SESSION_SECONDS = (3_600, 43_200)
"""The least and the most that a role's longest session can be.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""

ISSUER_URL_MAX = 255
"""Characters of the URL of an OIDC issuer.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html"""

OIDC_PROVIDERS_MAX = 100
"""Identity providers by OpenID Connect in an account, by default.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
