"""`kiosk kemru settle` and `orders`: what happens once, and what a person is told when nobody knows."""

import json
from pathlib import Path

import pytest

from kiosk.errors import Exit
from kiosk.sandbox import SandboxServer
from tests.support.kemru_commands import PAYOUT, SMS, kiosk, on_a_terminal, orders


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
    assert kiosk("settle", "pay-1", "--as", known) == 0
    capsys.readouterr()
    assert kiosk("orders", "--json") == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["state"], entry["note"]) == (state, "closed by hand")
    assert kiosk("settle", "pay-1") == Exit.DATA
    assert orders(open_order) == []


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
