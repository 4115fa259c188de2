"""How the program reaches a cluster: with no credential in what it declares."""

import json
import subprocess
from dataclasses import replace
from typing import Any

from domain.kubernetes.kubeconfig import kubeconfig, token_variable
from domain.kubernetes.platforms import Platform
from tests.cluster_values import STOREFRONT

EDGE = replace(STOREFRONT, name="edge-1", platform=Platform.OTHER, identifier="edge-1")


def command_of(text: str) -> dict[str, Any]:
    (user,) = json.loads(text)["users"]
    assert set(user["user"]) == {"exec"}
    found: dict[str, Any] = user["user"]["exec"]
    return found


def test_the_cluster_that_it_names() -> None:
    config = json.loads(kubeconfig(STOREFRONT))
    (cluster,), (context,) = config["clusters"], config["contexts"]
    reached = {"server": STOREFRONT.endpoint, "certificate-authority-data": STOREFRONT.ca}
    assert (cluster["name"], cluster["cluster"]) == ("storefront", reached)
    assert config["current-context"] == context["name"]
    assert context["context"] == {"cluster": cluster["name"], "user": config["users"][0]["name"]}


def test_eks_gives_a_token_for_the_cluster_of_the_arn() -> None:
    """Whose name in AWS need not be its name here."""
    found = command_of(kubeconfig(STOREFRONT))
    expected = "eks get-token --cluster-name shop --region us-east-1 --output json"
    assert (found["command"], " ".join(found["args"])) == ("aws", expected)


def run(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    found = command_of(kubeconfig(EDGE))
    assert found["interactiveMode"] == "Never"
    command = [found["command"], *found["args"]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_elsewhere_the_environment_has_the_token() -> None:
    assert token_variable("edge-1") == "KUBE_TOKEN_EDGE_1"
    ran = run({"KUBE_TOKEN_EDGE_1": "eyJhbGciOi.x-y_z"})
    answer = json.loads(ran.stdout)
    assert (answer["kind"], answer["status"]) == ("ExecCredential", {"token": "eyJhbGciOi.x-y_z"})
    assert answer["apiVersion"] == command_of(kubeconfig(EDGE))["apiVersion"]


def test_a_missing_token_is_named() -> None:
    for environment in ({}, {"KUBE_TOKEN_EDGE_1": ""}):
        ran = run(environment)
        assert ran.returncode != 0
        assert (ran.stdout, "KUBE_TOKEN_EDGE_1: has no token for the cluster edge-1" in ran.stderr) == ("", True)
