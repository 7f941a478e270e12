"""F90: secrets that are missing, empty or anybody's to read are all named at once, and none is ever shown."""

import os
from pathlib import Path

import pytest

from kiosk.credentials import SecretsError, read_scanner_password, read_secrets
from kiosk.secret import Secret


def write_secrets(folder: Path, **contents: str) -> None:
    for name in ("api_key", "secret", "access_token"):
        path = folder / f"kemru-{name.replace('_', '-')}"
        path.touch(mode=0o600)
        path.write_text(contents.get(name, f"{name}-value\n"))


def test_secrets_lose_their_trailing_newline_and_never_show(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    secrets = read_secrets(str(tmp_path))
    assert secrets.api_key.reveal() == "api_key-value"
    assert "value" not in f"{secrets} {secrets!r} {secrets.api_key} {[secrets.api_key]}"
    assert read_secrets("", {"CREDENTIALS_DIRECTORY": str(tmp_path)}).secret.reveal() == "secret-value"


def test_F090_missing_empty_and_world_readable_secrets_are_all_named(tmp_path: Path) -> None:
    write_secrets(tmp_path, api_key=" \n")
    (tmp_path / "kemru-secret").unlink()
    (tmp_path / "kemru-access-token").chmod(0o644)
    with pytest.raises(SecretsError) as caught:
        read_secrets(str(tmp_path))
    message = str(caught.value)
    assert "kemru-api-key is empty" in message
    assert "kemru-secret cannot be read" in message
    assert "kemru-access-token can be read by everybody" in message
    assert "token-value" not in message


def test_F090_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    write_secrets(tmp_path)
    (tmp_path / "kemru-secret").unlink()
    os.mkfifo(tmp_path / "kemru-secret", 0o600)
    with pytest.raises(SecretsError, match="kemru-secret is not a file"):
        read_secrets(str(tmp_path))


def test_F090_no_credentials_at_all() -> None:
    with pytest.raises(SecretsError, match="no credentials"):
        read_secrets("", {})


def scanner_password(folder: Path, text: str, mode: int = 0o600) -> None:
    path = folder / "scanner-password-gate"
    path.write_text(text)
    path.chmod(mode)


def test_a_scanners_password_is_read_where_there_is_one(tmp_path: Path) -> None:
    assert read_scanner_password("gate", str(tmp_path)) is None
    assert read_scanner_password("gate", "", {}) is None
    scanner_password(tmp_path, "\n")
    assert read_scanner_password("gate", str(tmp_path)) is None
    scanner_password(tmp_path, "00C0ffee\n")
    for password in (
        read_scanner_password("gate", str(tmp_path)),
        read_scanner_password("gate", "", {"CREDENTIALS_DIRECTORY": str(tmp_path)}),
    ):
        assert password is not None
        assert password.reveal() == "00C0ffee"
    assert read_scanner_password("hall", str(tmp_path)) is None


def test_a_stations_name_is_no_way_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    (folder / "scanner-password-").mkdir(parents=True)
    scanner_password(tmp_path, "00C0FFEE")
    assert read_scanner_password("/../../scanner-password-gate", str(folder)) is None


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("C0FFEE", 0o600, "does not hold 8 hex digits"),
        ("0x00C0FFEE", 0o600, "does not hold 8 hex digits"),
        ("00C0FFEE", 0o604, "can be read by everybody"),
    ],
)
def test_F090_a_scanners_password_that_cannot_be_used(tmp_path: Path, text: str, mode: int, why: str) -> None:
    scanner_password(tmp_path, text, mode)
    with pytest.raises(SecretsError, match=f"scanner-password-gate {why}") as caught:
        read_scanner_password("gate", str(tmp_path))
    assert "FFEE" not in str(caught.value)


def test_secret_is_not_pickled() -> None:
    import pickle  # noqa: PLC0415  only to see it refused

    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(Secret("x"))
