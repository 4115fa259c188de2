"""Amazon ECR's numbers, each with its source.

"UG" is the Amazon ECR User Guide (https://docs.aws.amazon.com/AmazonECR/latest/userguide/), "API" the API reference
(https://docs.aws.amazon.com/AmazonECR/latest/APIReference/).
"""

# Repositories and images
REPOSITORY_NAME_MIN_LENGTH = 2  # API, RepositoryName
REPOSITORY_NAME_MAX_LENGTH = 256  # API, RepositoryName
TAG_MAX_LENGTH = 300  # API, ImageTag
TAGS_PER_IMAGE = 1_000  # UG, service-quotas
IMAGES_PER_REPOSITORY = 100_000  # UG, service-quotas; adjustable
MANIFEST_MAX_BYTES = 4 * 1024 * 1024  # API, ImageManifest

# Tag mutability
EXCLUSION_FILTERS_MIN = 1  # API, ImageTagMutabilityExclusionFilters
EXCLUSION_FILTERS_MAX = 5  # API, ImageTagMutabilityExclusionFilters
EXCLUSION_FILTER_MAX_LENGTH = 128  # API, ImageTagMutabilityExclusionFilterValue
EXCLUSION_FILTER_MAX_WILDCARDS = 2  # pulumi-aws, ecr.Repository, imageTagMutabilityExclusionFilters

# Lifecycle policies
LIFECYCLE_RULES_MIN = 1  # API, LifecyclePolicyText: no policy without a rule reaches the least length
LIFECYCLE_RULES_MAX = 50  # UG, service-quotas
LIFECYCLE_TEXT_MIN_LENGTH = 100  # API, LifecyclePolicyText
LIFECYCLE_TEXT_MAX_LENGTH = 30_720  # API, LifecyclePolicyText
LIFECYCLE_PRIORITY_MIN = 1  # API, LifecyclePolicyRulePriority
LIFECYCLE_COUNT_MIN = 1  # UG, lifecycle_policy_parameters: zero is not accepted
LIFECYCLE_PATTERN_MAX_WILDCARDS = 4  # UG, lifecycle_policy_parameters
ARCHIVE_MIN_DAYS = 90  # UG, archive-image
ARCHIVE_CHEAPER_FROM_TB = (
    150  # https://aws.amazon.com/ecr/pricing/ in March 2026; a month, below it as the standard class
)

# Scanning
SCAN_RULES_MAX = 2  # API, RegistryScanningRuleList
SCAN_FILTERS_PER_RULE_MAX = 100  # API, ScanningRepositoryFilterList
SCAN_FILTER_MAX_LENGTH = 255  # API, ScanningRepositoryFilterValue

# Replication
REPLICATION_RULES_MAX = 25  # API, ReplicationRuleList; the provider, and UG, service-quotas, say 10
PROVIDER_REPLICATION_RULES_MAX = 10  # pulumi-aws 7.51.1, ecr.ReplicationConfiguration, rules
REPLICATION_DESTINATIONS_MAX = 25  # UG, service-quotas; different ones, over all rules
REPLICATION_FILTERS_PER_RULE_MAX = 100  # UG, service-quotas
REPLICATION_FILTER_MIN_LENGTH = 2  # API, RepositoryFilterValue
REPLICATION_FILTER_MAX_LENGTH = 256  # API, RepositoryFilterValue

REPLICATION_BACKFILLS_MAX = 10  # API, StartReplicationBackfill; in progress at once
REPLICATION_BACKFILL_KEPT_DAYS = 90  # API, ListReplicationBackfills; since its end
REPLICATION_BACKFILL_JUDGED_FROM = 100  # UG, replication-backfill; replications after which half of them failed ends it

# Account settings
PULL_TIME_EXCLUSIONS_MAX = 100  # API, PullTimeUpdateExclusionList

# Pull-through cache
CACHE_RULES_MAX = 50  # UG, service-quotas
CACHE_PREFIX_MIN_LENGTH = 2  # API, PullThroughCacheRuleRepositoryPrefix
CACHE_PREFIX_MAX_LENGTH = 30  # API, PullThroughCacheRuleRepositoryPrefix
