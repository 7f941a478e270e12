"""The page as a developer sees it, in a real browser: what arrives is there at once, by mouse and by keys, and none of it is obeyed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from kiosk.kemru.catalogue import Channel
from kiosk.kemru.orders import MobilePayout
from kiosk.sandbox import DEMO_MERCHANT, DEMO_WEBHOOK_SECRET, SandboxMember, SandboxServer
from kiosk.sandbox.traffic import KEPT, Exchange
from tests.sandbox.test_ussd import menu, service
from tests.support.browser import Visit, browser
from tests.support.platform import START, ask, client, scan, signed, sms

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> \u202egnirts\u202c \u0007\u200b'\"&amp;</script>"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def visit(chromium: Browser, platform: SandboxServer) -> Iterator[Visit]:
    """The page of the sandbox, live. Afterwards: nothing was asked of anybody else, and nothing was complained of."""
    seen = Visit(chromium, platform.url)
    try:
        expect(seen.page.locator("#live")).to_have_text("Live")
        yield seen
        assert {url for url in seen.asked if not url.startswith(f"{platform.url}/")} == set()
        assert seen.complaints == []
    finally:
        seen.close()


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.page


def rows(page: Page, name: str) -> Locator:
    return page.locator(f"#panel-{name} [role=option]:visible")


def detail(page: Page, name: str) -> Locator:
    return page.locator(f"#panel-{name} .detail")


def forgive(visit: Visit) -> None:
    """Chromium notes every 400 in its console, also those that the page tells of itself."""
    [complaint] = visit.complaints
    assert "status of 400" in complaint
    visit.complaints.clear()


def tab(page: Page, title: str) -> None:
    page.get_by_role("tab", name=title).click()


def send(platform: SandboxServer, signature: str, **changes: Any) -> None:
    fields = {"MerchantID": DEMO_MERCHANT, "phone": "0711000101", "otp": "4823", **changes}
    ask(platform, "POST", "/billing/v1/sms/send", {**fields, "signature": signature})


GOOD = signed("07110001014823kemrut")


def test_everything_that_arrives_is_there_at_once(platform: SandboxServer, page: Page) -> None:
    platform.state.notices.callback_url = "http://127.0.0.1:9/ipn"
    with client(platform) as kemru:
        earlier = datetime.now(UTC) - timedelta(hours=2, minutes=5)
        kemru.report(scan(offline=True, time=earlier.isoformat(timespec="seconds")))
        kemru.send_sms(sms())
        payout = MobilePayout(phone="0733000103", amount=1500, channel=Channel.MPESA, initiator_name="John Doe")
        kemru.submit(payout)
    expect(rows(page, "requests")).to_have_count(3)
    expect(rows(page, "requests").first).to_contain_text("/billing/v3/mobile-payout/create")
    tab(page, "Phone")
    expect(rows(page, "phone")).to_contain_text(["AKINYI OTIENO0711000101AKINYI arrived at 07:58"])
    tab(page, "Attendance")
    expect(rows(page, "attendance")).to_contain_text(["AKINYI OTIENOgate→ inoffline2 h 5 min late"])
    tab(page, "Members")
    expect(rows(page, "members").first).to_contain_text("AKINYI OTIENOStudent15")
    tab(page, "Money")
    expect(rows(page, "orders")).to_contain_text(["MobilePayout0733000103\u22121,500.00Success"])
    expect(page.locator(".wallet")).to_have_text("Wallet KES 98,499.00")
    tab(page, "Callbacks")
    expect(rows(page, "notices")).to_have_count(4)
    expect(rows(page, "notices").last).to_contain_text("waiting")
    rows(page, "notices").last.click()
    expect(detail(page, "notices")).to_contain_text("no answer (ConnectError)")
    expect(detail(page, "notices")).to_contain_text("of 6")
    platform.state.people.put_member(SandboxMember("20170", "AKINYI OUMA"))
    tab(page, "Attendance")
    expect(rows(page, "attendance")).to_contain_text("AKINYI OUMA")
    platform.state.people.put_member(SandboxMember("7", "NEEMA ACHIENG", bal=3))
    tab(page, "Members")
    expect(rows(page, "members").first).to_have_text("7NEEMA ACHIENG3")


def test_a_transaction_moves_before_ones_eyes(platform: SandboxServer, page: Page) -> None:
    platform.state.transactions.pace = 3600
    platform.state.transactions.online = False
    with client(platform) as kemru:
        payout = MobilePayout(phone="0733000103", amount=1, channel=Channel.MPESA, initiator_name="X", offline=True)
        kemru.submit(payout)
    tab(page, "Money")
    rows(page, "orders").click()
    here = detail(page, "orders").locator("[aria-current=step]")
    expect(here).to_have_text("Queued (Offline)")
    for status in ("Pending", "Processing", "Success"):
        platform.state.transactions.online = True
        due = platform.state.transactions.next_due()
        assert due is not None
        platform.state.transactions.advance(due)
        expect(rows(page, "orders").locator(".pill")).to_have_text(status)
        expect(here).to_have_text(status)


def test_the_check_of_a_signature_is_spelled_out(platform: SandboxServer, page: Page) -> None:
    send(platform, signed("kemrut07110001014823"))
    row = rows(page, "requests").first
    expect(row).to_contain_text("4001104 Signature mismatch.")
    row.click()
    shown = detail(page, "requests")
    expect(shown.locator(".verdict")).to_have_text("does not fit")
    expect(shown.locator(".pieces li")).to_have_text(["phone0711000101", "otp4823", "MerchantIDkemrut"])
    expect(shown.locator("[data-role=signed]")).to_have_text("07110001014823kemrut")
    expect(shown.locator("[data-role=expected]")).to_have_text(GOOD)
    expect(shown.locator("[data-role=claimed]")).to_have_text(signed("kemrut07110001014823"))
    differs = next(at for at, (a, b) in enumerate(zip(GOOD, signed("kemrut07110001014823"), strict=True)) if a != b)
    expect(shown.locator("mark")).to_have_text([GOOD[differs], signed("kemrut07110001014823")[differs]])
    expect(shown).to_contain_text(f"differs from digit {differs + 1}")
    expect(shown.locator(".tip")).to_have_text("The fields were signed in another order: MerchantID, phone, otp.")
    expect(shown.locator(".why")).to_contain_text("of the values of phone, otp and MerchantID, in this order")
    shown.get_by_text("Its 20 bytes").click()
    expect(shown.locator("details pre")).to_contain_text(
        "0000  30 37 31 31 30 30 30 31 30 31 34 38 32 33 6b 65  07110001014823ke"
    )


def test_a_good_signature_a_missing_key_and_a_wrong_path(platform: SandboxServer, page: Page) -> None:
    send(platform, GOOD)
    rows(page, "requests").first.click()
    shown = detail(page, "requests")
    expect(shown.locator(".verdict")).to_have_text("fits")
    expect(shown.locator("pre").last).to_contain_text('"status_code": "200"')
    ask(platform, "POST", "/api-link", {}, {"Content-Type": "application/json"})
    expect(rows(page, "requests")).to_have_count(2)
    rows(page, "requests").first.click()
    expect(shown.locator(".why")).to_contain_text("The header apiKey is missing")
    expect(shown.locator(".verdict")).to_have_text("not checked")
    with pytest.raises(json.JSONDecodeError):
        ask(platform, "GET", "/api-link")
    rows(page, "requests").get_by_text("No such call.").click()
    expect(shown.locator(".why")).to_contain_text("by POST, not by GET")


def test_what_a_fault_spoilt_says_so(platform: SandboxServer, page: Page) -> None:
    platform.fault("drop_after", count=1)
    expect(page.locator("#facts")).to_contain_text("1 fault on")
    with pytest.raises(OSError, match=r"."):
        send(platform, GOOD)
    row = rows(page, "requests").first
    expect(row.locator(".status")).to_have_text("no answer")
    row.click()
    expect(detail(page, "requests").locator(".why")).to_contain_text("acted on, and the connection closed")
    expect(page.locator("#facts")).not_to_contain_text("fault")


def test_nothing_that_arrives_becomes_markup(platform: SandboxServer, page: Page) -> None:
    platform.state.people.put_member(SandboxMember("<b>1</b>", HOSTILE, phone="+254711000199", title=HOSTILE))
    send(platform, signed("07110001994823kemrut"), phone="0711000199", message=HOSTILE + "ü" * 1000 + "😀")
    send(platform, HOSTILE, message=HOSTILE)
    ask(platform, "POST", "/api-link", f'{{"MerchantID": "{"<script>alert(1)</script>" * 320}"}}'.encode())
    ask(platform, "POST", "/api-link", HOSTILE.encode())
    with pytest.raises(json.JSONDecodeError):
        ask(platform, "GET", "/%3Cimg%20src=x%20onerror=alert(1)%3E?<script>")
    platform.state.notices.callback_url = f"http://127.0.0.1:9/{HOSTILE}"
    with client(platform) as kemru:
        kemru.submit(MobilePayout(phone="0733000103", amount=1, channel=Channel.MPESA, initiator_name="<i>x</i>\u202e"))
    expect(rows(page, "requests")).to_have_count(6)
    for key, name in enumerate(("requests", "phone", "members", "attendance", "orders", "notices"), 1):
        page.keyboard.press(str(key))
        for row in rows(page, name).all():
            row.click()
            expect(detail(page, name).locator(".hint")).to_have_count(0)
    page.keyboard.press("2")
    expect(detail(page, "phone").locator(".bubble p").first).to_contain_text("<img src=x onerror=")
    expect(detail(page, "phone").locator(".ctl").first).to_have_text("U+202E")
    assert page.locator("main img, main script, main b b, main i, main iframe").count() == 0
    assert page.title() == "Kemru sandbox"


def test_every_key(platform: SandboxServer, page: Page) -> None:
    for number in range(3):
        send(platform, GOOD, message=f"message {number}")
    expect(rows(page, "requests")).to_have_count(3)
    press = page.keyboard.press
    chosen = page.locator("#panel-requests [aria-selected=true]")
    press("j")
    expect(chosen).to_have_id(rows(page, "requests").nth(0).get_attribute("id") or "")
    for key, at in (("j", 1), ("j", 2), ("j", 2), ("k", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("Home", 0), ("End", 2)):
        press(key)
        expect(rows(page, "requests").nth(at)).to_have_attribute("aria-selected", "true")
    expect(detail(page, "requests").locator(".hint")).to_be_visible()
    press("Enter")
    expect(detail(page, "requests")).to_contain_text("message 0")
    expect(detail(page, "requests")).to_be_focused()
    press("k")
    expect(detail(page, "requests")).to_contain_text("message 1")
    press("Escape")
    expect(detail(page, "requests").locator(".hint")).to_be_visible()
    expect(page.locator("#panel-requests .rows")).to_be_focused()
    press("/")
    expect(page.locator("#panel-requests .filter")).to_be_focused()
    page.keyboard.type("1 sms")
    expect(rows(page, "requests")).to_have_count(
        3
    )  # the time of day may hold a 1; what is said is in the call and its code
    page.keyboard.type(" nothing")
    expect(rows(page, "requests")).to_have_count(0)
    expect(page.locator("#panel-requests .count")).to_have_text("0 of 3 requests")
    press("Escape")
    expect(rows(page, "requests")).to_have_count(3)
    press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press("2")
    press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    press("c")
    expect(page.locator("#controls")).to_be_visible()
    press("Escape")
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.locator("#open-controls")).to_be_focused()
    for key, name in enumerate(("requests", "phone", "members", "attendance", "orders", "notices", "ussd"), 1):
        press(str(key))
        expect(page.get_by_role("tab", selected=True)).to_have_id(f"tab-{name}")
        expect(page.locator("[role=tabpanel]:visible")).to_have_id(f"panel-{name}")
    page.get_by_role("tab", selected=True).focus()
    press("ArrowRight")
    expect(page.get_by_role("tab", selected=True)).to_have_id("tab-requests")
    expect(page.get_by_role("tab", selected=True)).to_be_focused()
    page.reload()
    expect(page.get_by_role("tab", selected=True)).to_have_id("tab-requests")


def test_controls_change_the_platform(platform: SandboxServer, visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Controls").click()
    controls = page.locator("#controls")
    told = controls.locator(".told")
    controls.get_by_label("Requests a minute").fill("7")
    controls.get_by_label("Requests a day").fill("70")
    controls.get_by_label("Wallet, in shillings").fill("12.50")
    controls.get_by_label("Seconds in each state").fill("0.5")
    controls.get_by_label("Callback URL").fill("http://127.0.0.1:9/ipn")
    controls.get_by_label("Networks can be reached").uncheck()
    expect(page.locator("#facts")).to_have_text("KES 12.500 of 7 this minuteNetworks offline")
    assert platform.state.traffic.limits.per_day == 70
    assert platform.state.transactions.pace == 0.5
    assert platform.state.notices.callback_url == "http://127.0.0.1:9/ipn"
    controls.get_by_label("Wallet, in shillings").fill("much")
    controls.get_by_label("Wallet, in shillings").blur()
    expect(told).to_contain_text("Expected `str` matching regex")
    expect(controls.get_by_label("Wallet, in shillings")).to_have_value("12.50")
    forgive(visit)

    faults = controls.locator("form[data-path=faults]")
    faults.get_by_label("What goes wrong").select_option("status")
    faults.get_by_label("HTTP status").fill("502")
    faults.get_by_label("Paths that begin with").fill("/api-li")
    faults.get_by_label("How often").fill("2")
    faults.get_by_role("button").click()
    expect(controls.get_by_label("Faults that are on")).to_have_text("status on /api-li · 2 times more")
    [fault] = platform.faults.active()
    assert (fault.status, fault.count, fault.chance) == (502, 2, 1.0)
    controls.get_by_role("button", name="Behave again").click()
    expect(controls.get_by_label("Faults that are on")).to_be_hidden()
    assert platform.faults.active() == []

    rules = controls.locator("form[data-path=outcomes]")
    rules.get_by_label("Orders by").select_option("mobile-payout")
    rules.get_by_label("To, or the end of it").fill("103")
    rules.get_by_label("By way of Retry").check()
    rules.get_by_role("button").click()
    expect(controls.get_by_label("Rules in force")).to_have_text("mobile-payout to …103 → 1105 by way of Retry")
    controls.get_by_role("button", name="Forget the rules").click()
    expect(controls.get_by_label("Rules in force")).to_be_hidden()

    hooks = controls.locator("form[data-path=webhooks]")
    hooks.get_by_label("Address").fill("http://127.0.0.1:9/hook")
    hooks.get_by_label("sms.delivered").uncheck()
    hooks.get_by_role("button").click()
    expect(controls.get_by_label("Webhooks")).to_contain_text("http://127.0.0.1:9/hook · 5 events")
    controls.get_by_label("Webhooks").get_by_role("button").click()
    expect(controls.get_by_label("Webhooks")).to_be_hidden()
    assert platform.state.notices.subscriptions() == []

    member = controls.locator("form[data-path=members]")
    member.get_by_label("UID").fill("7")
    member.get_by_label("Name").fill("NEEMA ACHIENG")
    member.get_by_label("SMS credit").fill("4")
    member.get_by_role("button").click()
    expect(told).to_have_text("Added.")
    assert [each.bal for each in platform.state.people.members() if each.uid == "7"] == [4]
    expect(controls).to_contain_text(DEMO_WEBHOOK_SECRET)


def test_a_ussd_session_on_the_handset(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("7")
    with service(menu) as url:
        page.get_by_label("Address of your service").fill(url)
        page.get_by_role("button", name="Dial").click()
        screen = page.get_by_label("Screen of the handset")
        expect(screen).to_contain_text("Welcome\n1. Balance\n2. Airtime", use_inner_text=True)
        expect(screen).to_contain_text("waits for an answer")
        page.get_by_role("button", name="2", exact=True).click()
        page.keyboard.press("Enter")
        expect(screen).to_contain_text("Amount:")
        expect(page.get_by_label("Your answer")).to_be_focused()
        page.keyboard.type("1*1")
        page.keyboard.press("Enter")
        expect(screen).to_contain_text("no *")
        forgive(visit)
        page.keyboard.type("100")
        page.keyboard.press("Enter")
        expect(screen).to_contain_text("100 sent")
        expect(screen).to_contain_text("The session is over.")
        expect(page.get_by_label("Your answer")).to_be_disabled()
        expect(page.get_by_label("Steps of the session").locator("li").first).to_contain_text('"text": "2*100"')
    page.get_by_role("button", name="Dial").click()
    expect(screen).to_contain_text("Nobody answers at this address")


def test_a_thousand_requests_and_one_more_draws_one_row(platform: SandboxServer, page: Page) -> None:
    with platform.state.change():
        for number in range(KEPT):
            seen = Exchange(
                START + number, "POST", f"/api-link?{number}", "balance", status=200, code="200", body="x" * 100
            )
            platform.state.traffic.keep(seen)
    expect(rows(page, "requests")).to_have_count(KEPT)
    marked = "document.querySelectorAll('#panel-requests [role=option]')"
    page.evaluate(f"{marked}.forEach((row) => (row.known = row.firstChild))")
    page.keyboard.press("End")
    page.keyboard.press("k")
    ask(platform, "POST", "/api-link", {"MerchantID": DEMO_MERCHANT, "signature": signed(DEMO_MERCHANT)})
    newest = page.locator("#panel-requests [role=option]").first
    expect(newest).not_to_contain_text("?")
    assert page.evaluate(f"[...{marked}].filter((row) => row.known !== row.firstChild).length") == 1
    expect(page.locator("#panel-requests [role=option]")).to_have_count(KEPT)
    expect(page.locator("#panel-requests .rows [aria-selected=true]")).to_contain_text("/api-link?1")
    expect(page.get_by_role("tab", name="Requests")).to_contain_text("1,000")
    page.keyboard.press("/")
    page.keyboard.type("link?999")
    expect(rows(page, "requests")).to_have_count(1)


def test_an_outage_is_told_and_made_up_for(chromium: Browser, platform: SandboxServer) -> None:
    visit = Visit(chromium, platform.url)
    try:
        live = visit.page.locator("#live")
        expect(live).to_have_text("Live")
        send(platform, GOOD)
        expect(rows(visit.page, "requests")).to_have_count(1)
        visit.page.evaluate("document.querySelector('[role=option]').known = true")
        platform.stop()
        expect(live).to_have_text("Not running; waiting for it")
        platform.state.traffic.keep(Exchange(START, "GET", "/api-user", "user"))
        platform.start()
        expect(live).to_have_text("Live")
        expect(rows(visit.page, "requests")).to_have_count(2)
        assert visit.page.evaluate("document.querySelectorAll('[role=option]')[1].known"), (
            "what was there is not drawn anew"
        )
    finally:
        visit.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window(chromium: Browser, platform: SandboxServer, scheme: str) -> None:
    send(platform, "0" * 64, message="x" * 500)
    with client(platform) as kemru:
        kemru.report(scan())
        kemru.submit(MobilePayout(phone="0733000103", amount=1, channel=Channel.MPESA, initiator_name="X"))
    visit = Visit(chromium, platform.url, viewport={"width": 360, "height": 640}, color_scheme=scheme)
    try:
        page = visit.page
        expect(rows(page, "requests")).to_have_count(3)
        for key in "1234567":
            page.keyboard.press(key)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), key
        page.keyboard.press("1")
        rows(page, "requests").last.click()
        expect(detail(page, "requests").locator(".verdict")).to_be_visible()
        expect(page.locator("#panel-requests .listing")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Close the details").click()
        expect(page.locator("#panel-requests .listing")).to_be_visible()
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(246, 246, 244)", "dark": "rgb(20, 22, 26)"}[scheme]
        assert visit.complaints == []
    finally:
        visit.close()


CONTRASTS = """() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[0-9.]+/g).map((each) => each / 255)
      .map((each) => (each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const poor = [];
  for (const each of document.querySelectorAll("body *")) {
    const words = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!words || !each.checkVisibility() || each.closest(".fresh, :disabled")) continue;
    const [a, b] = [light(getComputedStyle(each).color), light(behind(each))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${each.className} ${each.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""

NAMELESS = """() => [...document.querySelectorAll("button, input, select")]
  .filter((each) => !each.ariaLabel && !each.labels?.length && !each.textContent.trim())
  .map((each) => each.outerHTML)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_and_has_a_name(chromium: Browser, platform: SandboxServer, scheme: str) -> None:
    platform.fault("slow", seconds=0)
    send(platform, "0" * 64, message="x")
    with client(platform) as kemru:
        kemru.report(scan(offline=True))
        kemru.submit(MobilePayout(phone="0733000103", amount=1, channel=Channel.MPESA, initiator_name="X"))
    visit = Visit(chromium, platform.url, color_scheme=scheme, reduced_motion="reduce")
    try:
        page = visit.page
        expect(rows(page, "requests")).to_have_count(3)
        for key in "123456":
            page.keyboard.press(key)
            page.keyboard.press("End")
            page.keyboard.press("Enter")
            expect(page.locator(".detail .close:visible, .detail .hint:visible")).to_have_count(1)
            page.evaluate("document.querySelectorAll('.fresh').forEach((each) => each.classList.remove('fresh'))")
            assert page.evaluate(CONTRASTS) == []
        page.keyboard.press("7")
        page.keyboard.press("c")
        assert page.evaluate(CONTRASTS) == []
        assert page.evaluate(NAMELESS) == []
    finally:
        visit.close()
