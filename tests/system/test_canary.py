"""Whatever a kiosk does with templates, their bytes are in nothing that it says, sends or keeps, in clear."""

import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kiosk.control import protocol
from kiosk.demo.hands import Hands
from kiosk.models import Member
from kiosk.sandbox import DEMO_CREDENTIALS
from kiosk.sandbox.demo import DEMO_MEMBERS
from kiosk.sandbox.records import SandboxMember
from kiosk.sandbox.server import SandboxServer
from kiosk.sealing import new_key
from kiosk.views import ScanKind, ScannerHealth
from tests.support.canary import found
from tests.support.people import finger_of, people
from tests.support.premises import Premises, premises
from tests.support.witnesses import PATIENCE_S

GREEN = {ScanKind.WELCOME, ScanKind.GOODBYE}
COUNT = 4
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class Tap:
    """An ASGI application that keeps what comes in."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.heard = bytearray()
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Callable[..., Awaitable[None]]) -> None:
        async def listening() -> Message:
            message = await receive()
            self.heard += message.get("body", b"")
            return message

        self.heard += repr(scope).encode()
        await self._application(scope, listening, send)


class Watcher:
    """Watches the control socket, and keeps every byte."""

    def __init__(self, path: Path) -> None:
        self.heard = bytearray()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._socket.sendall(protocol.request(1, "watch", {}))
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE_S)
        self._socket.close()

    def _listen(self) -> None:
        try:
            while piece := self._socket.recv(65536):
                self.heard += piece
        except OSError:
            return


@contextmanager
def kemru(folder: Path) -> Iterator[tuple[SandboxServer, Tap]]:
    """A sandbox that knows our people, and what it hears."""
    server = SandboxServer(state=folder / "sandbox.db")
    for member, _ in people(COUNT):
        server.state.people.put_member(SandboxMember(member.uid, member.name, DEMO_MEMBERS[0].phone, bal=16))
    tap = Tap(server._app)
    server._app = tap
    with server:
        yield server, tap


def credentials(folder: Path) -> None:
    for name, secret in {
        "kemru-api-key": DEMO_CREDENTIALS.api_key,
        "kemru-secret": DEMO_CREDENTIALS.secret,
        "kemru-access-token": DEMO_CREDENTIALS.access_token,
    }.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(secret.reveal(), encoding="utf-8")


def kiosk(place: Premises, *arguments: str) -> bytes:
    """What a command prints, however it ends."""
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *arguments, "--socket", str(place.socket)],
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.stdout + done.stderr


def enrolled_by_hand(place: Premises, uid: str) -> None:
    with place.client() as watcher:
        Hands(place, watcher).enrol(Member(uid=uid, name="x"))  # type: ignore[arg-type]  as good as a stage
    assert place.glasses["main"].await_looks()


def told(place: Premises, uid: str) -> ScanKind:
    [(_, result)] = place.press(finger_of(uid))
    return result.kind


def exercise(place: Premises) -> Iterator[bytes]:
    """Everything that carries templates about; yields what was said on the way."""
    first, second, *_ = (member.uid for member, _ in people(COUNT))
    backup = place.folder / "backup.jsonl"
    yield kiosk(place, "fingers", "remove", first, "--finger", "right-index")
    enrolled_by_hand(place, first)
    assert told(place, second) in GREEN
    since = len(place.ear.events)
    place.emulator().unplug()
    place.emulator().wipe()
    place.until(lambda station: station.health is ScannerHealth.FAULT, since=since)
    since = len(place.ear.events)
    place.emulator().replug()
    place.until(lambda station: station.used == COUNT and not station.waiting, since=since)
    with place.client() as client:
        client.call("call_number", number=second)
    assert told(place, second) in GREEN
    yield kiosk(place, "scanner", "backup", str(backup))
    broken = place.folder / "broken.jsonl"
    broken.write_bytes(backup.read_bytes().replace(b'"place":"', b'"place":"of another '))
    yield kiosk(place, "scanner", "restore", str(broken))
    yield kiosk(place, "scanner", "restore", str(backup))
    for command in (("status", "--json"), ("fingers", "list", first, "--json"), ("fingers", "absent"), ("punches",)):
        yield kiosk(place, *command)


def test_T008_the_bytes_of_a_template_are_nowhere_in_clear(tmp_path: Path) -> None:
    said = bytearray()
    with kemru(tmp_path) as (server, tap):
        more = (
            f'[kemru]\nbase_url = "{server.url}"\nmerchant_id = "{DEMO_CREDENTIALS.merchant_id}"\n'
            f'credentials = "{tmp_path}/site/credentials"\nper_minute = 0\nper_day = 0'
        )
        with premises(tmp_path / "site", count=COUNT, more=more, arguments=["--verbose"]) as place:
            credentials(place.credentials)
            place.kill()
            place.start()
            canaries = set(place.templates().values())
            watcher = Watcher(place.socket)
            for words in exercise(place):
                said += words
            canaries |= set(place.templates().values())
            until_drained(place)
            place.kill()  # what it had in its files at that moment, write-ahead log and all
            watcher.close()
            new_key(place.credentials)
            files = {path.name: path.read_bytes() for path in kept(place)}
            place.start(ready=False)
            place.ear.wait(lambda _: b"brought under the present" in place.journal)
            place.stop()
            files |= {f"{path.name} under a new key": path.read_bytes() for path in kept(place)}
        places = files | {
            "printed": bytes(said),
            "journal": place.journal,
            "control socket": bytes(watcher.heard),
            "HTTP": bytes(tap.heard),
            "ledger": repr(server.state.ledger()).encode(),
        }
    check(places, canaries)


def until_drained(place: Premises) -> None:
    place.ear.wait(lambda event: any(lane.last_delivered and not lane.waiting for lane in getattr(event, "lanes", ())))


def kept(place: Premises) -> list[Path]:
    data = [path for path in (place.folder / "data").iterdir() if path.is_file()]
    return [*data, *place.folder.glob("*.jsonl")]


def check(places: dict[str, bytes], canaries: set[bytes]) -> None:
    assert {"kiosk.db", "kiosk.db-wal", "backup.jsonl", "broken.jsonl"} <= places.keys()
    # Each place holds what it should, so that an empty one proves nothing by accident.
    assert b"copies of fingers taken in" in places["printed"]
    assert b"were left out" in places["printed"]
    assert b"brought under the present" in places["journal"]
    assert b'"method":"enrol"' in places["control socket"]
    assert b"/api-single" in places["HTTP"]
    assert b"1001" in places["ledger"]
    assert len(canaries) == COUNT + 1
    for name, content in places.items():
        assert not any(found(canary, content) for canary in canaries), f"a template lies open in {name}"
    print({name: len(content) for name, content in places.items()})
