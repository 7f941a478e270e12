import random
import unicodedata

import pytest

from kiosk.screen.plain import plain


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Wanjiku Kamau", "Wanjiku Kamau"),
        ("[red]x[/red]", "[red]x[/red]"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\x00b\x07c\r\nd\te", "a b c d e"),
        ("\u202eevil\u202c name", "evil name"),
        ("zero\u200bwidth", "zero width"),
        ("  much   room  ", "much room"),
        ("\ud800", ""),
        ("N̂goma", "N̂goma"),
        ("", ""),
    ],
)
def test_what_is_left(given: str, shown: str) -> None:
    assert plain(given) == shown


def test_right_to_left_letters_and_emoji_stay() -> None:
    assert plain("محمد") == "محمد"
    assert plain("Ann 😀") == "Ann 😀"


def test_a_pile_of_accents_is_taken_down() -> None:
    assert plain("a" + "\u0301" * 50 + "b") == "a\u0301\u0301b"


@pytest.mark.parametrize("length", [81, 10_000, 1_000_000])
def test_long_words_are_cut_and_say_so(length: int) -> None:
    shown = plain("x" * length)
    assert len(shown) == 80
    assert shown.endswith("…")


def test_a_long_hidden_tail_is_cut_too() -> None:
    assert plain("Ann" + "\x00" * 10_000) == "Ann…"


def test_nothing_that_steers_a_terminal_gets_through() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source = random.Random(seed)
    for _ in range(300):
        shown = plain("".join(chr(source.randrange(0x110000)) for _ in range(source.randrange(200))))
        assert len(shown) <= 80
        assert all(unicodedata.category(sign) not in {"Cc", "Cf", "Cs"} for sign in shown)
