"""F89: whatever is wrong with a configuration is said at once, with its line; nothing half-read is ever used."""

from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import config
from kiosk.errors import Exit

GOOD = """\
[site]
name = "Moi Avenue Primary"

[[station]]
scanner = "/dev/serial/by-id/usb-x"
"""


def test_defaults_make_a_whole_kiosk() -> None:
    settings = config.parse(GOOD)
    assert settings.site.zone == "Africa/Nairobi"
    station = settings.station[0]
    assert (station.baud, station.family, station.security_level, station.feedback) == (0, "auto", 0, True)
    assert settings.templates.keep == "store"
    assert settings.attendance.repeat_seconds == 60
    assert settings.kemru.per_minute == 60
    assert settings.clock.trust == "system"


def test_F089_all_problems_at_once_with_line_key_and_suggestion() -> None:
    text = """\
[site]
nam = "x"
zone = 5

[[station]]
scanner = "/dev/x"

[[station]]
scaner = "/dev/y"
baud = "57600"

[kemru]
per_minute = -1

[bogus]
x = 1
"""
    with pytest.raises(config.ConfigError) as caught:
        config.parse(text, source="kiosk.toml")
    assert str(caught.value).splitlines() == [
        "kiosk.toml:1: site.name: is missing",
        'kiosk.toml:2: site.nam: is unknown; did you mean "name"?',
        "kiosk.toml:3: site.zone: expected str, got int",
        'kiosk.toml:9: station.1.scaner: is unknown; did you mean "scanner"?',
        "kiosk.toml:10: station.1.baud: expected int, got str",
        "kiosk.toml:13: kemru.per_minute: expected int >= 0",
        "kiosk.toml:15: bogus: is unknown; known are alerts, attendance, clock, control, kemru, shift, site, station, templates",
    ]
    assert caught.value.exit_code == Exit.CONFIG == 78


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('zone = "Africa/Nairobbery"', "site.zone"),
        ('zone = "../../etc/passwd"', "site.zone"),
        ('zone = ""', "site.zone"),
    ],
)
def test_F089_right_type_but_senseless(line: str, complaint: str) -> None:
    with pytest.raises(config.ConfigError) as caught:
        config.parse(GOOD.replace('Primary"\n', f'Primary"\n{line}\n'))
    assert [problem.key for problem in caught.value.problems] == [complaint]
    assert caught.value.problems[0].line == 3


@pytest.mark.parametrize("value", ["25:00", "4", "noon", "04:00+03:00"])
def test_F089_day_start_is_a_time_of_day(value: str) -> None:
    with pytest.raises(config.ConfigError, match="not a time of day"):
        config.parse(f'{GOOD}\n[attendance]\nday_starts = "{value}"\n')


@pytest.mark.parametrize("url", ["ftp://kemrut.com", "kemrut.com", "https://", "http://[::1"])
def test_F089_base_url_is_an_address(url: str) -> None:
    with pytest.raises(config.ConfigError, match=r"kemru\.base_url"):
        config.parse(f'{GOOD}\n[kemru]\nbase_url = "{url}"\n')


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("site.name", "a\\nb"),
        ("site.data", "a\\u0000b"),
        ("control.socket", "\\u001b[31m"),
        ("station.0.name", "\\u202e"),
    ],
)
def test_F089_T001_texts_that_a_terminal_or_the_system_would_obey(key: str, value: str) -> None:
    table, _, name = key.rpartition(".")
    data = {"site": 'name = "x"\n', "station": 'scanner = "x"\n', "control": ""}
    table = table.removesuffix(".0")
    data[table] = f'{name} = "{value}"\n' + data[table].replace(
        'name = "x"\n', "" if name == "name" else 'name = "x"\n'
    )
    text = f"[site]\n{data['site']}[[station]]\n{data['station']}[control]\n{data['control']}"
    with pytest.raises(config.ConfigError, match=f"{key}: holds characters that cannot be printed"):
        config.parse(text)


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "a = " + "9" * 5000])
def test_F089_endless_nesting_and_numbers_are_not_toml(text: str) -> None:
    with pytest.raises(config.ConfigError, match="is not TOML"):
        config.parse(text)


def test_F089_a_socket_path_that_the_system_cannot_take() -> None:
    with pytest.raises(config.ConfigError, match=r"control\.socket: is too long"):
        config.parse(f'{GOOD}[control]\nsocket = "/{"x" * 107}"\n')
    for empty in ('[control]\nsocket = ""', '[site]\nname = "x"\ndata = ""\n[[station]]\nscanner = "x"'):
        with pytest.raises(config.ConfigError, match="length >= 1"):
            config.parse(empty if "[site]" in empty else GOOD + empty)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("baud = 9599", "baud: is 0 for the scanner's own speed, or at least 9600"),
        ("baud = 115201", "baud: expected int <= 115200"),
        ("security_level = 6", "security_level: expected int <= 5"),
        ('address = "0x1"', 'address: "0x1" is not 8 hex digits, such as "FFFFFFFF"'),
        ('feedback = "yes"', "feedback: expected bool"),
        (f'place = "{"x" * 61}"', "place: expected str of length <= 60"),
        ('place = "a\\nb"', "place: holds characters that cannot be printed"),
    ],
)
def test_F089_a_station_that_cannot_be_meant(line: str, complaint: str) -> None:
    with pytest.raises(config.ConfigError, match=f"station.0.{complaint}"):
        config.parse(f"{GOOD}{line}\n")


