"""Several scanners at one kiosk: each is a station of its own, and one in trouble slows no other."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

from kiosk.models import Direction
from kiosk.views import ScanKind, ScannerHealth
from tests.support.people import FIRST, finger_of
from tests.support.premises import Premises, premises

FINGERS = [finger_of(str(number)) for number in range(FIRST, FIRST + 3)]
PRESSES = 3
STATIONS = {"gate": 'place = "Main gate"\ndirection = "in"', "hall": 'place = "Dining hall"\nfamily = "zfm"'}

TROUBLES: dict[str, Callable[[Premises], None]] = {
    "silent": lambda place: place.emulator("hall").fault("silent"),
    "garbled": lambda place: place.emulator("hall").fault("garble", count=1 << 30, mask=0x55),
    "unplugged": lambda place: place.emulator("hall").unplug(),
}


def pressed(place: Premises, station: str, count: int) -> list[float]:
    """Seconds to each answer, for so many good presses."""
    taken = []
    for number in range(count):
        [(seconds, result)] = place.press(FINGERS[number % len(FINGERS)], station)
        assert result.kind in {ScanKind.WELCOME, ScanKind.GOODBYE}, result
        assert result.station == station
        taken.append(seconds)
    return taken


def test_one_station_in_trouble_slows_no_other(tmp_path: Path) -> None:
    with premises(tmp_path, {"gate": "r307", "hall": "r503"}, count=len(FINGERS), stations=STATIONS) as place:
        sound = pressed(place, "gate", PRESSES)
        for name, trouble in TROUBLES.items():
            since = len(place.ear.events)
            trouble(place)
            place.until(lambda station: station.health is ScannerHealth.FAULT, "hall", since)
            beside = pressed(place, "gate", PRESSES)
            print(f"{name}: {median(beside):.3f} s a press beside it, {median(sound):.3f} s without")
            # A generous bound: who waited for the other one's time-outs would take seconds.
            assert median(beside) < 3 * median(sound) + 0.2
            mended(place)
            pressed(place, "hall", 1)
        check_punches(place)


def mended(place: Premises) -> None:
    hall = place.emulator("hall")
    since = len(place.ear.events)
    hall.clear_faults()
    if not hall.state()["plugged"]:
        hall.replug()
    place.restored("hall", since)


def check_punches(place: Premises) -> None:
    """Each punch tells its station, and the gate knows one direction only."""
    with place.client() as client:
        punches = [view.punch for view in client.punches(limit=100)]
        places = {station.name: station.place for station in client.status().stations}
    assert places == {"gate": "Main gate", "hall": "Dining hall"}
    assert Counter(punch.station for punch in punches) == {"gate": 4 * PRESSES, "hall": 3}
    assert {punch.direction for punch in punches if punch.station == "gate"} == {Direction.IN}


def test_a_kiosk_starts_with_one_scanner_missing(tmp_path: Path) -> None:
    with premises(tmp_path, {"gate": "r307", "hall": "r503"}, count=len(FINGERS), stations=STATIONS) as place:
        place.stop()
        place.emulator("hall").unplug()
        place.start(ready=False)
        place.restored("gate")
        pressed(place, "gate", 1)
        with place.client() as client:
            health = {station.name: station.health for station in client.status().stations}
        assert health == {"gate": ScannerHealth.READY, "hall": ScannerHealth.FAULT}
