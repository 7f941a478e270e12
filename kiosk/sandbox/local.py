"""Who may look in and change things: this machine, and of its browsers only the sandbox's own page."""

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request


def is_local(request: Request) -> bool:
    """Whether `request` comes from this machine, and not from a page of another site in its browser."""
    return request.client is not None and _is_loopback(request.client.host) and _is_own(request)


def _is_own(request: Request) -> bool:
    host = request.headers.get("host", "")
    try:
        named = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    # A name that somebody made point to this machine is no name of ours, and a page says where it comes from.
    return _is_loopback(named) and request.headers.get("origin") in {None, f"http://{host}"}


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
