import base64
import random
import secrets
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.models import SealedTemplate
from kiosk.sealing import SealError, TemplateKeys, digest
from kiosk.store import Store, StoreConflict
from tests.support.canary import found
from tests.support.store import enrol, finger, member

CANARY = random.Random(7).randbytes(512)


@pytest.fixture(autouse=True)
def _known(store: Store) -> None:
    store.members.put(member(1))
    for number in range(6):
        enrol(store, finger(number))


def sealed(number: int, key_id: str = "k", model: str = "R307") -> SealedTemplate:
    return SealedTemplate(f"F{number}", model, 512, bytes([number]) * 32, key_id, b"sealed %d" % number)


def test_a_template_comes_back_as_it_went_in_and_is_replaced(store: Store) -> None:
    store.templates.put(sealed(1))
    store.templates.put(sealed(1, model="GT521"))
    new = SealedTemplate("F1", "R307", 768, bytes(32), "k2", b"newer")
    store.templates.put(new)
    assert store.templates.get("F1", "R307") == new
    assert store.templates.of_finger("F1") == [sealed(1, model="GT521"), new]
    assert store.templates.get("F1", "R503") is None
    assert store.templates.get("F2", "R307") is None


def test_a_template_needs_a_finger_and_a_whole_digest(store: Store) -> None:
    with pytest.raises(StoreConflict):
        store.templates.put(sealed(9))
    with pytest.raises(StoreConflict):
        store.templates.put(SealedTemplate("F1", "R307", 512, bytes(31), "k", b"x"))
    assert store.templates.of_finger("F9") == store.templates.of_finger("F1") == []


def test_a_template_is_found_by_its_content(store: Store) -> None:
    store.templates.put(sealed(1))
    store.templates.put(sealed(2, model="GT521"))
    assert store.templates.with_digest("R307", b"\x01" * 32) == "F1"
    assert store.templates.with_digest("R307", b"\x02" * 32) is None


def test_what_can_be_restored_is_of_the_model_and_size_and_under_a_key_that_is_here(store: Store) -> None:
    store.templates.put(sealed(1))
    store.templates.put(sealed(2, model="GT521"))
    store.templates.put(SealedTemplate("F3", "R307", 512, bytes(32), "lost", b"x"))
    store.templates.put(SealedTemplate("F4", "R307", 768, bytes(32), "k", b"x"))
    assert store.templates.restorable("R307", None, {"k"}) == {"F1", "F4"}
    assert store.templates.restorable("R307", 512, {"k"}) == {"F1"}
    assert store.templates.restorable("R307", 512, {"k", "lost"}) == {"F1", "F3"}
    assert store.templates.restorable("R503", None, {"k"}) == set()
    assert store.templates.restorable("R307", None, set()) == set()


def test_a_backup_reads_page_by_page_whatever_is_removed_meanwhile(store: Store) -> None:
    for number in range(4):
        store.templates.put(sealed(number))
    first = store.templates.page(("", ""), 2)
    assert first == [sealed(0), sealed(1)]
    store.fingers.forget("F0")
    assert store.templates.page((first[-1].finger_id, first[-1].model), 5) == [sealed(2), sealed(3)]


def test_what_lies_under_other_keys_comes_in_batches_and_can_be_passed_over(store: Store) -> None:
    for number in range(5):
        store.templates.put(sealed(number, "old" if number != 3 else "new"))
    assert store.templates.sealed_under_other_keys("new", 2) == [sealed(0, "old"), sealed(1, "old")]
    store.templates.put(sealed(1, "new"))
    assert store.templates.sealed_under_other_keys("new", 2, skip=1) == [sealed(2, "old"), sealed(4, "old")]
    assert store.templates.sealed_under_other_keys("new", 2, skip=3) == []


def test_kept_on_the_scanners_alone_no_copy_stays(store: Store) -> None:
    for number in range(3):
        store.templates.put(sealed(number))
    assert store.templates.forget_all() == 3
    assert store.templates.forget_all() == store.templates.count() == 0


def everything(store: Store, path: Path) -> bytes:
    """All bytes of the store's files, and all values of all its columns, as they are read."""
    database = store._database
    names = [name for (name,) in database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    rows = [row for name in names for row in database.rows(f'SELECT * FROM "{name}"')]  # noqa: S608  its own tables
    values = [value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row]
    return b"\0".join([*values, *(file.read_bytes() for file in path.parent.iterdir())])


def keep(store: Store, keys: TemplateKeys) -> SealedTemplate:
    owner = store.fingers.get("F1")
    assert owner is not None
    key_id, data = keys.seal(CANARY, finger_id="F1", member_uid=owner.member_uid, model="R307")
    one = SealedTemplate("F1", "R307", len(CANARY), digest(bytes(32), CANARY), key_id, data)
    store.templates.put(one)
    return one


def test_T008_a_template_is_nowhere_in_clear(store: Store, path: Path) -> None:
    one = keep(store, TemplateKeys(secrets.token_bytes(32)))
    assert one.sealed in everything(store, path)
    assert not found(CANARY, everything(store, path))
    assert str(one.sealed)[2:20] not in repr(one)


@pytest.mark.parametrize(
    "shape",
    [
        lambda data: data,
        lambda data: data[100:140],
        lambda data: data.hex().encode(),
        lambda data: data.hex().upper().encode(),
        lambda data: base64.b64encode(b"x" + data),
        base64.b64encode,
        zlib.compress,
    ],
)
def test_the_search_for_it_would_find_it(store: Store, path: Path, shape: Callable[[bytes], bytes]) -> None:
    store.templates.put(SealedTemplate("F1", "R307", 512, bytes(32), "k", shape(CANARY)))
    assert found(CANARY, everything(store, path))


def test_T008_rows_that_were_swapped_do_not_open(store: Store) -> None:
    keys = TemplateKeys(secrets.token_bytes(32))
    one = keep(store, keys)
    store._database.write("UPDATE templates SET finger_id = 'F2'")
    moved = store.templates.get("F2", "R307")
    assert moved is not None
    assert moved.sealed == one.sealed
    with pytest.raises(SealError, match="finger F2 for R307"):
        keys.open(moved.sealed, key_id=moved.key_id, finger_id="F2", member_uid="M00001", model="R307")


def test_T022_what_is_forgotten_is_overwritten_in_the_file(store: Store, path: Path) -> None:
    one = keep(store, TemplateKeys(secrets.token_bytes(32)))
    store.pins.put("M00001", "the hash of a PIN", 1)
    store._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    traces = [one.sealed, one.sealed[40:80], one.digest, b"the hash of a PIN"]
    assert all(trace in path.read_bytes() for trace in traces)
    store.fingers.forget("F1")
    store.pins.remove("M00001")
    store._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not any(trace in everything(store, path) for trace in traces)
