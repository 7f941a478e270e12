"""The journal of orders: durable, private, patient with what does not belong in it."""

import multiprocessing
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import disk
from kiosk.kemru import EntryState, Journal, JournalUnusable, ReferenceTaken, SameOrderOpen, Unsettled
from kiosk.kemru.journal import InHand
from kiosk.kemru.orders import ORDERS
from kiosk.kemru.wire import flattened
from tests.support.orders import NOON, Script, entry


def test_what_is_written_is_read_again_and_nobody_else_can(journal: Journal) -> None:
    new = entry()
    assert journal.begin(new) is new
    assert journal.read().entries == [new]
    assert journal.find(new.reference) == new
    assert journal.find("another") is None
    assert journal.folder.stat().st_mode & 0o777 == 0o700
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in journal.folder.iterdir())


def test_an_entry_shows_nothing_personal(journal: Journal) -> None:
    shown = f"{entry()!r} {[entry()]}"
    assert "0711" not in shown
    assert "hello" not in shown


def test_a_folder_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(JournalUnusable, match="chmod 700"):
        Journal(tmp_path / "open")


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        with pytest.raises(JournalUnusable):
            Journal(place)


def test_the_same_order_under_another_reference_is_refused_while_one_is_open(journal: Journal) -> None:
    first = entry()
    journal.begin(first)
    with pytest.raises(SameOrderOpen) as caught:
        journal.begin(entry("0197-sms-2"))
    assert caught.value.reference == first.reference
    assert "0711" not in str(caught.value)
    journal.write(msgspec.structs.replace(first, state=EntryState.ACCEPTED, closed=NOON))
    journal.begin(entry("0197-sms-2"))


SAME = [
    ("sms", {"otp": "1111"}),  # the text is what counts
    ("mobile-payout", {"amount": "1500.50"}),
    ("mobile-payout", {"initiator_name": "Jane Doe"}),
    ("mobile-payout", {"offline": True}),
    ("mobile-payout", {"channel": "AIRTEL"}),
    ("bill", {"phone": "+254711000101"}),
    ("airtime", {"initiator_phone": "+254711000199"}),
    ("bank-payout", {"phone": "0711000199"}),
    ("checkout", {"reason": "again"}),
    ("transfer", {"from_account": "4", "from_institution": "104"}),
    ("b2b", {"remarks": "again", "channel": "BusinessBuyGoods", "result_url": "https://school.example/cb"}),
]
OTHERS = [
    ("sms", {"message": "bye"}),
    ("sms", {"phone": "0711000102"}),
    ("mobile-payout", {"amount": "1500.51"}),
    ("mobile-payout", {"phone": "0711000102"}),
    ("bill", {"channel": "GOTV"}),
    ("bill", {"account_number": "71"}),
    ("airtime", {"phone": "+254711000102"}),
    ("airtime", {"product_code": "DAILY_DATA_100MB"}),
    ("bank-payout", {"bank": "104"}),
    ("bank-payout", {"account_number": "2"}),
    ("transfer", {"to_institution": "302"}),
    ("transfer", {"to_account": "3"}),
    ("b2b", {"identifier": "8"}),
    ("b2b", {"short_code": "4079492"}),
    ("pin-airtime", {"phone": "+254711000102"}),
    ("checkout", {"amount": "1501"}),
]
_VALUES = {
    "bill": {"account_number": "70", "amount": "50", "channel": "DSTV"},
    "airtime": {"phone": "+254711000101", "amount": "10", "telco": "FAIBA_B", "initiator_phone": "+254711000101"},
    "bank-payout": {
        "account_number": "1",
        "phone": "0711000101",
        "bank": "103",
        "amount": "10",
        "initiator_name": "John Doe",
        "initiator_country": "Kenya",
    },
    "transfer": {
        "from_institution": "103",
        "from_account": "1",
        "to_institution": "301",
        "to_account": "2",
        "amount": "10",
    },
    "b2b": {"short_code": "4079491", "identifier": "7", "amount": "10", "channel": "BusinessPayBill"},
    "pin-airtime": {"phone": "+254711000101", "amount": "10", "telco": "AIRTEL"},
    "checkout": {"phone": "+254711000101", "amount": "1500", "channel": "MPESA"},
    "sms": {"phone": "0711000101", "otp": "4823", "message": "hello"},
    "mobile-payout": {
        "phone": "0711000101",
        "amount": "1500.5",
        "channel": "MPESA",
        "initiator_name": "John Doe",
        "initiator_country": "Kenya",
    },
}


@pytest.mark.parametrize(
    ("call", "change", "same"), [(*each, True) for each in SAME] + [(*each, False) for each in OTHERS]
)
def test_what_makes_an_order_the_same(call: str, change: dict[str, str], *, same: bool) -> None:
    one = entry(call=call, values=_VALUES[call] | {"reference": "a"})
    other = entry(call=call, values=_VALUES[call] | change | {"reference": "b"})
    assert one.does_the_same(other) is same
    assert not one.does_the_same(msgspec.structs.replace(other, account="another at http://127.0.0.1:1"))


