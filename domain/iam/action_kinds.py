"""What an action, or a pattern of actions, does: read, fill a repository, use a key; and whether it has a resource.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

import re

from domain.iam.statement import Caseless

_WILDCARD = re.compile(r"[*?]")
_READING = re.compile(r"(?:batchcheck|batchdescribe|batchget|describe|get|list)[a-z0-9*?]*")

FILLING = (
    "ecr:BatchImportUpstreamImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:ReplicateImage",
    "ecr:UploadLayerPart",
)
"""What writes images into a repository and can take none away."""

KEY_USE = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeriveSharedSecret",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateMac",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:Sign",
    "kms:Verify",
    "kms:VerifyMac",
)
"""What reads or writes under a key, and what lets others."""

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
