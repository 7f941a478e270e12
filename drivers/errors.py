"""Everything that can go wrong between the host and a scanner.

    ScannerError
    ├── LinkError            the wire: nothing was understood
    │   ├── LinkLost         the port is gone, cannot be opened, or is held by another process
    │   └── LinkTimeout      the scanner did not answer before the deadline
    ├── ProtocolError        bytes came, but they are not this protocol or not the answer to this command
    ├── DeviceError          the scanner answered, and refused (`code` is the manual's confirmation code)
    ├── UnsupportedError     the caller asked for a capability that this scanner does not have
    └── UnknownModelError    no driver or emulator of that name is installed

What a person can mend at once (dry finger, finger moved) is not an error: see `drivers.scanner.Retry`.
"""


class ScannerError(Exception):
    """Root of all scanner failures. `cure` is one plain sentence for the person who can mend it."""

    cure: str = "Unplug the scanner, wait two seconds and plug it in again."


class LinkError(ScannerError):
    """The serial line failed. `port` is the URL as it was configured; `cure` replaces the class' own where more is known."""

    def __init__(self, message: str, *, port: str, cure: str | None = None) -> None:
        super().__init__(message)
        self.port = port
        if cure is not None:
            self.cure = cure


class LinkLost(LinkError):  # noqa: N818  named for the state it describes
    """The port vanished, cannot be opened, or belongs to another process."""

    cure = "Check the scanner's cable; if another program uses the port, stop it."


class LinkTimeout(LinkError):  # noqa: N818  named for the state it describes
    """No complete answer before the deadline. `waited` is in seconds, `received` counts the bytes that did come."""

    def __init__(self, message: str, *, port: str, waited: float, received: int, cure: str | None = None) -> None:
        super().__init__(message, port=port, cure=cure)
        self.waited = waited
        self.received = received


class ProtocolError(ScannerError):
    """Bytes arrived that are not a valid answer; `data` is what was seen (at most 64 bytes are kept)."""

    cure = "Check the baud rate and the cable; another device may be on this port."

    def __init__(self, message: str, *, data: bytes = b"") -> None:
        super().__init__(message)
        self.data = bytes(data[:64])


class DeviceError(ScannerError):
    """The scanner refused a command: `command` in the manual's words, `code` its confirmation code; `cure` where one is known."""

    def __init__(self, message: str, *, command: str, code: int, cure: str | None = None) -> None:
        super().__init__(message)
        self.command = command
        self.code = code
        if cure is not None:
            self.cure = cure


class UnsupportedError(ScannerError):
    """A method was called whose `Capability` this scanner lacks: a mistake of the caller, not of the scanner."""

    cure = "Use a scanner that has this feature."


class UnknownModelError(ScannerError):
    """No driver or emulator called `name` is installed; `installed` lists those that are."""

    cure = "Use one of the installed names, or install the package that brings this one."

    def __init__(self, kind: str, name: str, installed: tuple[str, ...]) -> None:
        super().__init__(f"no {kind} is called {name!r}; installed: {', '.join(installed) or 'none'}")
        self.name = name
        self.installed = installed
