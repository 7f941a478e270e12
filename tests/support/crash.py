"""A power cut at every write: record what a process asked of the disk, and rebuild what the disk may have held at any instant.

The model is a disk that honours syncs and promises nothing else: what was synced is there; of each later write every 512-byte sector is
there or not, in any order; names of files are durable after their folder was synced, and before that in the order of the changes.
"""

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTOR = 512
CALLS = "openat,write,pwrite64,fdatasync,fsync,ftruncate,unlink,rename"

strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed; see tests/tools.sh")

Files = dict[str, bytes]
Fact = tuple[str, str]
"""What somebody was told: ("punch" | "claim" | "settle", id)."""


@dataclass(frozen=True)
class Write:
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    name: str
    size: int


@dataclass(frozen=True)
class Create:
    name: str


@dataclass(frozen=True)
class Unlink:
    name: str


@dataclass(frozen=True)
class Sync:
    name: str
    """Empty for the folder itself."""


@dataclass(frozen=True)
class Ack:
    fact: Fact


Op = Write | Truncate | Create | Unlink | Sync | Ack


def run_child(
    path: Path, count: int, *, synchronous: int = 2, checkpoint: int = 1000, strace_options: tuple[str, ...] = ()
) -> "subprocess.CompletedProcess[str]":
    """Let `crash_child` punch into the store at `path`, under strace if options are given."""
    child = [
        sys.executable,
        "-m",
        "tests.support.crash_child",
        str(path),
        str(count),
        str(synchronous),
        str(checkpoint),
    ]
    tracer = ["strace", "-f", *strace_options] if strace_options else []
    return subprocess.run([*tracer, *child], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)


def record(path: Path, count: int, *, synchronous: int = 2, checkpoint: int = 1000) -> list[Op]:
    """Everything that a child did to the folder of the store at `path`, and what it said, in order."""
    trace = path.parent.parent / "trace"
    options = ("--seccomp-bpf", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", str(trace))
    done = run_child(path, count, synchronous=synchronous, checkpoint=checkpoint, strace_options=options)
    assert done.returncode == 0, done.stderr
    return list(_parse(trace.read_text(encoding="ascii"), path.parent))


_HEX = r'"((?:\\x[0-9a-f]{2})*)"'
_PATTERNS = {
    "openat": re.compile(rf"openat\([^,]+, {_HEX}, (\S*O_CREAT\S*?),.* = \d+"),
    "pwrite64": re.compile(rf"pwrite64\(\d+<([^>]*)>, {_HEX}, \d+, (\d+)\) = \d+"),
    "write": re.compile(rf" write\(\d+<([^>]*)>, {_HEX}, \d+\) = \d+"),
    "sync": re.compile(r"f(?:data)?sync\(\d+<([^>]*)>\) = 0"),
    "ftruncate": re.compile(r"ftruncate\(\d+<([^>]*)>, (\d+)\) = 0"),
    "unlink": re.compile(rf"unlink\({_HEX}\) = 0"),
}


def _parse(trace: str, folder: Path) -> Iterator[Op]:
    sizes: dict[str, int] = {}
    for line in trace.splitlines():
        for call, pattern in _PATTERNS.items():
            if found := pattern.search(line):
                yield from _op(call, found.groups(), folder, sizes)


def _op(call: str, words: tuple[str, ...], folder: Path, sizes: dict[str, int]) -> Iterator[Op]:
    if call == "write" and (said := _bytes(words[1])).startswith(b"ack "):
        _, kind, what = said.decode().split()
        yield Ack((kind, what))
        return
    path = Path(_bytes(words[0]).decode())
    name = "" if path == folder else path.name
    if folder not in {path, path.parent} or name.endswith("-shm"):
        return
    match call:
        case "openat":
            yield Create(name)
        case "pwrite64":
            yield Write(name, int(words[2]), _bytes(words[1]))
        case "write":
            yield Write(name, sizes.get(name, 0), _bytes(words[1]))
            sizes[name] = sizes.get(name, 0) + len(_bytes(words[1]))
        case "sync":
            yield Sync(name)
        case "ftruncate":
            yield Truncate(name, int(words[1]))
        case "unlink":
            yield Unlink(name)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass
class _Inode:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Write | Truncate] = field(default_factory=list)

    def sync(self) -> None:
        for op in self.pending:
            _apply(self.durable, op)
        self.pending.clear()


