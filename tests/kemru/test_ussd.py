import json
import string
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.kemru import ussd
from kiosk.kemru.errors import Malformed
from kiosk.kemru.ussd import FORM, JSON, LONGEST, UssdAnswer, UssdRequest, con, end, parse, parse_answer, shown
from tests.support.callbacks import USSD, words

REQUEST = UssdRequest("ATUid_1", "+254739117883", "SAFARICOM", "*860*30#", ("1", "2", "0072"))

entries = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="*"), max_size=20)
requests = st.builds(
    UssdRequest,
    session_id=words,
    phone=st.from_regex(r"\+254[17][0-9]{8}", fullmatch=True),
    network=st.none() | words,
    service_code=words,
    inputs=st.lists(entries, max_size=8).map(tuple).filter(lambda each: each != ("",)),
)


def read(**fields: object) -> UssdRequest:
    return parse(json.dumps({**USSD, **fields}).encode(), JSON)


@pytest.mark.parametrize("content_type", [JSON, "Application/JSON; charset=utf-8", FORM, f"{FORM};charset=UTF-8"])
def test_the_documented_fields_in_either_form(content_type: str) -> None:
    body = json.dumps(USSD) if "json" in content_type.lower() else urlencode(USSD)
    assert parse(body.encode(), content_type) == REQUEST


def test_the_first_step_has_no_inputs() -> None:
    assert read(text="").inputs == ()
    assert parse(urlencode({**USSD, "text": ""}).encode(), FORM).inputs == ()


@pytest.mark.parametrize(
    ("text", "inputs"),
    [("1", ("1",)), ("1**2", ("1", "", "2")), ("*", ("", "")), ("2*100*Amina Said", ("2", "100", "Amina Said"))],
)
def test_inputs_are_joined_by_stars(text: str, inputs: tuple[str, ...]) -> None:
    assert read(text=text).inputs == inputs


@pytest.mark.parametrize("phone", ["+254739117883", "254739117883", "0739117883", " 254739117883", 254739117883])
def test_the_phone_is_e164_however_it_is_sent(phone: object) -> None:
    assert read(phoneNumber=phone).phone == "+254739117883"


def test_a_plus_that_a_form_made_a_space_of_is_no_obstacle() -> None:
    body = "sessionId=1&phoneNumber=+254739117883&networkCode=&serviceCode=*860*30%23&text="
    assert parse(body.encode(), FORM) == UssdRequest("1", "+254739117883", None, "*860*30#")


@given(requests, st.sampled_from([JSON, FORM]))
def test_written_and_read_again(request: UssdRequest, content_type: str) -> None:
    assert parse(ussd.encode(request, content_type), content_type) == request


@pytest.mark.parametrize(
    "fields",
    [
        *({"sessionId": each} for each in (None, "", True, 1.5, [], "x" * 65, "a\nb")),
        *({"phoneNumber": each} for each in (None, "", "me", "12", True, 2.5, [], "+", "9" * 4000)),
        *({"serviceCode": each} for each in (None, "", 860, [], "*\x00#")),
        *({"networkCode": each} for each in (True, [], 1.5, "a\x1bb")),
        *({"text": each} for each in (None, 1, True, [], ["1"], "1\n2", "1\x002", "9" * 1001, "\ud800")),
    ],
    ids=range(34),
)
def test_wrong_types_and_forms_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(Malformed) as error:
        read(**fields)
    assert error.value.cure


@pytest.mark.parametrize("missing", ["sessionId", "phoneNumber", "serviceCode", "text"])
@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_a_field_that_was_lost_does_not_start_the_menu_anew(missing: str, content_type: str) -> None:
    fields = {name: value for name, value in USSD.items() if name != missing}
    body = json.dumps(fields) if content_type == JSON else urlencode(fields)
    with pytest.raises(Malformed, match=missing):
        parse(body.encode(), content_type)


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data", "application/xml", JSON[:-1]])
def test_other_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(Malformed, match="content type"):
        parse(json.dumps(USSD).encode(), content_type)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", JSON),
        (b"", FORM),
        (b"[]", JSON),
        (b"[" * 100_000, JSON),
        (json.dumps(USSD).encode(), FORM),
        (urlencode(USSD).encode(), JSON),
        (urlencode(USSD).encode() + b"&text=1", FORM),
        (json.dumps(USSD).encode()[:-1] + b',"text":"1"}', JSON),
        (urlencode(USSD).encode() + b"&more=%ff", FORM),
        (urlencode(USSD).encode() + b"&more=\xff", FORM),
        (urlencode(USSD).encode() + b"&a=1" * 60, FORM),
        (b"&" * (2 << 20), FORM),
        (urlencode({**USSD, "text": "1\n2"}).encode(), FORM),
    ],
    ids=range(13),
)
def test_what_is_no_request(body: bytes, content_type: str) -> None:
    with pytest.raises(Malformed) as error:
        parse(body, content_type)
    assert "739117883" not in str(error.value)


