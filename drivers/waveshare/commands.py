"""What can be said to the sensor, in the manuals' words, and what is an answer to it.

Sources: [D] Waveshare, UART Fingerprint Sensor (C) user manual V1.0; [T] published dialogues of a TFS-M74; [C] clients' sources.
The family's manuals disagree on two codes: 06 is "user exists" and 07 "finger exists" [D, C], but 07 is also called "user exists" [T].
The driver asks whether a slot is taken before it enrols, so that both can only mean the finger.
"""

from dataclasses import dataclass
from typing import Final

SUCCESS: Final = 0x00
FAIL: Final = 0x01
FULL: Final = 0x04
NO_USER: Final = 0x05
USER_EXISTS: Final = 0x06
FINGER_EXISTS: Final = 0x07
TIMEOUT: Final = 0x08

MEANINGS: Final = {
    SUCCESS: "done",
    FAIL: "failed",
    FULL: "the library is full",
    NO_USER: "no such user",
    USER_EXISTS: "the user exists",
    FINGER_EXISTS: "the finger exists",
    TIMEOUT: "no finger came in time",
}

# Permissions, whose meaning is the host's own. They stand where other answers have their code.
PERMISSIONS: Final = frozenset({1, 2, 3})
PERMISSION: Final = 1

# Users are numbered from 1; how many the library takes is another matter.
FIRST_USER: Final = 1
LAST_USER: Final = 0xFFF
# Bytes of a template ("eigenvalue"): fixed, says the manual.
EIGENVALUE: Final = 193
# User and permission, in front of a template.
PREFIX: Final = 3

# The third field of the commands that set or tell a value.
SET: Final = 0
QUERY: Final = 1


@dataclass(frozen=True, slots=True)
class Command:
    """One instruction. `answers` are the codes (or permissions) in the third field that are an answer rather than a refusal.

    `deadline` is how many seconds the answer may take, its transfer aside; `data` is the most that can come with it, in bytes.
    """

    code: int
    name: str
    answers: frozenset[int] = frozenset({SUCCESS})
    deadline: float = 1.0
    data: int = 0


def _ack(*codes: int) -> frozenset[int]:
    return frozenset({SUCCESS, *codes})


# Seconds for what takes a picture: the wait for a finger (0.2 to 0.3 with the timeout that the driver sets), less than 0.5 for the
# features and less than 0.5 for a search [D]. The contract gives `identify` two.
_CAPTURE = 1.9
# Seconds for what writes flash.
_FLASH = 3.0
# Seconds for what some modules do not know: whether they then say so is not established.
_OPTIONAL = 0.4

ADD_1 = Command(0x01, "Add fingerprint, first", _ack(FAIL, USER_EXISTS, FINGER_EXISTS, TIMEOUT), _CAPTURE)
ADD_2 = Command(0x02, "Add fingerprint, second", _ack(FAIL, USER_EXISTS, FINGER_EXISTS, TIMEOUT), _CAPTURE)
ADD_3 = Command(0x03, "Add fingerprint, third", _ack(FAIL, USER_EXISTS, FINGER_EXISTS, TIMEOUT), _FLASH)
DELETE = Command(0x04, "Delete user", _ack(FAIL, NO_USER), _FLASH)
DELETE_ALL = Command(0x05, "Delete all users", deadline=_FLASH)
MODIFY_SN = Command(0x08, "Modify SN", frozenset(range(256)))
COUNT = Command(0x09, "Query number of users", deadline=0.45)
GET_PERMISSION = Command(0x0A, "Query permission", PERMISSIONS | {NO_USER})
COMPARE_1_1 = Command(0x0B, "Comparison 1:1", _ack(FAIL, NO_USER, TIMEOUT), _CAPTURE)
COMPARE_1_N = Command(0x0C, "Comparison 1:N", PERMISSIONS | {NO_USER, TIMEOUT}, _CAPTURE)
# The codes 1 to 5 for 9600, 19200, 38400, 57600 and 115200 [R].
SET_BAUD = Command(0x21, "Set baud rate")
ACQUIRE = Command(0x23, "Acquire image and upload eigenvalues", _ack(FAIL, TIMEOUT), _CAPTURE, PREFIX + EIGENVALUE)
ACQUIRE_IMAGE = Command(0x24, "Acquire image and upload", _ack(FAIL, TIMEOUT), _CAPTURE, 9800)
VERSION = Command(0x26, "Query DSP version", deadline=_OPTIONAL, data=64)
LEVEL = Command(0x28, "Comparison level")
QUERY_SN = Command(0x2A, "Query SN", frozenset(range(256)), _OPTIONAL)
USERS = Command(0x2B, "Query all users", _ack(FAIL), data=2 + 3 * LAST_USER)
ADD_MODE = Command(0x2D, "Adding mode", deadline=_OPTIONAL)
CAPTURE_TIMEOUT = Command(0x2E, "Capture timeout")
UPLOAD = Command(0x31, "Upload eigenvalues", data=PREFIX + EIGENVALUE)
DOWNLOAD = Command(0x41, "Download eigenvalues", deadline=_FLASH)
# 42 and 43 compare a downloaded template with one user or all: nothing of it needs the finger, and the driver needs neither.
DOWNLOAD_COMPARE_1_1 = Command(0x42, "Download eigenvalues, comparison 1:1", _ack(FAIL, NO_USER))
DOWNLOAD_COMPARE_1_N = Command(0x43, "Download eigenvalues, comparison 1:N", PERMISSIONS | {NO_USER})
DOWNLOAD_COMPARE = Command(0x44, "Download eigenvalues, compare with finger", _ack(FAIL, TIMEOUT), _CAPTURE)

# Codes whose successful answer, and whose command, is followed by data. 06 ends another way of adding.
LONG_ANSWERS: Final = frozenset({0x06, 0x23, 0x24, 0x26, 0x2B, 0x31})
LONG_COMMANDS: Final = frozenset({0x41, 0x42, 0x43, 0x44})

# What a person can do about a refusal, where it is more than starting the module anew.
CURES: Final = {
    FULL: "Delete fingers that are not needed, or use a scanner with more slots.",
    NO_USER: "Enrol the finger again, or restore it from the kiosk's store.",
    USER_EXISTS: "Delete the slot first, or use a free one.",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A model of the family, and how many fingers it takes unless it turns out to take fewer: no command tells.

    `version` tells whether it answers 26, not 2A.
    """

    model: str
    capacity: int
    version: bool = False


# Capacities from the product pages. Only the optical reader's manual has command 26, only the other one 2A and 08.
READER = Profile("UART Fingerprint Reader", 1000, version=True)
SENSOR_C = Profile("UART Fingerprint Sensor (C)", 500)


def meaning(code: int) -> str:
    """The manual's words for a code."""
    return MEANINGS.get(code, "undocumented code")
