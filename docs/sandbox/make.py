"""Draw the manual's pictures of the sandbox's page: `python docs/sandbox/make.py`. Needs Debian's packages chromium and fonts-inter.

A sandbox on a clock that moves by hand, a school's morning over real HTTP, and a browser that looks at it.
"""
# ruff: noqa: INP001  a script, not part of a package

import contextlib
import hashlib
import hmac
import http.server
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from kiosk.kemru import (
    Airtime,
    Bill,
    BillChannel,
    Channel,
    Checkout,
    Kemru,
    MobilePayout,
    Order,
    ScanReport,
    Sms,
    Telco,
)
from kiosk.kemru.ussd import con, end
from kiosk.models import Direction
from kiosk.sandbox import DEMO_API_KEY, DEMO_CREDENTIALS, Conditions, Outcome, SandboxMember, SandboxServer, Webhook

HERE = Path(__file__).parent
BEGIN = datetime.fromisoformat("2026-11-23T07:31:00+03:00")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include>/etc/fonts/fonts.conf</include>
<alias binding="strong"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
<alias binding="strong"><family>sans</family><prefer><family>Inter</family></prefer></alias>
<alias binding="strong"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
</fontconfig>"""
"""The page takes the letters of the machine it is seen on; the pictures take the same on all."""

MEMBERS = (
    SandboxMember("20170", "AKINYI OTIENO", "+254711000101", title="Student", bal=16),
    SandboxMember("20171", "KAMAU NJOROGE", "+254722000102", title="Student", bal=42),
    SandboxMember("20172", "HALIMA ABDI", "+254733000103", title="Teacher", bal=8),
    SandboxMember("20173", "WANJIKU KAMAU", "+254712000104", title="Student", bal=27),
    SandboxMember("20174", "OMONDI OUMA", "+254110000105", title="Student", bal=1),
    SandboxMember("20175", "NEEMA ACHIENG", "+254721000106", title="Student", bal=31),
)
SENDER = "Wanjiru Mwangi"
ORDERS: tuple[Order, ...] = (
    MobilePayout(
        phone="0733000103", amount=18500, channel=Channel.MPESA, initiator_name=SENDER, reference="pay-nov-20172"
    ),
    Checkout(phone="0711000101", amount=4500, channel=Channel.MPESA, reason="Fees term 3", reference="fees-20170"),
    MobilePayout(
        phone="0722000102", amount=1200, channel=Channel.AIRTEL, initiator_name=SENDER, reference="refund-20171"
    ),
    Airtime(
        phone="0721000106", amount=100, telco=Telco.SAFARICOM, initiator_phone="0720000100", reference="airtime-gate"
    ),
    Bill(account_number="14253647589", amount=3250, channel=BillChannel.KENYA_POWER, reference="power-november"),
    MobilePayout(
        phone="0712000104", amount=950, channel=Channel.MPESA, initiator_name=SENDER, reference="refund-20173"
    ),
)


class Clock:
    """Time that moves by hand."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now.timestamp()

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class School(http.server.BaseHTTPRequestHandler):
    """The school's own server: it takes callbacks, has one address that is out of order, and answers USSD."""

    def do_POST(self) -> None:
        """Answer by path."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer, kind = b'{"status": "success"}', "application/json"
        if self.path == "/ussd":
            answer, kind = _menu(json.loads(body)["text"]), "text/plain"
        self.send_response(503 if self.path == "/accounts" else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def _menu(text: str) -> bytes:
    match text:
        case "":
            return con("Mwangaza Primary School\n1. When did my child arrive?\n2. SMS credit\n3. Fees")
        case "1":
            return con("Enter your child's number:")
        case _:
            return end("AKINYI OTIENO arrived today at 07:31.")


@contextlib.contextmanager
def school() -> Iterator[str]:
    """The school's server, on the port that the page proposes."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 8000), School)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield "http://127.0.0.1:8000"
    finally:
        server.shutdown()
        server.server_close()


def morning(sandbox: SandboxServer, clock: Clock, site: str) -> None:
    """Everybody arrives, parents are told, and a few things are paid."""
    for member in MEMBERS:
        sandbox.state.people.put_member(member)
    sandbox.state.notices.callback_url = f"{site}/ipn"
    sandbox.state.notices.subscribe(Webhook(f"{site}/accounts"))
    sandbox.outcomes.add(Outcome(code="1105", call="mobile-payout", destination="0722000102"))
    with Kemru(sandbox.url, DEMO_CREDENTIALS) as kemru:
        kemru.balance()
        kemru.roster()
        for number, member in enumerate(MEMBERS):
            clock.pass_by(23 + 11 * number)
            arrive(kemru, member, clock.now, number)
        clock.pass_by(40)
        kemru.send_sms(Sms(phone=MEMBERS[0].phone, otp="739104", reference="0197-code"))
        for order in ORDERS[:-1]:
            clock.pass_by(17)
            kemru.submit(order)
            settled(sandbox, clock)
        sandbox.state.transactions.pace = 60
        clock.pass_by(17)
        kemru.submit(ORDERS[-1])
        clock.pass_by(61)
        settled(sandbox, clock)
        sandbox.state.transactions.pace = 0
        airtime = Airtime(phone="0721000106", amount=50, telco=Telco.SAFARICOM, initiator_phone="0720000100")
        kemru.submit(airtime)
        for seconds in (0, 1, 2, 4):
            clock.pass_by(seconds)
            settled(sandbox, clock)
        mistakes(sandbox, clock, kemru)


