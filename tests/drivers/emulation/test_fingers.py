import random

import pytest

from drivers.emulation.fingers import Glass, Quality, ideal, likeness, merge, picture, press, score

NAMES = [f"person {number}" for number in range(200)]


@pytest.fixture
def noise() -> random.Random:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    return random.Random(seed)


def test_a_name_is_always_the_same_finger() -> None:
    assert ideal("amina") == ideal("amina")
    assert len({ideal(name) for name in NAMES}) == len(NAMES)


def test_one_finger_scores_high_and_never_twice_the_same(noise: random.Random) -> None:
    scores = []
    for name in NAMES:
        template = merge([press(name, noise), press(name, noise)], noise)
        scores.append(score(template, press(name, noise)))
    assert min(scores) >= 80
    assert max(scores) <= 170
    assert len(set(scores)) > 20


def test_two_fingers_score_nothing(noise: random.Random) -> None:
    presses = [press(name, noise) for name in NAMES]
    assert max(score(one, other) for at, one in enumerate(presses) for other in presses[:at]) < 20


def test_template_of_two_fingers_recognises_neither(noise: random.Random) -> None:
    for one, other in zip(NAMES[::2], NAMES[1::2], strict=True):
        mixed = merge([press(one, noise), press(other, noise)], noise)
        assert max(score(mixed, press(one, noise)), score(mixed, press(other, noise))) < 60


def test_more_samples_make_a_better_template(noise: random.Random) -> None:
    few, many = (
        sum(score(ideal(name), merge([press(name, noise) for _ in range(samples)], noise)) for name in NAMES)
        for samples in (2, 6)
    )
    assert many > few


def test_the_same_seed_gives_the_same_presses() -> None:
    assert [press("amina", random.Random(5)) for _ in range(2)] == [press("amina", random.Random(5))] * 2


def test_picture_changes_with_the_finger() -> None:
    pictures = {picture(ideal(name), 192, 192) for name in NAMES[:5]}
    assert len(pictures) == 5
    assert {len(each) for each in pictures} == {192 * 192 // 2}


def test_glass(noise: random.Random) -> None:
    glass = Glass(noise)
    assert glass.capture() is None
    glass.place("amina", Quality.DRY)
    assert score(glass.capture() or 0, ideal("amina")) > 100
    glass.lift()
    assert glass.capture() is None
    assert glass.quality is Quality.GOOD


def test_ghosts_have_nobodys_features_and_too_few(noise: random.Random) -> None:
    glass = Glass(noise, ghosts=2)
    seen = [glass.capture() for _ in range(6)]
    assert [features is None for features in seen] == [True, False] * 3
    assert glass.quality is Quality.PARTIAL
    assert likeness([features for features in seen if features], [ideal(name) for name in NAMES]) < 30
    glass.place("amina")
    assert glass.quality is Quality.GOOD
    assert likeness([glass.capture() or 0], [ideal("amina")]) > 80


def test_likeness_of_nothing() -> None:
    assert (likeness([], [1]), likeness([1], []), likeness([1, 2], [2])) == (0, 0, score(2, 2))
