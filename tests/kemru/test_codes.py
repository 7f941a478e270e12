import pytest

from kiosk.kemru.codes import CODES, Kind, meaning, normal


def test_the_documented_table_is_whole() -> None:
    documented = "0000 1100 1101 1102 1103 1104 1105 1106 1107 1108 1109 1201 5000 6001 6002 7001 8002 8003 8004 8005 8006 9002 9004 9005"
    assert set(CODES) == {*documented.split(), "200"}


def test_only_these_are_success() -> None:
    assert {code for code, each in CODES.items() if each.kind is Kind.DONE} == {"0000", "200", "1100"}
    assert {code for code, each in CODES.items() if each.kind is Kind.DUPLICATE} == {"8006", "9005"}


@pytest.mark.parametrize("code", ["", "1", "201", "0001", "9999", "OK", "success", "00000"])
def test_unknown_codes_are_never_success(code: str) -> None:
    assert meaning(code).kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("sent", "code"), [("0000", "0000"), (0, "0000"), (200, "200"), (" 1104 ", "1104"), (8006, "8006")]
)
def test_codes_come_as_strings_and_as_numbers(sent: str | int, code: str) -> None:
    assert normal(sent) == code