class Disk:
    """What a disk has been asked to hold, and what it must hold. `base` was there, durably, from the start."""

    def __init__(self, base: Mapping[str, bytes]) -> None:
        self._names = {name: _Inode(bytearray(data)) for name, data in base.items()}
        self._durable_names = dict(self._names)
        self._pending_names: list[tuple[str, _Inode | None]] = []

    def do(self, op: Op) -> None:
        match op:
            case Write(name) | Truncate(name):
                self._names[name].pending.append(op)
            case Create(name) if name not in self._names:
                self._names[name] = _Inode()
                self._pending_names.append((name, self._names[name]))
            case Unlink(name):
                del self._names[name]
                self._pending_names.append((name, None))
            case Sync(""):
                self._rename(self._durable_names, len(self._pending_names))
                self._pending_names.clear()
            case Sync(name):
                self._names[name].sync()

    def as_asked(self) -> Files:
        """The process dies, the machine lives: every write so far counts."""
        return {name: _with(inode, inode.pending) for name, inode in self._names.items()}

    def as_synced(self) -> Files:
        """Nothing that was not synced has arrived."""
        return {name: bytes(inode.durable) for name, inode in self._durable_names.items()}

    def in_order(self, chance: random.Random) -> Files:
        """The writes of each file arrived in order up to some point, and the next one in part."""
        return self._image(chance, lambda pending: _prefix(pending, chance))

    def in_any_order(self, chance: random.Random) -> Files:
        """Of every sector written since the last sync, only chance knows whether it arrived."""
        return self._image(chance, lambda pending: [part for op in pending for part in _torn(op, chance)])

    def _image(self, chance: random.Random, choose: "Choice") -> Files:
        names = dict(self._durable_names)
        self._rename(names, chance.randint(0, len(self._pending_names)))
        return {name: _with(inode, choose(inode.pending)) for name, inode in names.items()}

    def _rename(self, names: dict[str, _Inode], count: int) -> None:
        for name, inode in self._pending_names[:count]:
            if inode is None:
                names.pop(name, None)
            else:
                names[name] = inode


def images(
    ops: list[Op], base: Mapping[str, bytes], chance: random.Random, samples: int
) -> Iterator[tuple[set[Fact], Files]]:
    """After every operation: what had been promised by then, and what the disk may hold. `samples` per way of losing writes."""
    disk, promised = Disk(base), set[Fact]()
    yield set(), disk.as_asked()
    for op in ops:
        if isinstance(op, Ack):
            promised.add(op.fact)
        else:
            disk.do(op)
        yield promised, disk.as_asked()
        yield promised, disk.as_synced()
        for _ in range(samples):
            yield promised, disk.in_order(chance)
            yield promised, disk.in_any_order(chance)


Pending = list[Write | Truncate]
Choice = Callable[[Pending], Pending]


def _prefix(pending: Pending, chance: random.Random) -> Pending:
    count = chance.randint(0, len(pending))
    return [*pending[:count], *(part for op in pending[count : count + 1] for part in _torn(op, chance))]


def _torn(op: Write | Truncate, chance: random.Random) -> Pending:
    """The sectors of one write that arrived; a change of size arrives or not."""
    if isinstance(op, Truncate):
        return [op] if chance.random() < 0.5 else []
    fate = chance.randrange(3)
    if fate < 2:
        return [op] * fate
    parts, start = [], 0
    while start < len(op.data):
        end = start + SECTOR - (op.offset + start) % SECTOR
        if chance.random() < 0.5:
            parts.append(Write(op.name, op.offset + start, op.data[start:end]))
        start = end
    return [*parts]


def _with(inode: _Inode, ops: Pending) -> bytes:
    data = bytearray(inode.durable)
    for op in ops:
        _apply(data, op)
    return bytes(data)


def _apply(data: bytearray, op: Write | Truncate) -> None:
    end = op.size if isinstance(op, Truncate) else op.offset + len(op.data)
    if len(data) < end:
        data.extend(bytes(end - len(data)))
    if isinstance(op, Truncate):
        del data[op.size :]
    else:
        data[op.offset : end] = op.data
