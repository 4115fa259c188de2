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
