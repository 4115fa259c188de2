"""The actions of Amazon ECR that a use needs, and what any action, or pattern of actions, does.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

import re

from domain.iam.statement import Caseless


def service_actions(service: str, names: str) -> tuple[str, ...]:
    """The service's actions of these names, which blanks part."""
    return tuple(f"{service}:{name}" for name in names.split())


LOGIN_ACTION = "ecr:GetAuthorizationToken"
"""Has no resource type: only a statement on the resource "*" grants it.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html"""

PULL_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""The managed policy AmazonEC2ContainerRegistryPullOnly, without login and pull-through."""

PUSH_ACTIONS = service_actions(
    "ecr", "BatchCheckLayerAvailability BatchGetImage CompleteLayerUpload InitiateLayerUpload PutImage UploadLayerPart"
)
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html"""

IMPORT_ACTIONS = ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository")
"""What a pull through a cache needs beside the pull: the second where the repository is not there yet.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html"""

AUDIT_ACTIONS = service_actions(
    "ecr",
    """
    BatchGetRepositoryScanningConfiguration DescribeImageReplicationStatus DescribeImageScanFindings DescribeImages
    DescribeRepositories GetLifecyclePolicy GetLifecyclePolicyPreview GetRepositoryPolicy ListImages
    ListTagsForResource StartLifecyclePolicyPreview
    """,
)
"""What reads a repository and its images, but not their layers. The preview of a lifecycle policy is a
write to IAM, and changes nothing."""

AUDIT_REGISTRY_ACTIONS = service_actions(
    "ecr",
    """
    DescribePullThroughCacheRules DescribeRegistry DescribeRepositoryCreationTemplates GetAccountSetting
    GetRegistryPolicy GetRegistryScanningConfiguration ListPullTimeUpdateExclusions
    """,
)
"""Of the registry, none of which has a resource type."""

