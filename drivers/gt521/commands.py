"""What can be said to the sensor, in the manual's words, and what its refusals mean.

Sources: [D] GT-511C3 datasheet V1.1 and GT-521F programming guide V1.2; [C] the clients published for them, which agree on sizes.
IdentifyTemplate2 (F4), by whose one-line description a finger could be compared with a template from outside, is left out on
purpose: published clients use it in two contradictory ways, and one reading would accept anybody who is in the library.
"""

import struct
from dataclasses import dataclass
from typing import Final

# Bytes of every template of this family [C].
TEMPLATE_SIZE: Final = 498
# Width and height in pixels, one byte each, as the GT-521F's own software reads GetImage [C].
IMAGE: Final = (202, 258)
# Speeds that ChangeBaudRate is used with, in bits a second. The first one is what the sensor starts with, whatever was set before.
SPEEDS: Final = (9600, 115200, 57600, 38400, 19200)

TIMEOUT: Final = 0x1001
INVALID_POS: Final = 0x1003
IS_NOT_USED: Final = 0x1004
IS_ALREADY_USED: Final = 0x1005
COMM_ERR: Final = 0x1006
VERIFY_FAILED: Final = 0x1007
IDENTIFY_FAILED: Final = 0x1008
DB_IS_FULL: Final = 0x1009
DB_IS_EMPTY: Final = 0x100A
TURN_ERR: Final = 0x100B
BAD_FINGER: Final = 0x100C
ENROLL_FAILED: Final = 0x100D
IS_NOT_SUPPORTED: Final = 0x100E
DEV_ERR: Final = 0x100F
INVALID_PARAM: Final = 0x1011
FINGER_IS_NOT_PRESSED: Final = 0x1012

# A NACK below this names the slot that holds the same finger.
FIRST_ERROR: Final = 0x1000

ERRORS: Final = {
    TIMEOUT: "capture timed out",
    0x1002: "invalid baud rate",
    INVALID_POS: "slot out of range",
    IS_NOT_USED: "slot empty",
    IS_ALREADY_USED: "slot already used",
    COMM_ERR: "communication error",
    VERIFY_FAILED: "not the finger of this slot",
    IDENTIFY_FAILED: "not in the library",
    DB_IS_FULL: "library full",
    DB_IS_EMPTY: "library empty",
    TURN_ERR: "wrong order of the enrolment",
    BAD_FINGER: "too bad fingerprint",
    ENROLL_FAILED: "enrolment failed",
    IS_NOT_SUPPORTED: "command not supported",
    DEV_ERR: "device error",
    0x1010: "capture cancelled",
    INVALID_PARAM: "invalid parameter",
    FINGER_IS_NOT_PRESSED: "finger is not pressed",
}

