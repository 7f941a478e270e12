"""Fingerprint scanners, and emulators of them: everything that other packages may use.

    scanner = create_scanner("zfm", "/dev/serial/by-id/...")
    scanner.open()
    scanner.identify()                          # Hit(slot=7, score=96)

Emulators, drivers and pyserial are imported by the functions that need them, so that importing this page costs next to nothing.
"""

# ruff: noqa: PLC0415  see above

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
    Scanner,
    ScannerInfo,
    Template,
)

if TYPE_CHECKING:
    from drivers.emulation.host import Emulator

__all__ = [
    "Capability",
    "DeviceError",
    "Emulator",
    "EnrolState",
    "EnrolStep",
    "Hit",
    "Identification",
    "Image",
    "Light",
    "LinkError",
    "LinkLost",
    "LinkTimeout",
    "NoFinger",
    "NoMatch",
    "ProtocolError",
    "Retry",
    "RetryReason",
    "Scanner",
    "ScannerError",
    "ScannerInfo",
    "Template",
    "UnknownModelError",
    "UnsupportedError",
    "create_scanner",
    "emulator_models",
    "emulator_request",
    "lift_finger",
    "place_finger",
    "scanner_families",
    "start_emulator",
]


def __getattr__(name: str) -> object:
    """Load the class behind `start_emulator` when somebody asks for it by name."""
    if name == "Emulator":
        from drivers.emulation.host import Emulator

        return Emulator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def create_scanner(family: str, url: str, **options: object) -> Scanner:
    """Make the driver `family` for the port at `url`, not yet opened; `options` are that driver's own.

    A port is a device path, `socket://host:port`, or `emulator://MODEL?instant=1&link=PATH&state=PATH&seed=N` for an emulator within this
    process. Raises UnknownModelError for an unknown name, LinkLost if an emulator cannot be started.
    """
    from drivers import registry

    return registry.create_scanner(family, url, **options)


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
    """Ask the emulator at `link`: place, lift, fault, clear-faults, power-cycle, unplug, replug or state.

    The fields are the arguments of the method of that name on the object from `start_emulator`, `data` in hexadecimal. Raises as
    `place_finger` does.
    """
    from drivers.emulation.control import request

    return request(Path(link), do, **fields)
