"""Steps of a GitHub workflow that log docker in, as YAML, each action by the commit of its version."""

_LOGIN = "docker/login-action@dbcb813823bdd20940b903addbd779551569679f # v4.6.0"
_AWS = "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3"
_GOOGLE = "google-github-actions/auth@7c6bc770dae815cd3e89ee6cdf493a5fab2cc093 # v3.0.0"
_AZURE = "Azure/login@f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca # v3.0.1"
_JFROG = "jfrog/setup-jfrog-cli@deda456d982fc5e9a7a020b63eb0d2968aedd33e # v5.1.0"


def with_password(user: str, password: str) -> str:
    """The password is an expression of GitHub's."""
    return f"""\
- uses: {_LOGIN}
  with:
    registry: {{host}}
    username: {user}
    password: ${{{{{{{{ {password} }}}}}}}}
"""


def with_aws(region: str) -> str:
    return f"""\
- uses: {_AWS}
  with:
    role-to-assume: arn:aws:iam::ACCOUNT:role/ROLE
    aws-region: {region}
- uses: {_LOGIN}
  with:
    registry: {{host}}
"""


DOCKER_HUB_STEPS = f"""\
- uses: {_LOGIN}
  env:
    DOCKERHUB_OIDC_CONNECTIONID: CONNECTION_ID
  with:
    username: ORGANIZATION
"""
GOOGLE_STEPS = f"""\
- uses: {_GOOGLE}
  id: google
  with:
    token_format: access_token
    workload_identity_provider: projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER
    service_account: SERVICE_ACCOUNT
{with_password("oauth2accesstoken", "steps.google.outputs.access_token")}"""
AZURE_STEPS = f"""\
- uses: {_AZURE}
  with:
    client-id: CLIENT_ID
    tenant-id: TENANT_ID
    subscription-id: SUBSCRIPTION_ID
- run: az acr login --name {{name}}
"""
_OIDC_USER = "${{{{ steps.jfrog.outputs.oidc-user }}}}"
JFROG_STEPS = f"""\
- uses: {_JFROG}
  id: jfrog
  env:
    JF_URL: https://{{host}}
  with:
    oidc-provider-name: PROVIDER
{with_password(_OIDC_USER, "steps.jfrog.outputs.oidc-token")}"""
