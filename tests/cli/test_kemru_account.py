"""Whose account a command uses: what was typed beats what lies around."""

from pathlib import Path

import pytest

from kiosk.cli.kemru import account
from kiosk.cli.kemru.account import AccountError, Source, journal_folder, resolve
from kiosk.config import ConfigError
from kiosk.credentials import SecretsError

ENVIRON = {
    "KEMRU_URL": "https://environment.example",
    "KEMRU_MERCHANT_ID": "environment",
    "KEMRU_API_KEY": "environment-key",
    "KEMRU_SECRET": "environment-secret",
    "KEMRU_ACCESS_TOKEN": "environment-token",
}


@pytest.fixture(autouse=True)
def _no_standard_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(account, "DEFAULT_CONFIG", str(tmp_path / "standard.toml"))


def secrets_in(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    for name in ("api-key", "secret", "access-token"):
        (folder / f"kemru-{name}").write_text(f"{folder.name}-{name}\n")
        (folder / f"kemru-{name}").chmod(0o600)
    return folder


def config_at(path: Path, credentials: Path | str = "") -> Path:
    path.write_text(
        '[site]\nname = "x"\ndata = "/data"\n[[station]]\nscanner = "x"\n[kemru]\nbase_url = "https://file.example"\n'
        f'merchant_id = "file"\ncredentials = "{credentials}"\ndeadline_seconds = 7\n'
    )
    return path


def test_the_environment_is_enough() -> None:
    found = resolve(Source(), ENVIRON)
    assert (found.base_url, found.credentials.merchant_id) == ("https://environment.example", "environment")
    assert found.credentials.secret.reveal() == "environment-secret"
    assert "environment-secret" not in repr(found)


def test_a_file_that_was_named_beats_the_environment(tmp_path: Path) -> None:
    config = config_at(tmp_path / "kiosk.toml", secrets_in(tmp_path / "kept"))
    found = resolve(Source(config=config), ENVIRON)
    assert (found.base_url, found.credentials.merchant_id, found.deadline_s) == ("https://file.example", "file", 7)
    assert found.credentials.api_key.reveal() == "kept-api-key"


def test_options_beat_everything(tmp_path: Path) -> None:
    config = config_at(tmp_path / "kiosk.toml", secrets_in(tmp_path / "kept"))
    typed = Source(config, "https://typed.example", "typed", secrets_in(tmp_path / "typed"))
    found = resolve(typed, ENVIRON)
    assert (found.base_url, found.credentials.merchant_id) == ("https://typed.example", "typed")
    assert found.credentials.api_key.reveal() == "typed-api-key"


def test_the_standard_file_is_used_only_where_nothing_else_names_an_account(tmp_path: Path) -> None:
    config_at(tmp_path / "standard.toml", secrets_in(tmp_path / "kept"))
    assert resolve(Source(), {}).base_url == "https://file.example"
    assert resolve(Source(), ENVIRON).base_url == "https://environment.example"
    assert journal_folder(Source(), {}) == Path("/data/orders")


def test_systemds_credentials(tmp_path: Path) -> None:
    given = {"CREDENTIALS_DIRECTORY": str(secrets_in(tmp_path / "systemd"))}
    found = resolve(Source(config=config_at(tmp_path / "kiosk.toml")), given)
    assert found.credentials.access_token.reveal() == "systemd-access-token"


@pytest.mark.parametrize("missing", ENVIRON)
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(AccountError) as caught:
        resolve(Source(), {name: value for name, value in ENVIRON.items() if name != missing})
    assert caught.value.exit_code == 78
    assert missing in f"{caught.value} {caught.value.cure}"


def test_a_missing_file_and_missing_secrets_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        resolve(Source(config=tmp_path / "nowhere.toml"), {})
    with pytest.raises(SecretsError):
        resolve(Source(credentials=tmp_path / "nowhere", url="https://x.example", merchant="m"), {})
    with pytest.raises(AccountError, match="not known"):
        resolve(Source(), {})


def test_where_orders_are_written_down(tmp_path: Path) -> None:
    config = config_at(tmp_path / "kiosk.toml")
    assert journal_folder(Source(journal=Path("/told"), config=config), {"KIOSK_ORDERS": "/x"}) == Path("/told")
    assert journal_folder(Source(config=config), {"KIOSK_ORDERS": "/set"}) == Path("/set")
    assert journal_folder(Source(config=config), {}) == Path("/data/orders")
    assert journal_folder(Source(), {"XDG_STATE_HOME": "/state"}) == Path("/state/kiosk/orders")
    assert journal_folder(Source(), {}) == Path.home() / ".local/state/kiosk/orders"
