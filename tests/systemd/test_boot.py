"""The units in a machine that boots: what systemd's own tools cannot tell by looking at the files.

Run with `make boot-test`. One machine serves all tests; each brings the daemon into the state that it needs.
"""

import re
import time
from collections.abc import Iterator
from typing import cast

import pytest

import drivers
from kiosk.control.client import ControlClient
from kiosk.demo.hands import Hands, finger_of
from kiosk.demo.stage import Stage
from kiosk.models import ClockState, DeliveryState, Lane, Member
from kiosk.views import ScanKind
from tests.support.installed import CONFIG, Site, installed
from tests.support.machine import Machine, booted, obstacle

pytestmark = [pytest.mark.boot, pytest.mark.skipif(bool(obstacle()), reason=obstacle())]

# The sandbox of the unit, tried from inside.
PROBE = """\
import os, socket, sys
DEVICES = sys.argv[1] if sys.argv[1:] else os.environ["KIOSK_DEV"]
def tried(what):
    try:
        what()
        return "ok"
    except OSError as error:
        return error.strerror
def opened(path):
    return tried(lambda: os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)))
def sent(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        return tried(lambda: sender.sendto(b"x", (address, 9)))
print("own dev:", *sorted(os.listdir("/dev")))
for name in ("unlisted", "ttyS9", "null"):
    print(f"{name}: {opened(DEVICES + '/' + name)}")
print("create:", tried(lambda: os.mkdir(DEVICES + "/x")))
print("loopback:", sent("127.0.0.2"))
print("multicast:", sent("224.0.0.1"))
print("netlink:", tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)))
print("home:", tried(lambda: os.listdir("/root")))
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with booted() as machine:
        installed(machine)
        yield machine


@pytest.fixture
def site(machine: Machine) -> Site:
    """A kiosk that takes fingers, whatever the test before has left."""
    site = Site(machine)
    if machine.show("kiosk", "ActiveState") != "active":
        machine.shell("systemctl reset-failed kiosk || true; systemctl start kiosk")
    site.plug()
    machine.until(lambda: (status := site.status()) and status.members, seconds=30, what="the roster")
    site.await_status("a scanner that is ready")
    return site


@pytest.fixture
def enrolled(site: Site) -> Iterator[tuple[Hands, Member, ControlClient]]:
    with site.client() as watcher, site.client() as asker:
        member = asker.members()[0]
        hands = Hands(cast("Stage", site), watcher)
        status = site.status()
        if status is not None and not status.fingers:
            hands.enrol(member)
        yield hands, member, asker


def main_pid(machine: Machine) -> int:
    return int(machine.show("kiosk", "MainPID"))


def facts(machine: Machine) -> dict[str, list[str]]:
    """The daemon's /proc/PID/status."""
    text = machine.path(f"/proc/{main_pid(machine)}/status").read_text(encoding="utf-8")
    return {line.partition(":")[0]: line.partition(":")[2].split() for line in text.splitlines()}


def test_it_is_ready_and_says_so(site: Site) -> None:
    shown = {name: site.machine.show("kiosk", name) for name in ("Type", "ActiveState", "SubState", "StatusText")}
    assert shown == {"Type": "notify", "ActiveState": "active", "SubState": "running", "StatusText": "taking fingers"}


