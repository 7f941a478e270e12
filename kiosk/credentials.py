"""The secrets that prove to Kemru who is calling: files of their own, readable by the kiosk alone, never in the configuration."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kiosk.errors import Exit, KioskError
from kiosk.secret import Secret


class SecretsError(KioskError):
    """A secret is missing, empty or readable by everybody. The kiosk goes on recording; it does not send."""

    exit_code = Exit.CONFIG


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


def _read_secret(path: Path) -> Secret:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SecretsError(f"{path} is not a file")  # a pipe would be waited for
        if mode & 0o007:
            raise SecretsError(f"{path} can be read by everybody: chmod o= it")
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretsError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'not text'}") from error
    if not value:
        raise SecretsError(f"{path} is empty")
    return Secret(value)
