"""The root of the kiosk's own errors; each layer keeps its branch beside its code.

    KioskError
    ├── ConfigError          kiosk.config: every problem of a configuration file at once
    ├── StoreError           kiosk.store: NotSaved, SaveUnknown, StoreDamaged, StoreTooNew, ...
    ├── KeyFileError         kiosk.sealing: a key file that cannot be used
    ├── SealError            kiosk.sealing: a template that cannot be opened
    ├── PinError             kiosk.pins: a PIN that nobody may choose
    ├── KemruError           kiosk.kemru: Rejected, Unavailable, UnknownOutcome, ...
    ├── CallbackError        kiosk.kemru: Malformed, NotGenuine: what arrived is not what the platform sends
    ├── ControlError         kiosk.control: the daemon is not there, or refused
    └── EnrolmentError       kiosk.station: why somebody was not enrolled

`exit_code` follows sysexits.h, so that systemd and scripts can tell a wrong configuration from a broken disk.
"""

import enum


class Exit(enum.IntEnum):
    """Exit codes of `kiosk`, after sysexits.h."""

    OK = 0
    FAILURE = 1
    USAGE = 64
    DATA = 65
    NO_INPUT = 66
    UNAVAILABLE = 69
    SOFTWARE = 70
    IO = 74
    TEMPORARY = 75
    NO_PERMISSION = 77
    CONFIG = 78


class KioskError(Exception):
    """Root of everything the kiosk raises on purpose. `cure` is one plain sentence for whoever can mend it."""

    exit_code: Exit = Exit.FAILURE
    cure: str = ""
