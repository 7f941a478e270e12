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


def linked(column: int) -> list[tuple[str, str, str]]:
    """Section, name and place of every link in a column."""
    return [
        (row[0], name, place) for row in rows() for name, place in re.findall(r"\[`([^`]+)`\]\(([^)]+)\)", row[column])
    ]


def named(column: int) -> list[tuple[str, str]]:
    return [(section, name) for section, name, _ in linked(column)]


def names_of(path: Path) -> set[str]:
    """What a test file defines."""
    return {each.name for each in ast.parse(path.read_text()).body if isinstance(each, ast.FunctionDef)}


def test_every_section_has_its_row() -> None:
    assert sorted(row[0] for row in rows()) == sorted(SECTIONS)
    assert all(len(row) == 5 and all(row) for row in rows())
    bare = [row[0] for row in rows() for cell in row[1:] if "`" in re.sub(r"\[`[^`]+`\]\([^)]+\)", "", cell)]
    assert bare == []  # whatever is named is linked


@pytest.mark.parametrize("column", [1, 2, 3, 4])
def test_every_link_leads_somewhere(column: int) -> None:
    gone = [(section, place) for section, _, place in linked(column) if not (PAGE.parent / place).is_file()]
    assert gone == []


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


@pytest.mark.parametrize(("section", "name", "place"), linked(4))
def test_the_test_exists(section: str, name: str, place: str) -> None:
    path = PAGE.parent / place
    assert name == path.name or name in names_of(path), section


def test_the_table_of_endpoints_is_covered_by_commands() -> None:
    group = cli.get_command(click.Context(cli), "kemru")
    assert isinstance(group, click.Group)
    assert {each.name for each in ENDPOINTS} <= set(group.list_commands(click.Context(group)))
