"""Every resource type and what becomes of it here: built, declared but not built, or unknown, which fails the run."""

from rehearsal.apply import ecr, iam, kms, secretsmanager
from rehearsal.apply.builder import Builder

BUILT: dict[str, Builder] = {**ecr.BUILDERS, **iam.BUILDERS, **kms.BUILDERS, **secretsmanager.BUILDERS}

NOT_BUILT: dict[str, str] = {}
"""Types that the local cloud has no part for, each with the reason that people are told."""
