"""pyfingerprint's command logic over our own wire, and the commands that it lacks.

pyfingerprint 1.5 builds the requests and reads the answers; how packets travel is replaced by defining its two private methods here
(their names are why the version is pinned). So every command gets our deadlines, resynchronisation and typed errors: its own
reader blocks for 24 s and more on a silent sensor, and takes anything for an answer. It sees a confirmation code
only if that code is an answer; refusals are raised before, as DeviceError with the code.
"""

import importlib.util
import sys
from collections.abc import Iterable, Sequence

from drivers.errors import DeviceError, ProtocolError
from drivers.scanner import Hit
from drivers.zfm import commands
from drivers.zfm.codec import Packet, Pid
from drivers.zfm.commands import Command, Product
from drivers.zfm.wire import Wire


def _load_on_use(package: str, name: str) -> None:
    """Let a later `from package import name` cost nothing until one of that module's attributes is used."""
    path = f"{package}.{name}"
    spec = importlib.util.find_spec(path)
    if path in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path] = module
    # As an import would: without it, the import system asks the module itself, which loads it.
    setattr(sys.modules[package], name, module)
    spec.loader.exec_module(module)


# pyfingerprint imports PIL for downloadImage alone, which is not used here (it is fixed to 256 x 288). Measured: 2 to 4.5 MiB
# and 10 to 24 ms of start-up, for a daemon of 48 MiB.
_load_on_use("PIL", "Image")
from pyfingerprint.pyfingerprint import PyFingerprint  # noqa: E402  only after PIL was made to load on use

# Pages of the index table hold a bit for each of 256 slots.
INDEX_PAGE_SLOTS = 256
_PACKET_SIZES = (32, 64, 128, 256)

Parameters = tuple[int, int, int, int, int, int, int]


