"""A call's input against AWS's own description of ECR's API, and ECR's words for what does not fit."""

from collections.abc import Mapping
from typing import Any

from botocore.model import ServiceModel

from localcloud.ecr.errors import EcrError, invalid_parameter
from localcloud.input import Unmet, members_of
from localcloud.protocols import service_model


def service() -> ServiceModel:
    return service_model("ecr")


def not_built(operation: str) -> EcrError:
    """What a call gets that the API does not know, or that only AWS answers."""
    code = "UnknownOperationException"
    if operation in service().operation_names:
        return EcrError(code, f"{operation} is an operation of Amazon ECR that is not built in the rehearsal's ECR")
    return EcrError(code, f"{operation!r} is not an operation of Amazon ECR")


def accepted(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The input's known members; raises InvalidParameterException."""
    try:
        return members_of("ecr", operation, parameters)
    except Unmet as unmet:
        raise invalid_parameter(unmet.place, unmet.constraint) from unmet
