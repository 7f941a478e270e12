"""What can be said to the sensor, in the manuals' words, and what the models answer differently.

Sources: ZFM-20 manual (21 instructions), R307 manual, R503 manual V1.2.2 (Grow dialect), and the published traces named in the
test vectors. HiSpeedSearch (1B), AutoEnroll (31) and AutoIdentify (32) are left out on purpose: their codes mean other things, or
nothing, on other modules with the same header, and a wrong guess is executed.
"""

import enum
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
SLOT_USED: Final = 0x22
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
    SLOT_USED: "slot occupied",
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
    """One instruction: `reply` counts the bytes after confirmation code 00; None where the layout is not established.

    `answers` are the other codes that are an answer rather than a refusal; `deadline` is how many seconds the ack may take.
    `volatile` says that it works on what an earlier command left in picture or buffers, which a restart destroys.
    """

    code: int
    name: str
    reply: int | None = 0
    answers: frozenset[int] = frozenset()
    deadline: float = 1.0
    volatile: bool = False


# Seconds for what writes many sectors of flash, or may look at a thousand templates.
_FLASH = 3.0

GEN_IMG = Command(0x01, "GenImg", answers=frozenset({NO_FINGER}))
IMG2TZ = Command(0x02, "Img2Tz", volatile=True)
MATCH = Command(0x03, "Match", reply=2, answers=frozenset({NO_MATCH}), volatile=True)
SEARCH = Command(0x04, "Search", reply=4, answers=frozenset({NOT_FOUND}), deadline=1.5, volatile=True)
REG_MODEL = Command(0x05, "RegModel", answers=frozenset({MISMATCH}), volatile=True)
STORE = Command(0x06, "Store", deadline=_FLASH, volatile=True)
LOAD_CHAR = Command(0x07, "LoadChar")
UP_CHAR = Command(0x08, "UpChar", volatile=True)
DOWN_CHAR = Command(0x09, "DownChar")
UP_IMAGE = Command(0x0A, "UpImage", volatile=True)
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
# Grow's R50x only; the codes 35 and 3C mean something else on Synochip modules.
GET_IMAGE_EX = Command(0x28, "GetImageEx", answers=frozenset({NO_FINGER}))
AURA_LED_CONFIG = Command(0x35, "AuraLedConfig")
CHECK_SENSOR = Command(0x36, "CheckSensor")
GET_ALG_VER = Command(0x39, "GetAlgVer", reply=32)
GET_FW_VER = Command(0x3A, "GetFwVer", reply=32)
READ_PROD_INFO = Command(0x3C, "ReadProdInfo", reply=46)
SOFT_RST = Command(0x3D, "SoftRst")
HAND_SHAKE = Command(0x40, "HandShake")

# Both dialects: ends AutoEnroll and AutoIdentify.
CANCEL = Command(0x30, "Cancel")

GET_ENROLL_IMAGE = Command(0x29, "GetEnrollImage", answers=frozenset({NO_FINGER}))
SLEEP = Command(0x33, "Sleep")
# Hi-Link's clients call it GetChipSN, send a parameter 00 and read 32 bytes; our source names neither.
READ_UUID = Command(0x34, "ReadUUID", reply=None)
# The same code as Grow's ReadProdInfo: mode, start colour, end colour, cycles; colour bits blue 1, green 2, red 4.
CONTROL_BLN = Command(0x3C, "ControlBLN")

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


class Dialect(enum.StrEnum):
    """Which of the vocabularies behind the same header a module speaks; the codes from 29 up differ."""

    PLAIN = "plain"
    """ZFM-20, R30x, AS608: the common commands only."""
    GROW = "grow"
    """R502 and R503."""
    SYNO = "syno"
    """Synochip and Hi-Link modules."""


_OWN = {
    Dialect.PLAIN: (),
    Dialect.GROW: (
        GET_IMAGE_EX,
        CANCEL,
        AURA_LED_CONFIG,
        CHECK_SENSOR,
        GET_ALG_VER,
        GET_FW_VER,
        READ_PROD_INFO,
        SOFT_RST,
        HAND_SHAKE,
    ),
    Dialect.SYNO: (GET_ENROLL_IMAGE, CANCEL, SLEEP, READ_UUID, CONTROL_BLN),
}


def vocabulary(dialect: Dialect) -> dict[int, Command]:
    """Instruction code -> command, as modules of this dialect understand it."""
    return {command.code: command for command in (*_COMMON, *_OWN[dialect])}


class Takes(enum.Enum):
    """When a module lets a new speed, level or packet size take effect: the first ack always goes out under the old ones."""

    AFTER_ACK = enum.auto()
    AFTER_RESTART = enum.auto()


