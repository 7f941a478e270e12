"""docs/kemru.md is complete and true: every section has its row, and whatever a row names is there."""

import ast
import importlib
import re
from pathlib import Path
from typing import Any

import click
import pytest

from kiosk import kemru
from kiosk.cli import cli
from kiosk.kemru.endpoints import ENDPOINTS
from kiosk.sandbox import SandboxServer

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "kemru.md"

SECTIONS = (
    *("Getting Started", "Rate Limits", "Environments", "Authentication", "Generating the Signature"),
    *("Check Account Balance", "Single User", "All Users", "Single Member", "All Members"),
    *("Bulk Biometric Attendance", "Single Biometric Attendance"),
    *("Mobile Wallet Payout", "Bank Payout", "Payment Collection: Mobile Checkout"),
    *("UPI: Inter-Institutional Transfer", "B2B: Business Paybill"),
    *("Airtime: Pinless", "Faiba Bundles", "Pay Bill: Utilities & TV", "PIN Voucher Airtime", "SMS / OTP", "USSD"),
    *("Callback (IPN): registration", "IPN Payload", "Webhooks", "Offline Mode", "Transaction Verification"),
    *("Status Reference", "Reverse Transactions", "Business Registration", "Confirm/lookup", "URL requirements"),
    *("Telco Check", "HTTP Error Codes", "Platform Codes"),
)
"""The headings of the vendor's documentation, in its order."""


def rows() -> list[list[str]]:
    table = PAGE.read_text().split("\n\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named(column: int) -> list[tuple[str, str]]:
    return [(row[0], name) for row in rows() for name in re.findall(r"`([^`]+)`", row[column])]


def test_every_section_has_its_row() -> None:
    assert sorted(row[0] for row in rows()) == sorted(SECTIONS)
    assert all(len(row) == 5 and row[1] and row[2] and row[4] for row in rows())


@pytest.mark.parametrize(("section", "name"), named(1))
def test_the_client_has_it(section: str, name: str) -> None:
    first, *rest = name.split(".")
    found: Any = getattr(kemru, first, None) or importlib.import_module(f"kiosk.kemru.{first}")
    for each in rest:
        found = getattr(found, each)
    assert found is not None, section


@pytest.mark.parametrize(("section", "name"), named(2))
def test_the_command_is_there(section: str, name: str) -> None:
    program, *words = name.split()
    assert program == "kiosk"
    command: click.Command = cli
    context = click.Context(command)
    options: set[str] = set()
    for word in words:
        if word.startswith("-"):
            options.add(word)
            continue
        assert isinstance(command, click.Group), section
        found = command.get_command(context, word)
        assert found is not None, section
        command = found
    commands = [command]
    if options and isinstance(command, click.Group):
        commands = [each for name in command.list_commands(context) if (each := command.get_command(context, name))]
    assert any(options <= {opt for each in one.params for opt in each.opts} for one in commands), section


def test_the_sandbox_serves_it(tmp_path: Path) -> None:
    server = SandboxServer(state=tmp_path / "sandbox.db")
    try:
        served = {
            f"{method} {route.path}" for route in server._app.routes for method in getattr(route, "methods", None) or ()
        }
    finally:
        server.close()
    missing = [(section, route) for section, route in named(3) if route not in served]
    assert missing == []
    assert {f"{each.method} {each.path}" for each in ENDPOINTS} <= {route for _, route in named(3)}


@pytest.mark.parametrize(("section", "name"), named(4))
def test_the_test_exists(section: str, name: str) -> None:
    path, _, function = name.partition("::")
    assert (ROOT / path).is_file(), section
    if function:
        tree = ast.parse((ROOT / path).read_text())
        assert function in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, section


def test_the_table_of_endpoints_is_covered_by_commands() -> None:
    group = cli.get_command(click.Context(cli), "kemru")
    assert isinstance(group, click.Group)
    assert {each.name for each in ENDPOINTS} <= set(group.list_commands(click.Context(group)))