@pytest.mark.parametrize("kind", ORDERS)
def test_every_order_goes_somewhere(kind: Any) -> None:
    assert set(kind.endpoint.destination) <= {each.name for each in kind.endpoint.fields}
    assert kind.endpoint.destination


def test_a_reference_is_of_one_order_in_every_way(journal: Journal) -> None:
    values = _VALUES["bill"] | {"reference": "bill-1"}
    journal.begin(entry(call="bill", values=values))
    with pytest.raises(ReferenceTaken):
        journal.begin(entry(call="bill", values=values | {"phone": "+254711000101"}))


def test_one_time_codes_differ_by_their_code() -> None:
    one, other = (entry(values={"phone": "0711000101", "otp": code, "reference": code}) for code in ("1111", "2222"))
    assert not one.does_the_same(other)


def test_a_reference_belongs_to_one_order(journal: Journal) -> None:
    journal.begin(entry())
    another = entry(values={"phone": "0722000102", "otp": "4823", "reference": "0197-sms-1"})
    with pytest.raises(ReferenceTaken):
        journal.begin(another)


def test_an_order_that_was_refused_may_begin_anew(journal: Journal) -> None:
    refused = entry(state=EntryState.REFUSED, closed=NOON)
    journal.write(refused)
    new = entry(opened=NOON + timedelta(hours=1))
    assert journal.begin(new) is new
    assert journal.read().entries == [new]


@pytest.mark.parametrize("state", [EntryState.OPEN, EntryState.ACCEPTED, EntryState.FAILED])
def test_an_order_that_is_known_does_not_begin_anew(journal: Journal, state: EntryState) -> None:
    known = entry(state=state)
    journal.write(known)
    assert journal.begin(entry()) == known


FOREIGN: dict[str, bytes] = {
    "notes.txt": b"a shopping list",
    "empty.json": b"",
    "cut.json": msgspec.json.encode(entry("cut"))[:-20],
    "moved.json": msgspec.json.encode(entry("elsewhere")),
    "call.json": msgspec.json.encode(entry("call", call="no-such-call")),
    "values.json": msgspec.json.encode(entry("values", values={"reference": "values"})),
    "extra.json": b'{"account": "x", "surprise": 1}',
    "long.json": b'{"account": "' + b"x" * (1 << 17),
    "deep.json": b"[" * 100_000,
    "binary.json": bytes(range(256)),
}


def test_what_is_no_entry_is_reported_and_left_alone(journal: Journal) -> None:
    journal.begin(entry())
    for name, content in FOREIGN.items():
        (journal.folder / name).write_bytes(content)
    (journal.folder / "folder.json").mkdir()
    (journal.folder / "link.json").symlink_to("/etc/passwd")
    os.mkfifo(journal.folder / "pipe.json")
    strange = {*FOREIGN, "folder.json", "link.json", "pipe.json"}
    contents = journal.read()
    assert contents.entries == [entry()]
    assert {each.name for each in contents.damaged} == strange
    assert all(each.why for each in contents.damaged)
    journal.begin(entry("0197-sms-2", values={"phone": "0722000102", "otp": "1234", "reference": "0197-sms-2"}))
    assert strange <= {each.name for each in journal.folder.iterdir()}
    assert (journal.folder / "notes.txt").read_bytes() == FOREIGN["notes.txt"]


def test_a_damaged_file_keeps_its_reference(journal: Journal) -> None:
    (journal.folder / "0197-sms-1.json").write_bytes(b"damaged")
    with pytest.raises(ReferenceTaken, match="damaged"):
        journal.begin(entry())
    assert (journal.folder / "0197-sms-1.json").read_bytes() == b"damaged"


def test_the_oldest_history_is_forgotten_and_nothing_open(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "orders", kept=5)
    for number in range(12):
        at = NOON + timedelta(minutes=number)
        state = EntryState.OPEN if number < 2 else EntryState.ACCEPTED
        values = {"phone": "0711000101", "otp": f"{1000 + number}", "reference": f"r{number}"}
        journal.write(entry(values=values, opened=at, state=state, closed=at))
    (journal.folder / "r3.json.draft").write_bytes(b"of a process that was killed")
    (journal.folder / "r99.json.lock").write_bytes(b"")
    journal.begin(entry("new"))
    kept = [each.reference for each in journal.read().entries]
    assert kept == ["new", "r0", "r1", "r7", "r8", "r9", "r10", "r11"]
    assert {each.name for each in journal.folder.iterdir()} == {".gate", *(f"{each}.json" for each in kept)}


