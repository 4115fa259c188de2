"""A stand-in for the agent of EKS Pod Identity, which gives the pods of a cluster sessions of their roles.

https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html. What it answers to a pod, and how it refuses,
is as in https://github.com/aws/eks-pod-identity-agent; it asks the local STS where that asks EKS's own API."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web

from domain.aws import Arn
from domain.iam.cluster_trust import service_account_subject
from domain.iam.oidc import issuer_name
from localcloud.cluster_issuer import POD_IDENTITY_AUDIENCE
from localcloud.ecr.api_errors import EcrError
from localcloud.oidc_issuers import OidcIssuers
from localcloud.sts import Sts
from localcloud.web_identity import invalid_token, read_token, verified_identity

PATH = "/v1/credentials"
_SERVICE = "pods.eks.amazonaws.com"
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodIdentityAssociation:
    """Pods of this service account have this role."""

    cluster: str
    """arn:aws:eks:REGION:ACCOUNT:cluster/NAME"""
    issuer: str
    """The URL of the cluster's OIDC issuer, whose keys the cloud knows (`LocalCloud.add_issuer`)."""
    namespace: str
    service_account: str
    role: str


class PodIdentityAgent:
    """That of one cluster."""

    def __init__(self, issuers: OidcIssuers, sts: Sts) -> None:
        self._issuers = issuers
        self._sts = sts
        self._associations: dict[tuple[str, str], PodIdentityAssociation] = {}
        self.app = web.Application()
        self.app.router.add_get(PATH, self._handle)

    def associate(self, association: PodIdentityAssociation) -> None:
        subject = service_account_subject(association.namespace, association.service_account)
        self._associations[issuer_name(association.issuer), subject] = association

    async def _handle(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "")
        if not token:
            return web.Response(status=HTTPStatus.BAD_REQUEST, text="Service account token cannot be empty\n")
        try:
            return web.json_response(await self._credentials(token))
        except EcrError as refused:
            text = f"[local-cloud]: ({refused.code}): {refused.message}, fault: client\n"
            return web.Response(status=refused.status, text=text)

    async def _credentials(self, token: str) -> dict[str, str]:
        identity = verified_identity(read_token(token), self._issuers, datetime.now(UTC))
        if identity.audience != POD_IDENTITY_AUDIENCE:
            raise invalid_token("Incorrect token audience")
        association = self._associations.get((identity.issuer, identity.subject))
        if association is None:
            words = f"No association found for {identity.subject}"
            raise EcrError("ResourceNotFoundException", words, HTTPStatus.NOT_FOUND)
        cluster = Arn.parse(association.cluster)
        if cluster is None:
            raise ValueError(f"{association.cluster} is not the ARN of a cluster")
        source = {"aws:SourceArn": (association.cluster,), "aws:SourceAccount": (cluster.account,)}
        tags = {
            "eks-cluster-arn": association.cluster,
            "eks-cluster-name": cluster.resource.rpartition("/")[2],
            "kubernetes-namespace": association.namespace,
            "kubernetes-service-account": association.service_account,
        }
        given = await self._sts.assume_by_service(_SERVICE, association.role, source, tags)
        if given is None:
            words = f"{association.role} does not trust {_SERVICE}"
            raise EcrError("AccessDeniedException", words, HTTPStatus.FORBIDDEN)
        return {
            "AccessKeyId": given["AccessKeyId"],
            "SecretAccessKey": given["SecretAccessKey"],
            "Token": given["SessionToken"],
            "AccountId": association.role.split(":")[4],
            "Expiration": given["Expiration"].strftime(_INSTANT),
        }
