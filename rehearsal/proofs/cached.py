"""Granted principals pull through the cache, and what is created for it is as secure as what is declared."""

from domain.ecr.tags import TagMutability
from oci.client import Client
from rehearsal.proofs.harness.cache_case import CacheCase
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.denied_calls import CHANGES, require_pulled, require_refused_in
from rehearsal.proofs.harness.replication_status import require_made
from rehearsal.proofs.harness.upstream_registries import TAG, content

PROMISE = "granted principals import images through the cache, and its repositories are as declared"


def applies(case: CacheCase) -> bool:
    return bool(case.cache.pull or case.cache.namespaces) or case.cache.tasks


def prove_cache(case: CacheCase) -> str:
    (cache,) = [each for each in case.settings.caches if each.rule == case.cache.rule]
    readers = []
    for name, reader in case.readers():
        # What is cached is pulled without the upstream: each run brings it in anew.
        case.remove(name)
        upstream = content(case.cache, name)
        pulled = require_pulled(case, name, TAG, reader)
        if pulled.digest != upstream.digest:
            raise Broken(f"the upstream has {upstream.digest}, and {pulled.digest} came")
        lifecycle, policy = cache.lifecycle_text, cache.policy_text
        require_made(case, name, TagMutability.MUTABLE, lifecycle=lifecycle, policy=policy, tags=cache.tags)
        with Client.on_loopback(case.host, reader.password) as client:
            require_refused_in(name, client, reader, upstream.images[0], CHANGES)
        readers.append(reader.who)
    return f"pulled by {', '.join(readers)} from {cache.rule.upstream_url}"
