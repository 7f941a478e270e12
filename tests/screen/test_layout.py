import pytest
from textual.content import Content

from kiosk.screen.face import Face, Mood
from kiosk.screen.layout import Role, arrange
from kiosk.screen.pictures import PICTURES, SIGNS
from kiosk.screen.pixels import beside, blocks, halves
from kiosk.screen.typeface import lettered, wrapped

WELCOME = Face(Mood.WELCOME, "Wanjiku Kamau", kicker="Welcome", when="IN at 08:01")
FAULT = Face(Mood.FAULT, "Scanner not working", detail="Tell the office.\n" + "no answer from the port " * 8)
FOREIGN = Face(Mood.GOODBYE, "محمد 😀 王小明", kicker="Goodbye", when="OUT at 17:02")
HINTED = Face(Mood.READY, "Put your finger on the scanner", detail="and wait for your name", hint="Type your number.")
NUMBER = Face(Mood.NUMBER, "20170_", kicker="Your number", detail="Enter: go on", figures=True)
ENDLESS = Face(Mood.ALREADY, "x" * 80, kicker="Already recorded")


def roles(face: Face, width: int, height: int) -> set[Role]:
    return {line.role for line in arrange(face, width, height)}


def test_halves_put_two_rows_into_one() -> None:
    assert halves(["##..", "#.#.", "...#"]) == ["█▀▄ ", "   ▀"]


def test_blocks_are_twice_as_large() -> None:
    assert blocks(["#.", ".#"]) == ["██  ", "  ██"]


def test_beside_leaves_a_column() -> None:
    assert beside([["#", "."], ["#", "#"]]) == ["#.#", "..#"]


def test_every_mood_has_a_picture_and_a_sign_of_its_own() -> None:
    assert set(PICTURES) == set(SIGNS) == set(Mood)
    # Ready, enrolment and a call are about the same finger; every other mood has its own shape.
    others = [mood for mood in Mood if mood not in {Mood.ENROL, Mood.ENROLLED, Mood.CALL}]
    assert len({tuple(PICTURES[mood]) for mood in others}) == len(others)
    assert len({SIGNS[mood] for mood in others}) == len(others)


@pytest.mark.parametrize("mood", Mood)
def test_pictures_are_of_one_size(mood: Mood) -> None:
    assert [len(row) for row in PICTURES[mood]] == [16] * 12


@pytest.mark.parametrize("sign", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:'-., _•")
def test_letters_have_five_even_rows(sign: str) -> None:
    bitmap = lettered(sign)
    assert bitmap is not None
    assert len(bitmap) == 5
    assert len({len(row) for row in bitmap}) == 1


def test_letters_differ() -> None:
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert len({tuple(lettered(sign) or ()) for sign in signs}) == len(signs)


def test_accents_are_dropped_and_other_scripts_refused() -> None:
    assert lettered("José") == lettered("JOSE")
    assert lettered("محمد") is None
    assert lettered("") is None


def test_words_wrap_only_between_words() -> None:
    assert len(wrapped("Wanjiku Kamau", 76, 2) or []) == 1
    assert len(wrapped("Wanjiku Kamau", 50, 2) or []) == 2
    assert wrapped("Wanjiku Kamau", 50, 1) is None
    assert wrapped("Wanjiku Kamau", 20, 2) is None
    assert wrapped("", 20, 2) is None


def test_with_room_everything_is_large() -> None:
    lines = arrange(WELCOME, 76, 22)
    assert {Role.PICTURE, Role.KICKER, Role.TITLE} <= {line.role for line in lines}
    assert sum(line.role is Role.TITLE for line in lines) == 6, "name and time, three rows each"


def test_a_name_too_long_is_large_by_its_first_word_and_still_there_in_full() -> None:
    lines = arrange(Face(Mood.GOODBYE, "Achieng Otieno-Odhiambo", kicker="Goodbye", when="OUT at 17:02"), 76, 22)
    assert "Achieng Otieno-Odhiambo" in [line.words for line in lines]
    assert any("█" in line.words for line in lines if line.role is Role.TITLE)


def test_a_name_in_another_script_is_shown_as_it_is() -> None:
    assert "محمد 😀 王小明" in [line.words for line in arrange(FOREIGN, 76, 22)]


@pytest.mark.parametrize("face", [WELCOME, FAULT, FOREIGN, ENDLESS, HINTED, NUMBER])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (16, 3), (18, 3), (30, 8), (46, 13), (76, 22), (96, 28), (236, 80)])
def test_nothing_is_ever_larger_than_its_room(face: Face, size: tuple[int, int]) -> None:
    width, height = size
    lines = arrange(face, width, height)
    assert 0 < len(lines) <= height
    # A double-width letter cannot be made narrower than two columns.
    assert all(Content(line.words).cell_length <= max(2, width) for line in lines)


def test_the_smallest_room_keeps_the_sign_and_the_name() -> None:
    assert "".join(line.words for line in arrange(WELCOME, 18, 3)) == "+ Wanjiku KamauWelcomeIN at 08:01"


def test_shapes_go_last_but_one() -> None:
    assert Role.PICTURE in roles(WELCOME, 30, 12)
    assert Role.PICTURE not in roles(WELCOME, 30, 7)


def test_a_hint_is_the_first_to_go_and_costs_nothing_else_its_place() -> None:
    with_hint, without = arrange(HINTED, 46, 11), arrange(HINTED, 46, 9)
    assert [line.words for line in with_hint] == [*(line.words for line in without), "", "Type your number."]
    assert arrange(HINTED, 46, 10)[-1].words == "Type your number.", "no blank where there is one row only"
    assert Role.HINT not in roles(HINTED, 46, 9)


@pytest.mark.parametrize(("size", "rows"), [((76, 22), 5), ((76, 12), 5), ((36, 10), 3)])
def test_figures_are_as_large_as_they_can_be(size: tuple[int, int], rows: int) -> None:
    drawn = arrange(NUMBER, *size)
    assert sum(line.role is Role.TITLE for line in drawn) == rows
    assert "Your number" in "".join(line.words for line in drawn)


def test_a_number_of_twelve_digits_fits_in_some_way() -> None:
    longest = Face(Mood.NUMBER, "201701234567", kicker="Your number", detail="Enter: go on", figures=True)
    assert sum(line.role is Role.TITLE for line in arrange(longest, 76, 22)) == 3
    assert arrange(longest, 36, 10)[0].words == ": 201701234567"
