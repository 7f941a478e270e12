"""Why a sandbox cannot start."""

from kiosk.errors import Exit, KioskError


class SandboxError(KioskError):
    """The address cannot be used, the state file is none, or what it is told to be like makes no sense."""

    exit_code = Exit.USAGE
    cure = "Choose a loopback address such as 127.0.0.1 with a free port, and a state file of the sandbox's own."
