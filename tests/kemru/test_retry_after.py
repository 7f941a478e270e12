from datetime import UTC, datetime

import pytest

from kiosk.kemru import retry_after

NOW = datetime(2026, 11, 23, 7, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17.0),
        (" 17 ", 17.0),
        ("0", 1.0),
        ("3601", 3600.0),
        ("9" * 5000, 3600.0),
        ("Mon, 23 Nov 2026 07:00:45 GMT", 45.0),
        ("Monday, 23-Nov-26 07:00:45 GMT", 45.0),
        ("Mon, 23 Nov 2026 06:59:00 GMT", 1.0),
        ("Mon, 23 Nov 2026 10:00:45 +0300", 45.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("\u0661\u0667", None),
        ("Mon, 99 Nov 2026 07:00:45 GMT", None),
        ("\x00\xff", None),
    ],
)
def test_F065_both_forms_and_neither(header: str | None, seconds: float | None) -> None:
    assert retry_after.seconds(header, now=NOW) == seconds


def test_dates_are_read_by_the_servers_own_clock() -> None:
    assert retry_after.date("Mon, 23 Nov 2026 07:00:05 GMT", otherwise=NOW) == NOW.replace(second=5)
    assert retry_after.date("yesterday", otherwise=NOW) == NOW
    assert retry_after.date(None, otherwise=NOW) == NOW
