"""Which drivers and emulators are installed, and how one of them is made.

Drivers come from the entry points "kiosk.scanners" (name -> Scanner subclass, called with url and options), emulators from
"kiosk.emulators" (name -> callable with `seed` and `state` that returns a `drivers.emulation.device.Device`). The built-in ones
register in the same way as anybody's; only the one that is named is imported.
"""

import tempfile
import threading
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit

from drivers.errors import LinkLost, UnknownModelError
from drivers.scanner import Scanner

if TYPE_CHECKING:
    from drivers.emulation.device import Device
    from drivers.emulation.host import Emulator

_SCANNERS = "kiosk.scanners"
_EMULATORS = "kiosk.emulators"
# The family that most scanners belong to.
_FIRST = "zfm"
_SCHEME = "emulator"
_OPTIONS = frozenset({"instant", "link", "seed", "state"})

# Emulators that a scanner's URL started: they live as long as the process, as a sensor outlives the program that talks to it.
_started: dict[str, "Emulator"] = {}
_starting = threading.Lock()


def scanner_families() -> tuple[str, ...]:
    """The names `create_scanner` knows, in the order in which they are asked for where it is not known who answers."""
    return tuple(sorted(entry_points(group=_SCANNERS).names, key=lambda family: (family != _FIRST, family)))


def emulator_models() -> tuple[str, ...]:
    """The names `start_emulator` knows."""
    return tuple(sorted(entry_points(group=_EMULATORS).names))


def create_scanner(family: str, url: str, **options: object) -> Scanner:
    """Make the driver `family` for the port at `url`, not yet opened; `options` are that driver's own.

    `emulator://r307?instant=1&link=/run/x&state=/var/x&seed=1` starts an emulator in this process, once for each such URL, and uses its
    pseudo-terminal. Raises UnknownModelError for an unknown name, LinkLost if an emulator cannot be started.
    """
    driver = cast("Callable[..., Scanner]", _load("scanner family", _SCANNERS, family))
    return driver(port_of(url), **options)


def start_emulator(
    model: str, *, link: str | Path, instant: bool = False, state: str | Path | None = None, seed: int | None = None
) -> "Emulator":
    """Let an emulated `model` appear at `link`, with its control socket beside it.

    `instant` leaves out working times and the line's speed; `state` is a file that keeps the flash; `seed` fixes all chance.
    Raises UnknownModelError for an unknown name, LinkLost if link, socket or file cannot be made.
    """
    from drivers.emulation.host import Emulator  # noqa: PLC0415  a kiosk with a real scanner never loads it

    build = cast("Callable[..., Device]", _load("emulator", _EMULATORS, model))
    device = build(seed=seed, state=None if state is None else Path(state))
    try:
        return Emulator(device, Path(link), instant=instant).start()
    except BaseException:
        device.close()
        raise


def _load(kind: str, group: str, name: str) -> object:
    found: tuple[EntryPoint, ...] = tuple(entry_points(group=group, name=name))
    if not found:
        raise UnknownModelError(kind, name, tuple(sorted(entry_points(group=group).names)))
    return found[0].load()


def port_of(url: str) -> str:
    """What a driver opens for `url`: an emulator's link, after starting it if need be, or the URL as it is. Raises as `create_scanner`."""
    parts = urlsplit(url)
    if parts.scheme != _SCHEME:
        return url
    with _starting:
        if url not in _started or _started[url].wait(0):
            _started[url] = _start(url, parts.netloc, dict(parse_qsl(parts.query)))
        return _started[url].link


def _start(url: str, model: str, options: dict[str, str]) -> "Emulator":
    unknown = sorted(options.keys() - _OPTIONS)
    seed = options.get("seed", "")
    if unknown or not (seed.isdecimal() or not seed):
        wrong = f"unknown option {unknown[0]!r}" if unknown else f"seed {seed!r} is not a number"
        cure = f"Options are {', '.join(sorted(_OPTIONS))}."
        raise LinkLost(f"{url}: {wrong}", port=url, cure=cure)
    link = options.get("link") or Path(tempfile.mkdtemp(prefix="emulator-")) / model
    instant = options.get("instant", "0") not in {"0", ""}
    return start_emulator(
        model, link=link, instant=instant, state=options.get("state"), seed=int(seed) if seed else None
    )
