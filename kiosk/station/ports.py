"""Whose the serial ports are, where several stations look for their scanners."""

import threading
from collections.abc import Mapping

from drivers import device_of


class Ports:
    """Which ports of this machine belong to which station: no station may open another one's, not even to look. Thread-safe.

    `configured` are the ports that the configuration gives to one station, there or not.
    """

    def __init__(self, configured: Mapping[str, str] | None = None) -> None:
        self._lock = threading.Lock()
        self._configured = dict(configured or {})
        self._owners: dict[str, str] = {}

    def free(self, port: str, station: str) -> bool:
        """Whether no other station than `station` has `port`."""
        with self._lock:
            return self._may(port, station)

    def claim(self, port: str, station: str) -> bool:
        """Take `port` for `station`; False if another one has it."""
        with self._lock:
            if not self._may(port, station):
                return False
            self._owners[device_of(port) or port] = station
            return True

    def release(self, station: str) -> None:
        """Give up what `station` has."""
        with self._lock:
            self._owners = {device: owner for device, owner in self._owners.items() if owner != station}

    def _may(self, port: str, station: str) -> bool:
        device = device_of(port) or port
        owners = {name for url, name in self._configured.items() if (device_of(url) or url) == device}
        return owners <= {station} and self._owners.get(device, station) == station
