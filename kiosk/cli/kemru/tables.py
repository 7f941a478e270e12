"""`kiosk kemru banks | bundles`: the platform's own lists. Nothing is asked of it."""

import click

from kiosk.cli.common import json_option, print_json, print_table
from kiosk.cli.kemru.words import shillings
from kiosk.kemru.catalogue import BANKS, BUNDLES


@click.command(epilog="Example: kiosk kemru banks")
@json_option
def banks(*, as_json: bool) -> None:
    """List the banks that can be paid, and their codes."""
    if as_json:
        print_json([{"code": code, "name": name} for code, name in BANKS.items()])
    else:
        print_table(("CODE", "BANK"), BANKS.items())


@click.command(epilog="Example: kiosk kemru bundles")
@json_option
def bundles(*, as_json: bool) -> None:
    """List the Faiba data bundles: validity, price and product code."""
    if as_json:
        print_json(list(BUNDLES.values()))
        return
    rows = [(each.name, str(each.days), shillings(each.price), each.product_code) for each in BUNDLES.values()]
    print_table(("BUNDLE", "DAYS", "KES", "PRODUCT CODE"), rows)
