"""What lies in a scanner is nobody's business: no template leaves it in clear, to whatever place."""

import logging
from pathlib import Path

import msgspec
import pytest

import drivers
from drivers import Template
from kiosk.sealing import TemplateKeys
from kiosk.station import Vault
from kiosk.store import Store
from tests.support.canary import forms
from tests.support.people import fill
from tests.support.station import AMINA, BARAKA, KEYS, Station, station


@pytest.mark.parametrize("model", ["r307", "r503", "zw101"])
def test_T008_a_templates_bytes_are_nowhere_in_clear(
    tmp_path: Path, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with station(tmp_path, model) as desk:
        desk.enrol(AMINA)
        desk.enrol(BARAKA)
        canaries = list(desk.emulator.device.templates().values())
        assert len(canaries) == 2
        exercise(desk)
        desk.store.probe()
        backup = b"".join(msgspec.json.encode(each) for each in desk.reader._vault.backup("", 100))
        said = "".join(map(repr, desk.events)) + caplog.text + repr(desk.reader._vault.backup("", 100))
        places = {"backup": backup, "messages": said.encode()}
        places |= {
            path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file() and "scanner" not in path.name
        }
        assert {"kiosk.db", "kiosk.db-wal"} <= places.keys()
        for canary in canaries:
            for form in forms(canary):
                assert [name for name, held in places.items() if form in held] == []


def exercise(desk: Station) -> None:
    """Everything that carries templates about: restoring, comparing, proving, refusing."""
    desk.emulator.wipe()
    desk.emulator.unplug()
    desk.steps(2)
    desk.emulator.replug()
    desk.steps(8)
    desk.restored()
    desk.call("1", "finger of AMINA")
    desk.emulator.unplug()
    desk.emulator.shuffle()
    desk.steps(1)
    desk.emulator.replug()
    desk.steps(8)
    desk.restored()


def test_T008_kept_on_the_sensor_means_only_there(tmp_path: Path) -> None:
    with station(tmp_path, keys=None) as desk:
        desk.enrol(AMINA)
        [template] = desk.emulator.device.templates().values()
        assert desk.store.templates.count() == 0
        held = (tmp_path / "kiosk.db").read_bytes() + (tmp_path / "kiosk.db-wal").read_bytes()
        assert not any(form in held for form in forms(template))


def test_a_backup_is_read_back_by_another_kiosk_with_the_same_key_alone(tmp_path: Path) -> None:
    with station(tmp_path) as desk:
        desk.enrol(AMINA)
        fingers = desk.reader._vault.backup("", 100)
    other = Store.open(tmp_path / "other.db")
    other.members.put(AMINA)
    refused = Vault(other, TemplateKeys(bytes(32))).restore(fingers)
    assert (refused.added, len(refused.refused)) == (0, 1)
    assert other.fingers.count() == 0
    vault = Vault(other, KEYS)
    assert vault.restore(fingers).added == 1
    assert vault.restore(fingers).known == 1
    [finger] = other.fingers.of_member("1")
    template = vault.fetch(finger, "R307")
    assert template is not None
    assert vault.whose(template) == finger
    other.close()


def test_a_backup_does_not_end_at_copies_whose_key_is_lost(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "kiosk.db")
    with drivers.start_emulator("r307", link=tmp_path / "scanner", instant=True, seed=1) as emulator:
        fill(store, Vault(store, KEYS), emulator.device, 7)
    lost, vault = Vault(store, TemplateKeys(bytes(32))), Vault(store, KEYS)
    for finger in store.fingers.all()[:5]:
        kept = store.templates.get(finger.id, "R307")
        assert kept is not None
        lost._put(TemplateKeys(bytes(32)), finger, Template("R307", bytes(kept.size)))
    [sixth] = vault.backup("", 2)
    [seventh] = vault.backup(sixth.place, 2)
    assert [sixth.place, seventh.place] == ["1005 R307", "1006 R307"]
    assert vault.backup(seventh.place, 2) == []
    store.close()
