"""What may be wrong with a scanner, and what a person does about it."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from drivers.holders import holders
from drivers.scanner import ScannerInfo


class Finding(enum.StrEnum):
    """The one thing that is wrong, or OK."""

    OK = "ok"
    NO_PORT = "no port"
    """There is no such port, or it vanished while we looked."""
    NO_PERMISSION = "no permission"
    PORT_HELD = "port held"
    """Another process has it open: it refused to share, or takes the answers away."""
    NO_BYTES = "no bytes"
    """Not one byte came, at any speed."""
    DEAF = "deaf"
    """It did talk, and does not hear: only taking its power away helps."""
    OTHER_ADDRESS = "other address"
    """It answers as another module than the one that was asked."""
    WRONG_SPEED = "wrong speed"
    """It answers, at another speed than the one expected."""
    NOISE = "noise"
    """Bytes came that are no protocol at any speed."""
    CHECKSUM = "checksum"
    """Its packets, or ours, arrive damaged or not at all."""
    WRONG_PASSWORD = "wrong password"  # noqa: S105  the name of a finding
    CONSOLE = "console"
    """Text came, or what we sent came back: something else than a scanner reads this line."""
    WEAK_SUPPLY = "weak supply"
    """It starts anew while it works."""
    GHOST = "ghost"
    """It takes picture after picture on an empty glass."""
    SENSOR_FAULT = "sensor fault"
    """It says itself that its sensor fails, or refuses every picture."""
    OTHER_FAMILY = "other family"
    """A scanner answers, in another protocol."""


CURES = {
    Finding.OK: "Nothing to do.",
    Finding.NO_PORT: "Plug the scanner in, and look for its port with: kiosk scanner probe",
    Finding.NO_PERMISSION: "Add the user to the group that owns the device, and log in again: sudo usermod -aG dialout USER",
    Finding.PORT_HELD: "Stop the other program (often ModemManager, a login console or a second kiosk).",
    Finding.NO_BYTES: "Try in this order: take the scanner's power away for two seconds and give it back; swap the wires TX and RX;"
    " measure its supply (3.3 V or 5 V as the module says) and the common ground; try another adapter, then another scanner.",
    Finding.DEAF: "Take the scanner's power away for two seconds and give it back (a restart of the kiosk does not). If it happens again,"
    " give the scanner a supply of its own.",
    Finding.OTHER_ADDRESS: "Write the address that it answers under into its [[station]] of the configuration.",
    Finding.WRONG_SPEED: "Write its speed into the configuration.",
    Finding.NOISE: "Check the common ground and the cable's length (below 2 m, away from mains), the scanner's voltage (3.3 V or 5 V), and"
    " that this port leads to a fingerprint scanner at all.",
    Finding.CHECKSUM: "Shorten the cable, lead it away from mains and motors, join the grounds of board and scanner, or try another"
    " adapter.",
    Finding.WRONG_PASSWORD: "Give the kiosk its password (docs/configuration.md), or set the module's password back to 0 with the program"
    " that set it. It cannot be read out or reset: if nobody knows it, replace the module.",
    Finding.CONSOLE: "Take the console off the line: sudo raspi-config, Interface Options, Serial Port: login shell no, hardware yes; then"
    " restart the board. If our own bytes come back without one, TX and RX are joined: part them.",
    Finding.WEAK_SUPPLY: "Give the scanner a supply that holds its voltage (a powered hub, a shorter and thicker cable, 300 mA to spare).",
    Finding.GHOST: "Clean the glass, keep sunlight off it, and power the scanner off and on with nothing on the glass. If it goes on,"
    " replace it.",
    Finding.SENSOR_FAULT: "Take the scanner's power away for two seconds and give it back. If it says so again, replace the scanner.",
    Finding.OTHER_FAMILY: "Write its family into the configuration.",
}


# Once is a spark, or a person who plugs something in.
TWICE = 2
# What it looks like when somebody else reads the answers.
_TAKEN_AWAY = frozenset({Finding.NO_PORT, Finding.NO_BYTES, Finding.DEAF, Finding.NOISE, Finding.CHECKSUM})


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found, one plain paragraph of what to do, and what was seen on the way; `info` if a scanner introduced itself."""

    finding: Finding
    cure: str
    evidence: tuple[str, ...]
    info: ScannerInfo | None = None


@dataclass(slots=True)
class Case:
    """One examination under way. `say` tells the person who watches what is done now; `note` keeps what was seen.

    `url` is the port as a person wrote it, `port` the same for a Link. `baud` is the speed at which the scanner is expected, `scale`
    multiplies all waiting, `monotonic` gives seconds, `own` are options by family. `strays` counts bytes that belonged to nothing we
    know, `restarts` how often a scanner showed that it had just got power. Of openings that failed, `begun` counts those in which a
    scanner did answer something, and `damaged` the packets that were of no use.
    """

    url: str
    port: str
    family: str
    baud: int
    say: Callable[[str], None]
    monotonic: Callable[[], float]
    scale: float
    own: Mapping[str, Mapping[str, object]]
    evidence: list[str] = field(default_factory=list)
    strays: int = 0
    begun: int = 0
    damaged: int = 0
    restarts: int = 0
    info: ScannerInfo | None = None

    @property
    def is_damaged(self) -> bool:
        """Whether a scanner could not be opened for what its packets suffer: it answered again after it had not."""
        return self.damaged > 0 or self.begun >= TWICE

    @property
    def is_weak(self) -> bool:
        """Whether there were two restarts: one may be somebody's doing."""
        return self.restarts >= TWICE

    def weak(self) -> Diagnosis | None:
        """The diagnosis of a weak supply, if that is known by now."""
        if not self.is_weak:
            return None
        self.note(f"it started anew {self.restarts} times")
        return self.closed(Finding.WEAK_SUPPLY)

    def note(self, sight: str) -> None:
        """Keep something that was seen; once, if it goes on."""
        if self.evidence[-1:] != [sight]:
            self.evidence.append(sight)

    def closed(self, finding: Finding, cure: str | None = None) -> Diagnosis:
        """The diagnosis, with the finding's own cure where no better one is known.

        Another process that has the port open explains everything that is missing or damaged.
        """
        rivals = holders(self.url) if finding in _TAKEN_AWAY else ()
        if rivals:
            self.note(f"the port is also open in {', '.join(map(str, rivals))}, which may take the answers away")
            finding, cure = Finding.PORT_HELD, rivals[0].cure
        return Diagnosis(finding, cure or CURES[finding], tuple(self.evidence), self.info)
