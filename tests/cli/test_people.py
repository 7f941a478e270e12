"""`kiosk fingers`, `pin`, `key` and `scanner backup | restore | adopt`, typed at a running kiosk."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.cli import main
from kiosk.errors import Exit
from kiosk.sealing import KEY_FILE, OLD_KEY_FILE, read_keys
from kiosk.store import Store
from kiosk.views import ScanKind, ScannerHealth, ScanResult, Status
from tests.support.people import FIRST, finger_of
from tests.support.premises import Premises, premises

COUNT = 3
UIDS = [str(FIRST + number) for number in range(COUNT)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Premises]:
    with premises(tmp_path / "a", count=COUNT) as running:
        yield running


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, place: Premises) -> Premises:
    """The kiosk to which commands go that name no other."""
    monkeypatch.setenv("KIOSK_SOCKET", str(place.socket))
    return place


def code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_a_finger_is_listed_and_removed(typed: Premises, capsys: pytest.CaptureFixture[str]) -> None:
    main(["fingers", "list", UIDS[0]])
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["FINGER", "STATE", "SLOTS", "COPIES", "CONSENT"]
    assert row.split()[0] == "right-index"
    assert "R307" in row
    assert row.endswith(" 1, 1970-01-01 03:00, before the head teacher"), "which text, when at the site, before whom"
    since = len(typed.ear.events)
    main(["fingers", "remove", UIDS[0], "--finger", "right-index"])
    assert "Forgotten." in capsys.readouterr().out
    typed.until(lambda station: station.used == COUNT - 1, since=since)
    assert len(typed.templates()) == COUNT - 1
    [(_, result)] = typed.press(finger_of(UIDS[0]))
    assert result.kind is ScanKind.NOT_RECOGNISED
    main(["fingers", "list", UIDS[0], "--json"])
    assert json.loads(capsys.readouterr().out) == []
    assert code("fingers", "remove", UIDS[0], "--finger", "right-index") == Exit.FAILURE
    assert "no right-index enrolled" in capsys.readouterr().err
    assert code("fingers", "list", "4711") == Exit.FAILURE
    assert "no member has the uid 4711" in capsys.readouterr().err


def test_a_finger_that_takes_many_presses_is_reported_weak(typed: Premises, capsys: pytest.CaptureFixture[str]) -> None:
    main(["fingers", "weak", "--json"])
    assert json.loads(capsys.readouterr().out) == []
    for _ in range(3):
        badly(typed, finger_of(UIDS[1]))
        [(_, result)] = typed.press(finger_of(UIDS[1]))
        assert result.kind in {ScanKind.WELCOME, ScanKind.GOODBYE}
    main(["fingers", "weak", "--json"])
    [weak] = json.loads(capsys.readouterr().out)
    assert (weak["uid"], weak["hits"], weak["tries"]) == (UIDS[1], 3, 6)
    main(["fingers", "weak"])
    assert capsys.readouterr().out.splitlines()[1].split()[:1] == [UIDS[1]]


def badly(place: Premises, finger: str) -> None:
    """Press a dry finger until the kiosk says so."""
    since = len(place.ear.events)
    place.emulator().place(finger, "dry")
    _, told = place.ear.wait(lambda event: isinstance(event, ScanResult), since)
    assert isinstance(told, ScanResult)
    assert told.kind is ScanKind.TRY_AGAIN
    place.emulator().lift()
    assert place.glasses["main"].await_looks()


def test_F050_a_scanner_of_another_model_and_who_has_to_come_by(
    typed: Premises, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["fingers", "absent", "--json"])
    assert json.loads(capsys.readouterr().out) == []
    since = len(typed.ear.events)
    typed.swap(5, model="r503")
    typed.until(lambda station: station.model == "R503" and station.absent == COUNT, since=since)
    main(["fingers", "absent"])
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[:3] for row in rows] == [["main", "R503", uid] for uid in UIDS]


def test_F050_of_a_scanner_that_is_not_there_nobody_knows_who_has_to_come_by(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with premises(tmp_path, {"main": "r307", "gate": "r307"}, count=COUNT) as place:
        arguments = ["fingers", "absent", "--socket", str(place.socket)]
        main(arguments)
        assert capsys.readouterr().out.startswith("Nobody: every station's scanner")
        since = len(place.ear.events)
        place.emulator("gate").unplug()
        place.until(lambda station: station.health is ScannerHealth.FAULT, "gate", since=since)
        main(arguments)
        said = capsys.readouterr()
        assert said.out.startswith("Nobody: every other station's scanner")
        assert said.err.startswith("gate: who has to come by cannot be told, its scanner is not ready. ")
        main([*arguments, "--json"])
        assert json.loads(capsys.readouterr().out) == []


def test_F050_a_foreign_scanner_is_adopted_by_command(typed: Premises, capsys: pytest.CaptureFixture[str]) -> None:
    since = len(typed.ear.events)
    foreign = typed.swap(6, model="r307")
    foreign.plant(0, "a stranger")
    typed.until(lambda station: station.health is ScannerHealth.LOCKED, since=since)
    assert code("status") == Exit.UNAVAILABLE
    assert "kiosk scanner adopt main" in capsys.readouterr().err
    main(["fingers", "absent"])
    said = capsys.readouterr()
    assert said.out == "", "of a strange scanner nobody knows whom it knows"
    assert re.match(r"main: who has to come by cannot be told, .* kiosk scanner adopt main", said.err)
    assert typed.press("a stranger", timeout=0.5) == []
    since = len(typed.ear.events)
    main(["scanner", "adopt", "main", "--yes"])
    typed.restored(since=since)
    [(_, result)] = typed.press("a stranger")
    assert result.kind is ScanKind.NOT_RECOGNISED
    [(_, result)] = typed.press(finger_of(UIDS[0]))
    assert result.kind is ScanKind.WELCOME
    assert code("scanner", "adopt", "nowhere", "--yes") == Exit.FAILURE
    assert "no station nowhere" in capsys.readouterr().err


def test_a_backup_is_taken_in_by_another_kiosk_with_the_same_key(
    typed: Premises, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fingers.jsonl"
    main(["scanner", "backup", str(file)])
    assert f"{COUNT} copies of fingers written" in capsys.readouterr().out
    assert file.stat().st_mode & 0o777 == 0o600
    key = typed.credentials / KEY_FILE
    with premises(tmp_path / "b", count=COUNT, key=key, enrolled=False) as other:
        main(["scanner", "restore", str(file), "--socket", str(other.socket)])
        assert f"{COUNT} copies of fingers taken in, 0 known already." in capsys.readouterr().out
        other.until(lambda station: station.used == COUNT and not station.waiting)
        assert sorted(other.templates().values()) == sorted(typed.templates().values())
        [(_, result)] = other.press(finger_of(UIDS[2]))
        assert (result.kind, result.name) == (ScanKind.WELCOME, f"MEMBER {UIDS[2]}")
        main(["scanner", "restore", str(file), "--socket", str(other.socket), "--json"])
        assert json.loads(capsys.readouterr().out) == {"added": 0, "known": COUNT, "refused": []}


def test_a_backup_is_refused_under_another_key_and_when_it_is_none(
    typed: Premises, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fingers.jsonl"
    main(["scanner", "backup", str(file)])
    with premises(tmp_path / "b", count=COUNT, enrolled=False) as other:
        assert code("scanner", "restore", str(file), "--socket", str(other.socket)) == Exit.DATA
        refused = capsys.readouterr()
        assert "0 copies of fingers taken in" in refused.out
        assert refused.err.count("sealed under the key") == COUNT
        assert f"{COUNT} copies were left out" in refused.err
        main(["fingers", "list", UIDS[0], "--socket", str(other.socket), "--json"])
        assert json.loads(capsys.readouterr().out) == []
    file.write_text("{}\n", encoding="utf-8")
    assert code("scanner", "restore", str(file)) == Exit.DATA
    assert "is not a backup of fingers" in capsys.readouterr().err


def test_a_pin_is_set_and_removed(typed: Premises, capsys: pytest.CaptureFixture[str]) -> None:
    main(["pin", "set", UIDS[0], "--pin", "482915"])
    assert capsys.readouterr().out == "Set.\n"
    assert by_pin(typed, "482915").kind is ScanKind.WELCOME
    assert code("pin", "set", UIDS[0], "--pin", "1234") == Exit.FAILURE
    told = capsys.readouterr().err
    assert "count up or down" in told
    assert "1234" not in told
    main(["pin", "remove", UIDS[0]])
    assert capsys.readouterr().out == "Removed.\n"
    assert by_pin(typed, "482915").kind is ScanKind.DENIED
    assert b"482915" not in typed.journal


def by_pin(place: Premises, pin: str) -> ScanResult:
    with place.client() as client:
        return client.ask(ScanResult, "punch_by_pin", number=UIDS[0], pin=pin)


def test_a_new_key_and_a_restart_bring_every_copy_under_it(typed: Premises, capsys: pytest.CaptureFixture[str]) -> None:
    folder = typed.credentials
    main(["key", "new", str(folder)])
    assert "Restart the kiosk" in capsys.readouterr().out
    assert code("key", "new", str(folder)) == Exit.CONFIG
    assert "not finished" in capsys.readouterr().err
    typed.stop()
    typed.start()
    typed.ear.wait(lambda event: isinstance(event, Status) and b"brought under the present" in typed.journal)
    typed.stop()
    keys = read_keys(str(folder))
    assert keys is not None
    store = Store.open(typed.folder / "data" / "kiosk.db")
    assert store.templates.count() == COUNT
    assert store.templates.sealed_under_other_keys(keys.key_id, 100) == []
    store.close()
    (folder / OLD_KEY_FILE).unlink()
    typed.emulator().wipe()
    typed.start()
    [(_, result)] = typed.press(finger_of(UIDS[0]))
    assert result.kind is ScanKind.WELCOME
