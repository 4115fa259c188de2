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
