"""The unit files, judged by systemd's own tools."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drivers.link import reachable

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNITS = ["kiosk.service", "kiosk-screen.service"]


def tool(name: str) -> str:
    """The path of a tool of systemd; where there is none the test is skipped, but never on the build machine."""
    found = shutil.which(name)
    if found is None and name == "systemd-analyze" and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is missing: install the systemd package")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def output(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def executable(unit: str, folder: Path) -> Path:
    """A copy of `unit` whose program exists: verify wants to see it."""
    text = (SYSTEMD / unit).read_text(encoding="utf-8")
    copy = folder / unit
    copy.write_text(text.replace("/opt/kiosk/bin/kiosk", "/bin/true"), encoding="utf-8")
    return copy


def settings(unit: str) -> dict[str, list[str]]:
    """Every assignment of a unit, by its key."""
    found: dict[str, list[str]] = {}
    for line in (SYSTEMD / unit).read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def exposure(unit: Path) -> float:
    said = output(tool("systemd-analyze"), "security", "--offline=true", "--no-pager", unit)
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert level is not None, said
    return float(level[1])


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_has_nothing_to_say(unit: str, tmp_path: Path) -> None:
    # It exits 0 on unknown keys, so that any word at all is a failure.
    assert output(tool("systemd-analyze"), "verify", "--man=no", executable(unit, tmp_path)) == ""


def test_verify_would_notice(tmp_path: Path) -> None:
    unit = executable("kiosk.service", tmp_path)
    unit.write_text(unit.read_text(encoding="utf-8").replace("WatchdogSec=", "WatchDogSecs="), encoding="utf-8")
    assert "WatchDogSecs" in output(tool("systemd-analyze"), "verify", "--man=no", unit)


# Reading the clock's state costs the daemon 0.3 of its 1.4; see systemd/README.md.
@pytest.mark.parametrize(("unit", "limit"), [("kiosk.service", 1.5), ("kiosk-screen.service", 0.5)])
def test_exposure(unit: str, limit: float, tmp_path: Path) -> None:
    assert exposure(executable(unit, tmp_path)) <= limit


def test_the_daemon_can_do_its_work() -> None:
    unit = settings("kiosk.service")
    assert unit["ExecStart"] == ["/opt/kiosk/bin/kiosk run --config /etc/kiosk/kiosk.toml"]
    assert unit["Type"] == ["notify"]
    assert unit["WatchdogSec"] == ["30"]
    assert unit["Restart"] == ["always"]
    assert unit["RestartPreventExitStatus"] == ["78"]
    assert {value.split(":")[0] for value in unit["LoadCredential"]} == {
        "kemru-api-key",
        "kemru-secret",
        "kemru-access-token",
        "template-key",
        "template-key-old",
    }
    # A credential that is missing on disk would otherwise keep the daemon from starting at all.
    assert {value.split(":")[0] for value in unit["SetCredential"]} == {
        value.split(":")[0] for value in unit["LoadCredential"]
    }
    assert {value.split()[0] for value in unit["DeviceAllow"]} == {
        "char-ttyUSB",
        "char-ttyACM",
        "char-ttyAMA",
        "char-ttyS",
    }
    # The private /dev has no scanner in it: the machine's has to be seen where the driver is told to look.
    assert unit["PrivateDevices"] == ["yes"]
    folder = next(value.removeprefix("KIOSK_DEV=") for value in unit["Environment"] if value.startswith("KIOSK_DEV="))
    assert unit["BindReadOnlyPaths"] == [f"/dev:{folder}"]
    assert reachable("/dev/fingerprint", {"KIOSK_DEV": folder}) == f"{folder}/fingerprint"
    # The boot's id and the clock's state have to be readable.
    assert "KIOSK_BOOT_ID=%b" in unit["Environment"]
    assert "ProtectClock" not in unit
    assert unit["SystemCallFilter"][2:] == ["adjtimex clock_adjtime"]


def test_nothing_holds_the_daemon_up() -> None:
    unit = settings("kiosk.service")
    assert not {"Requires", "BindsTo", "Requisite"} & unit.keys()
    awaited = " ".join(unit.get("After", []) + unit.get("Wants", []))
    assert not re.search(r"\.device|time-sync|network", awaited)


def test_the_screen_has_its_terminal_and_the_socket_alone() -> None:
    unit = settings("kiosk-screen.service")
    assert unit["ExecStart"] == ["/opt/kiosk/bin/kiosk screen --socket /run/kiosk/control.sock"]
    assert unit["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert unit["PrivateNetwork"] == ["yes"]
    assert unit["TTYPath"] == ["/dev/tty1"]
    assert unit["StandardInput"] == unit["StandardOutput"] == unit["StandardError"] == ["tty"]
    assert unit["Conflicts"] == ["getty@tty1.service"]
    assert (unit["Restart"], unit["RestartSec"]) == (["always"], ["1"])
    # Its place is beside the daemon, not behind it: it has to be there to tell that the daemon is not.
    assert not {"Requires", "BindsTo", "Wants"} & unit.keys()
    assert unit["User"] != settings("kiosk.service")["User"]


def test_users(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    output(tool("systemd-sysusers"), f"--root={tmp_path}", SYSTEMD / "kiosk.sysusers")
    groups = {
        line.split(":")[0]: set(line.split(":")[3].split(",")) for line in (tmp_path / "etc/group").read_text().split()
    }
    assert "kiosk" in groups["dialout"]
    assert "kiosk-screen" not in groups["dialout"] | groups["kiosk"], (
        "the screen reads neither scanner nor configuration"
    )
    shells = {line.split(":")[0]: line.split(":")[-1] for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    assert shells == {"kiosk": "/usr/sbin/nologin", "kiosk-screen": "/usr/sbin/nologin"}


def test_files(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files to other users")
    (tmp_path / "etc").mkdir()
    output(tool("systemd-sysusers"), f"--root={tmp_path}", SYSTEMD / "kiosk.sysusers")
    secret = tmp_path / "etc/kiosk/credentials/kemru-secret"
    secret.parent.mkdir(parents=True)
    secret.write_text("x\n")
    secret.chmod(0o644)
    assert output(tool("systemd-tmpfiles"), "--create", f"--root={tmp_path}", SYSTEMD / "kiosk.tmpfiles") == ""
    assert (tmp_path / "etc/kiosk").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "etc/kiosk/credentials").stat().st_mode & 0o777 == 0o700
    assert secret.stat().st_mode & 0o777 == 0o600


def test_udev_accepts_the_rules() -> None:
    done = subprocess.run([tool("udevadm"), "verify", "--help"], check=False, capture_output=True, timeout=60)
    if done.returncode != 0:
        pytest.skip("this udevadm cannot verify")
    output("udevadm", "verify", "--resolve-names=never", SYSTEMD / "99-kiosk-scanner.rules")


def test_the_rules_name_the_usual_bridges() -> None:
    rules = (SYSTEMD / "99-kiosk-scanner.rules").read_text(encoding="utf-8")
    bridges = dict(re.findall(r'ATTRS\{idVendor\}=="(\w{4})", ATTRS\{idProduct\}=="([\w|]+)"', rules))
    assert {"7523"} <= set(bridges["1a86"].split("|")), "CH340"
    assert {"ea60"} <= set(bridges["10c4"].split("|")), "CP2102"
    assert {"6001", "6015"} <= set(bridges["0403"].split("|")), "FTDI"
    assert {"2303"} <= set(bridges["067b"].split("|")), "Prolific"
    assert 'ENV{ID_MM_DEVICE_IGNORE}="1"' in rules
    assert 'TAG+="systemd"' in rules
    line = re.compile(r'^([A-Z]+(\{\w+\})?(==|!=|\+=|=)"[^"]*"(, )?)+$')
    assert all(line.match(rule) for rule in rules.splitlines() if rule and not rule.startswith("#"))


def test_the_guide_names_every_file() -> None:
    guide = (SYSTEMD / "README.md").read_text(encoding="utf-8")
    assert [each.name for each in SYSTEMD.iterdir() if each.name != "README.md" and f"`{each.name}`" not in guide] == []
