"""What `pulumi` asks of the bucket that holds a stack's state, and of the key of its secrets."""

from dataclasses import dataclass

from domain.iam.access import Context, Request
from tests.bootstrap.calls import Asked
from tests.bootstrap.deployed import DeployedAccount

# What the state's backend and the secrets' provider were seen to ask in the course of `pulumi` commands on an S3
# bucket; tests/bootstrap/test_bootstrap_engine.py asks a real one. {state} is project and stack.
_LOOK = (
    ("s3:GetObject", ".pulumi/meta.yaml"),
    ("s3:ListBucket", ""),
    ("s3:GetObject", ".pulumi/stacks/{state}.json"),
    ("s3:GetObject", ".pulumi/stacks/{state}.pulumi-tags"),
    ("kms:Decrypt", None),
)
_CHANGE = (
    ("s3:GetObject", ".pulumi/locks/organization/{state}/1b9d6bcd.json"),
    ("s3:PutObject", ".pulumi/locks/organization/{state}/1b9d6bcd.json"),
    ("s3:DeleteObject", ".pulumi/locks/organization/{state}/1b9d6bcd.json"),
    ("s3:PutObject", ".pulumi/stacks/{state}.json"),
    ("s3:PutObject", ".pulumi/stacks/{state}.json.bak"),
    ("s3:PutObject", ".pulumi/history/{state}/dev-1795288856.history.json"),
    ("s3:PutObject", ".pulumi/history/{state}/dev-1795288856.checkpoint.json"),
    ("s3:PutObject", ".pulumi/backups/{state}/dev.1795288856.json"),
    # Where the stack's file holds no encrypted key yet.
    ("kms:Encrypt", None),
)


@dataclass(frozen=True)
class Backend:
    """Where a stack's state lies, after the bootstrap of its account."""

    account: DeployedAccount
    state: str

    def looks(self) -> list[Asked]:
        """`pulumi login`, `pulumi preview`, `pulumi refresh --preview-only`."""
        return [self.asked(*each) for each in _LOOK]

    def changes(self) -> list[Asked]:
        """What `pulumi up` asks on top."""
        return [self.asked(*each) for each in _CHANGE]

    def asked(self, action: str, path: str | None) -> Asked:
        if path is None:
            resource, policy = self.account.secrets_key, self.account.key_policy()
        else:
            name = path.format(state=self.state)
            bucket, policy = self.account.bucket, self.account.bucket_policy()
            resource = f"{bucket}/{name}" if name else bucket
        here: Context = {
            "aws:SecureTransport": ("true",),
            "s3:TlsVersion": ("1.3",),
            "aws:RequestedRegion": ("us-east-1",),
        }
        request = Request(action=action, resource=resource, account=self.account.id, context=here)
        return Asked(request=request, resource_policies=(policy,))
