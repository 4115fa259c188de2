"""Limits that AWS sets on policy texts and IAM names."""

POLICY_TEXT_MAX = 10_240
"""Characters of a repository policy and of a registry policy.
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html"""

ROLE_NAME_MAX = 64
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""

ROLE_PATH_MAX = 512
"""Characters of a role's path, its first and last slash included; same page."""