class Session(PyFingerprint):  # type: ignore[misc]  # pyfingerprint has no types
    """One verified dialogue with a module. `parameters` are ReadSysPara's, read once by `learn`.

    Every method may raise DeviceError, ProtocolError, LinkTimeout and LinkLost.
    """

    def __init__(self, wire: Wire, *, password: int) -> None:
        # Not super().__init__: it would open a port of its own.
        self._wire = wire
        self._PyFingerprint__address = wire.address
        self._PyFingerprint__password = password
        self._parameters: Parameters | None = None

    def _PyFingerprint__writePacket(self, packetType: int, packetPayload: Sequence[int]) -> None:  # noqa: N802, N803  pyfingerprint's names
        """What pyfingerprint calls to send."""
        self._wire.send(Pid(packetType), bytes(packetPayload))

    def _PyFingerprint__readPacket(self) -> tuple[int, list[int]]:  # noqa: N802  pyfingerprint's name
        """What pyfingerprint calls to receive: an ack first, data packets after it."""
        packet = self._wire.receive_data() if self._wire.acknowledged else self._acknowledged()
        return packet.pid, list(packet.payload)

    def _acknowledged(self) -> Packet:
        """The ack of the command just sent. A module that lost its power wants the password again: once, and the command too."""
        sent = self._wire.command
        try:
            return self._wire.receive_ack()
        except DeviceError as refused:
            if refused.code != commands.PASSWORD_NEEDED or sent[0] == commands.VFY_PWD.code:
                raise
        self.verifyPassword()
        self._wire.send(Pid.COMMAND, sent)
        return self._wire.receive_ack()

    def exchange(self, command: Command, fields: bytes = b"") -> Packet:
        """Send a command that pyfingerprint lacks, and return its ack."""
        self._wire.send(Pid.COMMAND, bytes((command.code,)) + fields)
        return self._acknowledged()

    def learn(self) -> Parameters:
        """Read the module's parameters from it: status, system id, capacity, level, address, packet size code, baud/9600."""
        parameters: Parameters = super().getSystemParameters()
        self._parameters = parameters
        if parameters[5] >= len(_PACKET_SIZES) or not parameters[2]:
            raise ProtocolError("ReadSysPara: the parameters make no sense")
        return parameters

    def getSystemParameters(self) -> Parameters:  # noqa: N802  pyfingerprint's name
        """The parameters as last learnt: pyfingerprint asks for the capacity before every search, store, load and delete."""
        return self._parameters or self.learn()

    def search(self, buffer: int = 1, start: int = 0, count: int | None = None) -> Hit | None:
        """Look the features in `buffer` up in `count` slots from `start` on (all, if not given); None if they are in none."""
        capacity = self.getStorageCapacity()
        if buffer == 1 and count is None:
            slot, score = self.searchTemplate()
        else:
            fields = bytes((buffer,)) + start.to_bytes(2) + (capacity if count is None else count).to_bytes(2)
            ack = self.exchange(commands.SEARCH, fields).payload
            # Page and score are junk unless the code is 00.
            found = ack[0] == commands.OK
            slot, score = (int.from_bytes(ack[1:3]), int.from_bytes(ack[3:5])) if found else (-1, -1)
        if slot >= capacity:
            raise ProtocolError(f"Search: slot {slot} of a sensor with {capacity}")
        return Hit(slot, score) if slot >= 0 else None

    def extract(self, buffer: int) -> None:
        """Img2Tz into any of the buffers that the model has; pyfingerprint knows the first two."""
        if buffer <= 2:
            self.convertImage(buffer)
        else:
            self.exchange(commands.IMG2TZ, bytes((buffer,)))

    def used_slots(self) -> frozenset[int]:
        """The slots that hold a template, by the pages of the index table."""
        capacity = self.getStorageCapacity()
        pages = -(-capacity // INDEX_PAGE_SLOTS)
        bits = [bit for page in range(min(pages, 4)) for bit in self.getTemplateIndex(page)]
        return frozenset(slot for slot, used in enumerate(bits[:capacity]) if used)

    def is_used(self, slot: int) -> bool:
        """Whether one slot's index bit is set."""
        page, bit = divmod(slot, INDEX_PAGE_SLOTS)
        return bool(self.getTemplateIndex(page)[bit])

    def read_template(self, slot: int) -> bytes:
        """A slot's template, by way of buffer 1. Raises ProtocolError if anything was lost on the way."""
        self.loadTemplate(slot, 1)
        return bytes(self.downloadCharacteristics(1))

    def write_template(self, slot: int, data: bytes) -> None:
        """Store a template by way of buffer 1. The transfer has no final ack: only reading back proves it."""
        self.exchange(commands.DOWN_CHAR, b"\x01")
        size = self.getMaxPacketSize()
        for start in range(0, len(data), size):
            pid = Pid.DATA if start + size < len(data) else Pid.END
            self._wire.send(pid, data[start : start + size])
        self.storeTemplate(slot, 1)

    def read_image(self) -> bytes:
        """The picture last taken: two pixels a byte, the left one in the high half."""
        self.exchange(commands.UP_IMAGE)
        return b"".join(self._transfer())

    def _transfer(self) -> Iterable[bytes]:
        last = False
        while not last:
            packet = self._wire.receive_data()
            last = packet.pid is Pid.END
            yield packet.payload

    def read_notepad(self, page: int) -> bytes:
        """The 32 bytes of a notepad page."""
        return self.exchange(commands.READ_NOTEPAD, bytes((page,))).payload[1:]

    def write_notepad(self, page: int, data: bytes) -> None:
        """Overwrite the 32 bytes of a notepad page."""
        self.exchange(commands.WRITE_NOTEPAD, bytes((page,)) + data)

    def read_product(self) -> Product:
        """Grow's ReadProdInfo. Never to be sent to a Synochip module, where the code drives the light."""
        return Product.from_bytes(self.exchange(commands.READ_PROD_INFO).payload[1:])

    def light(self, control: int, speed: int, colour: int, count: int) -> None:
        """Grow's AuraLedConfig, with the manual's numbers."""
        self.exchange(commands.AURA_LED_CONFIG, bytes((control, speed, colour, count)))
