"""The role of a namespace is assumed by its service accounts alone."""

from functools import partial

from rehearsal.proofs.harness.case import RegistryCase
from rehearsal.proofs.harness.denied_calls import require_denied
from rehearsal.proofs.harness.namespaces import (
    namespace_principals,
    namespace_session,
    other_tokens,
    pulling_namespaces,
)

PROMISE = "no other service account, cluster or token assumes the role of a namespace"


def applies(case: RegistryCase) -> bool:
    return case.registry.home and bool(pulling_namespaces(case.settings))


def prove_registry(case: RegistryCase) -> str:
    refused = 0
    for pulling in pulling_namespaces(case.settings):
        namespace_principals(case, pulling)
        for token in other_tokens(pulling, case.settings):
            assumed = partial(namespace_session, case, pulling, token)
            require_denied(token.who, {f"assumed the role of {pulling.who}": assumed}, token.code)
            refused += 1
    return f"{refused} tokens refused"
