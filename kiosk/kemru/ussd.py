"""USSD sessions: what the platform asks for every input of a subscriber, and the answers that it shows on the handset.

Source: "USSD" of the vendor's API documentation. An answer is `text/plain`, starts with CON where the session goes on and with END
where it is over, and is due within 5 seconds. The form of a request's body is not documented; JSON and HTML forms are both read.
"""

import json
import unicodedata
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import msgspec

from kiosk.kemru import incoming, phones
from kiosk.kemru.errors import Malformed

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TEXT = "text/plain"
"""The content type of an answer."""

LONGEST = 182
"""Characters that a handset shows at once, CON or END not counted: 160 bytes of seven-bit characters (3GPP TS 23.038)."""

_LONGEST_TEXT = 1000
"""Characters of all inputs of a session. No menu is so deep."""

_MOST_FIELDS = 50

_PLAIN = str.maketrans(
    {
        # Single quotes and primes, double ones, dashes and bullets, the euro, the times sign, the slash of fractions: by their code
        # points, for many of them look like the plain sign that stands for them.
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022\u00b7", "-"),
        "\u20ac": "EUR",
        "\u00d7": "x",
        "\u2044": "/",
        # In the seven-bit alphabet, but at the cost of two characters each.
        **dict.fromkeys("[{", "("),
        **dict.fromkeys("]}", ")"),
        **dict.fromkeys("\\|", "/"),
        "^": "'",
        "~": "-",
    }
)


class UssdRequest(msgspec.Struct, frozen=True):
    """One step of a session. `inputs` is what the subscriber has entered so far, empty on the first step.

    `session_id` stays until the session's end; `phone` is E.164; `network` is the subscriber's network as the platform spells it, where it
    says; `service_code` is what was dialled, such as `*860*30#`. The wire joins inputs by `*`: one that holds a `*` arrives as two.
    """

    session_id: str
    phone: str
    network: str | None
    service_code: str
    inputs: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # Inputs may be PINs.
        return (
            f"UssdRequest(session_id={self.session_id!r}, phone={phones.mask(self.phone)!r}, inputs={len(self.inputs)})"
        )


class UssdAnswer(msgspec.Struct, frozen=True):
    """What a handset shows, and whether the session `ends` with it."""

    text: str
    ends: bool

    def __repr__(self) -> str:
        return f"UssdAnswer({len(self.text)} characters, ends={self.ends})"


class _Wire(msgspec.Struct, frozen=True):
    """The wire's spelling. `text` is never a number: 0072 and 72 are different inputs."""

    session_id: str | int = msgspec.field(name="sessionId")
    phone: str | int = msgspec.field(name="phoneNumber")
    service_code: str = msgspec.field(name="serviceCode")
    text: str
    network: str | int | None = msgspec.field(default=None, name="networkCode")


def parse(body: bytes, content_type: str) -> UssdRequest:
    """Read a request's body, which is of `content_type` (the header's value). Raises Malformed."""
    match content_type.partition(";")[0].strip().lower():
        case "application/json":
            data = incoming.value(body, "USSD")
        case "application/x-www-form-urlencoded":
            data = _form(body)
        case _:
            raise Malformed(f"USSD: the body is neither {JSON} nor {FORM} by its content type")
    return _request(data)


def encode(request: UssdRequest, content_type: str = JSON) -> bytes:
    """The body of `content_type` (JSON or FORM) that `parse` reads as `request`. Raises ValueError for what cannot be written so."""
    wire = {
        "sessionId": request.session_id,
        "phoneNumber": request.phone,
        "networkCode": request.network or "",
        "serviceCode": request.service_code,
        "text": "*".join(request.inputs),
    }
    try:
        same = _request(wire) == request
    except Malformed as error:
        raise ValueError(f"{error}; give it the form that the documentation shows") from None
    if not same:
        raise ValueError("a USSD request with these values would be read as another: E.164 numbers, no * in an input")
    if content_type == FORM:
        return urlencode(wire).encode()
    if content_type == JSON:
        return json.dumps(wire).encode()
    raise ValueError(f"a USSD request is {JSON} or {FORM}")


def con(text: str) -> bytes:
    """The answer that shows `text` and waits for an input. Raises ValueError as `shown` does."""
    return f"CON {shown(text)}".encode()


def end(text: str) -> bytes:
    """The answer that shows `text` and ends the session. Raises ValueError as `shown` does."""
    return f"END {shown(text)}".encode()


def shown(text: str) -> str:
    """`text` in characters that every handset has: accents go, typographic signs become plain ones, what is left becomes `?`.

    Lines stay lines; other control characters become spaces. Raises ValueError if nothing is left, or more than LONGEST characters: a
    menu that was cut would hide its last choices.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    plain = "\n".join("".join(_plain(each) for each in _spelled(line)).rstrip() for line in lines).strip()
    if not plain:
        raise ValueError("a USSD answer without text: say what happened or what to enter")
    if len(plain) > LONGEST:
        raise ValueError(
            f"a USSD answer of {len(plain)} characters: {LONGEST} at most, offer the rest as a further choice"
        )
    return plain


def parse_answer(body: bytes) -> UssdAnswer:
    """Read an answer as the network does. Raises Malformed for one that no handset can show."""
    try:
        said = incoming.capped(body, "USSD answer").decode()
    except UnicodeDecodeError:
        raise Malformed("USSD answer: not UTF-8") from None
    start, text = said[:4], said[4:].replace("\r\n", "\n").strip()
    if start not in {"CON ", "END "}:
        raise Malformed("USSD answer: starts with neither CON nor END and a space")
    if not 0 < len(text) <= LONGEST:
        raise Malformed(f"USSD answer: {len(text)} characters after CON or END, 1 to {LONGEST} can be shown")
    if not text.replace("\n", "").isprintable():
        raise Malformed("USSD answer: holds control characters")
    return UssdAnswer(text, ends=start == "END ")


def _form(body: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(
            incoming.capped(body, "USSD").decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except UnicodeDecodeError:
        raise Malformed("USSD: not UTF-8") from None
    except ValueError:
        raise Malformed(f"USSD: more than {_MOST_FIELDS} fields") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("USSD: a name appears twice in one form")
    return fields


def _request(data: object) -> UssdRequest:
    wire = incoming.shaped(data, _Wire, "USSD")
    phone = phones.e164(str(wire.phone))
    if phone is None:
        raise Malformed("USSD: phoneNumber is no telephone number")
    if len(wire.text) > _LONGEST_TEXT or not wire.text.isprintable():
        raise Malformed(f"USSD: text is not {_LONGEST_TEXT} printable characters at most")
    return UssdRequest(
        session_id=incoming.needed(wire.session_id, "USSD: sessionId"),
        phone=phone,
        network=incoming.word(wire.network, "USSD: networkCode"),
        service_code=incoming.needed(wire.service_code, "USSD: serviceCode"),
        inputs=tuple(wire.text.split("*")) if wire.text else (),
    )


def _spelled(line: str) -> str:
    return unicodedata.normalize("NFKD", line.translate(_PLAIN)).translate(_PLAIN)


def _plain(character: str) -> str:
    if " " <= character <= "~":
        return character
    match unicodedata.category(character)[0]:
        case "M":
            return ""
        case "C" | "Z":
            return " "
        case _:
            return "?"
