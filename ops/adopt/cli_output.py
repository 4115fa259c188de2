"""What the AWS CLI prints, as far as an adoption reads it: JSON documents one after another, recognised by their keys.

The names are those of botocore's models of ecr, resourcegroupstaggingapi and kms; keys that are not named here pass."""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from domain.aws import Arn, is_account_id
from domain.model_problems import problems_of
from domain.problems import Problem
from domain.wording import counted
from settings.faults import Fault
from settings.written.fields import checked

_REPOSITORY = "repository/"


def parse_repository_arn(text: str) -> Arn | None:
    """The ARN of a repository in a private registry, its resource the name; None for any other text."""
    arn = Arn.parse(text)
    if not arn or arn.service != "ecr" or not arn.region or not is_account_id(arn.account):
        return None
    name = arn.resource.removeprefix(_REPOSITORY)
    return Arn(arn.partition, arn.service, arn.region, arn.account, name) if name not in ("", arn.resource) else None


def _arn_problems(text: str) -> list[Problem]:
    if parse_repository_arn(text):
        return []
    message = "is not the ARN of a repository in a private registry"
    return [Problem((), text, message, "give what `aws ecr describe-repositories` prints, not ecr-public's")]


class CliShape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class DescribedEncryption(CliShape):
    type: StrictStr = Field(alias="encryptionType", description="AES256, KMS or KMS_DSSE")
    key: StrictStr | None = Field(None, alias="kmsKey")


class DescribedFilter(CliShape):
    filter: StrictStr = Field(description="a pattern of tags")


class DescribedScanning(CliShape):
    on_push: StrictBool = Field(default=False, alias="scanOnPush")


class DescribedRepository(CliShape):
    """One of `aws ecr describe-repositories`; the ARN alone says its name, account and region."""

    arn: Annotated[StrictStr, checked(_arn_problems)] = Field(
        alias="repositoryArn", description="as `aws ecr describe-repositories` prints it"
    )
    mutability: StrictStr = Field(alias="imageTagMutability", description="MUTABLE or IMMUTABLE")
    filters: tuple[DescribedFilter, ...] = Field((), alias="imageTagMutabilityExclusionFilters")
    scanning: DescribedScanning = Field(DescribedScanning(), alias="imageScanningConfiguration")
    encryption: DescribedEncryption | None = Field(None, alias="encryptionConfiguration")


class GivenTag(CliShape):
    key: StrictStr = Field(alias="Key", description="the tag's key")
    value: StrictStr = Field(alias="Value", description="the tag's value")


class TaggedResource(CliShape):
    arn: StrictStr = Field(alias="ResourceARN", description="as `get-resources` prints it")
    tags: tuple[GivenTag, ...] = Field(alias="Tags", description="a list, which may be empty")


class KeyMetadata(CliShape):
    arn: StrictStr = Field(alias="Arn", description="as `aws kms describe-key` prints it")
    manager: StrictStr = Field(alias="KeyManager", description="AWS or CUSTOMER")


class CliOutput(CliShape):
    """One output: repositories, a policy of one of them, tags or a key."""

    repositories: tuple[DescribedRepository, ...] | None = None
    lifecycle: StrictStr | None = Field(None, alias="lifecyclePolicyText")
    policy: StrictStr | None = Field(None, alias="policyText")
    tagged: tuple[TaggedResource, ...] | None = Field(None, alias="ResourceTagMappingList")
    key: KeyMetadata | None = Field(None, alias="KeyMetadata")
    name: StrictStr | None = Field(None, alias="repositoryName")
    account: StrictStr | None = Field(None, alias="registryId")
    next: StrictStr | None = Field(None, validation_alias=AliasChoices("nextToken", "NextToken", "PaginationToken"))
    """Says that there is more."""


_FORMS = ("repositories", "lifecyclePolicyText", "policyText", "ResourceTagMappingList", "KeyMetadata")
"""Keys that tell the outputs apart."""
_TAGS = "`aws resourcegroupstaggingapi get-resources --resource-type-filters ecr:repository`"
_MISTAKEN = {
    "tags": ("does not say whose tags they are", f"give what {_TAGS} prints, which names each repository"),
    "previewResults": ("is a preview, not the policy", "give `aws ecr get-lifecycle-policy`"),
}
"""Outputs that are given by mistake, by their keys, with what to give in their registry."""

