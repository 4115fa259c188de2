"""What the settings say exists already, and no rehearsal can fetch: somebody must stand in for it."""

from domain.aws import Arn
from domain.iam.access import Policy
from domain.iam.document import CURRENT_VERSION, parse
from rehearsal.cloud.neighbour import Key
from settings import Settings


def keys(settings: Settings) -> list[Key]:
    """One for each named key that a repository uses, which lets the stack's account hand it to Amazon ECR."""
    arns = {arn for each in settings.repositories for arn in each.key_arns.values()}
    return [_key(arn, parsed, settings.home.account) for arn in sorted(arns) if (parsed := Arn.parse(arn))]


def told(settings: Settings) -> list[str]:
    """For people: whatever is proven of these is proven of the stand-in."""
    adopted = [each.name for each in settings.repositories if each.adopt]
    return [
        *(f"key {key.arn} exists in AWS alone: one that lets Amazon ECR use it stood in" for key in keys(settings)),
        *(f"repository {name} is adopted: an empty one that stood there before stood in" for name in adopted),
    ]


def _key(arn: str, parsed: Arn, account: str) -> Key:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": account},
        "Action": ["kms:DescribeKey", "kms:CreateGrant"],
        "Resource": "*",
    }
    return Key(
        arn=arn,
        account=parsed.account,
        region=parsed.region,
        enabled=True,
        usage="ENCRYPT_DECRYPT",
        spec="SYMMETRIC_DEFAULT",
        policy=Policy(name=arn, document=parse({"Version": CURRENT_VERSION, "Statement": statement})),
    )
