"""Which addresses the platform lets a merchant register for its callbacks.

Source: "URL requirements" of the vendor's API documentation: HTTPS in production, no `exec`, `cmd` or `sql`, no public tunnels.
"""

from urllib.parse import urlsplit

SHAPE = (
    r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%/?=&+,:@-]{0,1024})?"
)
"""What an address is made of, as a regular expression: no user, no fragment, nothing that a shell or a log would trip over."""

FORBIDDEN_WORDS = ("exec", "cmd", "sql")

TUNNELS = (
    "ngrok.io",
    "ngrok.app",
    "ngrok.dev",
    "ngrok-free.app",
    "requestbin.com",
    "requestbin.net",
    "pipedream.net",
    "webhook.site",
    "localtunnel.me",
    "loca.lt",
    "serveo.net",
    "trycloudflare.com",
)
"""Public tunnels and request bins; the documentation names ngrok and requestbin, the others are their likes."""


def objection(url: str, *, production: bool) -> str | None:
    """Why the platform refuses `url` (6001), as the end of a sentence that begins with the field; None if it takes it."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if production and parts.scheme != "https":
        return "must be HTTPS in production"
    word = next((each for each in FORBIDDEN_WORDS if each in url.lower()), None)
    if word is not None:
        return f'must not hold "{word}"'
    if any(host == each or host.endswith(f".{each}") for each in TUNNELS):
        return "must not be a public tunnel"
    return None
