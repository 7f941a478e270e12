"""The examples of docs/kemru-client.md, in order, against the real sandbox: they run, and print what the page says they print."""

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.cli import main
from kiosk.kemru import errors, journal, once, orders
from kiosk.sandbox import DEMO_ACCESS_TOKEN, DEMO_API_KEY, DEMO_MERCHANT, DEMO_SECRET
from tests.support.platform import client, sandbox

PAGE = Path(__file__).parents[2] / "docs" / "kemru-client.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Language and text of every block."""
    return [(found[1], found[2]) for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


@pytest.fixture
def namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the examples find: an account in the environment, an empty folder, and an open `kemru`."""
    (tmp_path / "platform").mkdir()
    monkeypatch.chdir(tmp_path)
    with sandbox(tmp_path / "platform") as platform, client(platform) as kemru:
        for name, value in (
            ("URL", platform.url),
            ("MERCHANT_ID", DEMO_MERCHANT),
            ("API_KEY", DEMO_API_KEY),
            ("SECRET", DEMO_SECRET),
            ("ACCESS_TOKEN", DEMO_ACCESS_TOKEN),
        ):
            monkeypatch.setenv(f"KEMRU_{name}", value)
        monkeypatch.setenv("KIOSK_ORDERS", str(tmp_path / "command-line"))
        yield {"kemru": kemru, "__name__": "example"}


def matches(said: str, promised: str) -> bool:
    """Whether `said` is what was promised; `…` stands for whatever differs from run to run."""
    pattern = "[^\n]*".join(re.escape(part) for part in promised.split("…"))
    return re.fullmatch(pattern, said) is not None


def run_python(text: str, namespace: dict[str, Any], line: int) -> str:
    kept = namespace["kemru"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\n" * line + text, str(PAGE), "exec"), namespace)  # noqa: S102  our own page
    namespace["kemru"] = kept  # an example that opens a client of its own closes it too
    return printed.getvalue()


def run_console(text: str) -> Iterator[tuple[str, str, str]]:
    """Command, what it printed, and what the page says it prints."""
    for command, promised in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            main(shlex.split(command)[1:])
        yield command, printed.getvalue(), promised


def test_every_example_does_what_it_says(namespace: dict[str, Any]) -> None:
    found, checked = blocks(), 0
    for number, (language, text) in enumerate(found):
        if language == "python":
            line = PAGE.read_text(encoding="utf-8").partition(text)[0].count("\n")
            said = run_python(text, namespace, line)
            promised = found[number + 1][1] if found[number + 1][0] == "text" else ""
            assert matches(said, promised), f"{PAGE.name}:{line}\n{said}"
            checked += 1
        elif language == "console":
            for command, said, promised in run_console(text):
                assert matches(said, promised), f"{command}\n{said}"
                checked += 1
    assert checked > 15


def test_the_page_names_every_order_and_every_error() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{each.__name__}` |" in page for each in orders.ORDERS)
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.DidNotHappen)]
    assert all(f"| `{each.__name__}` |" in page for each in (*kinds, errors.UnknownOutcome, once.Failed))
    assert journal.KEPT == 1000
    assert "last 1,000 closed" in page
    assert f"waits {once.WAITS_S[0]:.0f}, {once.WAITS_S[1]:.0f} and {once.WAITS_S[2]:.0f} seconds" in page


def test_the_table_of_orders_has_every_value() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for kind in orders.ORDERS:
        (row,) = re.findall(rf"^\| `{kind.__name__}` \|.*$", page, re.MULTILINE)
        named = set(re.findall(r"`(\w+)", row))
        assert {each for each in kind.__struct_fields__ if each not in {"reference", "offline"}} <= named
