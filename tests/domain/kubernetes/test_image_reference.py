"""Images as pods name them."""

from domain.kubernetes.image_reference import ImageReference, parse_image
from tests.cases import case, cases

DIGEST = f"sha256:{'0a' * 32}"


def of(host: str, name: str, tag: str = "latest", digest: str | None = None) -> ImageReference:
    return ImageReference(host=host, name=name, tag=tag, digest=digest)


@cases(
    "text, expected",
    case("a name", "nginx", of("docker.io", "nginx")),
    case("a name of two parts", "library/nginx:1.29", of("docker.io", "library/nginx", "1.29")),
    case("a host", "ghcr.io/acme/x:v1", of("ghcr.io", "acme/x", "v1")),
    case("a port", "registry:5000/x", of("registry:5000", "x")),
    case("this machine", "localhost/x", of("localhost", "x")),
    case("a host in capitals", "GHCR.IO/x", of("GHCR.IO", "x")),
    case("a digest", f"ghcr.io/x@{DIGEST}", of("ghcr.io", "x", digest=DIGEST)),
    case("a tag and a digest", f"x:latest@{DIGEST}", of("docker.io", "x", digest=DIGEST)),
    case("a digest in capitals", f"x@{DIGEST.upper()}", None),
    case("half a digest", f"x@{DIGEST[:40]}", None),
    case("a scheme", "https://ghcr.io/x", None),
    case("a double slash", "ghcr.io//x", None),
    case("two dots in a name", "ghcr.io/a..b", None),
    case("a tag that is too long", f"x:{'a' * 129}", None),
    case("a line after it", "x\n", None),
    case("nothing", "", None),
)
def test_an_image_is_read_as_a_kubelet_reads_it(text: str, expected: ImageReference | None) -> None:
    assert parse_image(text) == expected
