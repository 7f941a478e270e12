"""What Kemru's client costs beside bare httpx, and how much the sandbox can take. Prints ratios.

The client and a bare kept-alive `httpx.Client`, which posts the same bytes ready-made and decodes the answer, send messages to one sandbox
in another process, in turn; CPU time is the asker's own. The sandbox is then asked on several kept-alive connections at once, by one
process that does little else, with its state on disk.

    python benchmarks/bench_kemru.py [--rounds 9] [--calls 200] [--requests 2000]
"""

import argparse
import contextlib
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from kiosk.kemru import Kemru, Sms, endpoints, replies
from kiosk.kemru.signing import signature
from kiosk.kemru.verdict import Answer, judge
from kiosk.kemru.wire import Prepared, flattened, prepare
from kiosk.sandbox import DEMO_API_KEY, DEMO_CREDENTIALS

SERVE = """
import sys; from pathlib import Path; from kiosk.sandbox import Conditions, serve
unlimited = Conditions(per_minute=0, per_day=0, balance="9000000.00")
serve(state=Path(sys.argv[1]), demo=True, conditions=unlimited, ready=lambda url: print(url, flush=True))
"""
HEADERS = {"Content-Type": "application/json", "apiKey": DEMO_API_KEY}
CONNECTIONS = (1, 4, 16)
REPEATS = 2000
KIB = 1024
STEPS = {
    "bare Python": "",
    "the phonenumbers library": "import phonenumbers",
    "import kiosk.kemru": "import kiosk.kemru",
    "import httpx": "import httpx",
    "a client, built": (
        "from kiosk.kemru import Credentials, Kemru; from kiosk.secret import Secret;"
        "kemru = Kemru('https://kemrut.com/api/v2', Credentials('m', Secret('k'), Secret('s'), Secret('t')))"
    ),
}
"""Each in a process of its own."""


def message() -> Sms:
    return Sms(phone="0711000101", otp="4823", message="AKINYI arrived at 07:58")


def cpu_s(pid: int) -> float:
    """CPU seconds of a living process so far: its clock, by clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | 2)


def resident_kib(pid: int | str) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


@contextlib.contextmanager
def platform(folder: str) -> Iterator[tuple[str, int]]:
    """A sandbox in a process of its own: its URL and its pid."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, f"{folder}/sandbox.db"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.terminate()


def per_call(work: Callable[[], object], calls: int) -> float:
    """CPU microseconds of this process for one call of `work`."""
    began = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - began) / calls * 1e6


def asking(url: str, rounds: int, calls: int) -> float:
    """Microseconds of CPU that one message costs the client, printed beside bare httpx."""
    with (
        Kemru(url, DEMO_CREDENTIALS) as kemru,
        httpx.Client(headers=HEADERS, trust_env=False, transport=httpx.HTTPTransport()) as bare,
    ):
        target = url + endpoints.SEND_SMS.path

        def ours(orders: Iterator[Sms]) -> None:
            assert not kemru.submit(next(orders)).duplicate

        def theirs(bodies: Iterator[bytes]) -> None:
            assert bare.post(target, content=next(bodies)).json()["status"] == "Pending"

        client, loop = [], []
        for _ in range(rounds + 1):
            orders = iter([message() for _ in range(calls)])
            client.append(per_call(lambda orders=orders: ours(orders), calls))  # type: ignore[misc]
            bodies = iter([prepare_message(message()).content for _ in range(calls)])
            loop.append(per_call(lambda bodies=bodies: theirs(bodies), calls))  # type: ignore[misc]
    cost, least = statistics.median(client[1:]), statistics.median(loop[1:])  # the first round warms both up
    ratios = sorted(one / other for one, other in zip(client[1:], loop[1:], strict=True))
    print(f"a message, CPU of who asks: client {cost:.0f} us, bare httpx {least:.0f} us, ratio {cost / least:.2f}")
    print(
        f"    round by round the ratio is {ratios[0]:.2f} to {ratios[-1]:.2f}, median {statistics.median(ratios):.2f}"
    )
    return cost


def prepare_message(order: Sms) -> Prepared:
    return prepare(endpoints.SEND_SMS, DEMO_CREDENTIALS, order.values())