# What a person can do about a refusal, where it is more than starting the module anew.
CURES: Final = {
    INVALID_POS: "Use a slot that the scanner has.",
    IS_NOT_USED: "Enrol the finger again, or restore it from the kiosk's store.",
    IS_ALREADY_USED: "Delete what lies in the slot first, or use another slot.",
    DB_IS_FULL: "Delete fingers that are not needed, or use a scanner with more slots.",
    DEV_ERR: "Take the scanner's power away for a moment; if it happens again, replace the scanner.",
}


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `data` counts the bytes of the data packet behind its ACK.

    `answers` are the error codes that are an answer rather than a refusal; with `names_slot`, so is a NACK that names the slot of the
    same finger. `deadline` is how many seconds the response may take, beyond the data's time on the line.
    """

    code: int
    name: str
    data: int = 0
    answers: frozenset[int] = frozenset()
    names_slot: bool = False
    deadline: float = 0.5


_NO_FINGER = frozenset({FINGER_IS_NOT_PRESSED})
# Seconds for what writes flash or looks at many templates: the datasheet promises 1 s for 200 of them, and 1 s a press to enrol.
_FLASH = 3.0

OPEN = Command(0x01, "Open", data=24)
# Does nothing that the manual tells of.
CLOSE = Command(0x02, "Close")
CHANGE_BAUD_RATE = Command(0x04, "ChangeBaudRate")
CMOS_LED = Command(0x12, "CmosLed")
GET_ENROLL_COUNT = Command(0x20, "GetEnrollCount")
CHECK_ENROLLED = Command(0x21, "CheckEnrolled", answers=frozenset({IS_NOT_USED, INVALID_POS}))
ENROLL_START = Command(0x22, "EnrollStart", deadline=1.0)
ENROLL1 = Command(0x23, "Enroll1", answers=frozenset({BAD_FINGER}), names_slot=True, deadline=_FLASH)
_MISMATCH = frozenset({BAD_FINGER, ENROLL_FAILED})
ENROLL2 = Command(0x24, "Enroll2", answers=_MISMATCH, names_slot=True, deadline=_FLASH)
ENROLL3 = Command(0x25, "Enroll3", answers=_MISMATCH, names_slot=True, deadline=_FLASH)
# One for each press that the sensor merges into a template.
ENROLL: Final = (ENROLL1, ENROLL2, ENROLL3)
IS_PRESS_FINGER = Command(0x26, "IsPressFinger", answers=_NO_FINGER)
# The manual lists no error for an empty slot; whatever it says, CheckEnrolled has the last word.
DELETE_ID = Command(0x40, "DeleteID", answers=frozenset({IS_NOT_USED, DB_IS_EMPTY, INVALID_POS}), deadline=_FLASH)
DELETE_ALL = Command(0x41, "DeleteAll", answers=frozenset({DB_IS_EMPTY}), deadline=_FLASH)
VERIFY = Command(0x50, "Verify", answers=frozenset({VERIFY_FAILED, IS_NOT_USED, DB_IS_EMPTY, BAD_FINGER}), deadline=1.0)
IDENTIFY = Command(0x51, "Identify", answers=frozenset({IDENTIFY_FAILED, DB_IS_EMPTY, BAD_FINGER}), deadline=1.5)
CAPTURE_FINGER = Command(0x60, "CaptureFinger", answers=_NO_FINGER | {BAD_FINGER}, deadline=1.5)
MAKE_TEMPLATE = Command(0x61, "MakeTemplate", data=TEMPLATE_SIZE, deadline=1.0)
GET_IMAGE = Command(0x62, "GetImage", data=IMAGE[0] * IMAGE[1], deadline=1.0)
GET_TEMPLATE = Command(0x70, "GetTemplate", data=TEMPLATE_SIZE, deadline=1.0)
SET_TEMPLATE = Command(0x71, "SetTemplate", names_slot=True, deadline=_FLASH)
# In the GT-521F's programming guide only.
SET_SECURITY_LEVEL = Command(0xF0, "SetSecurityLevel", answers=frozenset({IS_NOT_SUPPORTED, INVALID_PARAM}))
GET_SECURITY_LEVEL = Command(0xF1, "GetSecurityLevel", answers=frozenset({IS_NOT_SUPPORTED}))

# The parameter of SetTemplate has the slot in its lower half; anything in the upper half leaves out the search for duplicates.
UNCHECKED: Final = 0xFFFF0000


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Open's data: the firmware's version, the size of a disc image that nobody uses here, and 16 bytes of serial number."""

    firmware: int
    serial: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> "DeviceInfo":
        """Read the 24 bytes: version 4, size 4, serial 16."""
        firmware, _, serial = _INFO.unpack(data)
        return cls(firmware, serial)

    def to_bytes(self) -> bytes:
        """The same 24 bytes again, without a disc image."""
        return _INFO.pack(self.firmware, 0, self.serial)


_INFO = struct.Struct("<II16s")


def meaning(code: int) -> str:
    """The manual's words for an error code."""
    return ERRORS.get(code, f"the same finger lies in slot {code}" if code < FIRST_ERROR else "undocumented code")
