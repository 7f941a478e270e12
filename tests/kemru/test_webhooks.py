"""Golden values were made with `openssl dgst -sha256 -hmac webhook-secret`; where openssl is there, it is asked again."""

import json
import shutil
import subprocess
from unittest import mock

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.kemru import bodies, webhooks
from kiosk.kemru.errors import CallbackError, Malformed, NotGenuine
from kiosk.kemru.ipn import Ipn
from kiosk.kemru.status import Status
from kiosk.kemru.webhooks import HEADER, Event, WebhookEvent, encode, receive, sign
from kiosk.secret import Secret
from tests.support.callbacks import DOCUMENTED, notifications, words

SECRET = Secret("webhook-secret")
BODY = b'{"event": "payment.success", "id": "0196-a1", "data": ' + DOCUMENTED + b"}"
GOLDEN = "c50f9fdcec7910c6f87107aa2f03a29025340a3476a7ad17d1e4f1f8433f0393"


def received(body: object) -> WebhookEvent:
    raw = json.dumps(body).encode()
    return receive(raw, sign(raw, SECRET), SECRET)


def refused(body: bytes, header: str | None) -> bool:
    try:
        receive(body, header, SECRET)
    except NotGenuine:
        return True
    return False


def test_the_documented_events_and_header() -> None:
    documented = "payment.success payment.failed payment.reversed checkout.initiated airtime.delivered sms.delivered"
    assert [each.value for each in Event] == documented.split()
    assert HEADER == "X-Kemru-Technologies-Signature"


def test_a_genuine_event_is_read() -> None:
    event = receive(BODY, GOLDEN, SECRET)
    assert (event.event, event.id) == (Event.PAYMENT_SUCCESS, "0196-a1")
    assert (event.data.reference, event.data.amount) == ("KYA1234219488", 1500)
    assert event.succeeded


def test_the_golden_signature() -> None:
    assert sign(BODY, SECRET) == GOLDEN


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("body", [BODY, b"", '{"näme": "José"}\n'.encode(), bytes(range(256))], ids=range(4))
def test_signatures_against_openssl(body: bytes) -> None:
    asked = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", SECRET.reveal()], input=body, capture_output=True, check=True
    )
    assert asked.stdout.split()[-1].decode() == sign(body, SECRET)


def test_any_changed_byte_of_the_body_is_refused() -> None:
    for at in range(len(BODY)):
        for flip in (1, 0x20, 0x80):
            assert refused(BODY[:at] + bytes([BODY[at] ^ flip]) + BODY[at + 1 :], GOLDEN)
        assert refused(BODY[:at] + BODY[at + 1 :], GOLDEN)
        assert refused(BODY[:at], GOLDEN)
        assert refused(BODY[:at] + b" " + BODY[at:], GOLDEN)
    assert refused(BODY + b"\n", GOLDEN)


def test_any_changed_character_of_the_header_is_refused() -> None:
    for at, digit in enumerate(GOLDEN):
        for other in set("0123456789abcdefABCDEF \u00fc\ud800") - {digit}:
            assert refused(BODY, GOLDEN[:at] + other + GOLDEN[at + 1 :])
        assert refused(BODY, GOLDEN[:at])
        assert refused(BODY, GOLDEN[:at] + GOLDEN[at + 1 :])


@pytest.mark.parametrize(
    "header", [None, "", GOLDEN.upper(), f" {GOLDEN}", f"{GOLDEN}\n", f"sha256={GOLDEN}", GOLDEN * 2]
)
def test_no_other_spelling_of_the_signature_is_taken(header: str | None) -> None:
    assert refused(BODY, header)


def test_another_secret_is_refused() -> None:
    with pytest.raises(NotGenuine) as error:
        receive(BODY, GOLDEN, Secret("webhook-secreT"))
    assert error.value.cure
    assert isinstance(error.value, CallbackError)


