"""What the status says of the copies of fingers."""

from pathlib import Path

import pytest

from drivers import Template
from kiosk.cli import main
from kiosk.config import TemplateSettings
from kiosk.daemon.upkeep import Upkeep
from kiosk.sealing import new_key
from kiosk.store import Store
from kiosk.views import ScannerHealth
from tests.support.people import people
from tests.support.premises import CONFIG, premises


def settings(folder: Path) -> TemplateSettings:
    folder.mkdir(mode=0o700, exist_ok=True)
    return TemplateSettings(credentials=str(folder))


def test_none_are_kept_because_nobody_wants_them(store: Store) -> None:
    upkeep = Upkeep(TemplateSettings(keep="sensor"), store)
    assert (upkeep.vault.keeps, upkeep.trouble) == (False, "")


def test_none_are_kept_for_want_of_a_key(store: Store, tmp_path: Path) -> None:
    upkeep = Upkeep(settings(tmp_path / "a"), store)
    assert not upkeep.vault.keeps
    assert upkeep.trouble.startswith("no template key")


def test_copies_that_lost_their_key_are_trouble(store: Store, tmp_path: Path) -> None:
    new_key(Path(settings(tmp_path / "a").credentials))
    first = Upkeep(settings(tmp_path / "a"), store)
    with store.atomic():
        for member, finger in people(2):
            store.members.put(member)
            store.fingers.begin(finger)
            store.fingers.confirm(finger.id)
            first.vault.keep(finger, Template("R307", bytes(768)))
    assert (first.vault.keeps, first.trouble) == (True, "")
    new_key(Path(settings(tmp_path / "b").credentials))
    second = Upkeep(settings(tmp_path / "b"), store)
    while second.step() == 0:
        pass
    assert second.vault.keeps
    assert second.trouble == "2 copies of fingers cannot be opened: the key that they lie under is not here"


@pytest.mark.parametrize(("more", "state"), [("", "kept"), ('keep = "sensor"', "none    as configured")])
def test_the_status_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: str, state: str
) -> None:
    monkeypatch.setattr("tests.support.premises.CONFIG", CONFIG.replace("[templates]", f"[templates]\n{more}"))
    with premises(tmp_path / "a", count=1, enrolled=False) as place:
        place.until(lambda station: station.health is ScannerHealth.READY)
        main(["status", "--socket", str(place.socket)])
    [row] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("copies")]
    assert " ".join(row.split()).startswith(" ".join(f"copies {state}".split()))
