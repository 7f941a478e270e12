"""The kiosk in a booted machine: installed as systemd/README.md says, with an emulated scanner and Kemru's sandbox beside it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.control.client import ControlClient
from kiosk.control.protocol import DaemonGoneError
from kiosk.sandbox import DEMO_CREDENTIALS
from kiosk.views import Status
from tests.support.machine import PROJECT, Machine

CONFIG = f"""\
[site]
name = "Boot Test School"

[clock]
trust = "manual"  # nothing disciplines the clock of a machine without a network

[[station]]
scanner = "/dev/fingerprint"

[attendance]
repeat_seconds = 0

[kemru]
base_url = "http://127.0.0.1:3030"
merchant_id = "{DEMO_CREDENTIALS.merchant_id}"
per_minute = 0
per_day = 0

[control]
socket = "/run/kiosk/control.sock"
group = "kiosk-screen"
"""
SECRETS = {
    "kemru-api-key": DEMO_CREDENTIALS.api_key,
    "kemru-secret": DEMO_CREDENTIALS.secret,
    "kemru-access-token": DEMO_CREDENTIALS.access_token,
}
EMULATOR = """\
[Service]
RuntimeDirectory=emulator
ExecStart=/opt/kiosk/bin/kiosk emulate r307 --link /run/emulator/scanner --instant
"""
KEMRU = """\
[Service]
RuntimeDirectory=kemru
ExecStart=/opt/kiosk/bin/kiosk sandbox --demo --state /run/kemru/sandbox.db --per-minute 0 --per-day 0
"""
# What udev and its rule do with a real one: a relative link, and the node given to dialout.
PLUG = """\
port=$(readlink /run/emulator/scanner)
chgrp dialout "$port"
chmod 660 "$port"
ln -sfn "${port#/dev/}" /dev/fingerprint
"""


class Site:
    """The machine as `Hands` wants it: a scanner and a socket."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.scanner = machine.path("/run/emulator/scanner")

    @contextmanager
    def client(self) -> Iterator[ControlClient]:
        with ControlClient(self.machine.path("/run/kiosk/control.sock"), timeout=20) as kiosk:
            yield kiosk

    def status(self) -> Status | None:
        try:
            with self.client() as kiosk:
                return kiosk.status()
        except DaemonGoneError:
            return None

    def await_status(self, what: str, *, scanner: str = "ready", seconds: float = 30) -> Status:
        def answered() -> Status | None:
            status = self.status()
            return status if status and status.stations[0].health == scanner else None

        return self.machine.until(answered, seconds=seconds, what=what)

    def plug(self) -> None:
        """Lead /dev/fingerprint to the emulator's present port."""
        self.machine.until((self.scanner.parent / "scanner").is_symlink, seconds=20, what="the emulator's port")
        self.machine.shell(PLUG)


def installed(machine: Machine) -> None:
    """Follow the guide, line by line."""
    guide = (PROJECT / "systemd" / "README.md").read_text(encoding="utf-8")
    steps = "".join(re.findall(r"```sh\n(.*?)```", guide, re.DOTALL))
    # There is no udev in a container, and no package index in this one.
    steps = re.sub(r"^udevadm .*\n", "", steps, flags=re.MULTILINE)
    before, start, after = steps.partition("systemd-tmpfiles --create\nsystemctl")
    assert start
    machine.shell("export PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels\n" + before)
    machine.path("/etc/kiosk/kiosk.toml").write_text(CONFIG, encoding="utf-8")
    for name, secret in SECRETS.items():
        machine.path(f"/etc/kiosk/credentials/{name}").write_text(secret.reveal() + "\n", encoding="utf-8")
    machine.path("/run/systemd/system/emulator.service").write_text(EMULATOR, encoding="utf-8")
    machine.path("/run/systemd/system/kemru.service").write_text(KEMRU, encoding="utf-8")
    machine.shell("systemctl daemon-reload; systemctl start emulator kemru")
    machine.shell(start + after)
