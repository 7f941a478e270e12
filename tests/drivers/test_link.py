import errno
import os
import socket
import termios
import threading
import time
from pathlib import Path

import pytest
import serial

from drivers import LinkLost, LinkTimeout
from drivers.emulation.host import Emulator
from drivers.link import Link, reachable
from tests.support.scanners import opened


def test_bytes_come_back_as_they_are(r307: Emulator) -> None:
    link = Link(r307.link)
    link.open()
    link.send(bytes.fromhex("EF01FFFFFFFF0100071300000000001B"))
    answer = b""
    while len(answer) < 12:
        answer += link.receive(time.monotonic() + 5)
    assert answer.hex().upper() == "EF01FFFFFFFF07000300000A"
    link.close()
    link.close()


def test_silence_is_a_timeout_with_its_facts(r307: Emulator) -> None:
    link = Link(r307.link)
    link.open()
    with pytest.raises(LinkTimeout) as silence:
        link.receive(time.monotonic() + 0.01)
    assert silence.value.waited >= 0.01
    assert silence.value.port == r307.link
    with pytest.raises(LinkTimeout):
        link.receive(time.monotonic() - 1)
    link.close()


@pytest.mark.parametrize("least", [0, 1])
def test_F057_bytes_that_another_process_takes_first_are_silence_and_no_lost_port(least: int, r307: Emulator) -> None:
    link = Link(r307.link)
    link.open()
    rival = os.open(r307.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    # Whether an empty terminal's read gives nothing, or fails, depends on how it is set.
    settings = termios.tcgetattr(rival)
    settings[6][termios.VMIN] = least
    termios.tcsetattr(rival, termios.TCSANOW, settings)
    incoming, taken = link._incoming, []

    class Quicker:
        def poll(self, milliseconds: float) -> list[tuple[int, int]]:
            if ready := incoming.poll(milliseconds):
                taken.append(os.read(rival, 100))
            return ready

    link._incoming = Quicker()  # type: ignore[assignment]
    os.write(r307._port.master, b"answer")
    with pytest.raises(LinkTimeout):
        link.receive(time.monotonic() + 0.3)
    assert taken == [b"answer"]
    os.close(rival)
    link.close()


def test_what_comes_is_shown_to_whoever_wants_to_see_it(r307: Emulator) -> None:
    link, question = Link(r307.link), bytes.fromhex("EF01FFFFFFFF0100071300000000001B")
    link.open()
    link.replies = []
    link.send(question)
    assert link.receive(time.monotonic() + 5)
    link.send(question)
    while not link.flush():
        pass
    assert [reply.hex().upper() for reply in link.replies] == ["EF01FFFFFFFF07000300000A"] * 2
    link.close()


def test_flush_drops_what_is_there(r307: Emulator) -> None:
    link = Link(r307.link)
    link.open()
    os.write(r307._port.master, b"stale")
    assert link.receive(time.monotonic() + 5)
    os.write(r307._port.master, b"stale again")
    time_limit = time.monotonic() + 5
    dropped = 0
    while not dropped and time.monotonic() < time_limit:
        dropped = link.flush()
    assert dropped == len(b"stale again")
    assert link.flush() == 0
    link.close()


def test_F057_port_of_another_process_is_busy(r307: Emulator) -> None:
    with opened(r307), pytest.raises(LinkLost) as busy:
        Link(r307.link).open()
    assert "Another program holds the port" in busy.value.cure
    assert "ModemManager" in busy.value.cure


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.EACCES, "group"),
        (errno.EPERM, "group"),
        (errno.EBUSY, "Another program"),
        (errno.ENOENT, "Plug the scanner in"),
    ],
)
def test_F057_each_refusal_names_its_cure(number: int, cure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise serial.SerialException(number, f"could not open port: {os.strerror(number)}")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(LinkLost, match="/dev/scanner") as refused:
        Link("/dev/scanner").open()
    assert cure in refused.value.cure


def test_a_port_is_opened_where_the_machines_devices_are() -> None:
    elsewhere = {"KIOSK_DEV": "/run/kiosk-dev"}
    assert reachable("/dev/serial/by-id/usb-1", elsewhere) == "/run/kiosk-dev/serial/by-id/usb-1"
    assert reachable("/dev/ttyUSB0", {}) == "/dev/ttyUSB0"
    for other in ("socket://dev/ttyUSB0", "/srv/dev/ttyUSB0", "/device"):
        assert reachable(other, elsewhere) == other


def test_a_folder_of_devices_is_used_and_not_spoken_of(
    r307: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_DEV", str(tmp_path))
    with pytest.raises(LinkLost) as missing:
        Link("/dev/fingerprint").open()
    assert "cannot open /dev/fingerprint: No such file or directory" in str(missing.value)
    assert str(tmp_path) not in str(missing.value)
    (tmp_path / "fingerprint").symlink_to(r307.port)
    link = Link("/dev/fingerprint")
    link.open()
    link.send(b"x")
    link.close()


def test_no_such_port(tmp_path: Path) -> None:
    with pytest.raises(LinkLost) as missing:
        Link(str(tmp_path / "scanner")).open()
    assert "by-id" in missing.value.cure


@pytest.mark.parametrize("url", ["nonsense://x", "socket://nowhere", "socket://localhost:port"])
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(LinkLost, match="cannot open"):
        Link(url).open()


def test_a_file_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LinkLost):
        Link(str(tmp_path / "file")).open()


def test_closed_link_says_so(r307: Emulator) -> None:
    link = Link(r307.link)
    for call in (lambda: link.send(b"x"), lambda: link.receive(0), link.flush):
        with pytest.raises(LinkLost, match="not open"):
            call()


def test_unplugged_port_is_lost_in_every_call(r307: Emulator) -> None:
    link = Link(r307.link)
    link.open()
    r307.unplug()
    for call in (lambda: link.send(b"x"), lambda: link.receive(time.monotonic() + 5)):
        with pytest.raises(LinkLost, match="is gone"):
            call()
    link.close()


def test_socket_port(r307: Emulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = Link(f"socket://127.0.0.1:{server.getsockname()[1]}")
        link.open()
        peer, _ = server.accept()
        with peer:
            link.send(b"question")
            assert peer.recv(100) == b"question"
            peer.sendall(b"answer")
            assert link.receive(time.monotonic() + 5) == b"answer"
            assert link.flush() == 0
        with pytest.raises(LinkLost, match="hung up"):
            link.receive(time.monotonic() + 5)
        link.close()


def test_refused_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkLost):
        Link(f"socket://127.0.0.1:{port}").open()


def test_large_write_waits_for_room() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = Link(f"socket://127.0.0.1:{server.getsockname()[1]}")
        link.open()
        peer, _ = server.accept()
        big = bytes(8 << 20)
        received = []

        def read_all() -> None:
            while sum(received) < len(big):
                received.append(len(peer.recv(1 << 20)))

        reader = threading.Thread(target=read_all)
        with peer:
            reader.start()
            link.send(big)
            reader.join(10)
        assert sum(received) == len(big)
        link.close()