def test_a_station_may_be_left_to_be_found_out() -> None:
    [station] = config.parse('[site]\nname = "x"\n[[station]]\n').station
    assert (station.scanner, station.family, station.baud, station.place) == ("auto", "auto", 0, "")
    assert config.parse(GOOD + "baud = 9600\n").station[0].baud == 9600


NIGHT = """
[[shift]]
name = "night"
days = ["fri", "sat"]
starts = "22:00"
ends = "06:00"
"""


DAYS = "mon, tue, wed, thu, fri, sat, sun"


def test_shifts_are_optional_and_repeat() -> None:
    assert config.parse(GOOD).shift == config.parse("shift = []\n" + GOOD).shift == []
    night, day = config.parse(GOOD + NIGHT + NIGHT.replace("night", "day") + 'titles = ["Guard"]\n').shift
    assert (night.margin_minutes, night.titles, night.members, night.hours()) == (60, [], [], (time(22), time(6)))
    assert day.titles == ["Guard"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            '["fri", "sat"]',
            '["Friday", "sat"]',
            '9: shift.0.days: "Friday" is none of mon, tue, wed, thu, fri, sat, sun; did you mean "fri"?',
        ),
        ('["fri", "sat"]', '["Mo", "x"]', '9: shift.0.days: "x" is none of mon, tue, wed, thu, fri, sat, sun'),
        ('["fri", "sat"]', '["sat", "sat"]', '9: shift.0.days: "sat" stands there twice'),
        ('["fri", "sat"]', "[]", "9: shift.0.days: expected array of length >= 1"),
        ('["fri", "sat"]', '"fri"', "9: shift.0.days: expected array, got str"),
        ('"22:00"', '"22h"', '10: shift.0.starts: "22h" is not a time of day, from "00:00" to "23:59"'),
        ('"22:00"', '"24:00"', '10: shift.0.starts: "24:00" is not a time of day, from "00:00" to "23:59"'),
        ('"22:00"', '"22:00:30"', '10: shift.0.starts: "22:00:30" is not a time of day'),
        ('"22:00"', "22:00:00", "10: shift.0.starts: expected str, got time: put it in quotes"),
        ('"06:00"', '"06:00Z"', '11: shift.0.ends: "06:00Z" is not a time of day'),
        ("starts", "start", '10: shift.0.start: is unknown; did you mean "starts"?'),
        ('name = "night"', 'name = "night"\nmargin_minutes = 241', "9: shift.0.margin_minutes: expected int <= 240"),
        ('name = "night"', 'name = "night"\ntitles = [" ", "x"]', '9: shift.0.titles: " " begins or ends with a blank'),
        ("[[shift]]", "[shift]", "7: shift: is written [[shift]], once for each"),
        (NIGHT, NIGHT + NIGHT, '14: shift.1.name: two shifts are called "night"'),
        (NIGHT, NIGHT * 101, "7: shift: expected array of length <= 100"),
    ],
)
def test_F089_a_shift_that_cannot_be_meant(old: str, new: str, complaint: str) -> None:
    with pytest.raises(config.ConfigError) as caught:
        config.parse(GOOD + NIGHT.replace(old, new))
    assert any(str(problem).startswith(f":{complaint}") for problem in caught.value.problems), str(caught.value)


def test_F089_templates_are_kept_in_one_of_two_places() -> None:
    assert config.parse(GOOD + '[templates]\nkeep = "sensor"\n').templates.keep == "sensor"
    with pytest.raises(config.ConfigError, match=r'templates\.keep: "cloud" is none of store, sensor'):
        config.parse(GOOD + '[templates]\nkeep = "cloud"\n')


def test_the_long_name_that_udev_gives_a_scanner_is_fine() -> None:
    port = "/dev/serial/by-id/usb-Silicon_Labs_CP2102_USB_to_UART_Bridge_Controller_0001-if00-port0"
    assert config.parse(GOOD.replace("/dev/serial/by-id/usb-x", port)).station[0].scanner == port


def test_two_stations_of_one_name() -> None:
    with pytest.raises(config.ConfigError, match='two stations are called "main"'):
        config.parse(GOOD + '[[station]]\nscanner = "/dev/y"\n')


def test_F089_not_toml_missing_and_not_text(tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError, match=r"is not TOML.*line 2"):
        config.parse("[site]\nname = \n")
    with pytest.raises(config.ConfigError, match="cannot be read: No such file"):
        config.load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'[site]\nname = "\xe9"\n')
    with pytest.raises(config.ConfigError, match="not UTF-8"):
        config.load(tmp_path / "latin.toml")


@given(st.integers(min_value=0, max_value=len(GOOD)))
def test_F089_half_written_file_is_refused_or_whole(length: int) -> None:
    try:
        settings = config.parse(GOOD[:length])
    except config.ConfigError:
        return
    assert settings.site.name
    assert settings.station


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8), st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
    )
)
def test_F089_any_garbage_is_a_config_error(data: dict[str, object]) -> None:
    from kiosk import toml_check  # noqa: PLC0415

    problems = toml_check.check(data, config.Settings, "")
    missing = {"site", "station"} - set(data)
    assert {problem.key for problem in problems} >= missing
