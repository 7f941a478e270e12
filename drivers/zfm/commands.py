"""What can be said to the sensor, in the manuals' words, and what the models answer differently.

Sources: ZFM-20 manual (21 instructions), R307 manual, R503 manual V1.2.2 (Grow dialect), and the published traces named in the
test vectors. HiSpeedSearch (1B), AutoEnroll (31) and AutoIdentify (32) are left out on purpose: their codes mean other things, or
nothing, on other modules with the same header, and a wrong guess is executed.
"""

from dataclasses import dataclass
from typing import Final

OK: Final = 0x00
PACKET_ERROR: Final = 0x01
NO_FINGER: Final = 0x02
NO_MATCH: Final = 0x08
NOT_FOUND: Final = 0x09
MISMATCH: Final = 0x0A
BAD_SLOT: Final = 0x0B
BAD_TEMPLATE: Final = 0x0C
WRONG_PASSWORD: Final = 0x13
NO_IMAGE: Final = 0x15
BAD_REGISTER: Final = 0x1A
BAD_VALUE: Final = 0x1B
BAD_PAGE: Final = 0x1C
PASSWORD_NEEDED: Final = 0x21
LIBRARY_EMPTY: Final = 0x24
BAD_SAMPLES: Final = 0x25
UNSUPPORTED: Final = 0xFC

CONFIRMATIONS: Final = {
    OK: "done",
    PACKET_ERROR: "packet received damaged",
    NO_FINGER: "no finger",
    0x03: "imaging failed",
    0x04: "finger too dry",
    0x05: "finger too wet",
    0x06: "image too messy",
    0x07: "too few feature points",
    NO_MATCH: "fingers do not match",
    NOT_FOUND: "not in the library",
    MISMATCH: "the samples are not of one finger",
    BAD_SLOT: "slot out of range",
    BAD_TEMPLATE: "template unreadable or slot empty",
    0x0D: "template upload failed",
    0x0E: "cannot take data packets",
    0x0F: "image upload failed",
    0x10: "delete failed",
    0x11: "clear failed",
    0x12: "cannot sleep",
    WRONG_PASSWORD: "wrong password",
    0x14: "reset failed",
    NO_IMAGE: "no valid image",
    0x17: "residual print, or the finger did not move",
    0x18: "flash could not be written",
    0x19: "undefined error",
    BAD_REGISTER: "bad register number",
    BAD_VALUE: "bad register value",
    BAD_PAGE: "bad notepad page",
    0x1D: "port operation failed",
    0x1E: "enrolment failed",
    0x1F: "library full",
    0x20: "wrong address",
    PASSWORD_NEEDED: "password must be verified first",
    0x22: "slot occupied",
    0x23: "slot empty",
    LIBRARY_EMPTY: "library empty",
    BAD_SAMPLES: "bad number of samples",
    0x26: "time-out",
    0x27: "finger already in the library",
    0x29: "sensor faulty",
    UNSUPPORTED: "command not supported",
    0xFD: "hardware error",
    0xFE: "execution failed",
}


@dataclass(frozen=True, slots=True)
class Command:
    """One instruction: `reply` counts the bytes after confirmation code 00.

    `answers` are the other codes that are an answer rather than a refusal; `deadline` is how many seconds the ack may take.
    """

    code: int
    name: str
    reply: int = 0
    answers: frozenset[int] = frozenset()
    deadline: float = 1.0


# Seconds for what writes many sectors of flash, or may look at a thousand templates.
_FLASH = 3.0

GEN_IMG = Command(0x01, "GenImg", answers=frozenset({NO_FINGER}))
IMG2TZ = Command(0x02, "Img2Tz")
MATCH = Command(0x03, "Match", reply=2, answers=frozenset({NO_MATCH}))
SEARCH = Command(0x04, "Search", reply=4, answers=frozenset({NOT_FOUND}), deadline=1.5)
REG_MODEL = Command(0x05, "RegModel", answers=frozenset({MISMATCH}))
STORE = Command(0x06, "Store", deadline=_FLASH)
LOAD_CHAR = Command(0x07, "LoadChar")
UP_CHAR = Command(0x08, "UpChar")
DOWN_CHAR = Command(0x09, "DownChar")
UP_IMAGE = Command(0x0A, "UpImage")
DELET_CHAR = Command(0x0C, "DeletChar", deadline=_FLASH)
EMPTY = Command(0x0D, "Empty", deadline=_FLASH)
SET_SYS_PARA = Command(0x0E, "SetSysPara")
READ_SYS_PARA = Command(0x0F, "ReadSysPara", reply=16)
SET_PWD = Command(0x12, "SetPwd")
VFY_PWD = Command(0x13, "VfyPwd", deadline=0.5)
GET_RANDOM_CODE = Command(0x14, "GetRandomCode", reply=4)
SET_ADDER = Command(0x15, "SetAdder")
WRITE_NOTEPAD = Command(0x18, "WriteNotepad")
READ_NOTEPAD = Command(0x19, "ReadNotepad", reply=32)
TEMPLETE_NUM = Command(0x1D, "TempleteNum", reply=2)
READ_INDEX_TABLE = Command(0x1F, "ReadIndexTable", reply=32)
# Grow's R50x only; the same codes mean something else on Synochip modules.
AURA_LED_CONFIG = Command(0x35, "AuraLedConfig")
CHECK_SENSOR = Command(0x36, "CheckSensor")
READ_PROD_INFO = Command(0x3C, "ReadProdInfo", reply=46)
SOFT_RST = Command(0x3D, "SoftRst")
HAND_SHAKE = Command(0x40, "HandShake")

