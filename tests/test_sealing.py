"""Templates are sealed, bound to their row, and open under the right key alone; key files are what they should be, or refused."""

import hashlib
import hmac
import os
import pickle
import random
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from kiosk import disk
from kiosk.errors import Exit
from kiosk.sealing import KEY_FILE, OLD_KEY_FILE, KeyFileError, SealError, TemplateKeys, digest, new_key, read_keys
from tests.support.canary import found

CANARY = random.Random(1).randbytes(256)
ROW = {"finger_id": "F1", "member_uid": "M1", "model": "R307"}
A, B = bytes(range(32)), bytes(range(32, 64))


def write_key(folder: Path, text: str, name: str = KEY_FILE, mode: int = 0o600) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def test_what_was_sealed_opens_and_never_looks_the_same_twice() -> None:
    keys = TemplateKeys(A)
    for data in (CANARY, b"", b"x" * 5000):
        key_id, sealed = keys.seal(data, **ROW)
        assert key_id == keys.key_id
        assert len(sealed) == len(data) + 28
        assert sealed != keys.seal(data, **ROW)[1]
        assert keys.open(sealed, key_id=key_id, **ROW) == data
        assert not found(CANARY, sealed)


def test_T008_every_flipped_bit_is_refused() -> None:
    keys = TemplateKeys(A)
    key_id, sealed = keys.seal(CANARY[:40], **ROW)
    for bit in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError):
            keys.open(bytes(flipped), key_id=key_id, **ROW)


def test_T008_every_cut_and_anything_added_is_refused() -> None:
    keys = TemplateKeys(A)
    key_id, sealed = keys.seal(CANARY[:40], **ROW)
    for wrong in (*(sealed[:length] for length in range(len(sealed))), sealed + b"\0", CANARY):
        with pytest.raises(SealError, match="was changed"):
            keys.open(wrong, key_id=key_id, **ROW)


@pytest.mark.parametrize(
    "other",
    [
        {"finger_id": "F2"},
        {"member_uid": "M2"},
        {"model": "R503"},
        {"finger_id": "F", "member_uid": "1M1"},  # not only joined together
        {"member_uid": "R307", "model": "M1"},
    ],
)
def test_T008_another_row_does_not_open_it(other: dict[str, str]) -> None:
    keys = TemplateKeys(A)
    key_id, sealed = keys.seal(CANARY, **ROW)
    row = ROW | other
    with pytest.raises(SealError, match=f"finger {row['finger_id']} for {row['model']}") as caught:
        keys.open(sealed, key_id=key_id, **row)
    assert caught.value.exit_code == Exit.DATA
    assert caught.value.cure


def test_another_key_does_not_open_it_and_the_old_one_does_during_a_rotation() -> None:
    key_id, sealed = TemplateKeys(A).seal(CANARY, **ROW)
    with pytest.raises(SealError, match=f"{key_id}, which is not here"):
        TemplateKeys(B).open(sealed, key_id=key_id, **ROW)
    with pytest.raises(SealError, match="was changed"):
        TemplateKeys(B).open(sealed, key_id=TemplateKeys(B).key_id, **ROW)
    both = TemplateKeys(B, A)
    assert both.open(sealed, key_id=key_id, **ROW) == CANARY
    new_id, new = both.seal(CANARY, **ROW)
    assert new_id == TemplateKeys(B).key_id != key_id
    assert TemplateKeys(B).open(new, key_id=new_id, **ROW) == CANARY


def test_a_key_is_named_by_eight_digits_that_are_not_its_own() -> None:
    key_id = TemplateKeys(A).key_id
    assert len(bytes.fromhex(key_id)) == 4
    assert key_id not in A.hex()
    assert key_id != hashlib.sha256(A).hexdigest()[:8]
    with pytest.raises(ValueError, match="32 bytes, not 16"):
        TemplateKeys(A[:16])


