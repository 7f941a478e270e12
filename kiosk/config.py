"""Configuration: a TOML file becomes typed, frozen settings, or one error that lists everything wrong with it.

Each part of the kiosk gets its own section's values, never the whole. Secrets are not in this file: see `kiosk.credentials`.
"""

import re
import tomllib
import urllib.parse
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from kiosk import hexadecimal, toml_check
from kiosk.errors import Exit, KioskError
from kiosk.toml_check import Problem

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
# A by-id link names maker, product and serial number: 60 to 90 characters are usual.
Place = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
"""In the order of `date.weekday()`."""

_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

_SLOWEST_BAUD = 9600

_SOCKET_BYTES = 107
"""Of sun_path in unix(7), without the NUL at its end."""


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the kiosk stands. `data` is the folder of its database; `zone` an IANA time zone."""

    name: Name
    data: Place = "/var/lib/kiosk"
    zone: str = "Africa/Nairobi"


class ClockSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`trust = "manual"` vouches for a clock that no time server disciplines (a battery clock)."""

    trust: Literal["system", "manual"] = "system"


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One scanner and the place it stands at.

    `scanner` is a port as a URL, `family` a driver's entry point, `baud` bits a second; "auto", "auto" and 0 leave them to be found
    out. `direction` is derived from the last punch of the day, or fixed for a turnstile; `score_floor` is the lowest score that
    counts as a match, `security_level` the scanner's own strictness (0 leaves it alone); `polls_per_second` is how often an empty
    glass is looked at, `feedback` whether the scanner's own light is used. `place` tells people where it stands. `address` is that of a
    ZFM module, 8 hex digits; the factory's is the one that every module answers to.
    """

    scanner: Place = "auto"
    name: Name = "main"
    place: Annotated[str, msgspec.Meta(max_length=60)] = ""
    family: Name = "auto"
    baud: Annotated[int, msgspec.Meta(ge=0, le=115200)] = 0
    direction: Literal["derived", "in", "out"] = "derived"
    score_floor: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 50
    security_level: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    feedback: bool = True
    polls_per_second: Annotated[int, msgspec.Meta(ge=1, le=50)] = 10
    address: str = "FFFFFFFF"


class Attendance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`day_starts` (HH:MM) is when one work day ends and the next begins; a second punch within `repeat_seconds` is folded."""

    day_starts: str = "04:00"
    repeat_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 60

    def day_start(self) -> time:
        """`day_starts` as a time of day."""
        return time.fromisoformat(self.day_starts)


class ShiftSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours (HH:MM) that repeat on `days`, and whose they are: everybody's if neither `titles` nor `members` (uids) name anybody.

    One whose `ends` is not after its `starts` ends on the next day. People come and go up to `margin_minutes` before and after.
    """

    name: Name
    days: Annotated[list[Day], msgspec.Meta(min_length=1, max_length=len(DAYS))]
    starts: str
    ends: str
    margin_minutes: Annotated[int, msgspec.Meta(ge=0, le=240)] = 60
    titles: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    members: Annotated[list[Name], msgspec.Meta(max_length=2000)] = []

    def hours(self) -> tuple[time, time]:
        """`starts` and `ends` as times of day."""
        return time.fromisoformat(self.starts), time.fromisoformat(self.ends)


class TemplateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the store keeps encrypted copies of fingers' templates, or the scanners alone have them.

    `credentials` is the folder of `template-key`, if systemd does not give one.
    """

    keep: Literal["store", "sensor"] = "store"
    credentials: str = ""


class KemruSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where Kemru is and what it allows. `credentials` is a folder with the secret files, if systemd does not give one.

    `per_minute` and `per_day` are the account's limits on requests; 0 means unlimited.
    """

    base_url: str = "https://kemrut.com/api/v2"
    merchant_id: str = ""
    credentials: str = ""
    get_parameters: Literal["body", "query"] = "body"
    per_minute: Count = 60
    per_day: Count = 5000
    roster_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 30
    deadline_seconds: Annotated[int, msgspec.Meta(ge=1, le=300)] = 30


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`sms_on_punch` sends the member's phone a message for each punch, in `language`."""

    sms_on_punch: bool = True
    language: Literal["en", "sw"] = "en"


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The control socket; members of the system group `group` may look (not touch)."""

    socket: Place = "/run/kiosk/control.sock"
    group: str = ""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `[[station]]` may be repeated, one for each scanner; `[[shift]]` too, or left out."""

    site: Site
    station: Annotated[list[Station], msgspec.Meta(min_length=1)]
    shift: Annotated[list[ShiftSettings], msgspec.Meta(max_length=100)] = []
    clock: ClockSettings = ClockSettings()
    attendance: Attendance = Attendance()
    templates: TemplateSettings = TemplateSettings()
    kemru: KemruSettings = KemruSettings()
    alerts: Alerts = Alerts()
    control: Control = Control()


