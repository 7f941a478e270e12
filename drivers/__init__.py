"""Fingerprint scanners, and emulators of them: everything that other packages may use.

    scanner = create_scanner("zfm", "/dev/serial/by-id/...")
    scanner.open()
    scanner.identify()                          # Hit(slot=7, score=96)

Emulators, drivers and pyserial are imported by the functions that need them, so that importing this page costs next to nothing.
"""

# ruff: noqa: PLC0415  see above

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.errors import (
    DeviceError,
    LinkError,
    LinkLost,
    LinkTimeout,
    ProtocolError,
    ScannerError,
    UnknownModelError,
    UnsupportedError,
)
from drivers.scanner import (
    Capability,
    Comparison,
    EnrolState,
    EnrolStep,
    Hit,
    Identification,
    Image,
    Light,
    NoFinger,
    NoMatch,
    Retry,
    RetryReason,
    Same,
    Scanner,
    ScannerInfo,
    Template,
)

if TYPE_CHECKING:
    from drivers.diagnosis import Diagnosis, Finding
    from drivers.discovery import Found, Look
    from drivers.emulation.host import Emulator

__all__ = [
    "Capability",
    "Comparison",
    "DeviceError",
    "Diagnosis",
    "Emulator",
    "EnrolState",
    "EnrolStep",
    "Finding",
    "Found",
    "Hit",
    "Identification",
    "Image",
    "Light",
    "LinkError",
    "LinkLost",
    "LinkTimeout",
    "Look",
    "NoFinger",
    "NoMatch",
    "ProtocolError",
    "Retry",
    "RetryReason",
    "Same",
    "Scanner",
    "ScannerError",
    "ScannerInfo",
    "Template",
    "UnknownModelError",
    "UnsupportedError",
    "create_scanner",
    "device_of",
    "diagnose",
    "discover",
    "emulator_models",
    "emulator_request",
    "lift_finger",
    "place_finger",
    "probe",
    "rare_speeds",
    "scanner_families",
    "serial_ports",
    "start_emulator",
    "stay_of",
]


_ELSEWHERE = {
    "Diagnosis": "drivers.diagnosis",
    "Emulator": "drivers.emulation.host",
    "Finding": "drivers.diagnosis",
    "Found": "drivers.discovery",
    "Look": "drivers.discovery",
}


def __getattr__(name: str) -> object:
    """Load the class behind a function of this page when somebody asks for it by name."""
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_ELSEWHERE[name]), name)


def create_scanner(family: str, url: str, **options: object) -> Scanner:
    """Make the driver `family` for the port at `url`, not yet opened; `options` are that driver's own.

    A port is a device path, `socket://host:port`, or `emulator://MODEL?instant=1&link=PATH&state=PATH&seed=N` for an emulator within this
    process. Raises UnknownModelError for an unknown name, LinkLost if an emulator cannot be started.
    """
    from drivers import registry

    return registry.create_scanner(family, url, **options)


def device_of(url: str) -> str | None:
    """The device that the port `url` leads to at the moment, whatever link names it; None if there is none, or `url` is no path."""
    from drivers import link

    return link.device_of(url)


def stay_of(url: str) -> tuple[int, ...] | None:
    """Tell one stay of the device that `url` leads to from the next: a device that was plugged in anew has another one, whatever its name.

    None if there is no device; a URL that is no path always has the same.
    """
    from drivers import discovery

    return discovery.stay_of(url)


def rare_speeds(family: str) -> tuple[int, ...]:
    """Bits a second that scanners of `family` can be set to and hardly ever are, the likeliest first. Raises UnknownModelError."""
    from drivers import discovery

    return discovery.rare_speeds(family)


def scanner_families() -> tuple[str, ...]:
    """The names `create_scanner` knows."""
    from drivers import registry

    return registry.scanner_families()


def emulator_models() -> tuple[str, ...]:
    """The names `start_emulator` knows."""
    from drivers import registry

    return registry.emulator_models()


