import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.kemru import forms, phones


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0739117883", "+254739117883"),
        ("+254739117883", "+254739117883"),
        ("254739117883", "+254739117883"),
        ("739117883", "+254739117883"),
        ("0110 117 883", "+254110117883"),
        ("+254 (739) 117-883", "+254739117883"),
        ("+255712345678", "+255712345678"),
        ("+12025550123", "+12025550123"),
    ],
)
def test_numbers_as_people_write_them(written: str, expected: str) -> None:
    assert phones.e164(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0",
        "073911788",
        "07391178831",
        "0839117883",
        "+2547391178",
        "+254839117883",
        "abc",
        "+0712345678",
        "٠٧٣٩١١٧٨٨٣",
        "0739117883;",
    ],
)
def test_what_is_no_number(written: str) -> None:
    assert phones.e164(written) is None


def test_ten_digits_for_the_platform() -> None:
    assert phones.ten_digits("+254739117883") == "0739117883"
    assert phones.ten_digits("+254110117883") == "0110117883"
    assert phones.ten_digits("+255712345678") is None
    assert phones.ten_digits("nobody") is None


def test_a_masked_number_keeps_three_digits() -> None:
    assert phones.mask("+254739117883") == "…883"
    assert phones.mask("12345") == "…"


@given(st.from_regex(re.compile(forms.LOCAL_PHONE.pattern, re.ASCII), fullmatch=True))
def test_what_has_the_form_of_the_wire_is_a_kenyan_number(spelt: str) -> None:
    """So that the form need not read each number a second time."""
    assert phones.ten_digits(spelt) == f"0{spelt[-9:]}"
