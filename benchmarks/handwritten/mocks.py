"""Answers with the ids and ARNs that AWS would make."""

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from benchmarks.catalog import ACCOUNT


class AwsMocks(Mocks):
    def __init__(self) -> None:
        self.declared: list[MockResourceArgs] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.declared.append(args)
        outputs = dict(args.inputs)
        if args.typ == "aws:kms/key:Key":
            key_id = str(uuid5(NAMESPACE_OID, f"{ACCOUNT}:{args.name}"))
            outputs["keyId"] = key_id
            outputs["arn"] = f"arn:aws:kms:{args.inputs['region']}:{ACCOUNT}:key/{key_id}"
        if args.typ == "aws:ecr/repository:Repository":
            region, name = args.inputs["region"], args.inputs["name"]
            outputs["arn"] = f"arn:aws:ecr:{region}:{ACCOUNT}:repository/{name}"
            outputs["repositoryUrl"] = f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/{name}"
        if args.typ == "aws:iam/role:Role":
            outputs["arn"] = f"arn:aws:iam::{ACCOUNT}:role{args.inputs['path']}{args.inputs['name']}"
        return f"{args.name}-id", outputs

    def call(self, _args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return {}, None
