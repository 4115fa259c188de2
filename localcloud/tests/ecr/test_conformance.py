"""The distribution specification's own program: https://github.com/opencontainers/distribution-spec, conformance/.

What it would do and ECR does not is switched off here, and listed in docs/conformance.md with AWS's word for it.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from domain.ecr.account import BLOB_MOUNTING
from localcloud.tests.ecr.registry_server import serving

PROGRAM = os.environ.get("CONFORMANCE_PROGRAM")

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not PROGRAM, reason="CONFORMANCE_PROGRAM names no program of the distribution specification"),
]

REPOSITORIES = ("conformance/repo1", "conformance/repo2")
BEYOND_ECR = {
    "OCI_API_BLOBS_DELETE": "false",
    "OCI_API_BLOBS_MOUNT_ANONYMOUS": "false",
    "OCI_DATA_EMPTY_BLOB": "false",
    "OCI_DATA_NONDISTRIBUTABLE": "false",
    "OCI_DATA_SHA512": "false",
}
STRICT = {
    "OCI_API_BLOBS_DIGEST_HEADER": "true",
    "OCI_API_BLOBS_UPLOAD_CANCEL": "true",
    "OCI_API_MANIFESTS_DIGEST_HEADER": "true",
}
NOT_PASSED = {
    "Blob anonymous mount": "Disabled",
    "Blob delete": "Disabled",
    "Blob delete atomic": "Disabled",
    "Manifest put with tag params": "Disabled",
    "Blobs sha512": "Disabled",
    "Digest Algorithm sha512": "Disabled",
    "Non-distributable Layers": "Disabled",
    "Sparse Manifests": "Disabled",
    "Tag Param": "Disabled",
    "Tag Param sha512": "Disabled",
}


def test_the_specification_s_program_is_content(tmp_path: Path) -> None:
    with serving(tmp_path / "blobs") as server:
        server.registry.settings[BLOB_MOUNTING] = "ENABLED"
        for name in REPOSITORIES:
            server.repository(name)
        environment = {
            **os.environ,
            **BEYOND_ECR,
            **STRICT,
            "OCI_REGISTRY": f"127.0.0.1:{server.port}",
            "OCI_TLS": "disabled",
            "OCI_REPO1": REPOSITORIES[0],
            "OCI_REPO2": REPOSITORIES[1],
            "OCI_USERNAME": "AWS",
            "OCI_PASSWORD": server.password,
            "OCI_VERSION": "1.1",
        }
        assert PROGRAM is not None
        ran = subprocess.run([PROGRAM], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    results = dict(re.findall(r"^  (\S.*?)\.{2,}: +([A-Za-z]+)$", ran.stdout, re.MULTILINE))
    assert {name: status for name, status in results.items() if status != "Pass"} == NOT_PASSED, ran.stderr
    assert len(results) - len(NOT_PASSED) > 40
    assert "OCI Conformance Result: Pass" in ran.stdout
    assert ran.returncode == 0
