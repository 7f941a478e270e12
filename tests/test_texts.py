import string

import pytest

from drivers.scanner import RetryReason
from kiosk.texts import CATALOGUE, knows, text


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_every_key_has_words_in_every_language() -> None:
    assert set(CATALOGUE) == {"en", "sw"}
    assert CATALOGUE["en"].keys() == CATALOGUE["sw"].keys()
    assert all(words.strip() for catalogue in CATALOGUE.values() for words in catalogue.values())


@pytest.mark.parametrize("key", sorted(CATALOGUE["en"]))
def test_placeholders_agree(key: str) -> None:
    assert placeholders(CATALOGUE["en"][key]) == placeholders(CATALOGUE["sw"][key])


def test_swahili_is_translated() -> None:
    same = {key for key, words in CATALOGUE["en"].items() if words == CATALOGUE["sw"][key]}
    assert same == {"page_lane_sms", "date_short", "line_sync"}


def test_the_scanners_reasons_are_advice() -> None:
    assert all(knows(reason.value) for reason in RetryReason)


@pytest.mark.parametrize(
    "key",
    [
        "lift_finger",
        "press_again",
        "see_office",
        "use_other_finger",
        "scanner_fault",
        "wait",
        "pin_wrong",
        "check_number",
        "wipe_glass",
        "type_number",
        "library_busy",
    ],
)
def test_advice_exists(key: str) -> None:
    assert text(key).endswith(".")
    assert text(key, "sw") != text(key)


def test_values_are_filled_in_and_never_read_as_placeholders() -> None:
    assert text("in_at", time="08:01") == "IN at 08:01"
    assert text("in_at", "sw", time="{count}") == "UMEINGIA saa {count}"


def test_an_unknown_language_gets_english() -> None:
    assert text("welcome", "xx") == "Welcome"


def test_an_unknown_key_or_a_missing_value_is_a_key_error() -> None:
    assert not knows("no_such_key")
    with pytest.raises(KeyError, match="no_such_key"):
        text("no_such_key")
    with pytest.raises(KeyError, match="time"):
        text("in_at")


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CATALOGUE["en"]["welcome"] = "Hello"  # type: ignore[index]
