"""Commands of the AWS CLI, as people copy them, read as calls of its API."""

import shlex
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

_IAM = ServiceModel(Loader().load_service_model("iam", "service-2"))
_OPERATIONS = {name.lower(): name for name in _IAM.operation_names}


def iam_call(command: str) -> tuple[str, dict[str, Any]]:
    """The operation and its parameters; fails where IAM's model refuses them."""
    aws, service, operation, *options = shlex.split(command)
    assert (aws, service) == ("aws", "iam")
    name = _OPERATIONS[operation.replace("-", "")]
    shape = _IAM.operation_model(name).input_shape
    assert shape is not None
    members = {each.lower(): each for each in shape.members}
    given: dict[str, Any] = {}
    for option, value in zip(options[::2], options[1::2], strict=True):
        member = members[option.removeprefix("--").replace("-", "")]
        given[member] = [value] if shape.members[member].type_name == "list" else value
    assert not ParamValidator().validate(given, shape).has_errors()
    assert not set(shape.required_members) - set(given)
    return name, given
