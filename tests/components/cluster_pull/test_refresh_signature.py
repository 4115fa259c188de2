"""What the refresher sends to AWS is what AWS's own SDK sends."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.endpoint_provider import EndpointProvider
from botocore.loaders import Loader

from components.cluster_pull.refresh import SessionKey, endpoint, parsed_host, signed_headers
from tests.cases import cases

NOW = datetime(2026, 11, 30, 1, 2, 3, tzinfo=UTC)


@cases(
    "region, url",
    ("us-east-1", "https://api.ecr.us-east-1.amazonaws.com/"),
    ("eu-west-1", "https://ecr.eu-west-1.api.aws/"),
    ("cn-north-1", "http://127.0.0.1:4566"),
    ("us-east-1", "https://proxy.example:8443/ecr/"),
)
def test_the_signature_is_botocores(monkeypatch: pytest.MonkeyPatch, region: str, url: str) -> None:
    key = SessionKey("ASIAEXAMPLE", "a/secret+key", "a/session+token==")
    made = signed_headers(key, region, url, NOW)
    wanted = {name: made[name] for name in ("content-type", "x-amz-target")}
    request = AWSRequest(method="POST", url=url, data=b"{}", headers=wanted)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    botocore.auth.SigV4Auth(Credentials(*key), "ecr", region).add_auth(request)
    sent = {name.lower(): value for name, value in request.headers.items()}
    assert made == {**sent, "host": made["host"]}
    assert "x-amz-security-token" in sent["authorization"]


REGIONS = ("us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1")
SUFFIXES = {
    "cn-north-1": ("amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    "eusc-de-east-1": ("amazonaws.eu", "on.amazonwebservices.eu"),
}


@pytest.fixture(scope="module")
def providers() -> dict[str, EndpointProvider]:
    loader = Loader()
    partitions = loader.load_data("partitions")
    return {
        each: EndpointProvider(loader.load_service_model(each, "endpoint-rule-set-1"), partitions)
        for each in ("ecr", "sts")
    }


@cases("service", "ecr", "sts")
@cases("region", *REGIONS)
@cases("dual_stack", True, False)
@cases("fips", True, False)
def test_the_endpoint_is_botocores(
    providers: dict[str, EndpointProvider], service: str, region: str, dual_stack: bool, fips: bool
) -> None:
    plain, dual = SUFFIXES.get(region, ("amazonaws.com", "on.aws"))
    words = f"dkr{'-' if dual_stack else '.'}ecr{'-fips' if fips else ''}"
    host = parsed_host(f"111122223333.{words}.{region}.{dual if dual_stack else plain}")
    more = {"UseGlobalEndpoint": False} if service == "sts" else {}
    wanted = providers[service].resolve_endpoint(Region=region, UseDualStack=dual_stack, UseFIPS=fips, **more)
    assert endpoint(service, None, host) == f"{wanted.url}/"


def test_sts_is_called_in_the_pods_region() -> None:
    host = parsed_host("111122223333.dkr.ecr.eu-west-1.amazonaws.com")
    assert endpoint("sts", "us-west-2", host) == "https://sts.us-west-2.amazonaws.com/"
    assert endpoint("sts", "", host) == "https://sts.eu-west-1.amazonaws.com/"
