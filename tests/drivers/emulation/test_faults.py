import pytest

from drivers.emulation.faults import EITHER_WAY, Fault, FaultKind, FaultScript, Piece

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
    assert [piece.event for piece in pieces] == [None] * 5 + [FaultKind.UNPLUG, None]


def test_power_mends_deafness_and_nothing_else() -> None:
    script = FaultScript()
    script.add(Fault(FaultKind.DEAF))
    script.add(Fault(FaultKind.SILENT))
    assert script.find(FaultKind.DEAF)
    script.power_on()
    assert not script.find(FaultKind.DEAF)
    assert b"".join(piece.data for piece in script.apply(DATA)) == b""
    script.clear()
    assert b"".join(piece.data for piece in script.apply(DATA)) == DATA


def test_brownout_is_an_event_before_its_byte_and_happens_once() -> None:
    script = FaultScript()
    script.add(Fault(FaultKind.BROWNOUT, at=4))
    pieces = [piece for piece in (*script.apply(DATA), *script.apply(DATA)) if piece != Piece(b"")]
    assert [(piece.data, piece.event) for piece in pieces] == [
        (DATA[:4], None),
        (b"", FaultKind.BROWNOUT),
        (DATA[4:], None),
        (DATA, None),
    ]


@pytest.mark.parametrize("kind", [FaultKind.TWICE, FaultKind.JUNK, FaultKind.CONSOLE, FaultKind.DEAF])
def test_what_the_sensor_does_changes_no_byte_on_the_line(kind: FaultKind) -> None:
    script = FaultScript()
    script.add(Fault(kind, data=b"first"))
    script.add(Fault(kind, data=b"last"))
    assert b"".join(piece.data for piece in script.apply(DATA)) == DATA
    assert script.find(kind) == Fault(kind, data=b"last")
    script.clear()
    assert script.find(kind) is None


def test_only_what_happens_to_bytes_may_hit_the_host() -> None:
    assert {
        FaultKind.SILENT,
        FaultKind.GARBLE,
        FaultKind.DROP,
        FaultKind.INSERT,
        FaultKind.UNPLUG,
        FaultKind.BROWNOUT,
    } == EITHER_WAY
