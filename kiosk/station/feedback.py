"""What the scanner's own light says, where it has one: a person looks at the glass, not at the screen."""

from drivers import Capability, Light, Scanner
from kiosk.views import ScanKind

_LIGHTS = {
    ScanKind.WELCOME: Light.WELCOME,
    ScanKind.GOODBYE: Light.WELCOME,
    ScanKind.ALREADY: Light.WELCOME,
    ScanKind.NOT_SAVED: Light.FAULT,
}
_STEPS = {"place": Light.HOLD, "verify": Light.HOLD, "captured": Light.REMOVE, "lift": Light.REMOVE}
# Not WELCOME: that means a punch on disk.
_ENDS = {True: Light.READY, False: Light.REFUSED}


class Feedback:
    """Shows patterns on `scanner`'s light, each only once; silent if it has none, or is not `wanted`. May raise ScannerError."""

    def __init__(self, scanner: Scanner, *, wanted: bool = True) -> None:
        self._scanner = scanner
        self._wanted = wanted and Capability.LIGHT in scanner.info.capabilities
        self._shown: Light | None = None

    def show(self, light: Light) -> None:
        """Show `light`."""
        if self._wanted and light is not self._shown:
            self._scanner.signal(light)
            self._shown = light

    def answer(self, kind: ScanKind) -> None:
        """Show what came of a press. Green means a punch on disk, and nothing else does."""
        self.show(_LIGHTS.get(kind, Light.REFUSED))

    def enrolling(self, step: str, *, final: bool, ok: bool) -> None:
        """Show what an enrolment asks for."""
        self.show(_ENDS[ok] if final else _STEPS.get(step, Light.REFUSED))