def test_nothing_secret_shows_in_words_or_tracebacks(tmp_path: Path) -> None:
    keys = TemplateKeys(A, B)
    key_id, sealed = keys.seal(CANARY, **ROW)
    words = [repr(keys), str(keys), f"{keys}"]
    try:
        keys.open(sealed[:-1], key_id=key_id, **ROW)
    except SealError:
        words.append(traceback.format_exc())
    try:
        read_keys(str(write_key(tmp_path, A.hex()[:63] + "g").parent))
    except KeyFileError:
        words.append(traceback.format_exc())
    assert len(words) == 5
    for secret in (A, B, CANARY, sealed):
        assert not found(secret, "\n".join(words).encode())
        assert str(secret)[2:30] not in "\n".join(words)
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(keys)


def test_a_digest_is_an_hmac_of_the_kiosks_own() -> None:
    assert digest(A, CANARY) == hmac.new(A, CANARY, "sha256").digest()
    assert digest(A, CANARY) != digest(B, CANARY)


def test_neither_sealing_nor_pins_load_cryptography_before_they_are_used() -> None:
    code = "import sys, kiosk.sealing, kiosk.pins, kiosk.store; assert 'cryptography' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(__file__).parent.parent)


def test_without_a_key_there_are_no_keys(tmp_path: Path) -> None:
    assert read_keys("", {}) is None
    assert read_keys("", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) is None
    assert read_keys(str(tmp_path)) is None
    assert read_keys(str(tmp_path / "nowhere")) is None
    write_key(tmp_path, "\n")  # as systemd's SetCredential= leaves it
    write_key(tmp_path, "\n", OLD_KEY_FILE)
    assert read_keys(str(tmp_path)) is None


def test_keys_are_read_from_either_folder(tmp_path: Path) -> None:
    write_key(tmp_path, A.hex() + "\n")
    write_key(tmp_path, "\n", OLD_KEY_FILE)
    for keys in (read_keys(str(tmp_path)), read_keys("", {"CREDENTIALS_DIRECTORY": str(tmp_path)})):
        assert keys is not None
        assert keys.key_id == TemplateKeys(A).key_id
    key_id, sealed = TemplateKeys(B).seal(CANARY, **ROW)
    write_key(tmp_path, B.hex().upper(), OLD_KEY_FILE)
    keys = read_keys(str(tmp_path))
    assert keys is not None
    assert keys.open(sealed, key_id=key_id, **ROW) == CANARY


@pytest.mark.parametrize("name", [KEY_FILE, OLD_KEY_FILE])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_F090_a_key_that_others_can_read_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    for each in (KEY_FILE, OLD_KEY_FILE):
        write_key(tmp_path, A.hex(), each)
    (tmp_path / name).chmod(mode)
    with pytest.raises(KeyFileError, match=f"{name} can be read by others") as caught:
        read_keys(str(tmp_path))
    assert caught.value.cure == f"chmod 600 {tmp_path / name}"
    assert caught.value.exit_code == Exit.CONFIG


def test_F090_systemd_may_let_the_group_read_and_nobody_else(tmp_path: Path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    path = write_key(tmp_path, A.hex(), mode=0o440)
    assert read_keys("", environ) is not None
    path.chmod(0o444)
    with pytest.raises(KeyFileError, match="can be read by others"):
        read_keys("", environ)


@pytest.mark.parametrize(
    "text", [A.hex()[:-1], A.hex() + "00", "g" * 64, A.hex()[:30] + "  " + A.hex()[32:], "x" * 5000, "é" * 32]
)
def test_F090_what_is_no_key_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    write_key(tmp_path, text)
    with pytest.raises(KeyFileError, match="not a key of 64 hex digits") as caught:
        read_keys(str(tmp_path))
    assert text[:6] not in str(caught.value)
    assert caught.value.cure


def test_F090_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / KEY_FILE, 0o600)
    with pytest.raises(KeyFileError, match="is not a file"):
        read_keys(str(tmp_path))
    (tmp_path / KEY_FILE).unlink()
    (tmp_path / KEY_FILE).mkdir(0o700)
    with pytest.raises(KeyFileError, match="is not a file"):
        read_keys(str(tmp_path))
    (tmp_path / KEY_FILE).rmdir()
    (tmp_path / KEY_FILE).symlink_to(tmp_path / KEY_FILE)
    with pytest.raises(KeyFileError, match="cannot be read"):
        read_keys(str(tmp_path))