def test_what_cannot_be_tidied_away_stops_no_order(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    (journal.folder / "old.json.lock").symlink_to("/nonexistent")
    (journal.folder / "older.json.lock").mkdir()
    (journal.folder / "oldest.json.draft").mkdir()
    (journal.folder / "r1.json.draft").write_bytes(b"of a process that was killed")
    new = entry()
    assert journal.begin(new) is new
    assert journal.read().entries == [new]
    assert not (journal.folder / "r1.json.draft").exists()
    assert len(caplog.records) == 3


def _failing(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the folder be synchronised in vain, `times` times."""
    honest, left = disk.sync_folder, [None] * times

    def sync_folder(folder: Path) -> None:
        if left:
            left.pop()
            raise OSError(5, "Input/output error", str(folder))
        honest(folder)

    monkeypatch.setattr(disk, "sync_folder", sync_folder)


@pytest.mark.parametrize("before", [None, EntryState.REFUSED])
def test_an_entry_that_could_not_be_made_durable_leaves_nothing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, before: EntryState | None
) -> None:
    if before is not None:
        journal.write(entry(state=before, closed=NOON))
    _failing(monkeypatch, 1)
    with pytest.raises(JournalUnusable):
        journal.begin(entry(opened=NOON + timedelta(hours=1)))
    assert journal.read().open == []


def test_an_entry_that_may_come_back_after_a_power_cut_is_not_said_to_be_gone(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failing(monkeypatch, 2)
    with pytest.raises(Unsettled) as caught:
        journal.begin(entry())
    assert caught.value.reference == "0197-sms-1"


def test_a_refusal_is_kept_where_the_disk_is_full(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = entry(state=EntryState.REFUSED, closed=NOON)
    journal.write(refused)

    def full(path: Path, _data: bytes) -> None:
        path.with_name(path.name + ".draft").write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(disk, "replace", full)
    with pytest.raises(JournalUnusable, match="No space left"):
        journal.begin(entry(opened=NOON + timedelta(hours=1)))
    assert journal.read().entries == [refused]
    assert not list(journal.folder.glob("*.draft"))


def _obstruct(path: Path) -> None:
    """Let no lock be made at `path`."""
    path.symlink_to("/nonexistent")


@pytest.mark.parametrize("lock", [".gate", "0197-sms-1.json.lock"])
def test_a_journal_that_cannot_be_used_does_not_say_that_an_open_order_never_happened(
    journal: Journal, lock: str
) -> None:
    def begin() -> None:
        with journal.hold("0197-sms-1"):
            journal.begin(entry())

    _obstruct(journal.folder / lock)
    with pytest.raises(JournalUnusable):
        begin()
    journal.write(entry(state=EntryState.FAILED))
    with pytest.raises(JournalUnusable):
        begin()
    for state in (EntryState.OPEN, EntryState.ACCEPTED):
        journal.write(entry(state=state))
        with pytest.raises(Unsettled):
            begin()


def test_two_cannot_hold_one_order(journal: Journal) -> None:
    with journal.hold("one"), journal.hold("two"), pytest.raises(InHand), Journal(journal.folder).hold("one"):
        pass
    with journal.hold("one"):
        pass
    assert list(journal.folder.iterdir()) == []


def _compete(folder: Path, number: int, won: "multiprocessing.Queue[str]") -> None:
    journal = Journal(folder)
    for turn in range(40):
        values = {"phone": "0711000101", "otp": f"{1000 + turn}", "reference": f"t{turn}-{number}"}
        try:
            journal.begin(entry(values=values))
            won.put(f"t{turn}")
        except SameOrderOpen:
            pass
    won.put("")


def test_of_processes_that_order_the_same_one_may(journal: Journal) -> None:
    method = multiprocessing.get_context("spawn")
    won: multiprocessing.Queue[str] = method.Queue()
    rivals = [method.Process(target=_compete, args=(journal.folder, number, won)) for number in range(3)]
    for each in rivals:
        each.start()
    winners = [turn for _ in rivals for turn in iter(lambda: won.get(timeout=40), "")]
    for each in rivals:
        each.join()
    assert sorted(winners) == sorted(f"t{turn}" for turn in range(40))


def _orders() -> Iterator[st.SearchStrategy[object]]:
    for kind in ORDERS:
        fields = [each for each in kind.endpoint.fields if each.name not in {"merchant_id", "reference", "offline"}]
        yield st.fixed_dictionaries(
            {each.name: st.just(each.form.example) for each in fields if each.required}
            | {"reference": st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)},
            optional={each.name: st.just(each.form.example) for each in fields if not each.required}
            | {"offline": st.booleans()},
        ).map(lambda values, kind=kind: (kind, values))


@given(st.one_of(*_orders()), st.sampled_from(EntryState), st.text(max_size=50), st.integers(1, 9))
def test_every_order_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory,
    made: tuple[type, dict[str, object]],
    state: EntryState,
    note: str,
    tries: int,
) -> None:
    kind, values = made
    journal = Journal(tmp_path_factory.mktemp("journal") / "orders")
    written = entry(call=kind.endpoint.name, values=values, state=state, note=note, attempts=tries)
    journal.write(written)
    (read,) = journal.read().entries
    assert read == written
    assert type(read.order()) is kind
    prepared = Script().prepare(read.order())
    assert flattened(prepared.endpoint, prepared.body) == {
        "merchant_id": "kemrut",
        **{name: value for name, value in values.items() if value is not False},
    }


def test_a_damaged_byte_is_never_fatal(journal: Journal) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, whole, path = random.Random(seed), msgspec.json.encode(entry()), journal.folder / "0197-sms-1.json"
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged[: chance.randint(0, len(damaged))] if chance.random() < 0.3 else damaged)
        contents = journal.read()
        assert len(contents.entries) + len(contents.damaged) == 1
