"""`kiosk kemru settle` and `orders`: what happens once, and what a person is told when nobody knows."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import Exit
from kiosk.sandbox import Outcome, SandboxServer
from tests.support.kemru_commands import PAYOUT, SMS, kiosk, on_a_terminal, orders, total


def test_the_same_reference_is_done_once(account: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        assert kiosk(*PAYOUT, "--yes") == 0
    assert "was not done again" in capsys.readouterr().out
    (row,) = orders(account)
    assert (row["acted"], row["duplicates"]) == (1, 0)


@pytest.mark.parametrize("order", [[*PAYOUT, "--yes"], SMS])
def test_a_lost_answer_and_a_person_who_types_it_again(
    account: SandboxServer, capsys: pytest.CaptureFixture[str], order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.cli.kemru.session.sleep", lambda _: None)
    account.fault("drop_after")
    assert kiosk(*order) == Exit.TEMPORARY
    told = capsys.readouterr().err
    assert "asking again in 2 s" in told
    assert "nobody knows yet" in told
    assert "kiosk kemru settle" in told
    assert "Traceback" not in told
    account.fault("none")
    retyped = [each if each not in {"pay-1", "sms-1"} else "retyped" for each in order]
    assert kiosk(*retyped) == Exit.TEMPORARY
    assert "does the same" in capsys.readouterr().err
    assert kiosk("orders", "--open") == 0
    assert "open" in capsys.readouterr().out
    assert kiosk("settle") == 0
    assert "accepted" in capsys.readouterr().out
    assert [each["acted"] for each in orders(account)] == [1]
    assert kiosk("settle") == 0
    assert "No order is open." in capsys.readouterr().out


@pytest.fixture
def open_order(
    account: SandboxServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> SandboxServer:
    """The account, with a payout that never arrived."""
    monkeypatch.setattr("kiosk.cli.kemru.session.sleep", lambda _: None)
    account.fault("html")
    assert kiosk(*PAYOUT, "--yes") == Exit.TEMPORARY
    account.fault("none")
    capsys.readouterr()
    return account


def test_settling_asks_before_it_sends(open_order: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("settle") == Exit.USAGE
    code, asked = on_a_terminal("settle", answer="n\n")
    assert code == Exit.TEMPORARY
    assert "never heard of order pay-1. Pay KES 1,500.50 to 0739117883" in asked
    assert orders(open_order) == []
    assert kiosk("settle", "pay-1", "--yes", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["reference"], found["state"]) == ("pay-1", "accepted")
    assert [each["acted"] for each in orders(open_order)] == [1]


def test_settling_rehearsed(open_order: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("settle", "--dry-run") == 0
    assert f"GET {open_order.url}/transactions/pay-1/verify" in capsys.readouterr().out


def test_what_stays_open_is_75(open_order: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    open_order.fault("down")
    assert kiosk("settle", "--yes") == Exit.TEMPORARY
    assert "1 of 1 orders stay open" in capsys.readouterr().err


@pytest.mark.parametrize(("known", "state"), [("happened", "accepted"), ("never", "refused")])
def test_a_person_may_know_better(
    open_order: SandboxServer, capsys: pytest.CaptureFixture[str], known: str, state: str
) -> None:
    assert kiosk("settle", "--as", known) == Exit.USAGE
    assert kiosk("settle", "pay-1", "--as", known) == Exit.USAGE
    code, asked = on_a_terminal("settle", "pay-1", "--as", known, answer="n\n")
    assert code == Exit.TEMPORARY
    assert f"as one that {'never ' if known == 'never' else ''}happened" in asked
    assert "Pay KES 1,500.50 to 0739117883" in asked
    assert kiosk("settle", "pay-1", "--as", known, "--yes") == 0
    capsys.readouterr()
    assert kiosk("orders", "--json") == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["state"], entry["note"]) == (state, "closed by hand")
    assert kiosk("settle", "pay-1") == (Exit.DATA if known == "never" else 0)
    assert kiosk("settle", "pay-1", "--as", known, "--yes") == Exit.DATA
    assert orders(open_order) == []


def test_closing_by_hand_rehearsed_asks_nothing_of_the_platform(
    open_order: SandboxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    before = total(open_order)
    assert kiosk("settle", "pay-1", "--as", "never", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "would be closed by hand" in told
    assert "verify" not in told
    assert kiosk("settle", "pay-1", "--as", "never", "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["state"] == "refused"
    assert kiosk("orders", "--open", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 1
    assert total(open_order) == before


def test_several_orders_are_one_document(open_order: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    open_order.fault("html")
    assert kiosk(*SMS) == Exit.TEMPORARY
    open_order.fault("none")
    capsys.readouterr()
    assert kiosk("settle", "--dry-run", "--json") == 0
    assert [each["method"] for each in json.loads(capsys.readouterr().out)] == ["GET", "GET"]
    assert kiosk("settle", "--yes", "--json") == 0
    assert [each["state"] for each in json.loads(capsys.readouterr().out)] == ["accepted", "accepted"]


def test_what_was_accepted_and_failed_since_is_told_when_it_is_asked_for(
    account: SandboxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    account.outcomes.add(Outcome(code="1105"))
    assert kiosk(*PAYOUT, "--yes") == 0
    account.state.transactions.advance(1e12)
    assert kiosk("settle") == 0
    assert "No order is open." in capsys.readouterr().out
    assert kiosk("settle", "pay-1") == 0
    assert "failed" in capsys.readouterr().out
    assert kiosk(*PAYOUT, "--yes") == Exit.DATA


def test_a_printed_command_names_the_account_that_was_typed(
    open_order: SandboxServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    journal = tmp_path / "an other"
    typed = ["--url", open_order.url, "--merchant", "kemrut", "--journal", str(journal)]
    open_order.fault("html")
    assert kiosk(*SMS, *typed) == Exit.TEMPORARY
    options = f"--url {open_order.url} --merchant kemrut --journal '{journal}'"
    assert f"`kiosk kemru settle {options}`" in capsys.readouterr().err
    assert kiosk(*SMS[:-1], "another", *typed) == Exit.TEMPORARY
    assert f"`kiosk kemru settle {options}` first" in capsys.readouterr().err
    assert kiosk("settle", "nothing", *typed) == Exit.DATA
    assert f"`kiosk kemru orders {options} --open`" in capsys.readouterr().err
    open_order.fault("none")
    assert kiosk("settle", *typed, "--yes") == 0
    assert kiosk(*SMS, *typed) == 0
    shown = capsys.readouterr().out
    assert f"kiosk kemru verify --url {open_order.url} --merchant kemrut sms-1" in shown


PIN = ["pin-airtime", "--phone", "0739117883", "--amount", "50", "--telco", "AIRTEL", "--reference", "pin-1", "--yes"]


def test_a_voucher_whose_answer_was_lost_says_whom_to_ask(
    account: SandboxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    account.fault("drop_after", path="/billing", count=1)
    assert kiosk(*PIN) == 0
    told = capsys.readouterr().out
    for said in ("its PIN is not here", "lost", "ask Kemru's support", "pin-1 (Kemru's KT"):
        assert said in told
    assert kiosk(*PIN, "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["voucher"] is None
    assert "ask Kemru's support" in shown.err


def test_settling_tells_of_a_voucher_that_was_lost_and_shows_one_that_comes_late(
    account: SandboxServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.cli.kemru.session.sleep", lambda _: None)
    for fault in ("drop_after", "down"):
        account.fault(fault, path="/billing", count=1)
        account.fault("down", path="/transactions", count=3)
        assert kiosk(*PIN[:-2], fault, "--yes", "--amount", "60" if fault == "down" else "50") == Exit.TEMPORARY
    capsys.readouterr()
    assert kiosk("settle", "drop_after", "--yes") == 0
    assert "ask Kemru's support" in capsys.readouterr().out
    assert kiosk("settle", "down", "--yes") == 0
    told = capsys.readouterr().out
    assert "Order down: PIN " in told
    assert "support" not in told


def test_a_reversal_that_is_asked_for_again_did_not_fail(
    account: SandboxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kiosk(*PAYOUT, "--yes") == 0
    account.state.transactions.advance(1e12)
    assert kiosk("reverse", "pay-1", "--yes") == 0
    capsys.readouterr()
    assert kiosk("reverse", "pay-1", "--yes") == 0
    assert "Failed" not in capsys.readouterr().out
    assert kiosk("reverse", "pay-1", "--yes", "--json") == 0
    assert json.loads(capsys.readouterr().out)["status"] is None


@pytest.mark.parametrize("fault", ["html", "none"])
@pytest.mark.parametrize("gone", ["stdout", "stderr"])
def test_a_reader_that_has_gone_changes_no_exit_code(account: SandboxServer, fault: str, gone: str) -> None:
    account.fault(fault)
    for arguments in ([*PAYOUT, "--yes"], ["settle", "--yes"]):
        assert _unread(gone, *arguments) == (Exit.TEMPORARY if fault == "html" else 0), arguments


@pytest.mark.parametrize(
    "arguments",
    [
        ["reverse", "pay-1", "--yes"],
        ["callback", "https://school.example/ipn", "--yes"],
        ["report", "20170", "--direction", "in"],
        [
            "business-register",
            "--name",
            "M",
            "--contact",
            "0739117883",
            "--link",
            "school.example",
            "--email",
            "o@school.example",
        ],
    ],
    ids=lambda each: each[0],
)
def test_what_was_done_is_0_also_where_nobody_reads_it(account: SandboxServer, arguments: list[str]) -> None:
    assert kiosk(*PAYOUT, "--yes") == 0
    account.state.transactions.advance(1e12)
    assert _unread("stdout", *arguments) == 0


def _unread(gone: str, *arguments: str) -> int:
    """The exit code of a command whose stdout or stderr nobody reads."""
    read, write = os.pipe()
    os.close(read)
    streams: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, gone: write}
    command = [sys.executable, "-c", _IMPATIENT, *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=30, check=False, **streams)
    os.close(write)
    return done.returncode


_IMPATIENT = """
import sys
from kiosk.cli import main
from kiosk.cli.kemru import session
session.sleep = lambda _: None
main(["kemru", *sys.argv[1:]])
"""


def test_what_failed_at_the_platform_is_told(open_order: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"status": "Failed", "status_code": "1105", "reference": "pay-1"})
    open_order.fault("status", status=200, body=body, count=1)
    assert kiosk("settle") == 0
    assert "failed" in capsys.readouterr().out
    assert kiosk(*PAYOUT, "--yes") == Exit.DATA
    assert "new reference" in capsys.readouterr().err


def test_a_damaged_journal_is_reported_and_kept(
    account: SandboxServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kiosk(*SMS)
    (tmp_path / "orders" / "odd\x1b.json").write_text("{")
    capsys.readouterr()
    assert kiosk("orders") == 0
    shown = capsys.readouterr()
    assert "sms-1" in shown.out
    assert "is damaged; it is left alone" in shown.err or "is no order's file" in shown.err
    assert "\x1b" not in shown.err
    assert (tmp_path / "orders" / "odd\x1b.json").exists()


def test_an_unusable_journal_sends_nothing(
    account: SandboxServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    assert kiosk(*SMS, "--journal", str(tmp_path / "shared")) == Exit.IO
    assert "chmod 700" in capsys.readouterr().err
    assert orders(account) == []
