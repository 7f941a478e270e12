"""What the configuration and the credentials say of a scanner reaches its driver."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import drivers
from drivers.emulation.host import Emulator
from kiosk.clock import FakeClock
from kiosk.config import parse
from kiosk.daemon.stations import build_readers
from kiosk.station import Reader, Vault
from kiosk.store import Store
from kiosk.views import ScannerHealth

PASSWORD, ADDRESS = 0x00C0FFEE, 0x0A0B0C0D


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Emulator]:
    """A module with a password and an address of its own."""
    with drivers.start_emulator("r307", link=tmp_path / "scanner", instant=True, seed=1) as emulator:
        registers = emulator.device._flash.registers  # type: ignore[attr-defined]
        registers.password, registers.address = PASSWORD, ADDRESS
        emulator.power_cycle()
        yield emulator


def reader_at(link: str, folder: Path, store: Store) -> Reader:
    settings = parse(
        f'[site]\nname = "School"\ndata = "{folder}"\n[templates]\ncredentials = "{folder}"\n'
        f'[[station]]\nname = "gate"\nscanner = "{link}"\naddress = "{ADDRESS:08x}"\n'
    )
    clock, vault = FakeClock(), Vault(store, None)
    return build_readers(settings, store, clock, vault, publish=lambda _: None, changed=lambda: None)["gate"]


def settled(reader: Reader) -> ScannerHealth:
    """What the scanner is once the search has something to say."""
    for _ in range(10):
        reader.step()
        if reader.status.health is not ScannerHealth.STARTING:
            break
    reader.close()
    return reader.status.health


def password_file(folder: Path, text: str) -> None:
    path = folder / "scanner-password-gate"
    path.write_text(text)
    path.chmod(0o600)


def test_a_module_with_a_password_and_an_address_of_its_own_is_opened(
    tmp_path: Path, store: Store, guarded: Emulator
) -> None:
    password_file(tmp_path, f"{PASSWORD:08X}\n")
    assert settled(reader_at(guarded.link, tmp_path, store)) is ScannerHealth.READY


def test_a_password_that_cannot_be_used_is_told_and_the_kiosk_goes_on(
    tmp_path: Path, store: Store, guarded: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    password_file(tmp_path, "coffee")
    reader = reader_at(guarded.link, tmp_path, store)
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == [f"station gate: {tmp_path}/scanner-password-gate does not hold 8 hex digits"]
    assert settled(reader) is ScannerHealth.FAULT
    assert "password" in reader.status.detail


@pytest.mark.parametrize("model", ["gt511c3", "waveshare"])
def test_other_families_are_opened_all_the_same(tmp_path: Path, store: Store, model: str) -> None:
    password_file(tmp_path, f"{PASSWORD:08X}\n")
    with drivers.start_emulator(model, link=tmp_path / "scanner", instant=True, seed=1) as emulator:
        assert settled(reader_at(emulator.link, tmp_path, store)) is ScannerHealth.READY