def test_the_old_key_alone_is_not_taken_for_no_key(tmp_path: Path) -> None:
    write_key(tmp_path, A.hex(), OLD_KEY_FILE)
    with pytest.raises(KeyFileError, match="template-key-old but no template-key") as caught:
        read_keys(str(tmp_path))
    assert "Put template-key back" in caught.value.cure


def test_a_new_key_is_private_random_and_usable(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = new_key(tmp_path)
    finally:
        os.umask(old)
    assert path == tmp_path / KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]
    (tmp_path / "other").mkdir()
    assert new_key(tmp_path / "other").read_text() != path.read_text()
    assert read_keys(str(tmp_path)) is not None


def test_a_second_key_keeps_the_first_and_a_third_waits(tmp_path: Path) -> None:
    first = new_key(tmp_path).read_text()
    second = new_key(tmp_path).read_text()
    assert (tmp_path / OLD_KEY_FILE).read_text() == first != second
    assert (tmp_path / OLD_KEY_FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyFileError, match="last change of keys is not finished") as caught:
        new_key(tmp_path)
    assert "delete that file" in caught.value.cure
    assert (tmp_path / KEY_FILE).read_text() == second
    (tmp_path / OLD_KEY_FILE).unlink()
    new_key(tmp_path)
    assert (tmp_path / OLD_KEY_FILE).read_text() == second


def test_a_new_key_overwrites_nothing_that_may_be_one(tmp_path: Path) -> None:
    write_key(tmp_path, "half a key")
    with pytest.raises(KeyFileError, match="not a key"):
        new_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_text() == "half a key"
    with pytest.raises(KeyFileError, match="cannot be written: No such file"):
        new_key(tmp_path / "nowhere")


@pytest.mark.parametrize("step", range(1, 12))
def test_F021_whenever_the_power_goes_there_is_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    new_key(tmp_path)
    before = read_keys(str(tmp_path))
    assert before is not None
    key_id, sealed = before.seal(CANARY, **ROW)
    stop_at(step, monkeypatch)
    done = True
    try:
        new_key(tmp_path)
    except PowerCutError:
        done = False
    monkeypatch.undo()
    after = read_keys(str(tmp_path))
    assert after is not None
    assert after.open(sealed, key_id=key_id, **ROW) == CANARY
    assert done == (step > 10)
    assert (after.key_id == before.key_id) == (step < 9)
    if step < 9:  # it can be done once more
        new_key(tmp_path)


class PowerCutError(Exception):
    """Nothing after this happened."""


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the power go before the `step`-th of: two files of write, fsync, rename, and two for the folder."""
    left = iter(range(step - 1))

    def before(module: object, name: str) -> None:
        real = getattr(module, name)

        def run(*args: object) -> object:
            if next(left, None) is None:
                raise PowerCutError
            return real(*args)

        monkeypatch.setattr(module, name, run)

    class Os:
        """Only what `disk` sees of the system."""

        O_WRONLY, O_CREAT, O_EXCL, O_CLOEXEC = os.O_WRONLY, os.O_CREAT, os.O_EXCL, os.O_CLOEXEC
        O_RDONLY, O_DIRECTORY = os.O_RDONLY, os.O_DIRECTORY
        open, write, fsync, close = map(staticmethod, (os.open, os.write, os.fsync, os.close))

    monkeypatch.setattr(disk, "os", Os)
    for name in ("write", "fsync"):
        before(Os, name)
    before(Path, "replace")
    before(disk, "sync_folder")
