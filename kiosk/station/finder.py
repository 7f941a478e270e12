"""Where the scanner is: at its configured port, or, after a re-plug or without a configured one, at any other that answers."""

import threading
from collections.abc import Iterator, Mapping, Sequence

from drivers import LinkLost, Scanner, ScannerError, create_scanner, device_of, scanner_families, serial_ports

AUTO = "auto"
"""As a port or a family: find it out."""


class Ports:
    """Which ports of this machine belong to which station: no station may open another one's, not even to look. Thread-safe.

    `configured` are the ports that the configuration gives to one station, there or not.
    """

    def __init__(self, configured: Mapping[str, str] | None = None) -> None:
        self._lock = threading.Lock()
        self._configured = dict(configured or {})
        self._owners: dict[str, str] = {}

    def claim(self, port: str, station: str) -> bool:
        """Take `port` for `station`; False if another one has it."""
        device = device_of(port) or port
        owners = {name for url, name in self._configured.items() if (device_of(url) or url) == device}
        with self._lock:
            return owners <= {station} and self._owners.setdefault(device, station) == station

    def release(self, station: str) -> None:
        """Give up what `station` has."""
        with self._lock:
            self._owners = {device: owner for device, owner in self._owners.items() if owner != station}


class Finder:
    """Opens the scanner of `station`, configured at `port` with `family` and the driver's `options`; either may be AUTO.

    `attempt` is short: one port and one family.
    """

    def __init__(self, station: str, port: str, family: str, options: dict[str, object], ports: Ports) -> None:
        self._station = station
        self._port = port
        self._family = family
        self._options = options
        self._ports = ports
        self._at = self._found = ("", "")
        self._ways: Iterator[tuple[str, str]] = iter(())
        self._answers: dict[str, str] = {}

    def attempt(self) -> tuple[str, Scanner]:
        """Open one scanner, at the next place where it may be; returns the port too.

        Raises the ScannerError of the place that was tried; LinkLost if there is no place at all.
        """
        port, family = self._next()
        if not self._ports.claim(port, self._station):
            raise LinkLost(f"{port} belongs to another station", port=port)
        try:
            scanner = create_scanner(family, port, **self._options)
            scanner.open()
        except ScannerError:
            self._ports.release(self._station)
            if self.answered(port) == family:
                del self._answers[port]
            raise
        self._at = (port, family)
        # No other family has to be asked for where one answers, even if that scanner cannot be kept.
        self._answers[port] = family
        self._ways = iter([way for way in self._ways if way[0] != port])
        return port, scanner

    def answered(self, port: str) -> str | None:
        """The family of a scanner that answers at `port`, and was not kept; None if there is none."""
        if _absent(port):
            self._answers.pop(port, None)
        return self._answers.get(port)

    def let_go(self) -> None:
        """The scanner was closed: another station may look there."""
        self._ports.release(self._station)

    def keep(self) -> None:
        """What `attempt` returned is this station's scanner: the next search begins there. Without this word, the search goes on."""
        self._found = self._at
        self._ways = iter(())
        self._answers.clear()

    def _next(self) -> tuple[str, str]:
        way = next(self._ways, None)
        if way is None:
            self._ways = iter(self._all())
            way = next(self._ways, None)
        if way is None:
            raise LinkLost(
                f"station {self._station}: no serial port on this machine", port=self._port, cure="Plug a scanner in."
            )
        return way

    def _all(self) -> list[tuple[str, str]]:
        """Every place, the likeliest first. The configured port comes before all others, which are looked at only while it is not there.

        Where the scanner was last has every second turn: what else is tried meanwhile must not keep it waiting once it is back.
        """
        ports = [] if self._port == AUTO else [self._port]
        if self._port == AUTO or _absent(self._port):
            ports += [port for port in serial_ports() if port not in ports]
        families = scanner_families() if self._family == AUTO else (self._family,)
        # A port that is not there is tried once, for the words that say so; one where something answers, with its family alone.
        ways = [(port, family) for port in ports for family in self._families(port, families)]
        if self._found not in ways:
            return ways
        others = [way for way in ways if way != self._found]
        return [way for other in others for way in (self._found, other)] or [self._found]

    def _families(self, port: str, families: Sequence[str]) -> Sequence[str]:
        if _absent(port):
            return families[:1]
        answered = self.answered(port)
        return families if answered is None else (answered,)


def _absent(port: str) -> bool:
    return "://" not in port and device_of(port) is None
