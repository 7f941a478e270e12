"""Debian's Chromium without a window, and what a page in it did: whom it asked, and what it complained of."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

PROGRAM = shutil.which("chromium")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=15_000)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser, which takes a second to start. Skips where there is none."""
    if PROGRAM is None:
        pytest.skip("needs Chromium: install Debian's package chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=PROGRAM, args=list(FLAGS), headless=True)
        try:
            yield started
        finally:
            started.close()


class Visit:
    """A fresh window at `url`, in Kenyan time; `options` are the browser context's."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.complaints: list[str] = []
        self.asked: set[str] = set()
        standard = {"viewport": {"width": 1200, "height": 800}, "timezone_id": "Africa/Nairobi", "locale": "en-GB"}
        self._context = browser.new_context(**(standard | options))
        self.page: Page = self._context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.add(request.url))
        self.page.goto(url)

    def close(self) -> None:
        """Close the window."""
        self._context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)
