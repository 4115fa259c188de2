"""Callers whom no policy of a test names, each with all that it can bring along."""

from domain.iam.access import ANONYMOUS, Caller, Context, Identity, Policy, Request
from domain.iam.evaluate import evaluate
from tests.domain.iam.calls import HOME, allow, own

ACCOUNT, ORGANIZATION = "999988887777", "o-zzzzzzzzzz"
PROVIDER = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
CLUSTER = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF"
_TOKEN: Context = {
    f"{CLUSTER}:aud": ("sts.amazonaws.com",),
    f"{CLUSTER}:sub": ("system:serviceaccount:default:default",),
}
_ALL = own(allow("All", Action="*"))
_CONTEXT: Context = {
    "aws:SourceIp": ("8.8.8.8",),
    "aws:SecureTransport": ("true",),
    "aws:CurrentTime": ("2026-11-21T12:00:00Z",),
    "aws:PrincipalTag/team": ("payments",),
    "aws:PrincipalTag/path": (f"aws:iam::{ACCOUNT}:role/",),
    "aws:PrincipalOrgPaths": (f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/",),
    "aws:SourceVpc": ("vpc-99999999",),
    "aws:SourceVpcArn": (f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-99999999",),
    "aws:SourceVpce": ("vpce-99999999",),
    "aws:VpceAccount": (ACCOUNT,),
    "aws:VpceOrgID": (ORGANIZATION,),
    "aws:VpceOrgPaths": (f"{ORGANIZATION}/r-ab12/",),
    "kms:CallerAccount": (ACCOUNT,),
    "kms:EncryptionContext:aws:logs:arn": (f"arn:aws:logs:us-east-1:{HOME}:log-group:x",),
}
_FOR_UNKNOWN: Context = {
    "aws:SourceAccount": (ACCOUNT,),
    "aws:SourceArn": (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f",),
    "aws:SourceOrgID": (ORGANIZATION,),
    "aws:SourceOrgPaths": (f"{ORGANIZATION}/r-ab12/",),
    "kms:EncryptionContext:aws:logs:arn": (f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:x",),
}


def role(arn: str, context: Context = _CONTEXT, organization: str | None = ORGANIZATION) -> Caller:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{arn.rpartition('/')[2]}/s"
    identity = Identity(arn=session, account=ACCOUNT, role_arn=arn, session_context=context)
    return Caller(identity=identity, policies=(_ALL,), organization=organization)


def _service(context: Context) -> Caller:
    return Caller(identity=Identity(arn="lambda.amazonaws.com", account=None, session_context=context))


UNKNOWN_CALLERS = {
    "user": Caller(
        identity=Identity(arn=f"arn:aws:iam::{ACCOUNT}:user/eve", account=ACCOUNT, session_context=_CONTEXT),
        policies=(_ALL,),
        organization=ORGANIZATION,
    ),
    "root": Caller(identity=Identity(arn=f"arn:aws:iam::{ACCOUNT}:root", account=ACCOUNT), organization=ORGANIZATION),
    "without an organization": role(f"arn:aws:iam::{ACCOUNT}:role/r", {}, None),
    "with our role's name in its path": role(f"arn:aws:iam::{ACCOUNT}:role/:iam::{HOME}:role/puller"),
    "with our account's name in its role": role(f"arn:aws:iam::{ACCOUNT}:role/x::{HOME}:role/puller"),
    "anonymous": Caller(identity=ANONYMOUS),
    "anonymous from somewhere": Caller(identity=Identity(arn="", account=None, session_context=_CONTEXT)),
    "through a service": _service(_FOR_UNKNOWN),
    "through a service that says nothing": _service({}),
    "token": Caller(identity=Identity(arn=PROVIDER, account=None, session_context=_CONTEXT)),
    "service account": Caller(
        identity=Identity(arn=f"arn:aws:iam::{HOME}:oidc-provider/{CLUSTER}", account=None, session_context=_TOKEN)
    ),
}


def may(policy: Policy, request: Request) -> list[str]:
    """The unknown callers to whom the policy of a resource allows the request."""
    return [name for name, each in UNKNOWN_CALLERS.items() if evaluate(each, request, (policy,)).allowed]
