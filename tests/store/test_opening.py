import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database as Utils

from kiosk.clock import FakeClock
from kiosk.errors import Exit
from kiosk.store import NotSaved, Store, StoreDamaged, StoreMissing, StoreTooNew, opening, schema
from kiosk.store.database import Database
from kiosk.store.files import marker_of
from tests.support.crash import ROOT
from tests.support.store import record
from tests.support.upgrade_child import LATEST, next_version


def test_a_new_store_is_private_and_marked(path: Path) -> None:
    old = os.umask(0)
    try:
        store = Store.open(path)
    finally:
        os.umask(old)
    record(store, FakeClock(), ["M1"])
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    store.close()
    assert set(modes.values()) == {0o600}
    assert {"kiosk.db", "kiosk.db-wal", "kiosk.db.installed"} <= modes.keys()


def test_a_store_that_others_can_read_is_taken_from_them(path: Path) -> None:
    Store.open(path).close()
    path.chmod(0o644)
    Store.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_written_is_there_after_opening_again(path: Path) -> None:
    store = Store.open(path)
    (punch,) = record(store, FakeClock(), ["M1"])
    store.close()
    store.close()
    again = Store.open(path)
    assert again.punches.get(punch.id) == punch
    again.probe()
    again.close()


def test_opening_an_existing_store_does_not_load_sqlite_utils(path: Path) -> None:
    Store.open(path).close()
    code = f"import sys, pathlib; from kiosk.store import Store; Store.open(pathlib.Path({str(path)!r})).close()"
    code += "; assert 'sqlite_utils' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


@pytest.mark.parametrize("damage", ["missing", "empty"])
def test_F018_a_store_that_vanished_is_never_replaced_by_an_empty_one(path: Path, damage: str) -> None:
    Store.open(path).close()
    path.unlink()
    if damage == "empty":
        path.touch(0o600)
    with pytest.raises(StoreMissing, match=damage) as caught:
        Store.open(path)
    assert "backup" in caught.value.cure
    assert not path.exists() or not path.stat().st_size


def test_F018_a_folder_or_a_missing_folder_in_its_place(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreDamaged, match="not a file"):
        Store.open(path)
    with pytest.raises(StoreMissing, match="no folder"):
        Store.open(path / "deeper" / "kiosk.db")


def test_F018_a_store_of_another_user(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path).close()
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(StoreDamaged, match="belongs to user") as caught:
        Store.open(path)
    assert "chown" in caught.value.cure


def test_F018_deleting_the_marker_says_that_nothing_was_lost(path: Path) -> None:
    Store.open(path).close()
    path.unlink()
    marker_of(path).unlink()
    Store.open(path).close()
    assert marker_of(path).exists()


@pytest.mark.parametrize(
    "garbage", [b"x", b"not a database" * 1000, bytes(8192), b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_garbage_is_damage_and_stays_as_it_is(path: Path, garbage: bytes) -> None:
    path.write_bytes(garbage)
    with pytest.raises(StoreDamaged):
        Store.open(path)
    assert path.read_bytes() == garbage


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    other = Utils(str(path))
    other["things"].insert({"id": 1})
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="another program"):
        Store.open(path)
    assert path.read_bytes() == before


def test_F025_a_newer_store_is_refused_with_exit_78_and_not_touched(path: Path) -> None:
    Store.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 5}")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew) as caught:
        Store.open(path)
    assert (caught.value.found, caught.value.known, caught.value.exit_code) == (
        schema.VERSION + 5,
        schema.VERSION,
        Exit.CONFIG,
    )
    assert "newer" in caught.value.cure
    assert path.read_bytes() == before


def test_probe_sees_that_the_file_was_taken_away(path: Path, store: Store) -> None:
    store.probe()
    path.rename(path.with_suffix(".away"))
    with pytest.raises(StoreMissing, match="removed or replaced"):
        store.probe()
    path.with_suffix(".away").rename(path)
    store.probe()


def test_probe_sees_a_full_or_read_only_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(store._database.path)

    class Disk:
        f_flag, f_bavail, f_frsize = real.f_flag, real.f_bavail, real.f_frsize

    monkeypatch.setattr(os, "statvfs", lambda _path: Disk)
    store.probe()
    Disk.f_bavail = 10
    with pytest.raises(NotSaved, match="full"):
        store.probe()
    Disk.f_flag |= os.ST_RDONLY
    with pytest.raises(NotSaved, match="read-only"):
        store.probe()


def test_an_upgrade_keeps_a_copy_of_what_was_there(path: Path) -> None:
    store = Store.open(path)
    (punch,) = record(store, FakeClock(), ["M1"])
    opening.upgrade(store._database, schema.VERSION, next_version())
    assert store._database.row("PRAGMA user_version") == (LATEST,)
    store.close()
    copy = path.with_name(f"kiosk.db.version-{schema.VERSION}")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    old = Store.open(copy)
    assert old.punches.get(punch.id) == punch
    old.close()


def test_F024_a_step_without_room_is_rolled_back_and_the_old_version_runs_on(path: Path) -> None:
    store = Store.open(path)
    store._database.rows("VACUUM")  # or there is room in pages that the last upgrade freed
    store._database.row(f"PRAGMA max_page_count = {store._database.row('PRAGMA page_count')[0]}")
    with pytest.raises(NotSaved, match="full"):
        opening.upgrade(store._database, schema.VERSION, next_version())
    store.close()
    again = Store.open(path)
    assert again._database.row("SELECT count(*) FROM sqlite_schema WHERE name = 'badges'") == (0,)
    again.close()


def test_F023_killed_at_any_statement_an_upgrade_is_whole_or_not_there_and_can_be_finished(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.upgrade_child", str(tmp_path), "next"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    versions = []
    for number in range(1, len(list(tmp_path.iterdir())) + 1):
        database = Database(tmp_path / str(number) / "kiosk.db")
        (version,) = database.row("PRAGMA user_version")
        assert database.row("PRAGMA integrity_check") == ("ok",)
        assert (version > schema.VERSION) == bool(database.row("SELECT 1 FROM sqlite_schema WHERE name = 'badges'"))
        assert (version == LATEST) == bool(database.row("SELECT 1 FROM sqlite_schema WHERE name = 'by_badge'"))
        opening.upgrade(database, version, next_version())
        assert database.row("PRAGMA user_version") == (LATEST,)
        database.close()
        versions.append(version)
    assert sorted(set(versions)) == [schema.VERSION, schema.VERSION + 1, LATEST]
    assert versions == sorted(versions)
