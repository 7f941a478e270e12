"""F90: secrets that are missing, empty or anybody's to read are all named at once, and none is ever shown."""

import os
from pathlib import Path

import pytest

from kiosk.credentials import SecretsError, read_secrets
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


def test_secret_is_not_pickled() -> None:
    import pickle  # noqa: PLC0415  only to see it refused

    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(Secret("x"))
