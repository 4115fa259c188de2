"""Amazon EventBridge's numbers, each with its source.

"UG" is the EventBridge User Guide (https://docs.aws.amazon.com/eventbridge/latest/userguide/), "API" its API reference
(https://docs.aws.amazon.com/eventbridge/latest/APIReference/), whose bounds botocore's model has too.
"""

# Rules
RULES_PER_BUS_MAX = 300  # UG, eb-quota; adjustable; 100 in af-south-1 and eu-south-1
RULE_NAME_MAX_LENGTH = 64  # API, RuleName
RULE_NAME_PATTERN = r"[.\-_A-Za-z0-9]+"  # API, RuleName
RULE_DESCRIPTION_MAX_LENGTH = 512  # API, RuleDescription

# Patterns
PATTERN_MAX_LENGTH = 2_048  # UG, eb-quota: characters; adjustable, up to 4,096 (API, EventPattern)
OR_COMBINATIONS_MAX = 1_000  # UG, eb-create-pattern-operators, Or matching: its lists' lengths, multiplied
OR_ALTERNATIVES_MIN = 2  # aws/event-ruler, README, "$or"
IPV4_MASK_MAX = 31  # aws/event-ruler, CIDR.java: an address by itself is a plain string
IPV6_MASK_MAX = 127  # aws/event-ruler, CIDR.java
WILDCARDS_MAX = 5  # inferred: UG limits a pattern's complexity without a number; EventBridge refuses `*:*:*:*:*:x/*`

# Targets
TARGETS_PER_RULE_MAX = 5  # UG, eb-quota; not adjustable
TARGET_ID_MAX_LENGTH = 64  # API, TargetId
RETRY_ATTEMPTS_MAX = 185  # API, MaximumRetryAttempts
EVENT_AGE_MIN_SECONDS = 60  # API, MaximumEventAgeInSeconds
EVENT_AGE_MAX_SECONDS = 86_400  # API, MaximumEventAgeInSeconds

# Input transformers
VARIABLES_MAX = 100  # API, InputPathsMap
VARIABLE_MAX_LENGTH = 256  # API, InputTransformerPathKey
VARIABLE_PATTERN = r"[A-Za-z0-9_\-]+"  # API, InputTransformerPathKey
VARIABLE_PATH_MAX_LENGTH = 256  # API, TargetInputPath
TEMPLATE_MAX_LENGTH = 8_192  # API, InputTemplate
EVENT_MAX_BYTES = 256 * 1024  # UG, eb-putevents: an event's whole entry
