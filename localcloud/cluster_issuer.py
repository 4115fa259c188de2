"""A stand-in for a cluster's API server as the issuer of its service accounts' tokens.

https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens"""

import uuid
from datetime import UTC, datetime, timedelta

from domain.iam.cluster_trust import service_account_subject
from domain.iam.oidc import AUDIENCE
from localcloud.oidc_issuers import SigningKey

POD_IDENTITY_AUDIENCE = "pods.eks.amazonaws.com"
"""Of the token that EKS Pod Identity's agent takes."""
_LIFE = timedelta(hours=1)
"""https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken"""


class ClusterIssuer(SigningKey):
    """Signs the tokens of one cluster, whose issuer has this URL."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self._uids: dict[str, str] = {}

    def token(
        self, namespace: str, service_account: str, *, audience: str = AUDIENCE, at: datetime | None = None
    ) -> str:
        """As a projected volume of a pod of this service account has it: made now, or at another moment."""
        now = at or datetime.now(UTC)
        subject = service_account_subject(namespace, service_account)
        pod = f"{service_account}-{uuid.uuid4().hex[:5]}"
        return self.signed(
            {
                "aud": [audience],
                "exp": now + _LIFE,
                "iat": now,
                "iss": self.url,
                "jti": str(uuid.uuid4()),
                "kubernetes.io": {
                    "namespace": namespace,
                    "node": {"name": "node", "uid": self._uid("node")},
                    "pod": {"name": pod, "uid": self._uid(f"{namespace}/{pod}")},
                    "serviceaccount": {"name": service_account, "uid": self._uid(subject)},
                },
                "nbf": now,
                "sub": subject,
            }
        )

    def _uid(self, name: str) -> str:
        return self._uids.setdefault(name, str(uuid.uuid4()))
