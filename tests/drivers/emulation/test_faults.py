import pytest

from drivers.emulation.faults import Fault, FaultKind, FaultScript, Piece

DATA = bytes(range(10))


def passed(*faults: Fault, times: int = 1) -> bytes:
    script = FaultScript()
    for fault in faults:
        script.add(fault)
    return b"".join(piece.data for _ in range(times) for piece in script.apply(DATA))


def test_a_good_line_changes_nothing() -> None:
    assert list(FaultScript().apply(DATA)) == [Piece(DATA)]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.SILENT, at=3), "000102"),
        (Fault(FaultKind.SILENT, at=13), "00010203040506070809000102"),
        (Fault(FaultKind.GARBLE, at=2, count=2, mask=0x80), "00018283040506070809" + "00010203040506070809"),
        (Fault(FaultKind.DROP, at=9, count=2), "000102030405060708" + "010203040506070809"),
        (Fault(FaultKind.INSERT, at=10, data=b"\xaa\xbb"), "00010203040506070809" + "AABB" + "00010203040506070809"),
        (Fault(FaultKind.DEAF), "00010203040506070809" * 2),
    ],
)
def test_bytes_after_a_fault(fault: Fault, expected: str) -> None:
    assert passed(fault, times=2).hex().upper() == expected


def test_count_starts_when_the_fault_is_set() -> None:
    script = FaultScript()
    list(script.apply(DATA))
    script.add(Fault(FaultKind.DROP, at=1))
    assert b"".join(piece.data for piece in script.apply(DATA)) == DATA[:1] + DATA[2:]


def test_two_faults_at_once() -> None:
    assert passed(Fault(FaultKind.DROP, at=0), Fault(FaultKind.GARBLE, at=1, mask=0xFF)).hex() == "fe0203040506070809"


def test_split_pause_and_unplug_are_pieces() -> None:
    script = FaultScript()
    script.add(Fault(FaultKind.SPLIT, at=8, delay_s=0.5))
    script.add(Fault(FaultKind.UNPLUG, at=10))
    pieces = [piece for piece in (*script.apply(DATA), *script.apply(b"x")) if piece != Piece(b"")]
    assert [piece.data for piece in pieces] == [DATA[:8], b"", b"\x08", b"", b"\x09", b"", b"x"]
    assert [piece.delay_s for piece in pieces] == [0, 0.5, 0, 0.5, 0, 0.5, 0]
    assert [piece.unplug for piece in pieces] == [False] * 5 + [True, False]


def test_power_mends_deafness_and_nothing_else() -> None:
    script = FaultScript()
    script.add(Fault(FaultKind.DEAF))
    script.add(Fault(FaultKind.SILENT))
    assert script.deaf
    script.power_on()
    assert not script.deaf
    assert b"".join(piece.data for piece in script.apply(DATA)) == b""
    script.clear()
    assert b"".join(piece.data for piece in script.apply(DATA)) == DATA
