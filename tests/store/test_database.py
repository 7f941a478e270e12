import sqlite3
import threading
from pathlib import Path

import pytest

from kiosk.clock import FakeClock
from kiosk.errors import Exit
from kiosk.store import NotSaved, SaveUnknown, Store, StoreConflict, StoreDamaged, StoreError
from kiosk.store.database import PRAGMAS, Database
from kiosk.store.errors import translate
from tests.support.store import delivery, punch, record

IMPATIENT = PRAGMAS | {"busy_timeout": 50}


def sqlite_error(code: int, name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("words of SQLite")
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return error


def put_then_break(store: Store, key: str) -> None:
    store.notes.put(key, "1")
    store.fingers.confirm("nobody's")


@pytest.mark.parametrize(
    ("name", "committing", "meaning"),
    [
        ("SQLITE_FULL", True, NotSaved),
        ("SQLITE_READONLY_DBMOVED", True, NotSaved),
        ("SQLITE_BUSY_SNAPSHOT", False, NotSaved),
        ("SQLITE_IOERR_FSYNC", True, SaveUnknown),
        ("SQLITE_CORRUPT_INDEX", True, SaveUnknown),
        ("SQLITE_NOTADB", True, SaveUnknown),
        ("SQLITE_IOERR_READ", False, StoreDamaged),
        ("SQLITE_NOTADB", False, StoreDamaged),
        ("SQLITE_CONSTRAINT_UNIQUE", False, StoreConflict),
        ("SQLITE_ERROR", False, StoreError),
    ],
)
def test_result_codes_mean_what_the_promises_say(name: str, committing: bool, meaning: type[StoreError]) -> None:  # noqa: FBT001  a table
    error = translate(sqlite_error(getattr(sqlite3, name), name), committing=committing)
    assert type(error) is meaning
    assert name in str(error) or meaning is StoreConflict
    assert error.exit_code is not Exit.OK


def test_errors_that_a_person_can_mend_name_the_cure() -> None:
    for name in ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT"):
        assert translate(sqlite_error(getattr(sqlite3, name), name)).cure


def test_every_thread_gets_the_pragmas(path: Path) -> None:
    database = Database(path)
    found: list[dict[str, str | int]] = []

    def look() -> None:
        found.append({name: database.row(f"PRAGMA {name}")[0] for name in PRAGMAS})

    look()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    database.close()
    assert found == [dict(PRAGMAS)] * 2


def test_a_pragma_that_does_not_take_is_an_error(path: Path) -> None:
    database = Database(path, PRAGMAS | {"page_size": 12345})
    with pytest.raises(StoreError, match="page_size"):
        database.row("SELECT 1")


def test_a_failed_block_leaves_nothing(store: Store) -> None:
    with pytest.raises(StoreConflict), store.atomic():
        put_then_break(store, "a")
    assert store.notes.get("a") is None


def test_an_inner_block_can_be_given_up_alone(store: Store) -> None:
    with store.atomic():
        store.notes.put("outer", "1")
        with pytest.raises(StoreConflict), store.atomic():
            put_then_break(store, "inner")
        store.notes.put("after", "1")
    assert [store.notes.get(key) for key in ("outer", "inner", "after")] == ["1", None, "1"]


def test_an_interrupt_rolls_back_and_lets_others_write(store: Store) -> None:
    def interrupted() -> None:
        with store.atomic():
            store.notes.put("a", "1")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    store.notes.put("b", "2")
    assert (store.notes.get("a"), store.notes.get("b")) == (None, "2")


def test_F020_a_program_that_holds_the_store_means_not_saved_and_then_all_is_well(path: Path, clock: FakeClock) -> None:
    store = Store.open(path, pragmas=IMPATIENT)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    new = punch(clock)
    with pytest.raises(NotSaved, match="another program") as caught:
        store.punches.record(new, [])
    assert "Close" in caught.value.cure
    assert store.punches.get(new.id) is None  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    store.punches.record(new, [])
    assert store.punches.get(new.id) == new
    store.close()


def test_a_thread_that_holds_the_store_for_too_long_means_not_saved(path: Path) -> None:
    store = Store.open(path, pragmas=IMPATIENT)
    refused = threading.Event()

    def write() -> None:
        try:
            store.notes.put("b", "1")
        except NotSaved:
            refused.set()

    with store.atomic():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join(10)
    assert refused.is_set()
    store.notes.put("b", "2")
    store.close()


def test_a_full_database_refuses_and_goes_on_reading(store: Store, clock: FakeClock) -> None:
    record(store, clock, ["M1"])
    pages = store._database.row("PRAGMA page_count")[0]
    store._database.row(f"PRAGMA max_page_count = {pages}")
    big = punch(clock)
    with pytest.raises(NotSaved, match="full"):
        store.punches.record(big, [delivery(big, body=bytes(100_000))])
    assert store.punches.get(big.id) is None
    store._database.row("PRAGMA max_page_count = 1000000")
    store.punches.record(big, [delivery(big, body=bytes(100_000))])
    assert store.punches.verify().rows == 2


def test_after_doubt_the_store_says_nothing_more(store: Store, clock: FakeClock) -> None:
    new = punch(clock)
    connection = store._database._connected()

    class Failing:
        """COMMIT happens, and then the disk says that it failed."""

        in_transaction = False

        def execute(self, sql: str) -> None:
            connection.execute(sql)
            raise sqlite_error(sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC")

    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(SaveUnknown):
        store._database._commit(Failing())  # type: ignore[arg-type]
    with pytest.raises(SaveUnknown):
        store.punches.get(new.id)
    with pytest.raises(SaveUnknown):
        store.probe()


@pytest.mark.parametrize("value", [1 << 70, "\ud800"])
def test_a_value_that_sqlite_cannot_hold_is_refused(store: Store, value: int | str) -> None:
    with pytest.raises(StoreConflict, match="cannot be stored"):
        store._database.write("INSERT INTO notes VALUES ('a', ?)", (value,))
    assert store.notes.get("a") is None


def test_two_threads_write_one_log(store: Store) -> None:
    def work(number: int) -> None:
        clock = FakeClock(zone="Africa/Nairobi")
        for _ in range(40):
            record(store, clock, [f"M{number}"])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = store.punches.verify()
    assert (report.rows, report.ok) == (160, True)
    assert len({each.seq for each in store.outbox.all()}) == 160


def test_connections_end_with_their_threads(store: Store) -> None:
    for _ in range(20):
        thread = threading.Thread(target=store.notes.get, args=("a",))
        thread.start()
        thread.join()
    assert len(store._database._all) == 1


def test_a_closed_store_says_so_without_quoting_anything(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.notes.get("a")


def test_a_cached_row_is_read_again_after_every_commit_and_only_then(path: Path, store: Store) -> None:
    database, count = store._database, "SELECT count(*) FROM notes WHERE key <> ?"
    seen: list[tuple[int]] = []
    assert database.cached_row(count, ("x",)) == (0,)
    with database.atomic():
        store.notes.put("a", "1")
        assert database.cached_row(count, ("x",)) == (1,)
        other_thread = threading.Thread(target=lambda: seen.append(database.cached_row(count, ("x",))))
        other_thread.start()
        other_thread.join()
    assert seen == [(0,)]
    assert database.cached_row(count, ("x",)) == (1,)
    assert database.cached_row(count, ("a",)) == (0,)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("INSERT INTO notes VALUES ('b', '1')")
    other.close()
    assert database.cached_row(count, ("x",)) == (1,)
    store.notes.put("c", "1")
    assert database.cached_row(count, ("x",)) == (3,)
