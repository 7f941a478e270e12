"""Which base URLs may be used: the key and the signature must not cross a network in clear."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from kiosk.kemru.errors import AddressRefused

PLAIN_HTTP_HOSTS = frozenset({"localhost", "sandbox.kemrut.com"})
"""Hosts that may be spoken to without TLS, besides loopback addresses."""


LONGEST = 1024
"""Letters of a base URL at most: what a call adds to it must fit too."""

_PORTS = {"http": 80, "https": 443}


def checked(base_url: str) -> str:
    """`base_url` in its one spelling: scheme and host in lower case, without the scheme's own port and without a trailing slash.

    Raises AddressRefused if it is no plain http(s) URL, or lacks TLS where TLS is needed.
    """
    if not base_url.isprintable() or " " in base_url or len(base_url) > LONGEST:
        raise AddressRefused("the base URL is not a URL: it holds what no address does, or is too long")
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise AddressRefused("the base URL is not a URL") from None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or parts.query or parts.fragment:
        raise AddressRefused("the base URL must be http(s)://host[:port][/path] and nothing more")
    if parts.scheme == "http" and not _is_sandbox_host(host):
        raise AddressRefused(f"plain HTTP to {host} is refused: the API key would travel in clear")
    return f"{parts.scheme}://{_place(parts)}{parts.path.rstrip('/')}"


def is_sandbox(base_url: str) -> bool:
    """Whether `base_url`, which was checked, is a sandbox's: this machine's or the vendor's."""
    return _is_sandbox_host(urlsplit(base_url).hostname or "")


def _place(parts: SplitResult) -> str:
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    return named if parts.port in {None, _PORTS[parts.scheme]} else f"{named}:{parts.port}"


def _is_sandbox_host(host: str) -> bool:
    if host in PLAIN_HTTP_HOSTS:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