TEMPLATE_ACTIONS = ("ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource")
TEMPLATE_KEY_ACTIONS = ("kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant")
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-iam.html"""

CACHE_READ_ACTIONS = service_actions(
    "ecr", "BatchGetImage BatchImportUpstreamImage GetDownloadUrlForLayer GetImageCopyStatus"
)
CACHE_WRITE_ACTIONS = service_actions("ecr", "CompleteLayerUpload InitiateLayerUpload PutImage UploadLayerPart")
"""What Amazon ECR calls with the role of a cache of another private registry: there, and here.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html"""

DELETE_ACTIONS = ("ecr:BatchDeleteImage", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepository")
"""What takes away images, the repository with them, or the rules by which they are kept."""

CONFIGURE_ACTIONS = service_actions(
    "ecr",
    """
    DeleteRepositoryPolicy PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy
    SetRepositoryPolicy TagResource UntagResource UpdateImageStorageClass
    """,
)
"""What changes who can use a repository, or how it treats its images: who sets its policy can grant itself all.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html"""

_WILDCARD = re.compile(r"[*?]")
_READING = re.compile(r"(?:batchcheck|batchdescribe|batchget|describe|get|list)[a-z0-9*?]*")

FILLING = service_actions(
    "ecr", "BatchImportUpstreamImage CompleteLayerUpload InitiateLayerUpload PutImage ReplicateImage UploadLayerPart"
)
"""What writes images into a repository and can take none away."""

KEY_USE = service_actions(
    "kms",
    """
    CreateGrant Decrypt DeriveSharedSecret Encrypt GenerateDataKey GenerateDataKeyPair
    GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac ReEncryptFrom ReEncryptTo Sign
    Verify VerifyMac
    """,
)
"""What reads or writes under a key, and what grants that to others."""

_WITHOUT_RESOURCE = {
    "cloudwatch": """
        BatchGetServiceLevelIndicatorReport CreateServiceLevelObjective DeleteAnomalyDetector DescribeAlarmsForMetric
        DescribeAnomalyDetectors DescribeInsightRules EnableTopologyDiscovery GenerateQuery GenerateQueryResultsSummary
        GetMetricData GetMetricStatistics GetMetricWidgetImage GetTopologyDiscoveryStatus GetTopologyMap Link
        ListDashboards ListEntitiesForMetric ListManagedInsightRules ListMetricStreams ListMetrics
        ListServiceLevelObjectives ListServices PutAnomalyDetector PutManagedInsightRules PutMetricData
        """,
    "ec2": """
        DescribeAvailabilityZones DescribeImages DescribeInstanceStatus DescribeInstanceTypes DescribeInstances
        DescribeNetworkInterfaces DescribeRegions DescribeRouteTables DescribeSecurityGroups DescribeSubnets
        DescribeTags DescribeVolumes DescribeVpcEndpoints DescribeVpcs
        """,
    "ecr": """
        CreatePullThroughCacheRule CreateRepositoryCreationTemplate DeletePullThroughCacheRule DeleteRegistryPolicy
        DeleteRepositoryCreationTemplate DeleteSigningConfiguration DeregisterPullTimeUpdateExclusion
        DescribePullThroughCacheRules DescribeRegistry DescribeRepositoryCreationTemplates GetAccountSetting
        GetAuthorizationToken GetRegistryPolicy GetRegistryScanningConfiguration GetSigningConfiguration
        ListPullTimeUpdateExclusions PutAccountSetting PutRegistryPolicy PutRegistryScanningConfiguration
        PutReplicationConfiguration PutSigningConfiguration RegisterPullTimeUpdateExclusion UpdatePullThroughCacheRule
        UpdateRepositoryCreationTemplate ValidatePullThroughCacheRule
        """,
    "iam": """
        CreateAccountAlias DeleteAccountAlias DeleteAccountPasswordPolicy DeleteCloudFrontPublicKey
        DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions
        DisableOutboundWebIdentityFederation EnableOrganizationsRootCredentialsManagement
        EnableOrganizationsRootSessions EnableOutboundWebIdentityFederation GenerateCredentialReport
        GetAccountAuthorizationDetails GetAccountEmailAddress GetAccountName GetAccountPasswordPolicy GetAccountSummary
        GetCloudFrontPublicKey GetContextKeysForCustomPolicy GetCredentialReport GetOrganizationsAccessReport
        GetOutboundWebIdentityFederationInfo GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities
        ListAccountAliases ListCloudFrontPublicKeys ListDelegationRequests ListGroups ListInstanceProfiles
        ListOpenIDConnectProviders ListOrganizationsFeatures ListPolicies ListRoles ListSAMLProviders
        ListSTSRegionalEndpointsStatus ListServerCertificates ListUsers ListVirtualMFADevices
        SetSTSRegionalEndpointStatus SetSecurityTokenServicePreferences SimulateCustomPolicy UpdateAccountEmailAddress
        UpdateAccountName UpdateAccountPasswordPolicy UpdateCloudFrontPublicKey UploadCloudFrontPublicKey
        """,
    "kms": """
        ConnectCustomKeyStore CreateCustomKeyStore CreateKey DeleteCustomKeyStore DescribeCustomKeyStores
        DisconnectCustomKeyStore GenerateRandom ListAliases ListKeys ListRetirableGrants UpdateCustomKeyStore
        """,
    "logs": "DescribeLogGroups DescribeQueries DescribeQueryDefinitions DescribeResourcePolicies StopQuery",
    "s3": "GetAccountPublicAccessBlock ListAccessPoints ListAllMyBuckets",
    "secretsmanager": "BatchGetSecretValue GetRandomPassword ListSecrets",
    "sts": """
        DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetDelegatedAccessToken GetServiceBearerToken
        GetSessionToken GetWebIdentityToken TagGetWebIdentityToken
        """,
}
"""Only a statement on the resource "*" grants these. All of CloudWatch, of a registry's services (ECR, KMS, Secrets
Manager) and of those for identities (IAM, STS); of the others what roles often ask. A page for each service:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""
WITHOUT_RESOURCE = {service: frozenset(names.lower().split()) for service, names in _WITHOUT_RESOURCE.items()}


def has_wildcard(action: Caseless) -> bool:
    return _WILDCARD.search(action.written) is not None


def reads_only(action: Caseless) -> bool:
    """Whether what is written before any wildcard says so: AWS names what reads by these verbs."""
    service, _, name = action.folded.partition(":")
    return not _WILDCARD.search(service) and _READING.fullmatch(name) is not None


def takes_resource(action: Caseless) -> bool:
    """Whether it, or part of what it covers, could be held to resources; where it isn't known, it could."""
    service, _, name = action.folded.partition(":")
    return name not in WITHOUT_RESOURCE.get(service, ())