_BETWEEN = re.compile(r"[\s\ufeff]*")
_JSON = "print it with `--output json`"
_NOT_JSON: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"An error occurred|aws: |usage: aws"), "is an error of the AWS CLI", "leave stderr out of the file"),
    (re.compile(r"[-+]{4}|\|"), "is a table", _JSON),
    (re.compile(r"(- )?[A-Za-z]+:(\s|$)"), "is YAML", _JSON),
    (re.compile(r"[A-Z]+\t"), "is plain text", _JSON),
)
_SHOWN = 40


class InvalidInput(Exception):
    """Everything that is wrong with what was given; nothing was printed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"{counted(len(faults), 'fault')} in the input\n{lines}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CliDocument:
    """One output, with the file and the line where it begins."""

    file: str
    line: int
    output: CliOutput

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def read_outputs(files: Sequence[Path]) -> list[CliDocument]:
    """The outputs in all files; raises InvalidInput with every fault there is."""
    found: list[CliDocument] = []
    faults: list[Fault] = []
    for file in files:
        for line, read in _read(file):
            if isinstance(read, Problem):
                faults.append(Fault.of(read, str(file), line))
            else:
                found.append(CliDocument(file=str(file), line=line or 1, output=read))
    if faults:
        raise InvalidInput(faults)
    return found


def _read(file: Path) -> Iterator[tuple[int | None, CliOutput | Problem]]:
    """Each output with its line, and whatever is wrong; where the text goes on as something else, no more."""
    try:
        data = file.read_bytes()
        # PowerShell's `>` writes UTF-16.
        utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if utf16 else "utf-8")
    except OSError as error:
        yield None, Problem((), None, f"can't be read: {error.strerror}", "name a file that can be read")
        return
    except UnicodeDecodeError as error:
        yield None, Problem((), None, f"is not UTF-8 text: byte {error.start}", "save it as UTF-8")
        return
    at, line = _after_blanks(text, 0), 1 + text.count("\n", 0, _after_blanks(text, 0))
    if at == len(text):
        yield None, Problem((), None, "is empty", "see whether the command that wrote it failed")
    while at < len(text):
        try:
            value, end = json.JSONDecoder().raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield error.lineno if isinstance(error, json.JSONDecodeError) else line, _not_json(text, at, error)
            return
        for read in _recognised(value):
            yield line, read
        end = _after_blanks(text, end)
        at, line = end, line + text.count("\n", at, end)


def _after_blanks(text: str, at: int) -> int:
    blanks = _BETWEEN.match(text, at)
    return blanks.end() if blanks else at


def _not_json(text: str, at: int, error: Exception) -> Problem:
    shown = text[at : at + _SHOWN].partition("\n")[0]
    for pattern, message, fix in _NOT_JSON:
        if pattern.match(text, at):
            return Problem((), shown, message, fix)
    why = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
    return Problem((), shown, f"is not JSON: {why}", f"give the whole output, and {_JSON}")


def _recognised(value: object) -> Iterator[CliOutput | Problem]:
    """The output that a value is, or what is wrong with it."""
    if not isinstance(value, dict):
        yield Problem((), value, "is not the output of a command", "leave `--query` out")
        return
    if mistaken := next((each for key, each in _MISTAKEN.items() if key in value), None):
        yield Problem((), value, *mistaken)
        return
    if not set(_FORMS) & value.keys():
        yield Problem((), value, "is not an output that is known here", f"known: objects with {', '.join(_FORMS)}")
        return
    try:
        output = CliOutput.model_validate(value)
    except ValidationError as invalid:
        yield from problems_of(CliOutput, invalid.errors(include_url=False))
        return
    if (output.lifecycle or output.policy) is not None and output.name is None:
        fix = "add it: `aws ecr get-repository-policy` prints it, get-registry-policy does not"
        yield Problem(("repositoryName",), None, "is missing", fix)
        return
    yield output
