"""The handset, against services that answer well, badly and never."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from kiosk.cli import cli
from kiosk.kemru.ussd import FORM, UssdRequest, con, end, parse
from kiosk.sandbox import SandboxServer
from kiosk.sandbox.ussd import Session, Sessions, UssdError
from tests.support.platform import ask

Answer = tuple[int, str, bytes]


def menu(request: UssdRequest) -> Answer:
    match request.inputs:
        case ():
            return 200, "text/plain", con("Welcome\n1. Balance\n2. Airtime")
        case ("1",):
            return 200, "text/plain; charset=utf-8", end(f"{request.phone} on {request.network} has KES 5")
        case ("2",):
            return 200, "text/plain", con("Amount:")
        case ("2", amount):
            return 200, "text/plain", end(f"{amount} sent")
        case _:
            return 200, "text/plain", end("No such choice")


@contextlib.contextmanager
def service(answer: Callable[[UssdRequest], Answer], hold: threading.Event | None = None) -> Iterator[str]:
    """A merchant's USSD service on a port of its own; with `hold` it says nothing until that is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if hold is not None:
                hold.wait(20)
                return
            status, kind, text = answer(parse(body, self.headers["Content-Type"]))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ussd"
    finally:
        if hold is not None:
            hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


def session(url: str, **options: str) -> Session:
    return Session(url, **{"phone": "0711000101", "code": "*860*30#", **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["application/json", FORM])
def test_a_session_until_its_end(form: str) -> None:
    with service(menu) as url:
        dialled = session(url, form=form)
        first = dialled.dial()
        assert (first.text, first.ends, first.problem) == ("Welcome\n1. Balance\n2. Airtime", False, "")
        assert dialled.enter("2").text == "Amount:"
        last = dialled.enter("100")
    assert (last.text, last.ends, last.session) == ("100 sent", True, first.session)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((500, "text/plain", b"END x"), "The answer has HTTP status 500; it has to be 200."),
        ((302, "text/plain", b""), "HTTP status 302"),
        ((200, "text/html", b"END x"), "Content-Type is text/html; it has to be text/plain."),
        ((200, "text/plain", b"Hello"), "starts with neither CON nor END"),
        ((200, "text/plain", b"CON " + b"x" * 183), "183 characters"),
        ((200, "text/plain", b"CON \xff"), "not UTF-8"),
        ((200, "text/plain", b"x" * (1 << 21)), "longer than 1048576 bytes"),
    ],
    ids=range(7),
)
def test_what_a_network_could_not_show_ends_the_session_with_a_sentence(answer: Answer, problem: str) -> None:
    with service(lambda _request: answer) as url:
        step = session(url).dial()
    assert step.ends
    assert problem in step.problem


def test_five_seconds_and_no_more() -> None:
    with service(menu, hold=threading.Event()) as url:
        step = Session(url, phone="0711000101", code="*860#", patience=0.2).dial()
    assert step.problem == "No answer within 0.2 seconds."
    assert session("http://127.0.0.1:9/").dial().problem.startswith("Nobody answers at this address")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"phone": "x"}, "x is no telephone number"),
        ({"code": ""}, "USSD: serviceCode is empty"),
        ({"phone": ""}, "An empty text"),
    ],
)
def test_what_cannot_be_dialled(options: dict[str, str], why: str) -> None:
    with pytest.raises(UssdError, match=why):
        session("http://127.0.0.1:9/", **options)
    with pytest.raises(UssdError, match="http://"):
        session("file:///etc/passwd")


def test_what_cannot_be_entered_leaves_the_session_where_it_is() -> None:
    with service(menu) as url:
        dialled = session(url)
        dialled.dial()
        for text in ("", "1*2", "\n"):
            with pytest.raises(UssdError):
                dialled.enter(text)
        assert "KES 5" in dialled.enter("1").text


def test_sessions_are_forgotten_when_they_end_and_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.sandbox.ussd._KEPT", 3)
    with service(menu) as url:
        sessions = Sessions()
        first = sessions.dial(session(url))
        for _ in range(3):
            last = sessions.dial(session(url))
        with pytest.raises(UssdError, match="dial again"):
            sessions.enter(first.session, "1")
        assert sessions.enter(last.session, "1").ends
        with pytest.raises(UssdError, match="dial again"):
            sessions.enter(last.session, "1")


def test_by_http(platform: SandboxServer) -> None:
    with service(menu) as url:
        dial = {"url": url, "phone": "+254711000101", "code": "*860*30#", "network": "AIRTEL"}
        status, _, first = ask(platform, "POST", "/sandbox/ussd", dial, {})
        assert (status, first["ends"], json.loads(first["sent"])["text"]) == (200, False, "")
        last = ask(platform, "POST", "/sandbox/ussd", {"session": first["session"], "text": "1"}, {})[2]
    assert last["text"] == "+254711000101 on AIRTEL has KES 5"
    for wrong in ({}, {"session": first["session"]}, {**dial, "form": "text/xml"}, {"x": 1}, b"{"):
        status, _, answer = ask(platform, "POST", "/sandbox/ussd", wrong, {})
        assert (status, bool(answer["error"])) == (400, True)


def test_on_the_command_line() -> None:
    with service(menu) as url:
        run = CliRunner().invoke(cli, ["sandbox", "ussd", url, "--phone", "0711000101"], input="\n2\n100\n")
    assert run.exit_code == 0, run.output
    assert run.stdout.startswith("Welcome\n1. Balance\n2. Airtime\n> ")
    assert run.stdout.endswith("Amount:\n> 100\n100 sent\n") or run.stdout.endswith("100 sent\n")
    assert "An input is one character at least" in run.stderr


def test_the_command_line_tells_what_is_wrong() -> None:
    with service(lambda _request: (200, "text/plain", b"Hello \x1b[2J")) as url:
        run = CliRunner().invoke(cli, ["sandbox", "ussd", url])
    assert run.exit_code == 1
    assert "CON" in run.stderr
    assert "\x1b" not in run.output