def test_neither_phone_nor_pin_is_in_a_repr() -> None:
    assert repr(REQUEST) == "UssdRequest(session_id='ATUid_1', phone='…883', inputs=3)"
    assert "1,245" not in repr(parse_answer(b"END Your balance is KES 1,245.00"))


@pytest.mark.parametrize(
    "request_",
    [
        UssdRequest("1", "0739117883", None, "*1#"),
        UssdRequest("1", "+254739117883", "", "*1#"),
        UssdRequest("", "+254739117883", None, "*1#"),
        UssdRequest("1", "+254739117883", None, "*1#", ("1*2",)),
        UssdRequest("1", "+254739117883", None, "*1#", ("",)),
        UssdRequest("1", "+254739117883", None, "*1#", ("a\nb",)),
    ],
    ids=range(6),
)
def test_what_could_not_be_read_is_not_written(request_: UssdRequest) -> None:
    with pytest.raises(ValueError, match="USSD"):
        ussd.encode(request_)


def test_only_the_two_forms_are_written() -> None:
    with pytest.raises(ValueError, match=JSON):
        ussd.encode(REQUEST, "text/plain")


@pytest.mark.parametrize(
    ("answer", "text", "ends"),
    [
        (
            "CON Welcome to Kemru Technologies\n1. Check Balance\n2. Buy Airtime\n3. My Account",
            "Welcome to Kemru Technologies\n1. Check Balance\n2. Buy Airtime\n3. My Account",
            False,
        ),
        ("END Your balance is KES 1,245.00", "Your balance is KES 1,245.00", True),
        ("CON Enter amount (KES):", "Enter amount (KES):", False),
        ("END Invalid selection. Please try again.", "Invalid selection. Please try again.", True),
    ],
)
def test_the_documented_answers(answer: str, text: str, ends: bool) -> None:  # noqa: FBT001  a parameter
    assert parse_answer(answer.encode()) == UssdAnswer(text, ends)
    assert (end if ends else con)(text) == answer.encode()


@given(st.text(st.characters(codec="utf-8"), max_size=250), st.sampled_from([con, end]))
def test_whatever_is_built_can_be_shown(text: str, build: type[con]) -> None:
    try:
        answer = parse_answer(build(text))
    except ValueError:
        return
    assert answer == UssdAnswer(shown(text), build is end)
    assert len(answer.text) <= LONGEST
    # Every one of these is one character of the seven-bit alphabet.
    assert set(answer.text) <= set(string.printable) - set("\t\r\v\f[\\]^`{|}~")
    assert shown(answer.text) == answer.text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Habari, José Ñandú", "Habari, Jose Nandu"),
        ("\u201cYes\u201d \u2013 it\u2019s here\u2026", '"Yes" - it\'s here...'),
        ("1. A\r\n2. B\r3. C", "1. A\n2. B\n3. C"),
        ("a\tb\x1b[2Jc\x00d", "a b (2Jc d"),
        ("[1] {2} a|b ~c^", "(1) (2) a/b -c'"),
        ("\u20ac5 \u00bd", "EUR5 1/2"),
        ("paid \U0001f600", "paid ?"),
        ("\n a  \n b \n", "a\n b"),
        ("a\ud800b\u202ec\u2028d", "a b c d"),
    ],
    ids=range(9),
)
def test_special_characters_become_plain_ones(text: str, plain: str) -> None:
    assert shown(text) == plain


@pytest.mark.parametrize("text", ["", " \n", "\x00", "\u0301", "a" * 183, "\u2026" * 61], ids=range(6))
def test_nothing_and_too_much_are_refused_by_who_builds_them(text: str) -> None:
    for build in (con, end):
        with pytest.raises(ValueError, match="USSD answer"):
            build(text)


def test_the_longest_answer_fits() -> None:
    assert parse_answer(con("a" * LONGEST)).text == "a" * LONGEST == "a" * 182


@pytest.mark.parametrize("said", ["CON Jina: Ñoño\r\n1. Ndio\n", "END \u00a3 5"])
def test_the_network_takes_what_others_answer(said: str) -> None:
    assert parse_answer(said.encode()).text == said[4:].replace("\r", "").strip()


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"CON",
            b"CON ",
            b"END \n ",
            b"con hello",
            b"CONT hello",
            b"CON\nhello",
            b" CON hello",
            b"Hello",
            b"END\thi",
        ),
        *(b'{"text": "CON hello"}', b"<html>", b"CON a\x00b", b"CON \x1b[2J", b"CON \xff", "CON a\u202eb".encode()),
        *(b"CON " + b"a" * 183, b"END " + b"a" * (2 << 20)),
    ],
    ids=range(18),
)
def test_what_no_handset_shows(body: bytes) -> None:
    with pytest.raises(Malformed, match="USSD answer"):
        parse_answer(body)
