from pathlib import Path

import pytest

from kiosk.clock import FakeClock
from kiosk.store import NotSaved, Store, StoreDamaged, backup
from tests.support.store import record


def test_a_copy_holds_everything_and_can_be_opened(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    (punch,) = record(store, clock, ["A"])
    backup.copy(store._database, tmp_path / "copy.db")
    copy = Store.open(tmp_path / "copy.db")
    assert copy.punches.get(punch.id) == punch
    assert copy.punches.verify().ok
    copy.close()


def test_F021_a_draft_that_a_power_cut_left_is_no_obstacle(store: Store, tmp_path: Path) -> None:
    draft = tmp_path / "copy.db.draft"
    draft.write_bytes(b"half a copy")
    backup.copy(store._database, tmp_path / "copy.db")
    assert not draft.exists()


def test_F021_without_room_the_old_copy_stays(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_bytes(b"the old copy")
    with pytest.raises(NotSaved):
        backup.copy(_WithoutRoom(store), target)  # type: ignore[arg-type]
    assert target.read_bytes() == b"the old copy"
    assert not target.with_name("copy.db.draft").exists()


def test_F022_a_copy_that_is_not_sound_does_not_count(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "copy.db"
    target.write_bytes(b"the old copy")
    real = backup._check

    def corrupt_then_check(draft: Path) -> None:
        data = bytearray(draft.read_bytes())
        data[4096:8192] = bytes(4096)
        draft.write_bytes(data)
        real(draft)

    monkeypatch.setattr(backup, "_check", corrupt_then_check)
    with pytest.raises(StoreDamaged):
        backup.copy(store._database, target)
    assert target.read_bytes() == b"the old copy"


class _WithoutRoom:
    def __init__(self, store: Store) -> None:
        self._database = store._database

    def rows(self, sql: str, values: tuple[str, ...]) -> None:
        raise NotSaved("the disk is full")