_COMMON = (
    GEN_IMG,
    IMG2TZ,
    MATCH,
    SEARCH,
    REG_MODEL,
    STORE,
    LOAD_CHAR,
    UP_CHAR,
    DOWN_CHAR,
    UP_IMAGE,
    DELET_CHAR,
    EMPTY,
    SET_SYS_PARA,
    READ_SYS_PARA,
    SET_PWD,
    VFY_PWD,
    GET_RANDOM_CODE,
    SET_ADDER,
    WRITE_NOTEPAD,
    READ_NOTEPAD,
    TEMPLETE_NUM,
    READ_INDEX_TABLE,
)
_GROW = (AURA_LED_CONFIG, CHECK_SENSOR, READ_PROD_INFO, SOFT_RST, HAND_SHAKE)

COMMANDS: Final = {command.code: command for command in (*_COMMON, *_GROW)}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a model is: `image` is width and height in pixels of 4 bits each, `buffers` how many samples RegModel merges at most.

    `template_size` is in bytes, None where it differs by batch and is learnt from the first export. `grow` says that the codes from
    35 up have Grow's meaning. `notepad` says that pages 0 to 15 of 32 bytes exist. `unknown_code` is the answer to a command
    that it lacks.
    """

    model: str
    system_id: int
    capacity: int
    image: tuple[int, int] | None
    template_size: int | None
    buffers: int
    grow: bool = False
    notepad: bool = False
    unknown_code: int = PACKET_ERROR

    @property
    def commands(self) -> frozenset[int]:
        """The instruction codes that the model knows."""
        return frozenset(command.code for command in (_COMMON + _GROW if self.grow else _COMMON))


@dataclass(frozen=True, slots=True)
class Product:
    """ReadProdInfo's answer: who the module says it is, its picture in pixels, and its template's size in bytes."""

    model: str
    serial: str
    image: tuple[int, int]
    template_size: int
    capacity: int

    @classmethod
    def from_bytes(cls, data: bytes) -> "Product":
        """Read the 46 bytes: model 16, batch 4, serial 8, hardware 2, sensor 8, width 2, height 2, template 2, capacity 2."""
        width, height, template, capacity = (int.from_bytes(data[at : at + 2]) for at in range(38, 46, 2))
        return cls(_text(data[0:16]), data[20:28].hex(), (width, height), template, capacity)

    def to_bytes(self) -> bytes:
        """The same 46 bytes again, with an empty batch and sensor type."""
        sizes = b"".join(value.to_bytes(2) for value in (*self.image, self.template_size, self.capacity))
        return self.model.encode().ljust(16, b"\0") + bytes(4) + bytes.fromhex(self.serial) + bytes(10) + sizes


def _text(field: bytes) -> str:
    return field.rstrip(b"\0 ").decode("ascii", errors="replace")


# On paper an R307's template has 512 bytes; users measured 768 and 1536, by batch.
R307 = Profile("R307", system_id=9, capacity=1000, image=(256, 288), template_size=None, buffers=2, notepad=True)
R503 = Profile(
    "R503",
    system_id=0,
    capacity=200,
    image=(192, 192),
    template_size=1536,
    buffers=6,
    grow=True,
    notepad=True,
    unknown_code=UNSUPPORTED,
)
_KNOWN = (R307, R503)


def profile_of(system_id: int, capacity: int) -> Profile:
    """The model behind ReadSysPara's answer; a cautious profile, with nothing but the common commands, if it is none we know."""
    for profile in _KNOWN:
        if (profile.system_id, profile.capacity) == (system_id, capacity):
            return profile
    return Profile(f"ZFM-{system_id:04X}", system_id, capacity, image=None, template_size=None, buffers=2)


# What a person can do about a refusal, where it is more than starting the module anew.
CURES: Final = {
    BAD_SLOT: "Use a slot that the scanner has.",
    BAD_TEMPLATE: "Enrol the finger again, or restore it from the kiosk's store.",
    WRONG_PASSWORD: "Configure the password that was set in the module; it cannot be read out or reset.",
    0x18: "The scanner's memory is worn at this slot: use another one, or replace the scanner.",
    0x1F: "Delete fingers that are not needed, or use a scanner with more slots.",
    0x29: "Replace the scanner.",
}


def meaning(code: int) -> str:
    """The manual's words for a confirmation code."""
    return CONFIRMATIONS.get(code, "undocumented code")
