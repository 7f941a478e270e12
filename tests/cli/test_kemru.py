"""`kiosk kemru` against the real sandbox: every call, the dry run, the question before money moves, and what is told when nobody knows."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest

from kiosk.cli.kemru import COMMANDS, kemru
from kiosk.errors import Exit
from kiosk.kemru.endpoints import ENDPOINTS, Charge
from kiosk.kemru.orders import ORDERS
from kiosk.sandbox import DEMO_ACCESS_TOKEN, DEMO_API_KEY, DEMO_SECRET, SandboxServer
from tests.support.kemru_commands import PAYOUT, SMS, kiosk, on_a_terminal, orders, total
from tests.support.platform import ask, signed

CALLS = {
    "balance": ("", "KES 98,499.50"),
    "user": ("717445", "Wanjiru Mwangi"),
    "roster": ("", "AKINYI OTIENO"),
    "member": ("20172", "HALIMA ABDI"),
    "attendance": ("20170", "DIRECTION"),
    "report": ("20170 --direction in --reference scan-1", "reference scan-1, in at"),
    "mobile-payout": (
        "--phone 0739117883 --amount 1500.50 --channel MPESA --initiator-name Doe --reference pay-1 --yes",
        "Accepted: reference pay-1",
    ),
    "bank-payout": (
        "--account-number 0123456789 --bank 103 --phone 0739117883 --amount 1500 --initiator-name Doe --yes",
        "Accepted",
    ),
    "checkout": ("--phone 0739117883 --amount 1500 --channel MPESA --reason Invoice --yes", "Accepted"),
    "transfer": (
        "--from-institution 103 --from-account 0123 --to-institution 301 --to-account 9876 --amount 1500 --yes",
        "Accepted",
    ),
    "b2b": ("--short-code 4079491 --identifier 0739117883 --amount 5000 --remarks x --yes", "Accepted"),
    "airtime": ("--phone 0739117883 --amount 100 --telco safaricom --initiator-phone 0739117883 --yes", "Accepted"),
    "bill": ("--channel DSTV --account-number 0123456789 --amount 1500 --yes", "Accepted"),
    "pin-airtime": ("--phone 0739117883 --amount 100 --telco AIRTEL --yes", "PIN "),
    "sms": (" ".join(SMS[1:]), "Accepted: reference sms-1"),
    "callback": ("https://school.example/ipn --yes", "Registered."),
    "verify": ("earlier", "Success (code 0000)"),
    "reverse": ("earlier --yes", "reversal of earlier"),
    "business-register": ("--name M --contact 0739117883 --link school.example --email o@school.example", "school"),
    "business-find": ("earlier@school.example", "earlier.example"),
    "telco": ("722", "SAFARICOM"),
}
"""A call of every command that asks the platform something, and some of what it says."""

EARLIER = (
    [*PAYOUT[:-1], "earlier", "--yes", "--phone", "0739117880"],
    [
        "business-register",
        "--name",
        "E",
        "--contact",
        "0739117880",
        "--link",
        "earlier.example",
        "--email",
        "earlier@school.example",
    ],
)


def configuration(folder: Path, url: str, *, extra: str = "") -> str:
    credentials = folder / "credentials"
    credentials.mkdir(mode=0o700, exist_ok=True)
    for name, value in (("api-key", DEMO_API_KEY), ("secret", DEMO_SECRET), ("access-token", DEMO_ACCESS_TOKEN)):
        (credentials / f"kemru-{name}").write_text(value)
        (credentials / f"kemru-{name}").chmod(0o600)
    path = folder / "kiosk.toml"
    path.write_text(
        f'[site]\nname = "x"\ndata = "{folder}/data"\n[[station]]\nscanner = "x"\n'
        f'[kemru]\nbase_url = "{url}"\nmerchant_id = "kemrut"\ncredentials = "{credentials}"\n{extra}\n'
    )
    return str(path)


@pytest.fixture
def peopled(account: SandboxServer, capsys: pytest.CaptureFixture[str]) -> SandboxServer:
    """The account, with an earlier payout and an earlier business."""
    for each in EARLIER:
        assert kiosk(*each) == 0
    account.state.transactions.advance(1e12)
    capsys.readouterr()
    return account


def test_every_call_of_the_platform_is_a_command() -> None:
    assert {each.name for each in ENDPOINTS} <= set(COMMANDS)
    assert set(CALLS) == {each.name for each in ENDPOINTS} | {"report"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    command = kemru.get_command(click.Context(kemru), name)
    assert command is not None
    assert command.name == name
    assert command.help
    assert (command.epilog or "").startswith(f"Example: kiosk kemru {name}")
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert all(each.help for each in options)
    assert "--json" in {opt for each in options for opt in each.opts}
    assert not {"--api-key", "--secret", "--access-token"} & {opt for each in options for opt in each.opts}


@pytest.mark.parametrize("kind", ORDERS)
def test_every_value_of_an_order_is_an_option(kind: Any) -> None:
    command = kemru.get_command(click.Context(kemru), kind.endpoint.name)
    assert command is not None
    offered = {each.name: each for each in command.params}
    told = {each.name: each for each in kind.endpoint.fields if each.name != "merchant_id"}
    assert set(told) <= set(offered)
    assert {"yes", "dry_run", "reveal", "offline", "reference", "journal", "config"} <= set(offered)
    for name, field in told.items():
        if field.form.choices:
            assert tuple(offered[name].type.choices) == field.form.choices


@pytest.mark.parametrize("name", CALLS)
def test_every_command_works(peopled: SandboxServer, capsys: pytest.CaptureFixture[str], name: str) -> None:
    arguments, said = CALLS[name]
    assert kiosk(name, *arguments.split()) == 0
    shown = capsys.readouterr()
    assert said in shown.out
    assert shown.err == ""
    assert "9117883" not in shown.out
    assert "711000101" not in shown.out


@pytest.mark.parametrize("name", CALLS)
def test_every_command_prints_json(peopled: SandboxServer, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert kiosk(name, *CALLS[name][0].split(), "--json") == 0
    assert json.loads(capsys.readouterr().out) is not None


def test_json_is_whole_and_exact(peopled: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    kiosk("roster", "--json")
    assert json.loads(capsys.readouterr().out)["members"][0]["phone"] == "+254711000101"
    kiosk("balance", "--json")
    assert Decimal(json.loads(capsys.readouterr().out)["amount"]) == Decimal("98499.50")
    kiosk("pin-airtime", *CALLS["pin-airtime"][0].split(), "--json")
    assert json.loads(capsys.readouterr().out)["voucher"]["pin"].isdecimal()


@pytest.mark.parametrize("name", CALLS)
def test_a_dry_run_prints_what_the_platform_would_take(
    peopled: SandboxServer, capsys: pytest.CaptureFixture[str], name: str, tmp_path: Path
) -> None:
    before = total(peopled)
    written = {each.name for each in (tmp_path / "orders").iterdir()}
    arguments = [each for each in CALLS[name][0].split() if each != "--yes"]
    assert kiosk(name, *arguments, "--dry-run", "--json", "--reveal") == 0
    found = json.loads(capsys.readouterr().out)
    assert total(peopled) == before
    assert {each.name for each in (tmp_path / "orders").iterdir()} == written
    assert found["signature"] == signed(found["signed"])
    assert found["headers"] == {"Content-Type": "application/json", "apiKey": DEMO_API_KEY}
    target = found["url"].removeprefix(peopled.url)
    status, _, answer = ask(peopled, found["method"], target, found["body"].encode(), found["headers"])
    assert status == 200, answer


@pytest.mark.parametrize("wanted", ["--json", None])
@pytest.mark.parametrize("name", CALLS)
def test_a_dry_run_hides_the_secrets(
    peopled: SandboxServer, capsys: pytest.CaptureFixture[str], name: str, wanted: str | None
) -> None:
    assert kiosk(name, *CALLS[name][0].split(), "--dry-run", *filter(None, [wanted])) == 0
    shown = capsys.readouterr().out
    for secret in (DEMO_API_KEY, DEMO_SECRET, DEMO_ACCESS_TOKEN):
        assert secret not in shown
    assert "***" in shown


def test_a_dry_run_of_a_query_shows_its_address(
    account: SandboxServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = configuration(tmp_path, account.url, extra='get_parameters = "query"')
    assert kiosk("member", "20170", "--dry-run", "--json", "--reveal", "--config", config) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["body"] == ""
    status, _, answer = ask(account, "GET", found["url"].removeprefix(account.url), None, found["headers"])
    assert (status, answer["emp_name"]) == (200, "AKINYI OTIENO")
    assert kiosk("member", "20170", "--dry-run", "--config", config) == 0
    assert "access_token=%2A%2A%2A&uid=20170" in capsys.readouterr().out


@pytest.mark.parametrize("name", [each.name for each in ENDPOINTS if each.charge not in {Charge.FREE, Charge.MESSAGE}])
def test_money_does_not_move_without_a_yes(
    account: SandboxServer, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    arguments = [each for each in CALLS[name][0].split() if each != "--yes"]
    assert kiosk(name, *arguments) == Exit.USAGE
    assert "--yes" in capsys.readouterr().err
    assert orders(account) == []


def test_the_question_names_amount_payee_and_payer(account: SandboxServer) -> None:
    code, asked = on_a_terminal(*PAYOUT, answer="n\n")
    assert code == Exit.FAILURE
    for said in ("KES 1,500.50", "0739117883", "MPESA", "merchant kemrut", account.url, "Nothing was sent."):
        assert said in asked
    assert orders(account) == []
    assert on_a_terminal(*PAYOUT, answer="\x04")[0] == Exit.FAILURE
    assert orders(account) == []
    assert on_a_terminal(*PAYOUT, answer="y\n")[0] == 0
    assert [each["reference"] for each in orders(account)] == ["pay-1"]


def test_a_configuration_is_enough(
    account: SandboxServer, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configuration(tmp_path, account.url)
    for name in (
        "KEMRU_URL",
        "KEMRU_MERCHANT_ID",
        "KEMRU_API_KEY",
        "KEMRU_SECRET",
        "KEMRU_ACCESS_TOKEN",
        "KIOSK_ORDERS",
    ):
        monkeypatch.delenv(name)
    (tmp_path / "data").mkdir()
    assert kiosk(*SMS, "--config", config) == 0
    assert (tmp_path / "data" / "orders" / "sms-1.json").exists()
    monkeypatch.setenv("KIOSK_CONFIG", config)
    assert kiosk("balance") == 0


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"KEMRU_API_KEY": "wrong"}, Exit.NO_PERMISSION, "Check the API key"),
        ({"KEMRU_SECRET": "wrong"}, Exit.NO_PERMISSION, "secret key"),
        ({"KEMRU_MERCHANT_ID": "wrong"}, Exit.NO_PERMISSION, "merchant"),
        ({"KEMRU_API_KEY": ""}, Exit.CONFIG, "KEMRU_API_KEY is not set"),
        ({"KEMRU_MERCHANT_ID": ""}, Exit.CONFIG, "merchant id is not known"),
        ({"KEMRU_URL": "http://kemrut.example"}, Exit.CONFIG, "plain HTTP"),
        ({"KEMRU_URL": "https://xn--zzzzzz"}, Exit.CONFIG, "no host"),
        ({"KEMRU_URL": "https://ex\u202eample.com"}, Exit.CONFIG, "is not a URL"),
        ({"KEMRU_URL": "http://localhost\t:1"}, Exit.CONFIG, "is not a URL"),
        ({"KEMRU_URL": "https://kemrut.com/\udcff"}, Exit.CONFIG, "is not a URL"),
        ({"KEMRU_SECRET": "half \udcff"}, Exit.NO_PERMISSION, "secret is not valid Unicode"),
        ({"KEMRU_URL": "http://127.0.0.1:1"}, Exit.TEMPORARY, "not reached"),
    ],
)
def test_a_wrong_account_is_told_in_words(
    account: SandboxServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    change: dict[str, str], code: Exit, said: str,
) -> None:  # fmt: skip
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    assert kiosk("balance") == code
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown


def test_a_read_that_nobody_answered_says_ask_again(account: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    account.fault("drop_after", count=3)
    assert kiosk("balance") == Exit.TEMPORARY
    assert "ask again" in capsys.readouterr().err
    assert kiosk("report", "20170", "--direction", "in", "--reference", "scan-1") == Exit.TEMPORARY
    assert "--reference scan-1" in capsys.readouterr().err
    assert kiosk("reverse", "x", "--yes") == Exit.TEMPORARY
    assert "however often" in capsys.readouterr().err


def test_a_wrong_value_is_65_and_a_wrong_word_64(account: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk(*SMS, "--phone", "12") == Exit.DATA
    assert "phone must be a Kenyan mobile number" in capsys.readouterr().err
    for wrong in ("1,500", "1e400000000", "x", "-5", "1_500", "\u0661\u0665\u0660\u0660", "NaN", "1e3", " 5", ".5"):
        assert kiosk(*PAYOUT, "--yes", "--amount", wrong) in {Exit.DATA, Exit.USAGE}
    assert kiosk(*PAYOUT, "--yes", "--channel", "BITCOIN") == Exit.USAGE
    assert "Traceback" not in capsys.readouterr().err
    assert orders(account) == []


def test_a_bundle_brings_its_price_and_network(account: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    who = ["airtime", "--phone", "0747117883", "--initiator-phone", "0739117883", "--yes"]
    assert kiosk(*who, "--product-code", "dailydata1gb") == 0
    (row,) = orders(account)
    assert row["cents"] == 5000
    assert kiosk(*who) == Exit.USAGE
    assert "--product-code" in capsys.readouterr().err
    assert kiosk(*who, "--product-code", "DailyData1GB", "--amount", "49") == Exit.DATA
    assert kiosk(*who, "--product-code", "DailyData1GB", "--amount", "sNaN") == Exit.USAGE


def test_unknown_references_and_prefixes_are_65(account: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("verify", "never-heard-of") == Exit.DATA
    assert kiosk("telco", "999") == Exit.DATA
    assert kiosk("telco", "999", "--json") == Exit.DATA
    assert json.loads(capsys.readouterr().out) == {"prefix": "999", "telco": None}


def test_offline_orders_get_a_provisional_receipt(account: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk(*SMS, "--offline") == 0
    assert "provisional receipt" in capsys.readouterr().out


def test_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert kiosk("banks") == 0
    assert "103   Equity Bank" in capsys.readouterr().out
    assert kiosk("bundles") == 0
    assert "MONTHLY_DATA_30GB" in capsys.readouterr().out
    assert kiosk("bundles", "--json") == 0
    assert json.loads(capsys.readouterr().out)[4]["price"] == "1000"


@pytest.mark.parametrize("command", ["banks", "orders", "--help"])
def test_the_http_library_is_loaded_only_to_send(command: str, tmp_path: Path) -> None:
    script = (
        "import sys\nfrom kiosk.cli import main\n"
        f"try: main(['kemru', {command!r}])\nexcept SystemExit: pass\n"
        "sys.exit('httpx' in sys.modules or 'starlette' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"KIOSK_ORDERS": str(tmp_path / "orders")}, capture_output=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
