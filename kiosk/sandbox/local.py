"""Who may look in and change things: this machine, and of its browsers only the sandbox's own page."""

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request


def is_local(request: Request) -> bool:
    """Whether `request` comes from this machine, and not from a page of another site in its browser."""
    return request.client is not None and is_loopback(request.client.host) and _is_own(request)


def is_of_another_site(request: Request) -> bool:
    """Whether a browser sent `request` for a page of another site. Programs say neither where they come from nor for what page."""
    is_browser = "origin" in request.headers or "sec-fetch-site" in request.headers
    return is_browser and not _is_own(request)


def _is_own(request: Request) -> bool:
    host = request.headers.get("host", "")
    try:
        named = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    # A name that somebody made point to this machine is no name of ours, and a page says where it comes from.
    return is_loopback(named) and request.headers.get("origin") in {None, f"http://{host}"}


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine and nothing else."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