def shares(cost: float) -> None:
    """Where the client's time goes: measured one by one, without the wire."""
    order = message()
    prepared = prepare_message(order)
    values = flattened(endpoints.SEND_SMS, prepared.body)
    body = b'{"status":"Pending","status_code":"200","merchant_reference":"KT677833","reference":"%s","transactiontxt":"Accepted"}'
    answer = Answer(200, body % order.reference.encode(), "application/json")
    now = datetime.now(UTC)
    parts = {
        "an order and its reference": message,
        "checking, spelling and signing": lambda: prepare_message(order),
        "    of which the signature": lambda: signature(endpoints.SEND_SMS, values, DEMO_CREDENTIALS.secret),
        "judging and reading the answer": lambda: replies.receipt(judge("/", answer, now=now), order.reference),
    }
    for name, work in parts.items():
        took = statistics.median(per_call(work, REPEATS) for _ in range(5))
        print(f"    {name:34} {took:6.1f} us, {took / cost:5.1%} of a call")


class Line:
    """One kept-alive connection that always has a request on its way."""

    def __init__(self, place: tuple[str, int], requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(place)
        self._requests = requests
        self._heard = b""

    def ask(self) -> bool:
        """Send the next request; False if there is none."""
        request = next(self._requests, None)
        if request is not None:
            self.socket.sendall(request)
        return request is not None

    def listen(self) -> bool:
        """Take what has arrived; True once the answer is whole."""
        self._heard += self.socket.recv(1 << 16)
        head, found, body = self._heard.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length: ")[2].split()[0]):
            return False
        assert head.startswith(b"HTTP/1.1 200"), head
        self._heard = b""
        return True


def hammered(url: str, requests: list[bytes], connections: int) -> float:
    """Seconds until all `requests` are answered."""
    host, port = url.removeprefix("http://").split(":")
    left = iter(requests)
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for _ in range(connections):
            line = Line((host, int(port)), left)
            stack.enter_context(line.socket)
            selector.register(line.socket, selectors.EVENT_READ, line)
            line.ask()
        answered = 0
        while answered < len(requests):
            for key, _ in selector.select():
                if key.data.listen():
                    answered += 1
                    key.data.ask()
    return time.perf_counter() - began


def raw(url: str, prepared: Prepared) -> bytes:
    head = f"{prepared.endpoint.method} {prepared.target} HTTP/1.1\r\nHost: {url[7:]}\r\nContent-Length: {len(prepared.content)}\r\n"
    return (
        head.encode()
        + "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()).encode()
        + b"\r\n"
        + prepared.content
    )


def serving(url: str, pid: int, count: int) -> None:
    """Requests a second, and CPU time of the sandbox for each."""
    balance = raw(url, prepare(endpoints.BALANCE, DEMO_CREDENTIALS, {}))
    kinds: dict[str, Callable[[], bytes]] = {
        "a balance": lambda: balance,
        "a message": lambda: raw(url, prepare_message(message())),
    }
    for name, make in kinds.items():
        for connections in CONNECTIONS:
            requests = [make() for _ in range(count)]
            spent, own = cpu_s(pid), time.process_time()
            took = hammered(url, requests, connections)
            spent, own = cpu_s(pid) - spent, time.process_time() - own
            print(
                f"{name}, {connections:2} connections: {count / took:5.0f} requests/s, {spent / count * 1e3:.2f} ms of CPU each "
                f"({spent / took:.0%} of a core); the asker's part {own / count * 1e3:.3f} ms"
            )
    print(f"the sandbox then holds {resident_kib(pid) / KIB:.1f} MiB")


def loading() -> None:
    """Memory and CPU time of what a program pays before its first call."""
    print_it = ";import time; print(open('/proc/self/status').read().partition('VmRSS:')[2].split()[0], time.process_time() * 1000)"
    base = None
    for name, code in STEPS.items():
        said = [
            subprocess.run(
                [sys.executable, "-c", f"{code or 'pass'}{print_it}"], check=True, capture_output=True
            ).stdout.split()
            for _ in range(5)
        ]
        mib, ms = (statistics.median(float(each[at]) for each in said) for at in (0, 1))
        mib /= KIB
        base = base or (mib, ms)
        print(f"{name:28} {mib:5.1f} MiB (+{mib - base[0]:4.1f}), {ms:4.0f} ms of CPU ({ms / base[1]:.1f} x)")


def main() -> None:
    parser = argparse.ArgumentParser(description="What Kemru's client and sandbox cost")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=200, help="in each round")
    parser.add_argument("--requests", type=int, default=2000, help="for each number of connections")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, platform(folder) as (url, pid):
        shares(asking(url, chosen.rounds, chosen.calls))
        serving(url, pid, chosen.requests)
    loading()


if __name__ == "__main__":
    main()
