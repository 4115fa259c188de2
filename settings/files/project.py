"""What may stand in Pulumi.yaml and in a stack's file: nothing that makes the engine run or reach something else.

The engine's keys: pulumi/sdk/go/common/workspace, project.json and project.go.
"""

from collections.abc import Iterator, Mapping

from domain.problems import Problem, unknown_key

Raw = Mapping[str, object]

_HARMLESS = ("name", "description", "author", "license", "website", "runtime", "requiredPulumiVersion", "config")
_ELSEWHERE = {
    "main": "makes the engine run another program than the one that is judged",
    "stackConfigDir": "makes the engine read other stacks' files than those that are judged",
    "plugins": "makes the engine start another provider's or language's program",
    "packages": "makes the engine take a provider from elsewhere",
    "backend": "makes the engine keep the state elsewhere",
    "options": "makes the engine work in another way than is judged",
    "template": "belongs to a template for `pulumi new`",
}
_RUNTIME = {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
_STACK = ("config", "secretsprovider", "encryptedkey", "encryptionsalt")
_OTHER_FILES = ("Pulumi.json", "Pulumi.yml")
"""Names by which the engine finds a project, too: the first of them before Pulumi.yaml."""
_KEYS_IN_THE_OPEN = frozenset({"aws:accessKey", "aws:secretKey", "aws:token"})
_UNSAFE = frozenset({"aws:endpoints", "aws:insecure"})


def other_project_files(names: frozenset[str]) -> Iterator[Problem]:
    """Files beside Pulumi.yaml that the engine may read in its place."""
    for name in _OTHER_FILES:
        if name in names:
            yield Problem((), name, "is a project's file, too, and the engine may take it instead", f"remove {name}")


def project_problems(raw: Raw) -> Iterator[Problem]:
    """Keys of Pulumi.yaml that this project does not expect."""
    for key, value in raw.items():
        if key in _ELSEWHERE:
            yield Problem((key,), value, _ELSEWHERE[key], "remove it")
        elif key not in _HARMLESS:
            yield unknown_key((key,), "is not a key that this project expects", _HARMLESS)
    runtime = raw.get("runtime")
    if runtime is not None:
        yield from _held(runtime, _RUNTIME, ("runtime",))


def stack_file_problems(raw: Raw) -> Iterator[Problem]:
    """Keys of a stack's file that bring values from elsewhere."""
    for key, value in raw.items():
        if key == "environment":
            message = "brings configuration from Pulumi ESC, which can't be read without the engine"
            yield Problem((key,), value, message, "write the values under config")
        elif key not in _STACK:
            yield unknown_key((key,), "is not a key of a stack's file", _STACK)


def provider_problems(key: str) -> Iterator[Problem]:
    """Whether a key of the provider has no place in a file; those that pass are shown by the plan when they change."""
    path, fix = ("config", key), "remove it: sign in by a role"
    if key in _KEYS_IN_THE_OPEN:
        yield Problem(path, key, "holds credentials, which don't belong in a file", fix)
    elif key in _UNSAFE or key.startswith("aws:skip"):
        yield Problem(path, key, "points the provider away from AWS, or disables its checks", "remove it")


def _held(value: object, expected: object, path: tuple[str, ...]) -> Iterator[Problem]:
    """What is written must be what is expected; what is left out is the engine's to ask for."""
    if isinstance(expected, Mapping) and isinstance(value, Mapping):
        for key, item in value.items():
            if key in expected:
                yield from _held(item, expected[key], (*path, key))
            else:
                message = "is not a key of this project's runtime"
                yield Problem((*path, key), key, message, f"write only {', '.join(expected)}")
    elif value != expected:
        keys = (f"{key}: …" for key in expected) if isinstance(expected, Mapping) else ()
        fix = f"write {path[-1]}: {expected}" if isinstance(expected, str) else f"write {', '.join(keys)}"
        yield Problem(path, value, "makes the engine run another program than the one that is judged", fix)
