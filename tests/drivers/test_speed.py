from collections.abc import Callable

import pytest

from drivers import DeviceError, LinkLost, LinkTimeout, ProtocolError, ScannerError
from drivers.speed import persist

SILENCE = LinkTimeout("silence", port="x", waited=1.0, received=0)
RUBBISH = ProtocolError("rubbish")
LOST = LinkLost("gone", port="x")


def refusal(code: int) -> DeviceError:
    return DeviceError("refused", command="Hello", code=code)


def handshake(*outcomes: ScannerError | None) -> tuple[Callable[[], object], list[ScannerError | None]]:
    """A handshake that comes to these, one after the other; and those that are left."""
    left = list(outcomes)

    def shake_hands() -> int:
        outcome = left.pop(0)
        if outcome is not None:
            raise outcome
        return 7

    return shake_hands, left


def test_shakes_hands_until_it_works_and_no_more() -> None:
    shake_hands, left = handshake(SILENCE, RUBBISH, None, None)
    persist(shake_hands, 4)
    assert left == [None]


@pytest.mark.parametrize("last", [SILENCE, RUBBISH, LOST, refusal(1)])
def test_raises_what_the_last_handshake_raised(last: ScannerError) -> None:
    shake_hands, left = handshake(RUBBISH, SILENCE, last)
    with pytest.raises(type(last)) as raised:
        persist(shake_hands, 3)
    assert raised.value is last
    assert left == []


@pytest.mark.parametrize("final", [LOST, refusal(2)])
def test_what_no_patience_mends_is_raised_at_once(final: ScannerError) -> None:
    shake_hands, left = handshake(refusal(1), final, None)
    with pytest.raises(type(final)):
        persist(shake_hands, 9, excused=lambda refused: refused.code == 1)
    assert left == [None]
    shake_hands, left = handshake(refusal(1), None)
    with pytest.raises(DeviceError):
        persist(shake_hands, 9)
    assert left == [None]
