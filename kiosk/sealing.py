"""Templates under lock and key: AES-256-GCM, and each one bound to its member, finger and model, so that rows cannot be swapped.

A sealed template is a random nonce (12 bytes), the encrypted template, and the tag (16 bytes). The key is 32 bytes in a file of 64
hex digits, `template-key`; while the templates are brought from an old key to a new one, the old one is in `template-key-old`.
"""

import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from kiosk import disk
from kiosk.errors import Exit, KioskError

KEY_FILE = "template-key"
OLD_KEY_FILE = "template-key-old"

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = "kemru-kiosk template 1"
_LABEL = b"kemru-kiosk template key id\0"
_READ_AT_MOST = 1024
_HEX_KEY = re.compile(rb"[0-9a-fA-F]{64}")


class KeyFileError(KioskError):
    """A key file is there and cannot be used. The message names the file, never what is in it."""

    exit_code = Exit.CONFIG

    def __init__(self, message: str, *, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


class SealError(KioskError):
    """The template of `finger_id` for `model` cannot be opened."""

    exit_code = Exit.DATA
    cure = "Put the key file back that was in use when the finger was enrolled, or enrol the finger again."

    def __init__(self, finger_id: str, model: str, why: str) -> None:
        super().__init__(f"the template of finger {finger_id} for {model} cannot be opened: {why}")
        self.finger_id = finger_id
        self.model = model


class TemplateKeys:
    """The present key, and during a rotation the old one, which only opens. Each is 32 bytes; `key_id` names the present one."""

    __slots__: Final = ("_keys", "key_id")

    def __init__(self, present: bytes, old: bytes | None = None) -> None:
        self._keys = {_id_of(key): key for key in (old, present) if key is not None}
        self.key_id = _id_of(present)

    def seal(self, data: bytes, *, finger_id: str, member_uid: str, model: str) -> tuple[str, bytes]:
        """Encrypt a template under the present key. Returns the key's id, and 28 bytes more than `data`."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  7 MiB that a kiosk without keys saves

        nonce = secrets.token_bytes(_NONCE_BYTES)
        bound = _bound(finger_id, member_uid, model)
        return self.key_id, nonce + AESGCM(self._keys[self.key_id]).encrypt(nonce, data, bound)

    def open(self, sealed: bytes, *, key_id: str, finger_id: str, member_uid: str, model: str) -> bytes:
        """Decrypt what `seal` made of the same member, finger and model.

        Raises SealError if the key is not here, a bit of it was changed, or it belongs to another row.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  as in `seal`
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        key = self._keys.get(key_id)
        if key is None:
            raise SealError(finger_id, model, f"it was sealed under the key {key_id}, which is not here")
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, rest, _bound(finger_id, member_uid, model))
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            pass
        raise SealError(finger_id, model, "it was changed, or belongs to another finger")

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys that are here: what lies under another one cannot be opened."""
        return frozenset(self._keys)

    def __repr__(self) -> str:
        return f"TemplateKeys(key_id={self.key_id!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written anywhere")


def digest(salt: bytes, data: bytes) -> bytes:
    """Compute the 32 bytes by which a template is recognised without being kept: HMAC-SHA256 under this kiosk's random `salt`."""
    return hmac.digest(salt, data, hashlib.sha256)


def read_keys(folder: str, environ: Mapping[str, str] = os.environ) -> TemplateKeys | None:
    """Read the key files in `folder`, or in systemd's credentials directory when `folder` is empty; None if there is no key.

    Raises KeyFileError for a file that others can read (in a folder of ours also the group), that is no key, or when only the old
    key is left.
    """
    base = folder or environ.get("CREDENTIALS_DIRECTORY", "")
    if not base:
        return None
    # systemd may let the group read its directory; that group is the service's own.
    closed_to = 0o077 if folder else 0o007
    present, old = (_read_key(Path(base) / name, closed_to) for name in (KEY_FILE, OLD_KEY_FILE))
    if present is not None:
        return TemplateKeys(present, old)
    if old is not None:
        raise KeyFileError(f"{base} holds {OLD_KEY_FILE} but no {KEY_FILE}", cure=f"Put {KEY_FILE} back.")
    return None


def new_key(folder: Path) -> Path:
    """Write a fresh random key into `folder`, durably, and return its path. A key that was there becomes the old one.

    Raises KeyFileError if there still is an old one, or a file is in the way that cannot be read, written, or taken for a key.
    """
    path, old_path = folder / KEY_FILE, folder / OLD_KEY_FILE
    present, old = _read_key(path, 0o077), _read_key(old_path, 0o077)
    if old is not None and old != present:  # they are the same when a power cut ended this half-way
        raise KeyFileError(
            f"{old_path} is still there: the last change of keys is not finished",
            cure="Let the kiosk run until nothing is sealed under the old key, then delete that file.",
        )
    if present is not None:
        _write_key(old_path, present)  # a copy, so that at no moment there is no key
    _write_key(path, secrets.token_bytes(_KEY_BYTES))
    return path


def _id_of(key: bytes) -> str:
    if len(key) != _KEY_BYTES:
        raise ValueError(f"a key has {_KEY_BYTES} bytes, not {len(key)}")
    return hashlib.sha256(_LABEL + key).hexdigest()[:8]


def _bound(finger_id: str, member_uid: str, model: str) -> bytes:
    return msgspec.json.encode([_FORMAT, finger_id, member_uid, model])


def _read_key(path: Path, closed_to: int) -> bytes | None:
    try:
        # Not to wait for a writer if it is a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        _check_file(path, os.fstat(descriptor), closed_to)
        text = os.read(descriptor, _READ_AT_MOST).strip()
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(descriptor)
    return _parse(path, text) if text else None


def _check_file(path: Path, found: os.stat_result, closed_to: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"{path} is not a file", cure="Move it away, and put the key file there.")
    if found.st_mode & closed_to:
        raise KeyFileError(f"{path} can be read by others", cure=f"chmod 600 {path}")


def _parse(path: Path, text: bytes) -> bytes:
    if not _HEX_KEY.fullmatch(text):
        raise KeyFileError(
            f"{path} is not a key of {2 * _KEY_BYTES} hex digits ({len(text)} characters are in it)",
            cure="Put the right file back. Only if no template was ever kept: delete it, and make a new key.",
        )
    return bytes.fromhex(text.decode("ascii"))


def _unreadable(path: Path, error: OSError) -> KeyFileError:
    return KeyFileError(f"{path} cannot be read: {error.strerror}", cure="Check its owner and mode, and its disk.")


def _write_key(path: Path, key: bytes) -> None:
    try:
        disk.replace(path, key.hex().encode() + b"\n")
    except OSError as error:
        raise KeyFileError(
            f"{path} cannot be written: {error.strerror}", cure="Check the folder and its disk."
        ) from error
