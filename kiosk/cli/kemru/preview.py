"""A request as it would be sent, and the text under its signature, for people who look for a mistake."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import click
import msgspec

from kiosk.cli.common import plain
from kiosk.cli.kemru.account import Account
from kiosk.kemru import address
from kiosk.kemru.wire import Prepared

MASK = "***"


class Preview(msgspec.Struct, frozen=True):
    """Everything that would go over the wire. `signed` is the text that `signature` covers."""

    method: str
    url: str
    headers: dict[str, str]
    body: str
    signed: str
    signature: str


def preview(account: Account, prepared: Prepared, *, reveal: bool) -> Preview:
    """What `prepared` would be on the wire; the API key and the access token masked unless `reveal`."""
    credentials, endpoint = account.credentials, prepared.endpoint
    token = credentials.access_token.reveal() if endpoint.by_token and not reveal else ""
    body = {name: MASK if token and name == "access_token" else value for name, value in prepared.body.items()}
    in_query = endpoint.method == "GET" and account.get_parameters == "query"
    return Preview(
        method=endpoint.method,
        url=address.checked(account.base_url) + prepared.target + (f"?{_query(body)}" if in_query else ""),
        headers={"Content-Type": "application/json", "apiKey": credentials.api_key.reveal() if reveal else MASK},
        body="" if in_query else json.dumps(body, ensure_ascii=False),
        # The token is what the signed text of such a call begins with.
        signed=MASK + prepared.signed.removeprefix(token) if token else prepared.signed,
        signature=str(prepared.body["signature"]),
    )


def show(found: Preview) -> None:
    """Print it for people."""
    click.echo(plain(f"{found.method} {found.url}"))
    for name, value in found.headers.items():
        click.echo(plain(f"{name}: {value}"))
    if found.body:
        click.echo(f"\n{plain(found.body)}")
    click.echo(f"\nsigned     {plain(found.signed)}\nsignature  {found.signature}\n\nNothing was sent.")


def _query(body: Mapping[str, object]) -> str:
    return urlencode({name: str(value).lower() if isinstance(value, bool) else value for name, value in body.items()})
