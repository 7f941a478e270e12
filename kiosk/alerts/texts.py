"""The words of the messages, short enough for one SMS of 160 characters, in the alphabet that phones charge least for."""

from datetime import datetime

from kiosk.models import Direction

MAX_LENGTH = 160

_PUNCH = {
    ("en", Direction.IN): "{name} arrived at {time} on {date}. {site}",
    ("en", Direction.OUT): "{name} left at {time} on {date}. {site}",
    ("sw", Direction.IN): "{name} amefika saa {time} tarehe {date}. {site}",
    ("sw", Direction.OUT): "{name} ameondoka saa {time} tarehe {date}. {site}",
}


def punch_text(name: str, direction: Direction, local: datetime, site: str, language: str) -> str:
    """The alert for one punch; long names and sites are cut, never the time."""
    pattern = _PUNCH[language, direction]
    when = {"time": local.strftime("%H:%M"), "date": local.strftime("%d/%m/%Y")}
    fixed = len(pattern.format(name="", site="", **when))
    room = MAX_LENGTH - fixed
    site = site[: room // 3]
    return pattern.format(name=" ".join(name.split())[: room - len(site)], site=site, **when)
