"""The driver: the contract of `drivers.scanner`, in the commands of a made-up scanner that has slots 0 to 99 and no light."""

import time
from collections.abc import Callable, Iterable, Iterator

from drivers.errors import DeviceError, LinkLost, LinkTimeout, ProtocolError, ScannerError
from drivers.link import Link
from drivers.scanner import (
    Capability,
    EnrolState,
    EnrolStep,
    Hit,
    Identification,
    NoFinger,
    NoMatch,
    Retry,
    RetryReason,
    Scanner,
    ScannerInfo,
)
from drivers.speed import find_speed
from kiosk_scanner_example.wire import MAX_LINE, from_line, to_line

# Seconds for any answer. Four commands at most make one call, so that `identify` ends within its two seconds.
_DEADLINE = 0.4
_GREETINGS = 3


class ExampleScanner(Scanner):
    """The made-up scanner at `url`; the keywords are those that `drivers.scanner.Scanner` asks of every driver."""

    all_speeds = (19200, 9600, 57600)
    usual_speeds = (19200, 9600)

    def __init__(
        self,
        url: str,
        *,
        baud: int | None = None,
        speeds: Iterable[int] | None = None,
        score_floor: int = 0,
        level: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        deadline_scale: float = 1.0,
    ) -> None:
        self._link = Link(url, baud=baud or self.usual_speeds[0], monotonic=monotonic)
        self._speeds = tuple(speeds or self.usual_speeds)
        self._score_floor = score_floor
        self._remarks = () if level is None else ("This scanner has no security level to set.",)
        self._monotonic = monotonic
        self._deadline = _DEADLINE * deadline_scale
        self._number = 0
        self._glitches = 0
        self._info: ScannerInfo | None = None

    def open(self) -> ScannerInfo:
        self.close()
        try:
            find_speed(self._link, self._speeds, self._greet, self.check)
            model, capacity = self._ask("HELLO", 2)
            self._info = ScannerInfo(
                family="example",
                model=model,
                capacity=int(capacity),
                slot_base=0,
                capabilities=Capability.PRESENCE | Capability.SCORE,
                baud=self._link.baud,
                remarks=self._remarks,
            )
        except ScannerError:
            self.close()
            raise
        return self._info

    def close(self) -> None:
        self._info = None
        self._link.close()

    @property
    def info(self) -> ScannerInfo:
        if self._info is None:
            raise LinkLost(f"{self._link.url} is not open", port=self._link.url, cure="Open the scanner first.")
        return self._info

    @property
    def glitches(self) -> int:
        return self._glitches

    def check(self) -> None:
        self._ask("PING", 1)

    def identify(self) -> Identification:
        outcome, *values = self._ask("FIND")
        if outcome == "HIT" and len(values) == 2:
            slot, score = map(int, values)
            return Hit(slot, score) if score >= self._score_floor else NoMatch()
        plain = {"NONE": NoMatch(), "EMPTY": NoFinger(), "BAD": Retry(RetryReason.PARTIAL)}
        if outcome not in plain:
            raise ProtocolError(f"FIND was answered with {outcome}")
        return plain[outcome]

    def present(self) -> bool:
        return self._ask("LOOK", 1) == ["YES"]

    def enrol(self, slot: int, samples: int = 2) -> Iterator[EnrolStep]:
        self._require(slot)
        self._ask("FORGET", 1)
        for sample in range(1, samples + 1):
            while sample > 1 and self.present():
                yield EnrolStep(EnrolState.LIFT, sample)
            while not isinstance(seen := self.identify(), NoMatch | Hit):
                retry = isinstance(seen, Retry)
                yield EnrolStep(
                    EnrolState.RETRY if retry else EnrolState.PLACE, sample, reason=seen.reason if retry else None
                )
            if isinstance(seen, Hit):
                yield EnrolStep(EnrolState.DUPLICATE, sample, hit=seen)
                return
            self._ask("KEEP", 1)
            yield EnrolStep(EnrolState.CAPTURED, sample)
        if self._ask(f"STORE {slot}", 1) == ["DIFFERENT"]:
            yield EnrolStep(EnrolState.MISMATCH, samples)
            return
        if slot not in self.used():
            raise ProtocolError(f"STORE: slot {slot} was acknowledged and is empty")
        yield EnrolStep(EnrolState.STORED, samples)

    def delete(self, slot: int) -> None:
        self._require(slot)
        self._ask(f"DELETE {slot}", 1)
        if slot in self.used():
            raise ProtocolError(f"DELETE: slot {slot} was acknowledged and is not empty")

    def clear(self) -> None:
        self._ask("CLEAR", 1)

    def used(self) -> frozenset[int]:
        [bitmap] = self._ask("LIST", 1)
        return frozenset(slot for slot in range(self.info.capacity) if int(bitmap, 16) >> slot & 1)

    def _require(self, slot: int) -> None:
        if not 0 <= slot < self.info.capacity:
            raise DeviceError(f"no slot {slot}: 0 to {self.info.capacity - 1}", command="STORE", code=0)

    def _greet(self) -> None:
        """Shake hands with patience: a scanner that just got power hears nothing for a moment."""
        for _ in range(_GREETINGS - 1):
            try:
                return self.check()
            except (LinkTimeout, ProtocolError):
                continue
        return self.check()

    def _ask(self, command: str, count: int | None = None) -> list[str]:
        """The words of the answer to `command`, of which there must be `count`."""
        self._number = self._number % 999 + 1
        self._link.flush()
        self._link.send(to_line(self._number, command))
        words = self._answer(command)
        if words[0] == "ERROR":
            raise DeviceError(f"{command} refused: {' '.join(words[1:])}", command=command, code=1)
        if count is not None and len(words) != count:
            raise ProtocolError(f"{command}: {len(words)} words came, not {count}")
        return words

    def _answer(self, command: str) -> list[str]:
        began, glitches_before, rest = self._monotonic(), self._glitches, b""
        # The deadline is looked at here as well: a line full of noise is never silent.
        while self._monotonic() - began <= self._deadline:
            try:
                *lines, rest = (rest + self._link.receive(began + self._deadline)).split(b"\n")
            except LinkTimeout:
                break
            rest = rest[-MAX_LINE:]
            for answer in map(from_line, lines):
                if answer is not None and answer[0] == self._number:
                    return answer[1]
                self._glitches += 1
        if rest or self._glitches > glitches_before:
            raise ProtocolError(f"{command}: what came is no answer to it")
        message = f"{self._link.url}: {command} not answered"
        raise LinkTimeout(message, port=self._link.url, waited=self._deadline, received=0)
