"""The emulated sensor's flash: templates by slot, the notepad and the registers; in memory, or in a file that outlives the process.

A template's slot is written before its index bit, and each with one write, so that a killed emulator leaves an old or a new
template, as flash does.
"""

import os
import struct
from pathlib import Path

from drivers.emulation.fingers import FEATURE_BYTES, likeness
from drivers.errors import LinkLost

PAGE = 32
PAGES = 16

_MAGIC = b"ZFMFLASH"
# magic, capacity, template size, serial number, password, address, baud/9600, security level, packet size code
_HEADER = struct.Struct(">8sHH8sIIBBB")
_NOTEPAD_AT = 64
_INDEX_AT = _NOTEPAD_AT + PAGE * PAGES
# Before the digit that tells how many sets of features follow.
_TEMPLATE_MAGIC = b"SYNTH"


class Registers:
    """What survives without power, besides templates: the serial number, and the values of SetPwd, SetAdder and SetSysPara."""

    def __init__(self, serial: bytes, *, baud_n: int = 6, level: int = 3) -> None:
        self.serial = serial
        self.password = 0
        self.address = 0xFFFFFFFF
        self.baud_n = baud_n
        self.level = level
        self.packet_code = 2


class Flash:
    """`capacity` slots of `template_size` bytes. `path` keeps it in a file; without, it ends with this object.

    `serial` has 8 bytes; it and `registers` (the factory's settings, with a serial number) count only where the file knows none yet.

    Raises LinkLost if the file cannot be used, or belongs to another model.
    """

    def __init__(
        self,
        capacity: int,
        template_size: int,
        *,
        serial: bytes = bytes(8),
        path: Path | None = None,
        registers: Registers | None = None,
    ) -> None:
        self.capacity = capacity
        self.template_size = template_size
        self.registers = registers or Registers(serial)
        self._features: dict[int, tuple[int, ...]] = {}
        self._slots_at = _INDEX_AT + -(-capacity // 8)
        # An unnamed file in memory serves as well as one with a name, and needs no second way of doing everything.
        self._file = os.memfd_create("flash") if path is None else _opened(path)
        try:
            self._load(path)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file. Never raises; safe to call twice."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    @property
    def used(self) -> frozenset[int]:
        """The slots that hold a template."""
        return frozenset(self._features)

    def score(self, slot: int, *features: int) -> int:
        """How like a slot's template is to any of these `features`; 0 for an empty slot and for a template that no finger gave."""
        return likeness(features, self._features.get(slot, ()))

    def read(self, slot: int) -> bytes | None:
        """A slot's template, or None."""
        return os.pread(self._file, self.template_size, self._at(slot)) if slot in self._features else None

    def write(self, slot: int, template: bytes) -> None:
        """Store a template. Raises ValueError unless slot and size are this flash's."""
        if len(template) != self.template_size:
            raise ValueError(f"a template has {self.template_size} bytes, not {len(template)}")
        os.pwrite(self._file, template, self._at(slot))
        self._features[slot] = unpack(template)
        self._write_index(slot)

    def erase(self, slot: int) -> None:
        """Empty a slot; its bytes are overwritten as well. Raises ValueError for a slot that is none."""
        at = self._at(slot)
        self._features.pop(slot, None)
        self._write_index(slot)
        os.pwrite(self._file, b"\xff" * self.template_size, at)

    def templates(self) -> dict[int, bytes]:
        """All templates by slot: see Device.templates."""
        return {slot: self.read(slot) or b"" for slot in self.used}

    def put(self, slot: int, template: bytes | None) -> None:
        """Write a template, or erase the slot where it is None: see Device.put."""
        if template is None:
            self.erase(slot)
        else:
            self.write(slot, template)

    def index(self, page: int) -> bytes:
        """32 bytes with a bit for each of 256 slots; the lowest bit of the first byte is the page's first slot."""
        return sum(1 << slot - page * 256 for slot in self._features if slot // 256 == page).to_bytes(PAGE, "little")

    def read_page(self, page: int) -> bytes:
        """One of the notepad's 16 pages."""
        return os.pread(self._file, PAGE, _NOTEPAD_AT + page * PAGE)

    def write_page(self, page: int, data: bytes) -> None:
        """Overwrite one of the notepad's pages."""
        os.pwrite(self._file, data, _NOTEPAD_AT + page * PAGE)

    def save_registers(self) -> None:
        """Make the registers' values survive."""
        held = self.registers
        values = (held.serial, held.password, held.address, held.baud_n, held.level, held.packet_code)
        os.pwrite(self._file, _HEADER.pack(_MAGIC, self.capacity, self.template_size, *values), 0)

    def _at(self, slot: int) -> int:
        if not 0 <= slot < self.capacity:
            raise ValueError(f"slot {slot} of {self.capacity}")
        return self._slots_at + slot * self.template_size

    def _write_index(self, slot: int) -> None:
        page, byte = slot // 256, slot % 256 // 8
        os.pwrite(self._file, self.index(page)[byte : byte + 1], _INDEX_AT + slot // 8)

    def _load(self, path: Path | None) -> None:
        header = os.pread(self._file, _HEADER.size, 0)
        if not header:
            os.ftruncate(self._file, self._slots_at + self.capacity * self.template_size)
            self.save_registers()
            return
        if len(header) < _HEADER.size or (_MAGIC, self.capacity, self.template_size) != _HEADER.unpack(header)[:3]:
            cure = "Give another state file, or remove this one."
            raise LinkLost(f"{path} is not the flash of this model", port=str(path), cure=cure)
        held = self.registers
        held.serial, held.password, held.address, held.baud_n, held.level, held.packet_code = _HEADER.unpack(header)[3:]
        index = int.from_bytes(os.pread(self._file, self._slots_at - _INDEX_AT, _INDEX_AT), "little")
        for slot in (slot for slot in range(self.capacity) if index >> slot & 1):
            self._features[slot] = unpack(os.pread(self._file, self.template_size, self._at(slot)))


def encode(features: int, size: int, *more: int) -> bytes:
    """A template of `size` bytes: a mark, the features (of one finger, or of several that a sensor took for one), and filler from them."""
    sets = (features, *more)
    head = _TEMPLATE_MAGIC + b"%d" % len(sets) + b"".join(each.to_bytes(FEATURE_BYTES) for each in sets)
    return head + bytes((head[at % len(head)] * 7 + at) & 0xFF for at in range(len(head), size))


def unpack(template: bytes) -> tuple[int, ...]:
    """The sets of features in a template; none if `encode` did not make it: the sensor stores it, but matches nothing with it."""
    mark = len(_TEMPLATE_MAGIC)
    count = template[mark : mark + 1]
    if not template.startswith(_TEMPLATE_MAGIC) or not count.isdigit():
        return ()
    starts = range(mark + 1, mark + 1 + int(count) * FEATURE_BYTES, FEATURE_BYTES)
    return tuple(int.from_bytes(template[start : start + FEATURE_BYTES]) for start in starts)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        cure = "Give a state file that can be written."
        raise LinkLost(f"cannot open {path}: {failure}", port=str(path), cure=cure) from failure
