"""`python -m ops`: commands about a live registry, and for a new stack."""

import argparse
import sys
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

from domain.registries.table import KINDS
from domain.selfhosted.own_registry import PAGE_IMAGE, REGISTRY_IMAGE
from render.output import FAULTY_INPUT

LIVE = ("bcrypt", "botocore", "rich", "urllib3")
"""What commands about a live registry take, and `pulumi up` does not."""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        command = import_module(options.module)
    except ModuleNotFoundError as missing:
        if missing.name not in LIVE:
            raise
        print(f"{missing.name} is not installed: make .venv/.ops, or pip install '.[ops]'", file=sys.stderr)
        return FAULTY_INPUT
    status: int = command.run(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _adopt(commands.add_parser("adopt", help="write catalog entries for repositories that exist already"))
    _backfill(commands.add_parser("backfill", help="copy what the home registry holds already to a replica"))
    _cluster_issuers(commands.add_parser("cluster-issuers", help="print the bootstrap's parameter ClusterIssuers"))
    _cluster_role(commands.add_parser("cluster-role", help="print the role that a namespace of a cluster pulls with"))
    _copy(commands.add_parser("copy", help="copy one image, with what refers to it, from one registry to another"))
    _mirror(commands.add_parser("mirror", help="copy what a file of rules selects, from registry to registry"))
    _migrate(commands.add_parser("migrate", help="copy all tags of a registry to another"))
    _github_owner(commands.add_parser("github-owner", help="print whose repositories a workflow's token is for"))
    _github_subjects(
        commands.add_parser("github-subjects", help="compare GitHub's ids and subjects with the catalog's")
    )
    _login_help(commands.add_parser("login-help", help="print how one logs in at a registry, and what it lacks"))
    _replica_roles(commands.add_parser("replica-roles", help="say by which role a state deletes in other accounts"))
    _new_stack(commands.add_parser("new-stack", help="write what a new stack takes, and print how its account is made"))
    _registry(commands.add_parser("registry", help="a registry of one's own on this machine: its folder, its users"))
    _why(commands.add_parser("why", help="print why a pull, a push or a login was refused, and the line that mends it"))
    return parser


def _cluster_issuers(command: argparse.ArgumentParser) -> None:
    """It reads the settings alone."""
    _of_stack(command, "ops.cluster_issuers")


def _cluster_role(command: argparse.ArgumentParser) -> None:
    """It reads the settings alone."""
    _of_stack(command, "ops.cluster_role")
    command.add_argument("--cluster", required=True, help="its name in the stack's clusters")
    command.add_argument("--namespace", required=True, help="one of its namespaces")
    command.add_argument("--format", choices=("text", "json"), default="text")


def _github_owner(command: argparse.ArgumentParser) -> None:
    """It reads the settings alone."""
    _of_stack(command, "ops.github_owner")


def _github_subjects(command: argparse.ArgumentParser) -> None:
    """It asks GitHub with the caller's own token, and changes nothing."""
    _of_stack(command, "ops.github_subjects.command")
    command.add_argument("--format", choices=("text", "json"), default="text")


def _login_help(command: argparse.ArgumentParser) -> None:
    """It reads the table alone, and asks no registry."""
    command.set_defaults(module="ops.login_help.command")
    command.add_argument("host", metavar="HOST", help="ghcr.io, docker.io, registry.example.com:5000")
    command.add_argument("--kind", choices=[each.id for each in KINDS], help="of a host that does not say it itself")


def _replica_roles(command: argparse.ArgumentParser) -> None:
    """It changes a file, and asks nothing."""
    command.set_defaults(module="ops.replica_roles")
    command.add_argument(
        "--state", type=Path, required=True, metavar="FILE", help="what `pulumi stack export --stack STACK` wrote"
    )
    command.add_argument("--role", choices=("deploy", "destroy"), required=True, help="which of the bootstrap's two")


def _new_stack(command: argparse.ArgumentParser) -> None:
    """It writes files, and calls neither AWS nor GitHub."""
    command.set_defaults(module="ops.new_stack")
    command.add_argument("stack", help="its name: staging")
    command.add_argument("--account", required=True, help="the AWS account's id, 12 digits")
    command.add_argument("--region", required=True, help="the home region")
    command.add_argument("--after", help="the stack that is copied and deployed before it (default: the last)")
    _project(command)


def _adopt(command: argparse.ArgumentParser) -> None:
    """It reads what the AWS CLI printed, and calls AWS for nothing."""
    command.set_defaults(module="ops.adopt.command")
    command.add_argument(
        "files", nargs="+", type=Path, metavar="DESCRIBE.json", help="what `aws ecr describe-repositories` printed"
    )
    command.add_argument("--stack", help="dev, prod: a Pulumi.STACK.yaml (default: the one whose home is described)")
    command.add_argument("--format", choices=("yaml", "json"), default="yaml")
    command.add_argument("--write", action="store_true", help="write what is printed into the files, after a diff")
    today = datetime.now(UTC).date()
    command.add_argument("--today", type=date.fromisoformat, default=today, help="judge as of this day (2027-01-31)")
    _project(command)


def _backfill(command: argparse.ArgumentParser) -> None:
    """It calls AWS with the caller's own credentials, and only ever adds."""
    _of_stack(command, "ops.backfill.command")
    command.add_argument("--region", required=True, help="the replica's")
    command.add_argument(
        "--account", help="the replica's, by the stack's name for it or by its id, where two share a region"
    )
    command.add_argument(
        "--repository", nargs="+", default=[], metavar="NAME", help="only these (default: all of the replica)"
    )
    command.add_argument("--dry-run", action="store_true", help="say what would be copied, and copy nothing")


def _copy(command: argparse.ArgumentParser) -> None:
    """It logs in as docker does, and at Amazon ECR with the caller's AWS credentials."""
    command.set_defaults(module="ops.copy.command")
    command.add_argument("source", metavar="SOURCE", help="HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST")
    command.add_argument("target", metavar="DESTINATION", help="HOST/REPOSITORY[:TAG] (default: the source's tag)")
    command.add_argument("--check", action="store_true", help="copy nothing; exit 1 where the destination differs")
    command.add_argument("--move", action="store_true", help="move a tag that names another image, and keep that one")
    command.add_argument("--no-referrers", action="store_true", help="leave signatures and the like behind")
    command.add_argument("--format", choices=("text", "json"), default="text")
    _reached(command)


def _mirror(command: argparse.ArgumentParser) -> None:
    """It logs in as `copy` does, and only ever adds, and moves a tag where the rule says so."""
    command.set_defaults(module="ops.mirror.command", command="mirror")
    command.add_argument("file", type=Path, metavar="FILE", help="rules: see docs/copying.md")
    _compared(command)


def _migrate(command: argparse.ArgumentParser) -> None:
    """It logs in as `copy` does, and only ever adds."""
    command.set_defaults(module="ops.mirror.command", command="migrate")
    command.add_argument("source", metavar="SOURCE", help="HOST or HOST/PREFIX")
    command.add_argument("destination", metavar="DESTINATION", help="HOST or HOST/PREFIX")
    names = "only these (default: all that the source lists)"
    command.add_argument("--repository", nargs="+", default=[], metavar="NAME", help=names)
    command.add_argument(
        "--parallel", type=int, choices=range(1, 33), default=4, metavar="N", help="images at the same time: 1 to 32"
    )
    _compared(command)


def _compared(command: argparse.ArgumentParser) -> None:
    command.add_argument("--check", action="store_true", help="copy nothing; exit 1 where a destination differs")
    command.add_argument("--format", choices=("text", "json", "prometheus"), default="text")
    _reached(command)


def _reached(command: argparse.ArgumentParser) -> None:
    command.add_argument("--ca-file", type=Path, metavar="FILE", help="certificates to trust beside the system's")
    command.add_argument("--plain-http", action="store_true", help="talk to other hosts than this one without TLS")


def _registry(command: argparse.ArgumentParser) -> None:
    """It writes files, and starts nothing."""
    commands = command.add_subparsers(required=True, metavar="COMMAND")
    compose = commands.add_parser("compose", help="write the folder of `make registry`")
    compose.set_defaults(module="ops.registry.machine")
    compose.add_argument(
        "folder", type=Path, metavar="FOLDER", help="compose.yaml, its configuration, users and images"
    )
    compose.add_argument("--host", default="localhost:5000", help="as images name it (default: localhost:5000)")
    compose.add_argument("--image", default=REGISTRY_IMAGE, help="CNCF distribution 3, by its digest")
    compose.add_argument("--page-image", default=PAGE_IMAGE, help="joxit/docker-registry-ui, by its digest")
    compose.add_argument("--page-port", default=8443, type=int, help="of the web page (default: 8443)")
    compose.add_argument("--page-deletion", action="store_true", help="the page can delete images")
    users = commands.add_parser("user", help="add, remove or rotate a user of an htpasswd file")
    users.set_defaults(module="ops.registry.users")
    actions = users.add_subparsers(required=True, dest="action", metavar="ACTION")
    for action, about in (("add", "a new user"), ("remove", "a user"), ("rotate", "a new password")):
        each = actions.add_parser(action, help=f"{about}; the password is read from standard input")
        each.add_argument("name", metavar="NAME")
        each.add_argument("--file", type=Path, required=True, help="FOLDER/auth/htpasswd")
        if action != "remove":
            each.add_argument("--generate", action="store_true", help="make a password, and show it once")


def _why(command: argparse.ArgumentParser) -> None:
    """It reads the settings and what it is given, and calls AWS for nothing."""
    _of_stack(command, "ops.why.command")
    said = command.add_mutually_exclusive_group()
    said.add_argument(
        "text", nargs="?", type=Path, default=Path("-"), metavar="TEXT",
        help="what docker, the kubelet, GitHub's step or the AWS CLI printed (default: standard input)",
    )  # fmt: skip
    said.add_argument("--event", type=Path, metavar="EVENT.json", help="in place of it the record of CloudTrail")
    command.add_argument("--claims", type=Path, metavar="CLAIMS.json", help="the claims of the job's or pod's token")
    command.add_argument("--repository", metavar="NAME", help="the repository, where the text does not name it")
    command.add_argument("--format", choices=("text", "json"), default="text")


def _of_stack(command: argparse.ArgumentParser, module: str) -> None:
    command.set_defaults(module=module)
    command.add_argument("--stack", required=True, help="dev, prod: a Pulumi.STACK.yaml")
    _project(command)


def _project(command: argparse.ArgumentParser) -> None:
    command.add_argument("--project", type=Path, default=Path(), help="the folder of Pulumi.yaml (default: this one)")


if __name__ == "__main__":
    sys.exit(main())
