"""The secrets that prove who is calling, to Kemru or to a scanner.

They are files of their own, readable by the kiosk alone, never in the configuration.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kiosk import hexadecimal
from kiosk.errors import Exit, KioskError
from kiosk.secret import Secret


class SecretsError(KioskError):
    """A secret is missing, empty, readable by everybody or not what it should be. The kiosk goes on without it."""

    exit_code = Exit.CONFIG


class NoSecretError(SecretsError):
    """There is no such file, or nothing in it, as where systemd puts one in the place of a missing one."""


class Secrets(msgspec.Struct, frozen=True):
    """What proves to Kemru who is calling."""

    api_key: Secret
    secret: Secret
    access_token: Secret


def read_secrets(folder: str, environ: Mapping[str, str] = os.environ) -> Secrets:
    """Read the three secret files from `folder`, or from systemd's credentials directory when `folder` is empty.

    Raises SecretsError naming each one that is missing, empty, world-readable or no file; the secrets themselves are never named.
    """
    base = folder or environ.get("CREDENTIALS_DIRECTORY", "")
    if not base:
        raise SecretsError("no credentials: set `credentials` in [kemru], or run under systemd with LoadCredential=")
    values: dict[str, Secret] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(Secrets):
        path = Path(base) / f"kemru-{field.name.replace('_', '-')}"
        try:
            values[field.name] = _read_secret(path)
        except SecretsError as error:
            problems.append(str(error))
    if problems:
        raise SecretsError("; ".join(problems))
    return Secrets(**values)


def read_scanner_password(station: str, folder: str, environ: Mapping[str, str] = os.environ) -> Secret | None:
    """Read `scanner-password-STATION`, 8 hex digits, from `folder`, or from systemd's credentials directory when `folder` is empty.

    None if there is no such file, or it is empty. Raises SecretsError if it is world-readable, no file, or holds anything else.
    """
    base = folder or environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(base) / f"scanner-password-{station}"
    if not base or "/" in station:
        return None
    try:
        return read_password_file(path)
    except NoSecretError:
        return None


def read_password_file(path: Path) -> Secret:
    """Read a scanner's password, 8 hex digits. Raises SecretsError if it is missing, world-readable, no file, or holds anything else."""
    password = _read_secret(path)
    if hexadecimal.word(password.reveal()) is None:
        raise SecretsError(f"{path} does not hold 8 hex digits")
    return password


def _read_secret(path: Path) -> Secret:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SecretsError(f"{path} is not a file")  # a pipe would be waited for
        if mode & 0o007:
            raise SecretsError(f"{path} can be read by everybody: chmod o= it")
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        kind = NoSecretError if isinstance(error, FileNotFoundError) else SecretsError
        raise kind(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'not text'}") from error
    if not value:
        raise NoSecretError(f"{path} is empty")
    return Secret(value)