@dataclass(frozen=True, slots=True)
class Profile:
    """What a model is, and in what it differs.

    `image` is width and height in pixels of 4 bits each. `template_size` is in bytes, None where it differs by batch and is learnt from
    the first export. `buffers` is how many samples RegModel merges at most. `speeds` are the multiples of 9600 that it knows. `missing`
    are codes of its dialect that it lacks, answered with `unknown_code`. `one_buffer` says that UpChar, DownChar, Match and Store use one
    buffer whatever number they are given, and that GenImg ruins the features; `blind_merge` that RegModel takes different
    fingers without a word.
    """

    model: str
    system_id: int
    capacity: int
    image: tuple[int, int] | None
    template_size: int | None
    buffers: int = 2
    dialect: Dialect = Dialect.PLAIN
    speeds: tuple[int, ...] = tuple(range(1, 13))
    missing: frozenset[int] = frozenset()
    takes: Takes = Takes.AFTER_ACK
    one_buffer: bool = False
    blind_merge: bool = False
    unknown_code: int = PACKET_ERROR

    @property
    def commands(self) -> dict[int, Command]:
        """The commands that the model knows, by code."""
        return {code: command for code, command in vocabulary(self.dialect).items() if code not in self.missing}

    @property
    def notepad(self) -> bool:
        """Whether pages 0 to 15 of 32 bytes exist."""
        return READ_NOTEPAD.code in self.commands


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


_NOTEPAD = frozenset({WRITE_NOTEPAD.code, READ_NOTEPAD.code})
_PICTURE = (256, 288)

ZFM20 = Profile("ZFM-20", system_id=9, capacity=162, image=_PICTURE, template_size=512, missing=_NOTEPAD)
AS608 = Profile("AS608", system_id=9, capacity=300, image=_PICTURE, template_size=512)
R305 = Profile("R305", system_id=9, capacity=256, image=_PICTURE, template_size=512)
# On paper an R307's template has 512 bytes; users measured 768 and 1536, by batch.
R307 = Profile("R307", system_id=9, capacity=1000, image=_PICTURE, template_size=None)
# pyfingerprint #44, FPM#15: it answers ReadSysPara with 01, so that nothing is known of it but what it is like.
R308 = Profile(
    "R308", system_id=0, capacity=500, image=None, template_size=None, missing=_NOTEPAD | {READ_SYS_PARA.code}
)
R503 = Profile(
    "R503",
    system_id=0,
    capacity=200,
    image=(192, 192),
    template_size=1536,
    buffers=6,
    dialect=Dialect.GROW,
    speeds=(1, 2, 4, 6, 12),
    takes=Takes.AFTER_RESTART,
    one_buffer=True,
    blind_merge=True,
    unknown_code=UNSUPPORTED,
)
ZW101 = Profile(
    "ZW101",
    system_id=0,
    capacity=50,
    image=None,
    template_size=None,
    buffers=4,
    dialect=Dialect.SYNO,
    # ZW3020 answers what it does not know with "wrong password" (published trace).
    unknown_code=WRONG_PASSWORD,
)
_KNOWN = (ZFM20, AS608, R305, R307, R503, ZW101)


def profile_of(dialect: Dialect, system_id: int, capacity: int) -> Profile:
    """The model behind ReadSysPara's answer; a cautious profile if it is none we know.

    The cautious one has two buffers and no picture, and is not trusted to notice that two presses are of different fingers.
    """
    for profile in _KNOWN:
        if (profile.dialect, profile.system_id, profile.capacity) == (dialect, system_id, capacity):
            return profile
    return Profile(
        f"{dialect.name}-{system_id:04X}",
        system_id,
        capacity,
        image=None,
        template_size=None,
        dialect=dialect,
        takes=Takes.AFTER_RESTART,
        one_buffer=dialect is Dialect.GROW,
        blind_merge=True,
    )


# What a person can do about a refusal, where it is more than starting the module anew.
CURES: Final = {
    BAD_SLOT: "Use a slot that the scanner has.",
    BAD_TEMPLATE: "Enrol the finger again, or restore it from the kiosk's store.",
    WRONG_PASSWORD: "Give the kiosk its password (docs/configuration.md), or set the module's password back to 0 with the program"
    " that set it. It cannot be read out or reset: if nobody knows it, replace the module.",
    0x18: "The scanner's memory is worn at this slot: use another one, or replace the scanner.",
    SLOT_USED: "Delete the finger that is in this slot, or use another slot.",
    PASSWORD_NEEDED: "Check the scanner's cable and its power supply, and try again.",
    0x1F: "Delete fingers that are not needed, or use a scanner with more slots.",
    0x29: "Replace the scanner.",
}


def meaning(code: int) -> str:
    """The manual's words for a confirmation code."""
    return CONFIRMATIONS.get(code, "undocumented code")
