import json
import os
import socket
import stat
from pathlib import Path

import pytest

from drivers import LinkLost, ProtocolError, emulator_request, lift_finger, place_finger, start_emulator
from drivers.emulation.device import Answer
from drivers.emulation.faults import FaultScript
from drivers.emulation.host import Emulator
from drivers.emulation.pacing import Outgoing
from tests.support.scanners import emulated, opened


def test_link_leads_to_the_port(r307: Emulator) -> None:
    assert Path(r307.link).readlink() == Path(r307.port)
    assert stat.S_ISCHR(Path(r307.port).stat().st_mode)


def test_closing_removes_link_and_socket(tmp_path: Path) -> None:
    with emulated("r307", tmp_path) as emulator:
        assert {path.name for path in tmp_path.iterdir()} == {"scanner", "scanner.ctl"}
    assert list(tmp_path.iterdir()) == []
    emulator.close()


def test_replug_is_another_port_at_the_same_link(r307: Emulator) -> None:
    before = r307.port
    keep = os.open(before, os.O_RDWR | os.O_NOCTTY)
    r307.unplug()
    assert r307.state()["plugged"] is False
    r307.replug()
    assert r307.port != before
    assert Path(r307.link).readlink() == Path(r307.port)
    os.close(keep)


def test_stale_link_is_replaced_and_a_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "scanner").symlink_to("/dev/pts/nowhere")
    with emulated("r307", tmp_path):
        pass
    (tmp_path / "scanner").write_text("somebody's")
    with pytest.raises(LinkLost, match="not a link"):
        start_emulator("r307", link=tmp_path / "scanner")
    assert (tmp_path / "scanner").read_text() == "somebody's"


def test_link_of_a_second_emulator_is_left_alone_by_the_first(tmp_path: Path) -> None:
    with emulated("r307", tmp_path) as first:
        first._port.link.unlink()
        first._port.link.symlink_to("/dev/pts/of-another")
    assert (tmp_path / "scanner").readlink() == Path("/dev/pts/of-another")


def test_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(LinkLost, match="cannot make"):
        start_emulator("r307", link=tmp_path / "nowhere" / "scanner")


def test_control_socket_places_and_lifts(r307: Emulator) -> None:
    place_finger(r307.link, "amina", "dry")
    state = emulator_request(r307.link, "state")
    assert (state["finger"], state["quality"], state["model"], state["used"]) == ("amina", "dry", "R307", [])
    lift_finger(r307.link)
    assert emulator_request(r307.link, "state")["finger"] is None


def test_control_socket_is_for_its_owner_only(r307: Emulator) -> None:
    assert stat.S_IMODE(Path(r307.link + ".ctl").stat().st_mode) == 0o600


def test_control_socket_drives_faults_and_the_cable(r307: Emulator) -> None:
    emulator_request(r307.link, "fault", kind="insert", at=0, data="55")
    emulator_request(r307.link, "clear-faults")
    emulator_request(r307.link, "unplug")
    assert emulator_request(r307.link, "state")["plugged"] is False
    emulator_request(r307.link, "replug")
    emulator_request(r307.link, "power-cycle")
    with opened(r307) as scanner:
        scanner.check()


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("nonsense", {}),
        ("place", {}),
        ("place", {"name": "amina", "quality": "purple"}),
        ("fault", {"kind": "nonsense"}),
        ("fault", {"kind": "insert", "data": "no hex"}),
        ("lift", {"surplus": 1}),
        ("fault", {"kind": "drop", "at": "somewhere"}),
        ("fault", {"kind": "drop", "at": [1]}),
    ],
)
def test_control_socket_refuses_with_a_reason(r307: Emulator, do: str, fields: dict[str, object]) -> None:
    with pytest.raises(ProtocolError, match="the emulator refused"):
        emulator_request(r307.link, do, **fields)
    assert emulator_request(r307.link, "state")["plugged"] is True


def test_any_json_is_a_name(r307: Emulator) -> None:
    emulator_request(r307.link, "place", name=5)
    assert emulator_request(r307.link, "state")["finger"] == "5"
    with opened(r307) as scanner:
        assert scanner.present()


def test_control_socket_survives_bad_clients(r307: Emulator) -> None:
    for line in (b"\n", b"not json\n", b"[1]\n", b"\xff\n", b'{"do": ["place"]}\n'):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(r307.link + ".ctl")
            client.sendall(line)
            assert json.loads(client.makefile("rb").readline())["ok"] is False
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(r307.link + ".ctl")
    assert emulator_request(r307.link, "state")["model"] == "R307"


def test_no_emulator_at_that_link(tmp_path: Path) -> None:
    with pytest.raises(LinkLost, match="no emulator answers") as missing:
        place_finger(tmp_path / "scanner", "amina")
    assert "Start an emulator" in missing.value.cure


def test_pacing_follows_work_and_speed() -> None:
    outgoing = Outgoing(FaultScript(), instant=False)
    outgoing.hear(12, 100.0, 57600)
    outgoing.schedule([Answer(bytes(12), 0.188)], 57600)
    assert outgoing.next_due() == pytest.approx(100.0 + 0.188 + 24 * 10 / 57600)


def test_instant_means_at_once() -> None:
    outgoing = Outgoing(FaultScript(), instant=True)
    outgoing.hear(12, 100.0, 57600)
    outgoing.schedule([Answer(bytes(12), 0.188)], 57600)
    assert outgoing.next_due() == 100.0
