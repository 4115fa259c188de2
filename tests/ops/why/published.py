"""What clients print where no local cloud can bring them to it, in their published words."""

from collections.abc import Mapping

from tests.ops.why.world import ACCOUNT, HOME, WORKLOADS, Seen, host

_ROLE = f"arn:aws:sts::{WORKLOADS}:assumed-role/reader/i-0a1b2c3d4e5f60718"
_PULL = f"ecr:BatchGetImage on resource: arn:aws:ecr:{HOME}:{ACCOUNT}:repository/team/app"
_DENIED = f"User: {_ROLE} is not authorized to perform: {_PULL}"

PUBLISHED: Mapping[str, Seen] = {
    "image-without-registry": Seen(
        text="Error response from daemon: pull access denied for team/app, repository does not exist or may require "
        "'docker login': denied: requested access to the resource is denied\n"
    ),
    "image-name-invalid": Seen(text="invalid reference format: repository name (Team/App) must be lowercase\n"),
    "host-not-ecr": Seen(
        text=f'Error response from daemon: Get "https://{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.co/v2/": '
        f'failed to resolve reference "{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.co/team/app:v1": 403 Forbidden\n'
    ),
    "host-unknown": Seen(
        text=f'failed to do request: Head "https://{ACCOUNT}.dkr.ecr.us-east1.amazonaws.com/v2/team/app/manifests/v1": '
        f"dial tcp: lookup {ACCOUNT}.dkr.ecr.us-east1.amazonaws.com on 10.0.0.2:53: no such host\n"
    ),
    "network": Seen(
        text=f'Error response from daemon: Get "https://{host()}/v2/": net/http: request canceled while waiting for '
        "connection (Client.Timeout exceeded while awaiting headers)\n"
    ),
    "no-id-token-permission": Seen(
        text="It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` "
        "permission?\nError: Credentials could not be loaded, please check your action inputs: Could not load "
        "credentials from any providers\n"
    ),
    "no-aws-credentials": Seen(
        text='Unable to locate credentials. You can configure credentials by running "aws configure".\n'
    ),
    "credentials-expired": Seen(
        text="An error occurred (ExpiredTokenException) when calling the GetAuthorizationToken operation: The security "
        "token included in the request is expired\n"
    ),
    "clock-wrong": Seen(
        text="An error occurred (InvalidSignatureException) when calling the GetAuthorizationToken operation: "
        "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)\n"
    ),
    "role-not-trusted": Seen(
        text="An error occurred (AccessDenied) when calling the AssumeRole operation: User: "
        f"arn:aws:sts::{WORKLOADS}:assumed-role/reader/me is not authorized to perform: sts:AssumeRole on resource: "
        f"arn:aws:iam::{ACCOUNT}:role/container-registry/dev/dev.auditor\n"
    ),
    "service-control-policy": Seen(text=f"denied: {_DENIED} with an explicit deny in a service control policy\n"),
    "endpoint-policy": Seen(
        text=f"denied: {_DENIED} because no VPC endpoint policy allows the ecr:BatchGetImage action\n"
    ),
    "quota": Seen(
        text="An error occurred (LimitExceededException) when calling the PutImage operation: The image has 1000 tags "
        "already\n",
        repository="team/app",
    ),
    "throttled": Seen(text=f"{host()}/team/app:v1: toomanyrequests: Rate exceeded\n"),
    "platform-wrong": Seen(text="exec /usr/local/bin/app: exec format error\n"),
    "image-not-admitted": Seen(
        text='Error from server (Forbidden): error when creating "pod.yaml": pods "app" is forbidden: '
        "ValidatingAdmissionPolicy 'container-registry-images' with binding 'container-registry-images' denied "
        "request: not from the company's registries: docker.io/library/nginx:latest\n"
    ),
    "pull-secret-missing": Seen(
        text="Warning  FailedToRetrieveImagePullSecret  kubelet  Unable to retrieve some image pull secrets "
        "(ecr-pull); attempting to pull the image may not succeed.\n"
    ),
}  # fmt: skip
