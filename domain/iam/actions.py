"""The actions of Amazon ECR that a use needs, and no others."""

LOGIN_ACTION = "ecr:GetAuthorizationToken"
"""Has no resource type: only a statement on the resource "*" grants it.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html"""

PULL_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""The managed policy AmazonEC2ContainerRegistryPullOnly, without login and pull-through."""

PUSH_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html"""

IMPORT_ACTIONS = ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository")
"""What a pull through a cache needs beside the pull: the second where the repository is not there yet.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html"""

AUDIT_ACTIONS = (
    "ecr:BatchGetRepositoryScanningConfiguration",
    "ecr:DescribeImageReplicationStatus",
    "ecr:DescribeImageScanFindings",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetLifecyclePolicy",
    "ecr:GetLifecyclePolicyPreview",
    "ecr:GetRepositoryPolicy",
    "ecr:ListImages",
    "ecr:ListTagsForResource",
    "ecr:StartLifecyclePolicyPreview",
)
"""All that tells of a repository and its images but the images themselves. The preview of a lifecycle policy is a
write to IAM, and changes nothing."""

AUDIT_REGISTRY_ACTIONS = (
    "ecr:DescribePullThroughCacheRules",
    "ecr:DescribeRegistry",
    "ecr:DescribeRepositoryCreationTemplates",
    "ecr:GetAccountSetting",
    "ecr:GetRegistryPolicy",
    "ecr:GetRegistryScanningConfiguration",
    "ecr:ListPullTimeUpdateExclusions",
)
"""Of the registry, none of which has a resource type."""

TEMPLATE_ACTIONS = ("ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource")
TEMPLATE_KEY_ACTIONS = ("kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant")
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-iam.html"""

CACHE_READ_ACTIONS = (
    "ecr:BatchGetImage",
    "ecr:BatchImportUpstreamImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetImageCopyStatus",
)
CACHE_WRITE_ACTIONS = ("ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart")
"""What Amazon ECR does as the role of a cache that stands before another private registry: there, and here.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html"""

DELETE_ACTIONS = ("ecr:BatchDeleteImage", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository")
"""What takes away images, the repository with them, or the rules by which they are kept."""

CONFIGURE_ACTIONS = (
    "ecr:DeleteRepositoryPolicy",
    "ecr:PutImageScanningConfiguration",
    "ecr:PutImageTagMutability",
    "ecr:PutLifecyclePolicy",
    "ecr:SetRepositoryPolicy",
    "ecr:TagResource",
    "ecr:UntagResource",
    "ecr:UpdateImageStorageClass",
)
"""What changes whom a repository lets in, or how it treats its images. Whoever sets its policy could grant itself all.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html"""
