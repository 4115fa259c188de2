"""No policy of a registry or repository filters by IP address."""

import pytest

from policies.rules.ecr_policy_no_source_ip import RULE
from resources.ecr import CREATION_TEMPLATE, REGISTRY_POLICY, REPOSITORY_POLICY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings
from tests.policies.rules.texts import OTHER, allow, deny, policy, to

PULL = {"Principal": to(OTHER), "Action": "ecr:BatchGetImage"}
ONLY_4, ONLY_6 = ": no client of IPv6 is in these ranges", ": no client of IPv4 is in these ranges"
OFFICE, OFFICE_6 = "203.0.113.0/24", "2001:db8::/32"


def declared(statement: dict[str, object], kind: str = REPOSITORY_POLICY) -> Declared:
    return Declared(type=kind, inputs={"policy": policy(statement)})


def by(operator: str, values: object, key: str = "aws:SourceIp") -> dict[str, object]:
    return allow(**PULL, Condition={operator: {key: values}})


@cases(
    "statement, expected",
    case("no condition", allow(**PULL), []),
    case("another condition", by("StringEquals", "o-a1b2c3d4e5", "aws:PrincipalOrgID"), []),
    case("a network of one's own", by("IpAddress", "10.0.0.0/8", "aws:VpcSourceIp"), []),
    case("IPv4 alone", by("IpAddress", OFFICE), [f"filters by aws:SourceIp ({OFFICE}){ONLY_4}"]),
    case("IPv6 alone", by("IpAddress", OFFICE_6), [f"filters by aws:SourceIp ({OFFICE_6}){ONLY_6}"]),
    case("both", by("IpAddress", [OFFICE, OFFICE_6]), [f"filters by aws:SourceIp ({OFFICE_6} and {OFFICE})"]),
    case("one address", by("IpAddress", "203.0.113.7"), [f"filters by aws:SourceIp (203.0.113.7){ONLY_4}"]),
    case("not these", by("NotIpAddress", OFFICE), [f"filters by aws:SourceIp ({OFFICE}){ONLY_4}"]),
    case("if it is there", by("IpAddressIfExists", OFFICE), [f"filters by aws:SourceIp ({OFFICE}){ONLY_4}"]),
    case("another spelling", by("IpAddress", OFFICE, "AWS:sourceip"), [f"filters by AWS:sourceip ({OFFICE}){ONLY_4}"]),
    case("as a text", by("StringLike", "203.0.*"), ["filters by aws:SourceIp (203.0.*)"]),
    case("no address", by("IpAddress", "office"), ["filters by aws:SourceIp (office)"]),
    case(
        "a Deny",
        deny(**PULL, Condition={"NotIpAddress": {"aws:SourceIp": OFFICE}, "Bool": {"aws:ViaAWSService": "false"}}),
        [f"filters by aws:SourceIp ({OFFICE}){ONLY_4}"],
    ),
)
@pytest.mark.parametrize("kind", [REGISTRY_POLICY, REPOSITORY_POLICY])
def test_statements(statement: dict[str, object], expected: list[str], kind: str) -> None:
    assert findings(RULE, declared(statement, kind)) == [f"statement 1 {each}" for each in expected]


def test_a_statement_is_named_by_its_sid() -> None:
    (found,) = findings(RULE, declared({"Sid": "Office", **by("IpAddress", OFFICE)}))
    assert found.startswith("statement 'Office' filters by")


def test_a_templates_policy_is_checked() -> None:
    text = policy(by("IpAddress", OFFICE))
    template = Declared(type=CREATION_TEMPLATE, inputs={"prefix": "ROOT", "repositoryPolicy": text})
    assert findings(RULE, template) == findings(RULE, declared(by("IpAddress", OFFICE)))
