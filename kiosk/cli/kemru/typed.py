"""The commands that a message names, completed by the account that the person typed, so that they work as they are printed."""

import re
import shlex

from kiosk.cli.kemru.account import Source

_COMMAND = re.compile(r"kiosk kemru (settle|orders|verify)\b")
_WITHOUT_JOURNAL = frozenset({"verify"})


def completed(text: str, source: Source) -> str:
    """`text` with the options of `source` behind every command in it."""
    return _COMMAND.sub(lambda found: " ".join([found[0], *_options(source, found[1])]), text)


def _options(source: Source, command: str) -> list[str]:
    told = {
        "--config": source.config,
        "--url": source.url,
        "--merchant": source.merchant,
        "--credentials": source.credentials,
        "--journal": None if command in _WITHOUT_JOURNAL else source.journal,
    }
    return [shlex.join([option, str(value)]) for option, value in told.items() if value is not None]
