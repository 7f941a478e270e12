"""Whose account a command uses: from its options, a configuration file or the environment, in this order."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from kiosk.cli.common import DEFAULT_CONFIG
from kiosk.config import KemruSettings, load
from kiosk.credentials import Secrets, read_secrets
from kiosk.errors import Exit, KioskError
from kiosk.kemru.messages import Credentials
from kiosk.secret import Secret


class AccountError(KioskError):
    """Something of the account is missing."""

    exit_code = Exit.CONFIG
    cure = (
        "Give --config kiosk.toml; or --url, --merchant and --credentials; "
        "or set KEMRU_URL, KEMRU_MERCHANT_ID, KEMRU_API_KEY, KEMRU_SECRET and KEMRU_ACCESS_TOKEN."
    )


class Source(msgspec.Struct, frozen=True):
    """What a command line says of the account; None where it says nothing."""

    config: Path | None = None
    url: str | None = None
    merchant: str | None = None
    credentials: Path | None = None
    journal: Path | None = None


class Account(msgspec.Struct, frozen=True):
    """Where the platform is, and who calls. `deadline_s` bounds each call."""

    base_url: str
    credentials: Credentials
    get_parameters: Literal["body", "query"] = "body"
    deadline_s: float = 30.0


def resolve(source: Source, environ: Mapping[str, str] = os.environ) -> Account:
    """The account of a command. Raises AccountError, ConfigError or SecretsError if something is missing or wrong."""
    settings = _settings(source, environ)
    secrets = _secrets(source, settings, environ)
    # What was typed beats what lies around: an explicit file beats the environment.
    named = (settings.base_url, settings.merchant_id) if settings is not None else ("", "")
    kept = named if source.config is not None else ("", "")
    base_url = source.url or kept[0] or environ.get("KEMRU_URL", "") or named[0]
    merchant = source.merchant or kept[1] or environ.get("KEMRU_MERCHANT_ID", "") or named[1]
    _check(base_url, "the platform's address is not known")
    _check(merchant, "the merchant id is not known")
    credentials = Credentials(merchant, secrets.api_key, secrets.secret, secrets.access_token)
    if settings is None:
        return Account(base_url, credentials)
    return Account(base_url, credentials, settings.get_parameters, settings.deadline_seconds)


def journal_folder(source: Source, environ: Mapping[str, str] = os.environ) -> Path:
    """Where orders are written down: as told, beside the kiosk's data, or in the home of whoever runs the command."""
    told = source.journal or environ.get("KIOSK_ORDERS", "")
    if told:
        return Path(told)
    path = _config(source, environ)
    if path is not None:
        return Path(load(path).site.data) / "orders"
    home = environ.get("XDG_STATE_HOME", "")
    return (Path(home) if home else Path.home() / ".local/state") / "kiosk" / "orders"


def _settings(source: Source, environ: Mapping[str, str]) -> KemruSettings | None:
    path = _config(source, environ)
    return None if path is None else load(path).kemru


def _config(source: Source, environ: Mapping[str, str]) -> Path | None:
    """The file that was named; the standard one only where nothing else names an account."""
    if source.config is not None:
        return source.config
    if source.url or environ.get("KEMRU_URL"):
        return None
    return Path(DEFAULT_CONFIG) if Path(DEFAULT_CONFIG).exists() else None


def _secrets(source: Source, settings: KemruSettings | None, environ: Mapping[str, str]) -> Secrets:
    if source.credentials is not None:
        return read_secrets(str(source.credentials))
    folder = settings.credentials if settings is not None else ""
    if folder and source.config is not None:
        return read_secrets(folder)
    found = _from_environment(environ)
    if found is not None:
        return found
    if not folder and not environ.get("CREDENTIALS_DIRECTORY"):
        raise AccountError("the API key, the secret and the access token are not known")
    return read_secrets(folder, environ)


def _from_environment(environ: Mapping[str, str]) -> Secrets | None:
    names = {"api_key": "KEMRU_API_KEY", "secret": "KEMRU_SECRET", "access_token": "KEMRU_ACCESS_TOKEN"}
    if not any(environ.get(each) for each in names.values()):
        return None
    missing = [each for each in names.values() if not environ.get(each)]
    if missing:
        raise AccountError(
            f"{' and '.join(missing)} is not set" if len(missing) == 1 else f"not set: {', '.join(missing)}"
        )
    return Secrets(**{field: Secret(environ[name]) for field, name in names.items()})


def _check(value: str, complaint: str) -> None:
    if not value:
        raise AccountError(complaint)
