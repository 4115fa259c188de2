"""The web page of a registry of one's own: joxit/docker-registry-ui behind a configuration of nginx that is ours.

The image's own start rewrites files of the image, which a read-only file system refuses, and its proxy passes every
method on. This one keeps the page, passes on what it needs, and lets a browser speak with no other address."""

from dataclasses import dataclass

from domain.selfhosted.own_registry import CERTIFICATE, CONFIG, PRIVATE_KEY, TLS, OwnRegistry, Page

PAGE_PORT = 8080
NGINX = "nginx.conf"
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFolders:
    """Where nginx finds what it needs."""

    work: str = "/tmp"  # noqa: S108  of the container alone
    files: str = "/usr/share/nginx/html"
    config: str = CONFIG
    certificates: str = TLS


IN_CONTAINER = PageFolders()


def page_config(
    page: Page, registry: str, *, tls: bool, resolver: str | None = None, listen: str = str(PAGE_PORT),
    folders: PageFolders = IN_CONTAINER,
) -> str:  # fmt: skip
    """For nginx; `registry` is its URL there, and the resolver looks its name up again where its address moves."""
    work, files, certificates = folders.work, folders.files, folders.certificates
    methods = "GET DELETE" if page.deletion else "GET"
    encrypted = (
        [f"ssl_certificate {certificates}/{CERTIFICATE};", f"ssl_certificate_key {certificates}/{PRIVATE_KEY};"]
        if tls
        else []
    )
    passed = [f"resolver {resolver};", f"set $registry {registry};"] if resolver else []
    return "\n".join(
        [
            f"pid {work}/nginx.pid;",
            "error_log /dev/stderr warn;",
            "events {}",
            "http {",
            "  include /etc/nginx/mime.types;",
            "  access_log /dev/stdout;",
            "  server_tokens off;",
            *(f"  {each}_temp_path {work}/{each};" for each in _TEMPORARY),
            "  server {",
            f"    listen {listen}{' ssl' if tls else ''};",
            *(f"    {each}" for each in encrypted),
            f'    add_header Content-Security-Policy "{_POLICY}" always;',
            "    add_header X-Content-Type-Options nosniff always;",
            f"    location / {{ root {files}; }}",
            f"    location = /index.html {{ root {work}; }}",
            "    location /v2/ {",
            f"      limit_except {methods} {{ deny all; }}",
            *(f"      {each}" for each in passed),
            f"      proxy_pass {'$registry' if resolver else registry};",
            "      proxy_http_version 1.1;",
            "      proxy_set_header Host $http_host;",
            "      proxy_buffering off;",
            "    }",
            "  }",
            "}",
            "",
        ]
    )


def page_values(registry: OwnRegistry, page: Page) -> dict[str, str]:
    """What the page's start puts into it, by the names that its image has for them; all others stay empty."""
    return {
        "SINGLE_REGISTRY": "true",
        "REGISTRY_TITLE": page.title,
        "PULL_URL": registry.host,
        "DELETE_IMAGES": str(page.deletion).lower(),
        "SHOW_CONTENT_DIGEST": "true",
        "SHOW_CATALOG_NB_TAGS": "true",
        "CATALOG_ELEMENTS_LIMIT": "1000",
        "TAGLIST_PAGE_SIZE": "100",
        "REGISTRY_SECURED": "false",
    }


def page_start(registry: OwnRegistry, page: Page, folders: PageFolders = IN_CONTAINER) -> str:
    """For a shell: writes the page with its values into a folder that can be written, and starts nginx."""
    values = "".join(f" -e 's~${{{key}}}~{value}~'" for key, value in page_values(registry, page).items())
    rest = " -e 's~${[A-Z_]*}~~g'"
    return (
        f"sed{values}{rest} {folders.files}/index.html > {folders.work}/index.html && "
        f"exec nginx -e /dev/stderr -c {folders.config}/{NGINX} -g 'daemon off;'"
    )
