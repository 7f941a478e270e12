"""Compares parsed TOML with a msgspec model and lists every difference, with the line it stands on.

msgspec itself stops at the first problem; a technician with one visit wants them all.
"""

import difflib
import re
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

_HEADER = re.compile(r"^\s*\[(\[)?\s*([^\[\]]+?)\s*\]?\]\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+?)\s*=")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: on `line` (0 when it stands nowhere), at dotted `key`."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f":{self.line}" if self.line else ""
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


def check(data: dict[str, Any], model: type[msgspec.Struct], text: str) -> list[Problem]:
    """List unknown keys, missing keys and wrong types of `data`, which was parsed from `text`, against `model`."""
    return [Problem(line_of(text, key), key, message) for key, message in _struct(data, model, "")]


def line_of(text: str, key: str) -> int:
    """The line (from 1) of the dotted `key` in TOML `text`; of the table it belongs to if it is not there; else 0.

    Repeated tables are counted: `station.1.name` is the `name` of the second `[[station]]`, and `station` where the first stands.
    """
    places = _places(text)
    while key:
        if key in places:
            return places[key]
        key = key.rpartition(".")[0]
    return 0


def _places(text: str) -> dict[str, int]:
    places: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _plain(header[2])
            if header[1]:
                places.setdefault(table, number)
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}.{counts[table]}"
            places.setdefault(table, number)
        elif entry := _KEY.match(line):
            places.setdefault(f"{table}.{_plain(entry[1])}".lstrip("."), number)
    return places


def _plain(key: str) -> str:
    return re.sub(r"[\"'\s]", "", key)


def _struct(data: object, model: type[msgspec.Struct], prefix: str) -> list[tuple[str, str]]:
    if not isinstance(data, dict):
        return [(prefix.rstrip("."), f"must be a table, [{prefix.rstrip('.')}]")]
    fields = {field.name: field for field in msgspec.structs.fields(model)}
    found = [(prefix + key, _unknown(key, list(fields))) for key in data if key not in fields]
    for name, field in fields.items():
        if name in data:
            found += _value(data[name], field.type, prefix + name)
        elif field.required:
            found.append((prefix + name, "is missing"))
    return found


def _value(value: object, kind: Any, key: str) -> list[tuple[str, str]]:  # noqa: ANN401  a type expression
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return _struct(value, bare, f"{key}.")
    if get_origin(bare) is Literal and isinstance(value, str):
        return _choice(value, get_args(bare), key)
    if get_origin(bare) is list:
        return _list(value, kind, get_args(bare)[0], key)
    return _converted(value, kind, key)


def _list(value: object, kind: Any, item: Any, key: str) -> list[tuple[str, str]]:  # noqa: ANN401  type expressions
    tables = isinstance(item, type) and issubclass(item, msgspec.Struct)
    if not isinstance(value, list):
        return [(key, f"is written [[{key}]], once for each")] if tables else _converted(value, kind, key)
    if tables:
        found = [problem for index, each in enumerate(value) for problem in _struct(each, item, f"{key}.{index}.")]
    else:
        found = [problem for each in value for problem in _value(each, item, key)]
    found = found or _converted(value, kind, key)
    return [(key, f"must be given at least once, as [[{key}]]")] if found and tables and not value else found


def _choice(value: str, options: tuple[str, ...], key: str) -> list[tuple[str, str]]:
    if value in options:
        return []
    close = difflib.get_close_matches(value.casefold(), options, n=1)
    meant = f'; did you mean "{close[0]}"?' if close else ""
    return [(key, f'"{value}" is none of {", ".join(options)}{meant}')]


def _converted(value: object, kind: Any, key: str) -> list[tuple[str, str]]:  # noqa: ANN401  a type expression
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message = str(error).replace("`", "")
        bare = message.startswith("Expected str, got") and isinstance(value, date | time)
        return [(key, message[:1].lower() + message[1:] + (": put it in quotes" if bare else ""))]
    return []


def _unknown(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f'is unknown; did you mean "{close[0]}"?' if close else f"is unknown; known are {', '.join(sorted(known))}"
