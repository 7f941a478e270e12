"""Shifts in the configuration of a running kiosk: who gets the slots, and what `kiosk shifts` says."""

import json
import re
from pathlib import Path

import pytest

from kiosk.cli import main
from tests.support.people import FIRST, finger_of
from tests.support.premises import premises

COUNT, SLOTS = 210, 200
LAST = [str(FIRST + number) for number in range(SLOTS, COUNT)]
ALWAYS = f"""
[[shift]]
name = "always"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
starts = "00:00"
ends = "00:00"
members = {json.dumps([*LAST, "4711"])}
"""


def test_who_is_on_shift_has_a_slot_and_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with premises(tmp_path, {"main": "r503"}, count=COUNT, more=ALWAYS) as place:
        monkeypatch.setenv("KIOSK_SOCKET", str(place.socket))
        main(["shifts"])
        header, row, unmatched = capsys.readouterr().out.splitlines()
        assert header.split() == ["SHIFT", "DAYS", "HOURS", "MARGIN", "MEMBERS", "NOW"]
        assert re.split(r"  +", row) == [
            "always",
            "mon tue wed thu fri sat sun",
            "00:00 to 00:00 the next day",
            "60 min",
            str(len(LAST)),
            "on",
        ]
        assert unmatched == "always: nobody on the roster has 4711."
        main(["shifts", "--json"])
        assert [view["members"] for view in json.loads(capsys.readouterr().out)] == [len(LAST)]
        for uid in LAST[-3:]:
            [(_, result)] = place.press(finger_of(uid))
            assert result.name == f"MEMBER {uid}"


def test_a_check_of_the_configuration_says_what_was_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kiosk.toml").write_text(
        '[site]\nname = "x"\n[[station]]\n'
        '[[shift]]\nname = "day"\ndays = ["mon", "tue"]\nstarts = "08:00"\nends = "17:00"\n'
        '[[shift]]\nname = "night"\ndays = ["fri"]\nstarts = "22:00"\nends = "06:00"\ntitles = ["Guard"]\nmembers = ["1"]\n'
    )
    main(["config", "check", str(tmp_path / "kiosk.toml")])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Shift day: mon tue, 08:00 to 17:00, for everybody.",
        "Shift night: fri, 22:00 to 06:00 the next day, for Guard, 1 member by uid.",
    ]


def test_without_shifts_it_says_what_slots_go_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with premises(tmp_path, count=1) as place:
        monkeypatch.setenv("KIOSK_SOCKET", str(place.socket))
        main(["shifts"])
    assert capsys.readouterr().out.startswith("None: [[shift]] in the configuration adds one.")