def start_emulator(
    model: str, *, link: str | Path, instant: bool = False, state: str | Path | None = None, seed: int | None = None
) -> "Emulator":
    """Let an emulated `model` appear at `link`, with its control socket `LINK.ctl`; a context manager that ends it.

    `instant` leaves out working times and the line's speed; `state` is a file that keeps the flash; `seed` fixes all chance.
    Raises UnknownModelError for an unknown name, LinkLost if link, socket or file cannot be made.
    """
    from drivers import registry

    return registry.start_emulator(model, link=link, instant=instant, state=state, seed=seed)


def place_finger(link: str | Path, name: str, quality: str | None = None) -> None:
    """Press the finger called `name` on the emulator at `link`, which may belong to another process.

    `quality` is good, smudged, partial, dry, wet, imaging or residual. Raises LinkLost if no emulator is there, ProtocolError if
    it refused.
    """
    emulator_request(link, "place", name=name, quality=quality)


def lift_finger(link: str | Path) -> None:
    """Take the finger away. Raises as `place_finger` does."""
    emulator_request(link, "lift")


def emulator_request(link: str | Path, do: str, **fields: object) -> dict[str, object]:
    """Ask the emulator at `link`: place, lift, fault, clear-faults, power-cycle, unplug, replug, wipe, shuffle, plant or state.

    The fields are the arguments of the method of that name on the object from `start_emulator`, `data` in hexadecimal:

        wipe                        empties every slot behind the host's back
        shuffle                     moves every template to another used slot, always in the same way; needs two
        plant slot finger           puts a template of somebody's finger into a slot
        fault kind at count mask delay_s data towards
                                    lets line or sensor fail as `drivers.emulation.faults.FaultKind` says; `towards` is host or sensor
        state                       answers what the emulator is and holds: model, port, plugged, baud, finger, quality, looks, used, ...

    Raises as `place_finger` does.
    """
    from drivers.emulation.control import request

    return request(Path(link), do, **fields)


def serial_ports() -> tuple[str, ...]:
    """The ports where a scanner may be, each device once, by the name that stays the longest; always in the same order."""
    from drivers import discovery

    return discovery.serial_ports()


def probe(
    url: str, families: Iterable[str] | None = None, *, quick: bool = False, deadline_scale: float = 1.0
) -> "Found | None":
    """Ask at `url` for a scanner of any of `families` (all that are installed), closed again afterwards; None if none answers.

    `quick` tries only the usual speeds. Raises LinkLost (no such port, held by another process, or forbidden), DeviceError (a scanner that
    refuses to talk), UnknownModelError.
    """
    from drivers import discovery

    return discovery.probe(url, families, quick=quick, deadline_scale=deadline_scale)


def discover(
    ports: Iterable[str] | None = None,
    families: Collection[str] | None = None,
    *,
    quick: bool = False,
    skip: Iterable[str] = (),
    deadline_scale: float = 1.0,
) -> "Iterator[Look]":
    """Probe `ports` (all of `serial_ports`), several at a time, and tell in their order what was seen at each.

    Ports that lead to the same device as one of `skip` are never opened. Raises UnknownModelError.
    """
    from drivers import discovery

    return discovery.discover(ports, families, quick=quick, skip=skip, deadline_scale=deadline_scale)


def diagnose(
    url: str,
    *,
    family: str | None = None,
    baud: int | None = None,
    own: Mapping[str, Mapping[str, object]] | None = None,
    on_step: Callable[[str], None] = lambda _step: None,
    deadline_scale: float = 1.0,
) -> "Diagnosis":
    """Find out what is wrong with the scanner of `family`, or of whichever answers, at `url`, and what a person can do about it.

    `baud` is the speed that it is expected at, `own` are options by family, such as the password of a module that has one; `on_step`
    hears in plain words what is done next. Takes some seconds for a scanner that answers, up to half a minute for a silent one. Raises
    only UnknownModelError, for a family that is not installed, and LinkLost for an emulator that cannot be started.
    """
    from drivers import diagnosis

    return diagnosis.diagnose(url, family=family, baud=baud, own=own, on_step=on_step, deadline_scale=deadline_scale)