def test_an_empty_secret_verifies_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        receive(BODY, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", Secret(""))


def test_nothing_is_parsed_before_the_signature_is_checked() -> None:
    with mock.patch.object(bodies, "parse", side_effect=AssertionError("parsed")):
        for body in (BODY, b"", b"[" * 100_000, b"x" * (2 << 20)):
            with pytest.raises(NotGenuine):
                receive(body, "0" * 64, SECRET)


def test_signatures_are_compared_in_constant_time() -> None:
    compare = mock.Mock(return_value=False)
    with mock.patch("kiosk.kemru.webhooks.hmac.compare_digest", compare), pytest.raises(NotGenuine):
        receive(BODY, GOLDEN, SECRET)
    compare.assert_called_once_with(GOLDEN.encode(), GOLDEN.encode())


@given(st.builds(WebhookEvent, st.sampled_from(Event), words, notifications))
def test_written_signed_and_read_again(event: WebhookEvent) -> None:
    body = encode(event)
    assert receive(body, sign(body, SECRET), SECRET) == event


@given(st.binary(max_size=200), st.text(max_size=80))
def test_whoever_does_not_know_the_secret_gets_nowhere(body: bytes, header: str) -> None:
    assert refused(body, header)


@pytest.mark.parametrize(
    "change",
    [
        *(
            {"event": each}
            for each in (None, 1, [], "", "payment", "payment.Success", "payment.success ", "payment.refunded")
        ),
        *({"id": each} for each in (None, "", True, 1.5, [], "x" * 65, "a\nb")),
        *(
            {"data": each}
            for each in (None, [], "", {}, {"status": "Success"}, {"transactionRef": "K", "status": "Done"})
        ),
    ],
    ids=range(21),
)
def test_genuine_and_yet_malformed(change: dict[str, object]) -> None:
    with pytest.raises(Malformed) as error:
        received({**json.loads(BODY), **change})
    assert "refunded" not in str(error.value)
    assert error.value.cure


@pytest.mark.parametrize("missing", ["event", "id", "data"])
def test_every_field_is_needed(missing: str) -> None:
    with pytest.raises(Malformed, match=missing):
        received({name: value for name, value in json.loads(BODY).items() if name != missing})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"5", BODY[:-1], BODY[:-1] + b',"id":"2"}', BODY + b" " * (1 << 20)], ids=range(6)
)
def test_a_genuine_body_that_is_no_event(body: bytes) -> None:
    with pytest.raises(Malformed):
        receive(body, sign(body, SECRET), SECRET)


def test_numbers_are_exact() -> None:
    body = b'{"event":"payment.failed","id":7,"data":{"transactionRef":"K","status":"Failed","Amount":1500.10}}'
    event = receive(body, sign(body, SECRET), SECRET)
    assert (event.id, str(event.data.amount)) == ("7", "1500.10")


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("status", Status)
def test_success_needs_both_event_and_data(event: Event, status: Status) -> None:
    done = {Event.PAYMENT_SUCCESS, Event.AIRTIME_DELIVERED, Event.SMS_DELIVERED}
    for code in ("0000", "1100", "5000", None):
        found = WebhookEvent(event, "1", Ipn("K", status, code))
        assert found.succeeded == (event in done and status is Status.SUCCESS and code == "0000")


def test_nothing_personal_is_in_a_repr() -> None:
    assert "739117883" not in repr(receive(BODY, GOLDEN, SECRET))


@pytest.mark.parametrize(
    "change", [{"id": ""}, {"id": " a "}, {"id": "x" * 65}, {"data": Ipn("", Status.SUCCESS)}], ids=range(4)
)
def test_what_could_not_be_read_is_not_written(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"webhook|IPN"):
        encode(msgspec.structs.replace(receive(BODY, GOLDEN, SECRET), **change))


def test_the_wire_is_what_was_settled() -> None:
    written = json.loads(webhooks.encode(receive(BODY, GOLDEN, SECRET)))
    assert written == {"event": "payment.success", "id": "0196-a1", "data": json.loads(DOCUMENTED)}
