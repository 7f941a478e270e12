"""Where the scanner is: at its configured port, or, after a re-plug or without a configured one, at any other that answers.

A way is one port, asked by one family's driver. Where nobody answers, that takes about three seconds; so whatever may be the scanner comes
before what has been silent, and which devices there are is looked at anew before each question.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from drivers import (
    DeviceError,
    LinkLost,
    Scanner,
    ScannerError,
    create_scanner,
    device_of,
    rare_speeds,
    scanner_families,
    serial_ports,
    stay_of,
)
from kiosk.station.ports import Ports

AUTO = "auto"
"""As a port or a family: find it out."""


@dataclass(frozen=True, slots=True)
class _Way:
    """`rare`: at the speeds that are hardly ever met, instead of the usual ones."""

    port: str
    family: str
    rare: bool = False


@dataclass(frozen=True, slots=True)
class _Words:
    """What is wrong, and what a person can do about it. `shut`: the port could not even be opened."""

    what: str
    cure: str
    shut: bool = False


class Finder:
    """Opens the scanner of `station`, configured at `port` with `family`; either may be AUTO.

    `options` are for every driver, `own` by family for those that only that one's driver knows.

    `attempt` is short: one way. A round asks a way that is known to have had an answer, then all that were not asked since their device was
    plugged in, or else the one that has been silent for the longest. `more` says that the round is not over: only after it is there a
    reason to pause. `kept` says that what was opened last is this station's scanner.
    """

    def __init__(
        self,
        station: str,
        port: str,
        family: str,
        options: Mapping[str, object],
        ports: Ports,
        own: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.more = self.kept = False
        self._station = station
        self._port = port
        self._family = family
        self._options = options
        self._own = own or {}
        self._ports = ports
        self._at = self._found = _Way("", "")
        self._model = self._found_model = ""
        self._why: _Words | None = None  # what was wrong first where the scanner was found, since it was lost
        self._stays: dict[str, tuple[int, ...]] = {}
        self._asked: dict[_Way, _Words] = {}  # in vain, the least recently asked first
        self._answers: dict[str, _Way] = {}  # by port
        self._refusals: dict[str, _Words] = {}  # by port: those answers that were a refusal
        self._turn_of_known = True
        self._turns = 0

    def attempt(self) -> tuple[str, Scanner] | None:
        """Open one scanner, at the next place where it may be; returns the port too. None: not there, and others have to be asked first.

        Raises LinkLost that says what is wrong with the search as a whole, wherever was asked this time.
        """
        self._look()
        way = self._next()
        if way is not None and self._ports.claim(way.port, self._station):
            scanner = self._ask(way)
            if scanner is not None:
                return way.port, scanner
        trouble = self._trouble()
        if trouble is not None:
            raise self._error(trouble)
        return None

    def answered(self, port: str) -> bool:
        """Whether a scanner answers at `port` that could be opened, and was not kept."""
        self._look()
        return port in self._answers and port not in self._refusals

    def let_go(self) -> None:
        """The scanner was closed: another station may look there."""
        self._ports.release(self._station)

    def keep(self) -> None:
        """What `attempt` returned is this station's scanner: the next search begins there. Without this word, the search goes on."""
        self.kept = True
        self._found, self._found_model = self._at, self._model
        self._why = None
        self._asked = {way: words for way, words in self._asked.items() if way.port != self._at.port}
        self._answers.clear()
        self._refusals.clear()
        self._turn_of_known, self._turns = True, 0
        self.more = False

    def lost(self, error: ScannerError) -> ScannerError:
        """Hear that what `attempt` returned failed with `error`.

        Returns what is to be said: that it is gone, if it was kept and its port is gone too.
        """
        if not self.kept:
            return error
        self._look()
        if self._found.port not in self._stays:
            return self._error(self._gone())
        self._why = _Words(str(error), error.cure)
        return error

    def _look(self) -> None:
        """See which devices there are, and forget what is known of those that were unplugged since, even for a moment."""
        stays = {port: stay for port in self._places() if (stay := stay_of(port)) is not None}
        left = {port for port, stay in self._stays.items() if stays.get(port) != stay}
        self._stays = stays
        self._asked = {way: words for way, words in self._asked.items() if way.port not in left}
        for port in left:
            self._answers.pop(port, None)
            self._refusals.pop(port, None)
        if self._found.port not in stays:
            self._why = None

    def _places(self) -> list[str]:
        """Where the scanner may be. The configured port comes before all others, which are looked at only while it is not there."""
        own = [port for port in (self._port, self._found.port) if port not in {AUTO, ""}]
        searching = self._port == AUTO or stay_of(self._port) is None
        places: dict[str, str] = {}
        for port in (*own, *(serial_ports() if searching else ())):
            places.setdefault(device_of(port) or port, port)  # one device may have several names
        return list(places.values())

    def _next(self) -> _Way | None:
        """Known and other ways by turns: what else is tried must not keep the scanner waiting once it is back where it was."""
        known, fresh = self._known(), self._fresh()
        others = fresh or self._silent()
        if known and (self._turn_of_known or not others):
            self._turn_of_known = False
            self._turns += 1
            self.more = bool(others)
            return known[(self._turns - 1) % len(known)]
        self._turn_of_known = True
        self.more = len(fresh) > 1
        return others[0] if others else None

    def _known(self) -> list[_Way]:
        """Where the scanner was found, and where any other answers: no other family has to be asked for there."""
        found = [self._found] if self._found.port in self._stays and self._found.port not in self._answers else []
        return [way for way in (*found, *self._answers.values()) if self._free(way.port)]

    def _fresh(self) -> list[_Way]:
        """What was not asked yet, in the order in which it has to be."""
        other_speeds = replace(self._found, rare=not self._found.rare)
        fresh = [way for way in self._ways() if way not in self._asked]
        return sorted(fresh, key=lambda way: way != other_speeds)

    def _silent(self) -> list[_Way]:
        """What was asked in vain, the least recently asked first."""
        ways = set(self._ways())
        return [way for way in self._asked if way in ways]

    def _ways(self) -> list[_Way]:
        """Every way that is not known to be answered.

        The device that was asked least comes first, so one that was just plugged in; then the likeliest family; rare speeds come last.
        """
        ports = [port for port in self._stays if port not in self._answers and self._free(port)]
        questions = [way.port for way in self._asked]
        ports.sort(key=questions.count)
        families = scanner_families() if self._family == AUTO else (self._family,)
        families = tuple(sorted(families, key=lambda family: family != self._found.family))
        usual = [_Way(port, family) for port in ports for family in families]
        rare = [replace(way, rare=True) for way in usual if rare_speeds(way.family)]
        return [way for way in (*usual, *rare) if way != self._found]

    def _free(self, port: str) -> bool:
        return self._ports.free(port, self._station)

    def _ask(self, way: _Way) -> Scanner | None:
        try:
            scanner = create_scanner(way.family, way.port, **self._options_for(way))
            scanner.open()
        except ScannerError as error:
            self._ports.release(self._station)
            self._failed(way, error)
            return None
        self.kept, self._at, self._model = False, way, scanner.info.model
        self._asked.pop(way, None)
        self._answers[way.port] = way
        self._refusals.pop(way.port, None)
        return scanner

    def _options_for(self, way: _Way) -> dict[str, object]:
        options = {**self._options, **self._own.get(way.family, {})}
        if way.rare:
            speeds = rare_speeds(way.family)
            options |= {"baud": speeds[0], "speeds": speeds}
        return options

    def _failed(self, way: _Way, error: ScannerError) -> None:
        words = _Words(str(error), error.cure, shut=isinstance(error, LinkLost))
        self._answers.pop(way.port, None)
        self._refusals.pop(way.port, None)
        self._asked.pop(way, None)
        if isinstance(error, DeviceError):
            self._answers[way.port] = way
            self._refusals[way.port] = replace(words, what=f"{way.port}: {words.what}")
        else:
            self._asked[way] = words
            if way == self._found and self._why is None:
                self._why = words

    def _trouble(self) -> _Words | None:
        """What is to be said; None as long as that is not known. It does not change from one question to the next."""
        if self._refusals:
            return next(iter(self._refusals.values()))
        if self._found.port:
            there = self._found.port in self._stays and (self._why is not None or self._free(self._found.port))
            return self._why if there else self._gone()
        if any(not way.rare for way in self._fresh()):
            return None
        return self._nowhere()

    def _gone(self) -> _Words:
        what = f"the {self._found_model} is gone that was at {self._found.port}"
        return _Words(what, "Plug the scanner in again, or check its cable.")

    def _nowhere(self) -> _Words:
        """Nothing was ever found, and every port was asked."""
        asked = {way: words for way, words in self._asked.items() if not way.rare}
        if list(self._stays) == [self._port] and len(asked) == 1:
            return next(iter(asked.values()))  # the driver's own words say more than ours
        shut = {way.port: words.what for way, words in asked.items() if words.shut}
        silent = [port for port in self._stays if port in {way.port for way in asked} - shut.keys()]
        parts = [f"no scanner answers at {', '.join(silent)}"] if silent else []
        parts = [*shut.values(), *parts]
        cures = [words.cure for words in asked.values() if words.cure != ScannerError.cure]
        if self._port == AUTO:
            cures = [words.cure for words in asked.values() if words.shut] or ["Plug a scanner in."]
            parts = parts or [f"{'no free' if self._stays else 'no'} serial port on this machine"]
        elif self._port not in self._stays:
            parts.insert(0, f"{self._port} is not there")
            cures = ["Plug the scanner in, and check the port's name in the configuration (ls -l /dev/serial/by-id)."]
        elif not self._free(self._port):
            parts.insert(0, f"{self._port} belongs to another station")
            cures = ["Give each station a port of its own."]
        return _Words("; ".join(parts), [*cures, ScannerError.cure][0])

    def _error(self, words: _Words) -> LinkLost:
        return LinkLost(words.what, port=self._port, cure=words.cure)
