import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from domain.document_text import to_json_text
from domain.iam.document import Document, InvalidDocument, parse, same, statement_path
from domain.iam.statement import (
    Caseless,
    Condition,
    ConditionOperator,
    Effect,
    Operator,
    Principal,
    PrincipalKind,
    Qualifier,
)
from tests.cases import cases
from tests.domain.iam.calls import each_of

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/puller"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def few(values: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return values | st.lists(values, min_size=1, max_size=3)


ACTIONS = st.sampled_from(["*", "ecr:*", "ecr:PutImage", "ECR:putimage", "ecr:Get*", "kms:Decrypt"])
RESOURCES = st.sampled_from(["*", "arn:aws:ecr:us-east-1:111122223333:repository/a", "arn:aws:s3:::b/*"])
AWS = st.sampled_from(["*", ACCOUNT, "444455556666", f"arn:aws:iam::{ACCOUNT}:root", ROLE, "AIDACKCEVSQ6C2EXAMPLE"])
PRINCIPALS = st.just("*") | st.fixed_dictionaries(
    {"AWS": few(AWS)}, optional={"Service": few(st.sampled_from(["lambda.amazonaws.com", "codebuild.amazonaws.com"]))}
)
OPERATORS = st.sampled_from(["StringLike", "ForAllValues:StringEquals", "BoolIfExists", "ForAnyValue:ArnLikeIfExists"])
VALUES = st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=4)
KEYS = st.sampled_from(["aws:PrincipalOrgID", "kms:ViaService"])
CONDITIONS = st.dictionaries(OPERATORS, st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=3)), max_size=2)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, object]:
    found: dict[str, object] = {"Effect": draw(st.sampled_from(["Allow", "Deny"]))}
    found[draw(st.sampled_from(["Action", "NotAction"]))] = draw(few(ACTIONS))
    if draw(st.booleans()):
        found[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(few(RESOURCES))
    if draw(st.booleans()):
        found[draw(st.sampled_from(["Principal", "NotPrincipal"]))] = draw(PRINCIPALS)
    if draw(st.booleans()):
        found["Condition"] = draw(CONDITIONS)
    return found


DOCUMENTS = st.fixed_dictionaries(
    {"Statement": statements() | st.lists(statements(), min_size=1, max_size=3)},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17"]), "Id": st.text(max_size=4)},
)


def one(**elements: object) -> dict[str, object]:
    """A document of one statement, valid but for the elements given; None takes an element away."""
    statement = {"Effect": "Allow", "Action": "ecr:PutImage", **elements}
    kept = {name: value for name, value in statement.items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [kept]}


UNNAMED: dict[str, object] = {"Effect": "Allow", "Action": "*"}
NAMED = {**UNNAMED, "Sid": "a"}


def found(source: object) -> list[tuple[object, ...]]:
    with pytest.raises(InvalidDocument) as caught:
        parse(source)  # type: ignore[arg-type]
    return [problem.path for problem in caught.value.problems]


def principals(value: object) -> tuple[Principal, ...] | None:
    return parse(one(Principal=value)).statements[0].principals


def conditions(value: object) -> tuple[Condition, ...]:
    return parse(one(Condition=value)).statements[0].conditions


def test_reads_every_element() -> None:
    document = parse(
        {
            "Version": "2012-10-17",
            "Id": "a",
            "Statement": {
                "Sid": "one",
                "Effect": "Deny",
                "NotPrincipal": {"AWS": ROLE},
                "NotAction": ["kms:Decrypt", "ECR:PutImage"],
                "NotResource": "arn:aws:s3:::b",
            },
        }
    )
    statement = document.statements[0]
    assert (document.id, statement.sid, statement.effect) == ("a", "one", Effect.DENY)
    assert statement.not_principals == (Principal(PrincipalKind.AWS, ROLE),)
    assert statement.not_actions == (Caseless("ECR:PutImage"), Caseless("kms:Decrypt"))
    assert statement.not_resources == ("arn:aws:s3:::b",)
    assert (statement.principals, statement.actions, statement.resources) == (None, None, None)


def test_a_document_without_version_is_of_the_old_language() -> None:
    assert parse({"Statement": one()["Statement"]}).version == "2008-10-17"


AN_ACCOUNT, ANY = Principal(PrincipalKind.AWS, ACCOUNT), Principal(PrincipalKind.AWS, "*")


@cases(
    "written, principal, is_root, is_anyone, account",
    *(
        ({"AWS": each}, AN_ACCOUNT, True, False, ACCOUNT)
        for name in (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws-cn:iam::{ACCOUNT}:root")
        for each in (name, [name, ACCOUNT])
    ),
    *((each, ANY, False, True, None) for each in ("*", {"AWS": "*"}, {"AWS": ["*"]})),
    ({"AWS": ROLE}, Principal(PrincipalKind.AWS, ROLE), False, False, ACCOUNT),
    ({"Service": ACCOUNT}, Principal(PrincipalKind.SERVICE, ACCOUNT), False, False, None),
)
def test_a_principal_is_one_however_written(
    written: object, principal: Principal, is_root: bool, is_anyone: bool, account: str | None
) -> None:
    assert principals(written) == (principal,)
    assert (principal.is_root, principal.is_anyone, principal.account) == (is_root, is_anyone, account)


def test_principal_kinds() -> None:
    kinds = {"Federated": "accounts.google.com", "CanonicalUser": "79a59d", "Service": ["b.amazonaws.com"]}
    expected = ("Service", "b.amazonaws.com"), ("Federated", "accounts.google.com"), ("CanonicalUser", "79a59d")
    assert principals(kinds) == tuple(Principal(PrincipalKind(kind), value) for kind, value in expected)


@cases(
    "written, operator",
    ("StringLike", ConditionOperator(Operator.STRING_LIKE)),
    ("BoolIfExists", ConditionOperator(Operator.BOOL, if_exists=True)),
    ("ForAllValues:StringEquals", ConditionOperator(Operator.STRING_EQUALS, Qualifier.ALL)),
    ("ForAnyValue:ArnLikeIfExists", ConditionOperator(Operator.ARN_LIKE, Qualifier.ANY, if_exists=True)),
)
def test_condition_operators(written: str, operator: ConditionOperator) -> None:
    assert conditions({written: {"aws:X": "a"}}) == (Condition(operator, Caseless("aws:X"), ("a",)),)
    assert str(operator) == written


@cases(
    "written, values",
    (True, ("true",)), (5, ("5",)), (5.0, ("5",)), (0.5, ("0.5",)), (["b", "a", "b"], ("a", "b")), ([], ())
)  # fmt: skip
def test_condition_values_become_strings(written: object, values: tuple[str, ...]) -> None:
    assert conditions({"StringEquals": {"aws:X": written}})[0].values == values


def test_names_keep_their_spelling_and_give_a_folded_one() -> None:
    (condition,) = conditions({"Bool": {"aws:SecureTransport": "true"}})
    assert (condition.key.written, condition.key.folded) == ("aws:SecureTransport", "aws:securetransport")


ANY_ROLE, X = f"arn:aws:iam::{ACCOUNT}:role/*", "aws:X"
FAULTS_OF_STATEMENT: list[dict[str, object]] = [
    *each_of("Effect", "allow", None),
    *each_of("Action", None, [], 5, ["ecr:*", "PutImage"]),
    *each_of("NotAction", "ecr:*"),
    *each_of("Resource", "repository/a", ["*", "a"]),
    {"Resource": "*", "NotResource": "*"},
    {"Principal": "*", "NotPrincipal": "*"},
    *each_of("Principal", ACCOUNT, {}, {"Aws": "*"}, {"AWS": 111122223333}, {"AWS": "11112222333"}),
    *each_of("Principal", {"AWS": [ACCOUNT, ANY_ROLE]}, {"AWS": "arn:aws:iam::acme:role/puller"}),
    *each_of("Principal", {"AWS": "arn:aws:s3::111122223333:role/puller"}, {"Service": " "}),
    *each_of("Principal", {"AWS": ["arn:aws:iam::*:root", "arn:aws:iam::1111*:root", "1111*"]}),
    *each_of("Sid", 1),
    *each_of("Condition", "a", {"StringEqual": {"a": "b"}}, {"ForEach:StringEquals": {}}),
    *each_of("Condition", {"ForAllValue:StringEquals": {}}, {"NullIfExists": {"a": "true"}}),
    *each_of("Condition", *each_of("Bool", [], {"": "true"}, {5: "true"}, {X: {}}, {X: [True, None]})),
    *each_of("Condition", *each_of("Bool", {X: float("inf")}, {X: "true", "AWS:x": "true"})),
    *each_of("Actions", "ecr:*"),
]
FAULTS_OF_DOCUMENT: list[object] = [
    *([], 5, "", "[]", "{"),
    *({**one(), "Version": each} for each in ("2012-10-18", 2012, None)),
    *({**one(), **each} for each in (*each_of("Id", None), *each_of("Statements", []))),
    {"Version": "2012-10-17"},
    *each_of("Statement", [], "a", [None], {"Effect": "Allow", "Action": "x"}, [UNNAMED, NAMED, NAMED]),
    '{"Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "*"}]}',
]
MISSPELT = {"StringEqals": {"a:b": "c"}, "StringEquals": {"": "x", " a": "y", "a:b": [{}, None, []], "a:c": []}}
SEVERAL = [
    one(Action=["ecr", "", "ecr:Get Image", " ecr:PutImage", 5, None, {}, [], True]),
    one(Effect=["Allow"], Resource=["x", "", "arn:aws", 5]),
    one(Principal={"AWS": ["x", f"{ROLE}*", "?", 5, ""], "Servce": "a", "Service": []}),
    one(Condition=MISSPELT),
    {"Statement": [5, None, "x"]},
]


def test_the_words_of_every_fault(snapshot: SnapshotAssertion) -> None:
    reported = []
    for source in (*(one(**each) for each in FAULTS_OF_STATEMENT), *FAULTS_OF_DOCUMENT, *SEVERAL):
        with pytest.raises(InvalidDocument) as caught:
            parse(source)  # type: ignore[arg-type]
        problems = caught.value.problems
        reported += [
            f"{'.'.join(map(str, each.path))}: {each.value!r} {each.message} ({each.fix})" for each in problems
        ]
    assert "\n".join(reported) == snapshot
    assert found("[" * 100_000) == [()]


@cases(
    "written, complete",
    ("arn:aws", "arn:aws:*:*:*:*"),
    ("arn:aws:ecr", "arn:aws:ecr:*:*:*"),
    ("arn:aws:ecr:us-east-1:111122223333", "arn:aws:ecr:us-east-1:111122223333:*"),
    ("arn:aws:lambda:us-east-1:111122223333:function:a", "arn:aws:lambda:us-east-1:111122223333:function:a"),
    ("*", "*"),
)
@pytest.mark.parametrize("name", ["Resource", "NotResource"])
def test_an_incomplete_arn_is_completed_where_it_may_stand(name: str, written: str, complete: str) -> None:
    (statement,) = parse(one(**{name: ["*", written]}), incomplete_arns=True).statements
    assert (statement.resources or statement.not_resources) == tuple(sorted({"*", complete}))


@pytest.mark.parametrize("written", ["arn", "arn:", "arn::ecr", "ecr:*", "arn:aws:ecr:us-east-1:111122223333:"])
def test_what_no_wildcard_completes_is_no_arn(written: str) -> None:
    with pytest.raises(InvalidDocument, match="is not a valid resource"):
        parse(one(Resource=written), incomplete_arns=True)


def test_an_incomplete_arn_is_none_elsewhere() -> None:
    assert found(one(Resource=["*", "arn:aws:ecr"])) == [("Statement", 0, "Resource", 1)]


def test_all_problems_are_reported_and_a_misspelt_element_names_the_nearest() -> None:
    source = one(Effect="allow", Actoin="*", Action=None)
    assert found(source) == [("Statement", 0, "Actoin"), ("Statement", 0, "Effect"), ("Statement", 0, "Action")]
    with pytest.raises(InvalidDocument, match=r"Statement\.0\.Actoin: .*did you mean 'Action'\?"):
        parse(source)


def test_where_a_statement_is_in_its_source() -> None:
    assert [statement_path(each, 0) for each in each_of("Statement", {}, [{}])] == [("Statement",), ("Statement", 0)]


@given(JSON | st.dictionaries(st.sampled_from(["Version", "Id", "Statement"]), JSON))
def test_nothing_but_invalid_document_is_raised(value: object) -> None:
    for source in (value, json.dumps(value)):
        with suppress(InvalidDocument):
            parse(source)  # type: ignore[arg-type]


ELEMENTS = st.sampled_from(["Sid", "Effect", "Principal", "NotPrincipal", "Action", "Resource", "Condition", "x"])


@given(st.dictionaries(ELEMENTS, JSON))
def test_no_statement_raises_anything_else(statement: dict[str, object]) -> None:
    with suppress(InvalidDocument):
        parse({"Statement": [statement]})


@given(DOCUMENTS)
def test_the_canonical_form_reads_back_as_the_same_document(source: dict[str, object]) -> None:
    document = parse(source)
    assert parse(document.to_json()) == document
    assert parse(to_json_text(document.to_json())) == document
    assert same(document, parse(to_json_text(source)))


def test_the_canonical_form_keeps_the_names_of_statements() -> None:
    assert [parse(each).statements[0].to_json().get("Sid") for each in (one(Sid="Push"), one())] == ["Push", None]


def _respelt(value: object) -> object:
    """The same policy with lists turned round, single strings as lists, and actions in another case."""
    if isinstance(value, list):
        return [_respelt(each) for each in reversed(value)]
    if not isinstance(value, dict):
        return value
    return {
        name: [inner] if name in {"Action", "Resource"} and isinstance(inner, str) else _respelt(inner)
        for name, inner in reversed(value.items())
    }


@given(DOCUMENTS)
def test_order_and_lists_make_no_difference(source: dict[str, object]) -> None:
    respelt = _respelt(source)
    assert isinstance(respelt, dict)
    assert same(parse(source), parse(respelt))


def test_letter_case_of_actions_and_condition_keys_makes_no_difference() -> None:
    lower = one(Action="ecr:putimage", Condition={"Bool": {"aws:securetransport": "true"}})
    upper = one(Action="ECR:PutImage", Condition={"Bool": {"aws:SecureTransport": True}})
    assert same(parse(lower), parse(upper))
    assert parse(lower) != parse(upper)


@cases(
    "elements",
    {"Effect": "Deny"}, {"Action": "ecr:BatchGetImage"}, {"Action": None, "NotAction": "ecr:PutImage"},
    {"Resource": "*"}, {"Principal": "*"}, {"NotPrincipal": "*"}, {"Sid": "a"},
    {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
)  # fmt: skip
def test_what_makes_a_difference(elements: dict[str, object]) -> None:
    assert not same(parse(one()), parse(one(**elements)))


@pytest.mark.parametrize("name", ["Principal", "NotPrincipal", "NotAction", "Resource", "NotResource"])
def test_values_make_a_difference(name: str) -> None:
    values: dict[str, tuple[object, object]] = {"Principal": ("*", {"AWS": ROLE}), "Action": ("ecr:*", "kms:*")}
    first, second = values.get(name.removeprefix("Not"), ("*", "arn:aws:s3:::b"))
    bare = {"Action": None} if name == "NotAction" else {}
    assert not same(parse(one(**bare, **{name: first})), parse(one(**bare, **{name: second})))


def test_conditions_differ_by_operator_key_and_value() -> None:
    operators = ("StringEquals", "StringLike", "StringEqualsIfExists", "ForAnyValue:StringEquals")
    written = [{"StringEquals": {X: "A"}}, {"StringEquals": {"aws:Y": "a"}}, *({each: {X: "a"}} for each in operators)]
    documents = [parse(one(Condition=each)) for each in written]
    assert not any(same(a, b) for index, a in enumerate(documents) for b in documents[index + 1 :])


def test_an_empty_document_is_equal_to_itself_only() -> None:
    assert same(Document(statements=()), Document(statements=()))
    assert not same(Document(statements=()), Document(statements=(), id="a"))
