"""Which serial ports this machine has, and which scanner answers at which of them."""

import os
import re
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from drivers.errors import DeviceError, LinkLost, LinkTimeout, ProtocolError
from drivers.holders import holders, is_held
from drivers.link import reachable
from drivers.registry import create_scanner, scanner_families
from drivers.scanner import ScannerInfo

# Names that say what is plugged in, then where, then neither; udev makes the first two for USB adapters only.
_BY_ID = "serial/by-id/*"
_BY_PATH = "serial/by-path/*"
_BY_NUMBER = ("ttyUSB*", "ttyACM*", "serial0", "ttyAMA*")
# Ports asked at the same time: asking is waiting, and a board has few.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A scanner of `family` answered at `url`, and is closed again."""

    url: str
    family: str
    info: ScannerInfo


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one port: a scanner, or what kept us from looking or the scanner from talking, or (both None) no answer."""

    url: str
    found: Found | None = None
    trouble: LinkLost | DeviceError | None = None


def serial_ports() -> tuple[str, ...]:
    """The ports where a scanner may be, each device once, by the name that stays the longest; always in the same order.

    Two adapters without a serial number share one name by id, which leads to either of them: if any adapter has none for itself, all
    are named by their socket.
    """
    by_id, by_path = _names(_BY_ID), _names(_BY_PATH)
    shared = set(by_path.values()) - set(by_id.values())
    candidates = [*(() if shared else by_id.items()), *by_path.items()]
    candidates += [pair for pattern in _BY_NUMBER for pair in _names(pattern).items()]
    names: dict[str, str] = {}
    for name, device in candidates:
        names.setdefault(device, name)
    return tuple(names.values())


def stay_of(url: str) -> tuple[int, ...] | None:
    """Tell one stay of the device that `url` leads to from the next: a device that was plugged in anew has another one, whatever its name.

    None if there is no device; a URL that is no path always has the same.
    """
    if "://" in url:
        return ()
    try:
        node = Path(reachable(url)).stat()
    except (OSError, ValueError):
        return None
    return node.st_rdev, node.st_ino, node.st_ctime_ns


@cache
def rare_speeds(family: str) -> tuple[int, ...]:
    """Bits a second that scanners of `family` can be set to and hardly ever are, the likeliest first. Raises UnknownModelError."""
    scanner = create_scanner(family, "")
    return tuple(speed for speed in scanner.all_speeds if speed not in scanner.usual_speeds)


def probe(
    url: str, families: Iterable[str] | None = None, *, quick: bool = False, deadline_scale: float = 1.0
) -> Found | None:
    """Ask at `url` for a scanner of each of `families` (all that are installed), first at their usual speeds; None if none answers.

    `quick` leaves it at the usual speeds. Raises LinkLost (no such port, held by another process, or forbidden), DeviceError (a scanner
    that refuses to talk, such as for its password), UnknownModelError.
    """
    asked = scanner_families() if families is None else tuple(families)
    for usual in (True,) if quick else (True, False):
        for family in asked:
            found = _ask(url, family, usual=usual, deadline_scale=deadline_scale)
            if found is not None:
                return found
    return None


def discover(
    ports: Iterable[str] | None = None,
    families: Collection[str] | None = None,
    *,
    quick: bool = False,
    skip: Iterable[str] = (),
    deadline_scale: float = 1.0,
) -> Iterator[Look]:
    """Probe `ports` (all of `serial_ports`), several at a time, and tell in their order what was seen at each.

    Ports that lead to the same device as one of `skip` are never opened: somebody is using them. Raises UnknownModelError.
    """

    def look(url: str) -> Look:
        try:
            return Look(url, probe(url, families, quick=quick, deadline_scale=deadline_scale))
        except (LinkLost, DeviceError) as trouble:
            rivals = holders(url) if isinstance(trouble, LinkLost) and is_held(trouble) else ()
            if rivals:
                trouble.cure = rivals[0].cure
            return Look(url, trouble=trouble)

    taken = {_device(url) for url in skip}
    urls = [url for url in (serial_ports() if ports is None else ports) if _device(url) not in taken]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="probe") as pool:
        yield from pool.map(look, urls)


def _ask(url: str, family: str, *, usual: bool, deadline_scale: float) -> Found | None:
    options: dict[str, object] = {"deadline_scale": deadline_scale}
    if not usual:
        rare = rare_speeds(family)
        if not rare:
            return None
        options |= {"baud": rare[0], "speeds": rare}
    scanner = create_scanner(family, url, **options)
    try:
        return Found(url, family, scanner.open())
    except (LinkTimeout, ProtocolError):
        return None
    finally:
        scanner.close()


def _names(pattern: str) -> dict[str, str]:
    """Name -> device, of the ports that exist. The names are those a person knows, wherever this process sees them."""
    folder = Path(reachable("/dev/"))
    paths = sorted((path for path in folder.glob(pattern) if path.is_char_device()), key=_by_number)
    return {f"/dev/{path.relative_to(folder)}": os.path.realpath(path) for path in paths}


def _by_number(path: Path) -> list[tuple[int, str]]:
    """ttyUSB2 comes before ttyUSB10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


def _device(url: str) -> str:
    return url if "://" in url else os.path.realpath(reachable(url))