class ConfigError(KioskError):
    """Everything that is wrong with a configuration file; `problems` in the order of its lines."""

    exit_code = Exit.CONFIG

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        super().__init__("\n".join(f"{source}{problem}" for problem in problems))


def load(path: Path) -> Settings:
    """Read and check a configuration file. Raises ConfigError with every problem at once."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), [Problem(0, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), [Problem(0, "", f"is not UTF-8 at byte {error.start}")]) from error
    return parse(text, source=str(path))


def parse(text: str, *, source: str = "configuration") -> Settings:
    """Check a configuration text. Raises ConfigError with every problem at once."""
    try:
        data = tomllib.loads(text)
    except (
        ValueError,
        RecursionError,
    ) as error:  # the parser stumbles over numbers and nesting without end in its own ways
        raise ConfigError(source, [Problem(0, "", f"is not TOML: {error}")]) from error
    problems = toml_check.check(data, Settings, text)
    if not problems:
        settings = msgspec.convert(data, Settings)
        problems = [Problem(toml_check.line_of(text, key), key, why) for key, why in _senseless(settings)]
        if not problems:
            return settings
    raise ConfigError(source, sorted(problems, key=lambda problem: problem.line))


def _senseless(settings: Settings) -> list[tuple[str, str]]:
    """Dotted key and complaint for every value that is of the right type but cannot be meant."""
    checks: list[tuple[str, Callable[[], str | None]]] = [
        ("site.zone", lambda: _zone(settings.site.zone)),
        ("attendance.day_starts", lambda: _time_of_day(settings.attendance.day_starts)),
        ("kemru.base_url", lambda: _base_url(settings.kemru.base_url)),
        ("control.socket", lambda: _socket(settings.control.socket)),
    ]
    found = [(key, why) for key, check in checks if (why := check()) is not None]
    found += [(key, "holds characters that cannot be printed") for key in _unprintable(describe(settings))]
    for index, station in enumerate(settings.station):
        if 0 < station.baud < _SLOWEST_BAUD:
            found.append((f"station.{index}.baud", f"is 0 for the scanner's own speed, or at least {_SLOWEST_BAUD}"))
        if hexadecimal.word(station.address) is None:
            found.append((f"station.{index}.address", f'"{station.address}" is not 8 hex digits, such as "FFFFFFFF"'))
    for index, shift in enumerate(settings.shift):
        found += [(f"shift.{index}.{key}", why) for key, why in _senseless_shift(shift)]
    found += _twice("station", [station.name for station in settings.station])
    found += _twice("shift", [shift.name for shift in settings.shift])
    return found


def _twice(table: str, names: list[str]) -> list[tuple[str, str]]:
    return [
        (f"{table}.{index}.name", f'two {table}s are called "{name}"')
        for index, name in enumerate(names)
        if name in names[:index]
    ]


def _zone(zone: str) -> str | None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return f'"{zone}" is not an IANA time zone, such as "Africa/Nairobi"'
    return None


def _senseless_shift(shift: ShiftSettings) -> list[tuple[str, str]]:
    times = (("starts", shift.starts), ("ends", shift.ends))
    found = [(key, why) for key, text in times if (why := _time_of_day(text)) is not None]
    for key, names in (("titles", shift.titles), ("members", shift.members)):
        found += [(key, f'"{name}" begins or ends with a blank') for name in names if name != name.strip()]
    found += [("days", f'"{day}" stands there twice') for day in DAYS if shift.days.count(day) > 1]
    return found


def _time_of_day(text: str) -> str | None:
    if _TIME_OF_DAY.fullmatch(text):
        return None
    return f'"{text}" is not a time of day, from "00:00" to "23:59"'


def _base_url(url: str) -> str | None:
    try:
        parts = urllib.parse.urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable = False
    return None if usable else f'"{url}" is not an http or https address'


def _socket(path: str) -> str | None:
    too_long = len(path.encode()) > _SOCKET_BYTES
    return f"is too long for the path of a socket: at most {_SOCKET_BYTES} bytes" if too_long else None


def _unprintable(values: object, key: str = "") -> list[str]:
    """Dotted keys of texts that would move a cursor, break a log line or end a path (a NUL)."""
    if isinstance(values, str):
        return [] if values.isprintable() else [key]
    if not isinstance(values, dict | list):
        return []
    pairs = values.items() if isinstance(values, dict) else enumerate(values)
    return [found for name, each in pairs for found in _unprintable(each, f"{key}.{name}".lstrip("."))]


def describe(settings: Settings) -> dict[str, Any]:
    """The settings as plain data, defaults included, for `kiosk config check --json`."""
    described: dict[str, Any] = msgspec.to_builtins(settings)
    return described