def arrive(kemru: Kemru, member: SandboxMember, now: datetime, number: int) -> None:
    """One scan, and the message about it; one scanner had been without a network for a while."""
    was_cut = number == 3
    at = now - timedelta(minutes=26 if was_cut else 0)
    kemru.report(ScanReport(member.uid, f"0197-scan-{number}", at.isoformat(), Direction.IN, "gate", offline=was_cut))
    words = f"{member.name.split()[0].capitalize()} arrived at {at:%H:%M}.\nMwangaza Primary School"
    kemru.send_sms(Sms(phone=member.phone, otp=f"{4820 + number}", message=words, reference=f"0197-sms-{number}"))


def mistakes(sandbox: SandboxServer, clock: Clock, kemru: Kemru) -> None:
    """A developer's first tries: a path that is not there, a slow answer, and fields that were signed in another order."""
    headers = {"apiKey": DEMO_API_KEY}
    clock.pass_by(1)
    httpx.post(f"{sandbox.url}/api-balance", json={"MerchantID": "kemrut"}, headers=headers)
    sandbox.fault("slow", seconds=0, count=1)
    kemru.telco("722")
    payout = MobilePayout(
        phone="0711000101", amount=1500, channel=Channel.MPESA, initiator_name="John Doe", reference="try-2"
    )
    prepared = kemru.prepare(payout)
    signed = b"kemrutJohn DoeKenya07110001011500MPESA"
    secret = DEMO_CREDENTIALS.secret.reveal().encode()
    wrong = {**prepared.body, "signature": hmac.new(secret, signed, hashlib.sha256).hexdigest()}
    clock.pass_by(1)
    httpx.post(f"{sandbox.url}{prepared.target}", json=wrong, headers=headers)


def pictures(browser: Browser, url: str, target: Path) -> None:
    """Look at the page, tab by tab."""
    light, dark = (visit(browser, url, scheme) for scheme in ("light", "dark"))
    opened(light, "1", "Signature mismatch")
    take(light, target / "requests.png")
    opened(light, "2", "AKINYI OTIENO")
    take(light, target / "phone.png")
    opened(light, "6", "waiting")
    take(light, target / "callbacks.png")
    opened(dark, "5", "Processing")
    take(dark, target / "money.png")
    dial(light)
    take(light, target / "ussd.png")


def visit(browser: Browser, url: str, scheme: str) -> Page:
    """The page in a new window."""
    page = browser.new_page(
        viewport={"width": 1200, "height": 760},
        timezone_id="Africa/Nairobi",
        locale="en-GB",
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page.goto(url)
    page.locator("[role=option]").first.wait_for()
    return page


def opened(page: Page, key: str, text: str) -> None:
    """Choose a tab, and the first row that holds `text`."""
    page.keyboard.press(key)
    page.locator("[role=option]:visible", has_text=text).first.click()
    page.locator("[role=tabpanel]:not([hidden]) .detail .close").wait_for()


def dial(page: Page) -> None:
    """Have a parent ask when the child arrived."""
    page.keyboard.press("7")
    page.get_by_role("button", name="Dial").click()
    for text in ("1", "20170"):
        page.locator(".screen[data-kind=con]:not(.waiting)").wait_for()
        page.get_by_label("Your answer").fill(text)
        page.keyboard.press("Enter")
        page.locator(".log li", has_text=text).first.wait_for()
    page.locator(".screen[data-kind=end]").wait_for()


def take(page: Page, path: Path) -> None:
    """The window as a small PNG."""
    page.mouse.move(0, 0)
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def settled(sandbox: SandboxServer, clock: Clock) -> None:
    """Wait until the sandbox has done all that is due by now."""
    pause = threading.Event()
    while sandbox.state.notices.due(clock()) is not None or (sandbox.state.transactions.next_due() or 1e12) <= clock():
        pause.wait(0.05)


def main(target: Path = HERE) -> None:
    """Draw every picture into the folder `target`."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, school() as site, sync_playwright() as playwright:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(FONTS, encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=FLAGS, env={**os.environ, "FONTCONFIG_FILE": str(fonts)}
        )
        state = Path(folder) / "sandbox.db"
        with SandboxServer(
            state=state, clock=clock, conditions=Conditions(per_minute=60, pace=4), port=3030
        ) as sandbox:
            morning(sandbox, clock, site)
            settled(sandbox, clock)
            pictures(browser, sandbox.url, target)
            browser.close()


if __name__ == "__main__":
    main()