def test_it_runs_as_its_user_with_no_rights(site: Site) -> None:
    found = facts(site.machine)
    passwd = site.machine.path("/etc/passwd").read_text(encoding="utf-8")
    uid = next(line.split(":")[2] for line in passwd.splitlines() if line.startswith("kiosk:"))
    assert found["Uid"] == [uid] * 4
    assert {found[name][0] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb", "CapInh")} == {"0" * 16}
    assert (found["NoNewPrivs"], found["Seccomp"]) == (["1"], ["2"])


def test_status_answers(site: Site) -> None:
    said = site.machine.run("/opt/kiosk/bin/kiosk", "status").stdout
    assert "Boot Test School" in said
    assert re.search(r"scanner main +ready", said)


def test_it_listens_nowhere(site: Site) -> None:
    process = site.machine.path(f"/proc/{main_pid(site.machine)}")
    own = {str(each.readlink()) for each in (process / "fd").iterdir()}
    inodes = {name[8:-1] for name in own if name.startswith("socket:[")}
    assert inodes, "the control socket at least"
    seen = {}
    for kind in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        rows = [line.split() for line in (process / "net" / kind).read_text(encoding="ascii").splitlines()[1:]]
        # 0A is LISTEN; a socket for datagrams has no such state, and is not wanted at all.
        seen[kind] = {row[9] for row in rows if not kind.startswith("tcp") or row[3] == "0A"}
    assert seen["tcp"], "the sandbox listens: the test can see who does"
    assert not inodes & set().union(*seen.values())


def test_a_finger_is_a_punch_and_reaches_kemru(enrolled: tuple[Hands, Member, ControlClient], site: Site) -> None:
    hands, member, kiosk = enrolled
    result = hands.press(finger_of(member))
    assert result.kind in {ScanKind.WELCOME, ScanKind.GOODBYE}
    latest = kiosk.punches(limit=1)[0]
    assert (latest.punch.id, latest.punch.member_uid) == (result.punch_id, member.uid)

    def delivered() -> bool:
        return kiosk.punches(limit=1)[0].deliveries[Lane.ATTENDANCE].state is DeliveryState.CONFIRMED

    site.machine.until(delivered, seconds=20, what="delivery through the address list")


def test_a_punch_knows_how_far_the_clock_can_be_trusted(enrolled: tuple[Hands, Member, ControlClient]) -> None:
    hands, member, kiosk = enrolled
    hands.press(finger_of(member))
    at = kiosk.punches(limit=1)[0].punch.at
    assert at.max_error_us is not None, "adjtimex must not be forbidden"
    assert at.state is ClockState.MANUAL


def test_the_boot_id_is_the_boots(enrolled: tuple[Hands, Member, ControlClient], site: Site) -> None:
    hands, member, kiosk = enrolled
    hands.press(finger_of(member))
    real = site.machine.path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    assert kiosk.punches(limit=1)[0].punch.at.boot_id == real


def test_F052_a_scanner_that_is_plugged_in_later_is_found(site: Site) -> None:
    drivers.emulator_request(site.scanner, "unplug")
    site.machine.run("rm", "/dev/fingerprint")
    gone = site.await_status("a scanner that is gone", scanner="fault")
    assert "/dev/fingerprint" in (gone.stations[0].detail or "")
    before = main_pid(site.machine)
    drivers.emulator_request(site.scanner, "replug")
    site.plug()
    site.await_status("the scanner again")
    assert main_pid(site.machine) == before


def probed(said: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in said.splitlines() if re.match(r"[a-zA-Z0-9 ]+: ", line))


def test_the_sandbox_keeps_what_the_unit_promises(site: Site) -> None:
    machine = site.machine
    # fuse under another name: a device that everybody may open, and that nobody listed.
    machine.shell("rm -f /dev/unlisted /dev/ttyS9; mknod -m 666 /dev/unlisted c 10 229; mknod -m 666 /dev/ttyS9 c 4 73")
    machine.path("/usr/src/kiosk/probe.py").write_text(PROBE, encoding="utf-8")
    dropin = machine.path("/run/systemd/system/kiosk.service.d/probe.conf")
    dropin.parent.mkdir(exist_ok=True)
    dropin.write_text("[Service]\nExecStartPre=/opt/kiosk/bin/python /usr/src/kiosk/probe.py\n", encoding="utf-8")
    try:
        outside = probed(
            machine.shell(
                "ln -sfn /dev /run/all-devices; /opt/kiosk/bin/python probe.py /run/all-devices; rm -r /dev/x"
            )
        )
        machine.shell("systemctl daemon-reload; systemctl restart kiosk")
        said = machine.run("journalctl", "-u", "kiosk", "-n", "60", "-o", "cat", "--no-pager").stdout
    finally:
        dropin.unlink()
        machine.shell("systemctl daemon-reload; rm -rf /dev/unlisted /dev/ttyS9 /run/all-devices")
    # Without the unit's sandbox all of it is possible: the machine itself stands in nobody's way.
    assert {outside[name] for name in ("unlisted", "null", "create", "loopback", "multicast", "netlink", "home")} == {
        "ok"
    }
    inside = probed(said)
    assert "fingerprint" in outside["own dev"].split()
    assert "fingerprint" not in inside["own dev"].split()
    assert inside["unlisted"] == "Operation not permitted", "the device list guards the folder"
    assert inside["ttyS9"] == "No such device or address", "allowed, but there is no such port"
    assert inside["null"] == "ok"
    assert inside["create"] == "Read-only file system"
    assert inside["loopback"] == "ok"
    assert inside["multicast"] == "Operation not permitted"
    assert inside["netlink"] == "Address family not supported by protocol"
    assert inside["home"] == "Permission denied"


def test_without_credentials_it_records(site: Site, enrolled: tuple[Hands, Member, ControlClient]) -> None:
    machine = site.machine
    machine.shell("systemctl stop kiosk; mv /etc/kiosk/credentials /etc/kiosk/away; systemctl start kiosk")
    try:
        status = site.await_status("a start without credentials")
        assert status.storage == "ok"
        with site.client() as watcher:
            assert Hands(cast("Stage", site), watcher).press(finger_of(enrolled[1])).punch_id
        assert any("kemru-api-key" in (lane.trouble or "") for lane in status.lanes) or status.sync_trouble
    finally:
        machine.shell("systemctl stop kiosk; mv /etc/kiosk/away /etc/kiosk/credentials; systemctl start kiosk")


def test_a_wrong_configuration_ends_it_for_good(site: Site) -> None:
    machine = site.machine
    machine.shell("systemctl stop kiosk")
    config = machine.path("/etc/kiosk/kiosk.toml")
    try:
        config.write_text(CONFIG.replace("[site]", "[sight]"), encoding="utf-8")
        assert machine.run("systemctl", "start", "kiosk", check=False).returncode != 0
        # A unit that would be tried again is "activating" (auto-restart), never "failed".
        assert machine.show("kiosk", "ActiveState") == "failed"
        assert machine.show("kiosk", "ExecMainStatus") == "78"
        assert "sight" in machine.journal()
    finally:
        config.write_text(CONFIG, encoding="utf-8")


def test_stopping_is_quick_and_clean(site: Site) -> None:
    began = time.monotonic()
    site.machine.run("systemctl", "stop", "kiosk")
    assert time.monotonic() - began < 5
    assert (site.machine.show("kiosk", "Result"), site.machine.show("kiosk", "ActiveState")) == ("success", "inactive")


def test_a_daemon_that_hangs_is_started_again(site: Site) -> None:
    machine = site.machine
    before, restarts = main_pid(machine), int(machine.show("kiosk", "NRestarts"))
    machine.shell(f"kill -STOP {before}")
    machine.until(lambda: int(machine.show("kiosk", "NRestarts")) > restarts, seconds=60, what="the watchdog's restart")
    site.await_status("the kiosk after the watchdog's restart")
    assert main_pid(machine) not in {0, before}
    assert "Watchdog timeout" in machine.run("journalctl", "-u", "kiosk", "--no-pager", "-o", "cat").stdout


def test_the_screens_user_may_look_but_not_touch(site: Site) -> None:
    def as_user(user: str, *words: str) -> tuple[int, str]:
        groups = ["--init-groups", f"--regid={user}"] if user != "nobody" else ["--clear-groups", "--regid=nogroup"]
        done = site.machine.run("setpriv", f"--reuid={user}", *groups, "/opt/kiosk/bin/kiosk", *words, check=False)
        return done.returncode, done.stdout + done.stderr

    assert as_user("kiosk-screen", "status")[0] == 0
    code, said = as_user("kiosk-screen", "members")
    assert code != 0
    assert "only root" in said
    assert "AKINYI" not in said
    code, said = as_user("nobody", "status")
    assert code != 0
    assert "Permission denied" in said


def test_the_screen_draws_the_kiosk(site: Site) -> None:
    machine = site.machine
    machine.shell("systemctl restart kiosk-screen")
    machine.shown.clear()
    machine.until(lambda: b"Boot Test School" in machine.shown, seconds=20, what="the school's name on tty1")
    uid = machine.path(f"/proc/{machine.show('kiosk-screen', 'MainPID')}").stat().st_uid
    assert uid == machine.path("/dev/tty1").stat().st_uid != 0
