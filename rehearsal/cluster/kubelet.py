"""A local kubelet: it runs the pods of a namespace as processes of this machine.

A container's image, user and limits are ignored: its command runs as it is, with the pod's environment and volumes. A
volume's folder has another path here than in a pod; wherever the volume's `mountPath` appears in the command, the
arguments or the value of a variable, it is replaced by the folder's path. So a program that is to run here must take
its paths from them.
"""

import os
import re
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.parse import urlsplit

from rehearsal.cluster.guarded_program import GuardedProgram
from rehearsal.cluster.kubernetes_client import KubernetesClient, KubernetesRefusal, Object
from rehearsal.cluster.volumes import NotSupported, PodVolumes

_PAUSE = 0.1
_DEADLINE = 60.0
"""Seconds that a pod has without an `activeDeadlineSeconds`."""
_AT_ONCE = 4
_MESSAGE = 2048
"""Characters of a container's last words in its status, as of a kubelet."""
_NOT_STARTED, _KILLED = 128, 137


class Kubelet:
    """Runs the pods of a namespace for a block; `environment` is added to that of each container, with its folders.

    `outputs` has what each pod that ended wrote to stdout and stderr, by its name.
    """

    def __init__(self, client: KubernetesClient, namespace: str, environment: Mapping[str, str] | None = None) -> None:
        self.outputs: dict[str, str] = {}
        self._client = client
        self.namespace = namespace
        self._environment = dict(environment or {})
        self._over = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._watch, name=f"kubelet-{namespace}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Raises what went wrong in its own thread."""
        self._over.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _watch(self) -> None:
        begun: set[str] = set()
        try:
            with ThreadPoolExecutor(_AT_ONCE, "pod") as pods:
                while not self._over.wait(_PAUSE):
                    for pod in self._client.objects("v1", "Pod", self.namespace, fieldSelector="status.phase=Pending"):
                        if (uid := pod["metadata"]["uid"]) not in begun:
                            begun.add(uid)
                            pods.submit(self._run, pod)
        except BaseException as failure:  # noqa: BLE001  it is raised at the end of the block
            self._failure = failure

    def _run(self, pod: Object) -> None:
        name = pod["metadata"]["name"]
        try:
            code, output = self._run_container(pod)
            self.outputs[name] = output
            self._client.patch("v1", "Pod", self.namespace, f"{name}/status", _ended(pod, code, output))
        except KubernetesRefusal as refusal:
            if refusal.status != 404:  # noqa: PLR2004  the pod was deleted meanwhile
                self._failure = refusal
        except BaseException as failure:  # noqa: BLE001  it is raised at the end of the block
            self._failure = failure

    def _run_container(self, pod: Object) -> tuple[int, str]:
        """Its exit code and output; where it can't be started the reason, under a container runtime's code."""
        with TemporaryDirectory(prefix="pod-", ignore_cleanup_errors=True) as folder:
            volumes = PodVolumes(client=self._client, pod=pod, root=Path(folder))
            try:
                volumes.write()
                command, environment = self._command(volumes)
            except (NotSupported, KubernetesRefusal, KeyError) as fault:
                return _NOT_STARTED, f"the pod can't be started: {fault}"
            program = GuardedProgram(Path(folder), *command, environment=environment)
            seconds = pod["spec"].get("activeDeadlineSeconds", _DEADLINE)
            try:
                return self._end_of(program, seconds)
            finally:
                program.stop()

    def _end_of(self, program: GuardedProgram, seconds: float) -> tuple[int, str]:
        end = time.monotonic() + seconds
        while not program.wait(_PAUSE):
            if self._over.is_set() or time.monotonic() > end:
                return _KILLED, f"{program.log()}\nkilled after {seconds:.0f} s"
        return program.exit_code or 0, program.log()

    def _command(self, volumes: PodVolumes) -> tuple[list[str], dict[str, str]]:
        spec = volumes.pod["spec"]
        if len(spec["containers"]) + len(spec.get("initContainers", ())) != 1:
            raise NotSupported("a pod of several containers is not stood in for")
        [container] = spec["containers"]
        if not container.get("command"):
            raise NotSupported("a container without a command is not stood in for: its image is not looked at")
        folders = {
            mount["mountPath"]: str(volumes.root / mount["name"] / mount.get("subPath", ""))
            for mount in container.get("volumeMounts", ())
        }
        environment = self._node(volumes.pod)
        added = {name: _in_folders(value, folders) for name, value in self._environment.items()}
        for variable in container.get("env", ()):
            value = _expanded(_value(variable, volumes), environment)
            environment[variable["name"]] = _in_folders(value, folders)
        words = [*container["command"], *container.get("args", ())]
        return [_in_folders(_expanded(each, environment), folders) for each in words], environment | added

    def _node(self, pod: Object) -> dict[str, str]:
        """What each container has without its own doing; `python3` is the one that runs this."""
        server = urlsplit(self._client.endpoint)
        return {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
            "HOSTNAME": pod["metadata"]["name"],
            "KUBERNETES_SERVICE_HOST": str(server.hostname),
            "KUBERNETES_SERVICE_PORT": str(server.port),
        }


def _value(variable: Mapping[str, Any], volumes: PodVolumes) -> str:
    match variable.get("valueFrom"):
        case None:
            return str(variable.get("value", ""))
        case {"fieldRef": {"fieldPath": path}}:
            return volumes.field(path)
        case {"configMapKeyRef": {"name": name, "key": key}}:
            return volumes.data("ConfigMap", name)[key].decode()
        case {"secretKeyRef": {"name": name, "key": key}}:
            return volumes.data("Secret", name)[key].decode()
        case other:
            raise NotSupported(f"the variable {variable['name']} is from {other}, which is not stood in for")


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """`$(NAME)` as a kubelet replaces it: an unknown name stays."""
    return re.sub(r"\$\(([\w.-]+)\)", lambda found: environment.get(found[1], found[0]), text)


def _in_folders(text: str, folders: Mapping[str, str]) -> str:
    """The text with the path of each mount replaced, longest first; /opt/a is none in /opt/ab."""
    paths = "|".join(re.escape(each) for each in sorted(folders, key=len, reverse=True))
    return re.sub(rf"(?<![\w./-])({paths})(?![\w.-])", lambda found: folders[found[1]], text) if folders else text


def _ended(pod: Object, code: int, output: str) -> Object:
    """The status of a pod whose container ended."""
    [container] = [each["name"] for each in pod["spec"]["containers"]][:1]
    state = {"exitCode": code, "reason": "Error" if code else "Completed", "message": output[-_MESSAGE:]}
    status = {"name": container, "state": {"terminated": state}, "ready": False, "restartCount": 0}
    about = {"image": "", "imageID": "", "started": False}
    return {"status": {"phase": "Failed" if code else "Succeeded", "containerStatuses": [status | about]}}
