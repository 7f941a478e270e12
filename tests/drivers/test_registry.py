import importlib
import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import drivers
from drivers import (
    Hit,
    LinkLost,
    UnknownModelError,
    create_scanner,
    emulator_models,
    place_finger,
    registry,
    scanner_families,
    start_emulator,
)
from tests.support.scanners import emulated


def test_built_in_drivers_are_registered() -> None:
    assert "zfm" in scanner_families()
    assert {"r307", "r503"} <= set(emulator_models())


def test_unknown_names_list_the_installed_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownModelError, match=r"no scanner family is called 'fpx9000'; installed: .*zfm") as unknown:
        create_scanner("fpx9000", "/dev/x")
    assert sorted(unknown.value.installed) == sorted(scanner_families())
    with pytest.raises(UnknownModelError, match="r307, r308, r503"):
        start_emulator("r999", link=tmp_path / "x")


def test_only_the_named_driver_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = EntryPoints(
        [
            EntryPoint("good", "drivers.zfm.scanner:ZfmScanner", "kiosk.scanners"),
            EntryPoint("bad", "no_such_module:X", "kiosk.scanners"),
        ]
    )
    monkeypatch.setattr(registry, "entry_points", entries.select)
    assert create_scanner("good", "/dev/x").glitches == 0
    with pytest.raises(ModuleNotFoundError):
        create_scanner("bad", "/dev/x")


def test_emulator_url_starts_one_and_keeps_it(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    url = f"emulator://r307?instant=1&link={link}&seed=1"
    scanner = create_scanner("zfm", url)
    scanner.open()
    place_finger(link, "amina")
    steps = scanner.enrol(7)
    assert next(steps).state == "captured"
    scanner.write_tag(b"t" * 32)
    scanner.close()
    again = create_scanner("zfm", url)
    again.open()
    assert again.read_tag() == b"t" * 32
    assert not isinstance(again.identify(), Hit)
    again.close()
    registry._started.pop(url).close()
    assert not link.is_symlink()


def test_emulator_url_without_a_link_makes_one() -> None:
    url = "emulator://r503?instant=1"
    scanner = create_scanner("zfm", url)
    assert scanner.open().model == "R503"
    scanner.close()
    emulator = registry._started.pop(url)
    emulator.close()
    Path(emulator.link).parent.rmdir()


@pytest.mark.parametrize("query", ["speed=9", "seed=x", "instant=1&color=red"])
def test_emulator_url_with_options_that_are_none(query: str) -> None:
    with pytest.raises(LinkLost) as refused:
        create_scanner("zfm", f"emulator://r307?{query}")
    assert "instant, link, seed, state" in refused.value.cure


def test_state_keeps_the_library_over_emulators(tmp_path: Path) -> None:
    for expected in (bytes(32), b"k" * 32):
        with emulated("r307", tmp_path, state=tmp_path / "flash") as emulator:
            scanner = create_scanner("zfm", emulator.link)
            scanner.open()
            assert scanner.read_tag() == expected
            scanner.write_tag(b"k" * 32)
            scanner.close()


def test_every_export_exists_and_is_listed() -> None:
    for name in drivers.__all__:
        assert getattr(drivers, name)
    assert sorted(drivers.__all__) == drivers.__all__


def test_the_facade_is_cheap_and_a_driver_brings_no_pictures() -> None:
    script = (
        "import sys, drivers\n"
        "heavy = {'serial', 'PIL', 'drivers.registry', 'drivers.emulation.host', 'importlib.metadata'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "drivers.create_scanner('zfm', '/dev/x')\n"
        "heavy = {'PIL._imaging', 'drivers.emulation', 'drivers.zfm.emulator', 'asyncio'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "from PIL import Image\n"
        "assert Image.new('L', (1, 1)).size == (1, 1)\n"
    )
    folder = Path(drivers.__file__).parent.parent
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, cwd=folder, timeout=60)


def test_pillow_that_is_loaded_already_is_left_alone() -> None:
    script = "from PIL import Image\nnew = Image.new\nimport drivers.zfm.session\nfrom PIL import Image\nassert Image.new is new\n"
    folder = Path(drivers.__file__).parent.parent
    subprocess.run([sys.executable, "-c", script], check=True, cwd=folder, timeout=60)
    assert importlib.import_module("drivers.zfm.session")
