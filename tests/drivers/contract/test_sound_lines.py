"""What every scanner does on a line that brings every byte, at once, one at a time, slowly, or with junk before the first."""

from collections.abc import Callable

import pytest

from drivers import (
    Capability,
    EnrolState,
    Hit,
    LinkLost,
    NoFinger,
    NoMatch,
    Retry,
    Same,
    ScannerError,
    Template,
    UnsupportedError,
    create_scanner,
)
from drivers.emulation.host import Emulator
from drivers.scanner import Light
from tests.support.contract import Bench, is_sane

LINES: dict[str, Callable[[Emulator], None]] = {
    "byte by byte": lambda emulator: emulator.fault("split"),
    "slow": lambda emulator: emulator.fault("split", delay_s=0.0001),
    "junk first": lambda emulator: emulator.fault("junk", data=bytes.fromhex("F8FEFC00")),
}


@pytest.mark.parametrize("kind", LINES)
def test_the_whole_story_on_every_line_that_is_sound(stand: Bench, kind: str) -> None:
    LINES[kind](stand.emulator)
    stand.emulator.power_cycle()
    assert stand.facts(stand.scanner.open()) == stand.facts(stand.info)
    glitches = stand.scanner.glitches
    stand.works()
    assert stand.scanner.identify() == NoFinger()
    assert stand.enrol("wanjiku", stand.free)[-1] is EnrolState.STORED
    stand.scanner.delete(stand.juma)
    stand.emulator.place("juma")
    assert stand.scanner.identify() == NoMatch()
    if Capability.TEMPLATES in stand.info.capabilities:
        stand.scanner.import_template(stand.juma, stand.scanner.export_template(stand.amina))
        stand.scanner.delete(stand.amina)
    assert sorted(stand.emulator.device.templates()) == stand.emulator.state()["used"]
    stand.scanner.check()
    assert stand.scanner.glitches == glitches


def test_open_tells_sane_facts_and_the_same_again(stand: Bench) -> None:
    assert is_sane(stand.info)
    assert stand.info.family == stand.family
    assert stand.info.baud in {None, *stand.scanner.all_speeds}
    assert stand.scanner.info == stand.info
    stand.scanner.close()
    stand.scanner.close()
    with pytest.raises(LinkLost):
        _ = stand.scanner.info
    assert stand.facts(stand.scanner.open()) == stand.facts(stand.info)
    assert stand.scanner.glitches == 0


def test_holds_and_read_serial_tell_one_scanner_from_another(stand: Bench) -> None:
    used = stand.scanner.used()
    assert stand.scanner.holds(used)
    assert not stand.scanner.holds(used | {stand.free})
    assert not stand.scanner.holds(used - {stand.juma})
    assert stand.scanner.read_serial() == stand.info.serial
    stand.works()


def test_identify_an_empty_glass_a_friend_and_a_stranger(stand: Bench) -> None:
    assert stand.scanner.identify() == NoFinger()
    stand.works()
    stand.emulator.place("stranger")
    assert stand.scanner.identify() == NoMatch()
    stand.emulator.lift()
    assert stand.scanner.identify() == NoFinger()
    stand.scanner.check()


def test_score_is_a_number_where_there_is_one(stand: Bench) -> None:
    stand.emulator.place("amina")
    hit = stand.scanner.identify()
    assert isinstance(hit, Hit)
    assert (hit.score is None) is (Capability.SCORE not in stand.info.capabilities)
    assert hit.score is None or hit.score > 0


def test_enrol_stores_what_is_recognised_afterwards(stand: Bench) -> None:
    states = stand.enrol("wanjiku", stand.free)
    assert states[-1] is EnrolState.STORED
    assert states.count(EnrolState.PLACE) >= 2
    assert stand.agree() == {stand.amina, stand.juma, stand.free}
    stand.emulator.place("wanjiku")
    hit = stand.scanner.identify()
    assert isinstance(hit, Hit)
    assert hit.slot == stand.free
    stand.works()


def test_enrol_finds_the_finger_that_is_there_already(stand: Bench) -> None:
    stand.emulator.place("juma")
    *_, last = stand.scanner.enrol(stand.free)
    assert last.state is EnrolState.DUPLICATE
    assert last.hit is None or last.hit.slot == stand.juma
    assert stand.agree() == {stand.amina, stand.juma}


def test_a_different_finger_on_any_press_is_refused(stand: Bench) -> None:
    """Were it merged, the template might match either finger, and one of them would be credited as the other."""
    count = stand.enrol("wanjiku", stand.free).count(EnrolState.PLACE)
    stand.scanner.delete(stand.free)
    for before in range(1, count):
        for after in range(count - before):
            presses = [*["wanjiku"] * before, *["otieno"] * (count - before - after), *["wanjiku"] * after]
            states = stand.enrol(presses[0], stand.free, *presses[1:])
            assert states[-1] is EnrolState.MISMATCH, presses
            assert stand.agree() == {stand.amina, stand.juma}
    for finger in ("wanjiku", "otieno"):
        stand.emulator.place(finger)
        assert stand.scanner.identify() == NoMatch()
    stand.works()


def test_an_enrolment_that_is_given_up_stores_nothing(stand: Bench) -> None:
    steps = stand.scanner.enrol(stand.free)
    assert next(steps).state is EnrolState.PLACE
    stand.emulator.place("wanjiku")
    while next(steps).state is not EnrolState.CAPTURED:
        pass
    steps.close()  # type: ignore[attr-defined]
    stand.emulator.lift()
    assert stand.agree() == {stand.amina, stand.juma}
    stand.works()
    assert stand.enrol("wanjiku", stand.free)[-1] is EnrolState.STORED


def test_delete_and_clear(stand: Bench) -> None:
    stand.scanner.delete(stand.juma)
    stand.scanner.delete(stand.free)
    assert stand.agree() == {stand.amina}
    stand.emulator.place("juma")
    assert stand.scanner.identify() == NoMatch()
    stand.emulator.place("amina")
    assert isinstance(stand.scanner.identify(), Hit)
    stand.scanner.clear()
    assert stand.agree() == frozenset()
    assert stand.scanner.identify() == NoMatch()


def test_the_first_and_the_last_slot(stand: Bench) -> None:
    first = stand.info.slot_base
    last = first + stand.info.capacity - 1
    stand.emulator.plant(first, "first")
    stand.emulator.plant(last, "last")
    assert stand.agree() == {first, last, stand.amina, stand.juma}
    for finger, slot in (("first", first), ("last", last)):
        stand.emulator.place(finger)
        hit = stand.scanner.identify()
        assert isinstance(hit, Hit)
        assert hit.slot == slot
        stand.scanner.delete(slot)
    assert stand.agree() == {stand.amina, stand.juma}
    for beyond in (first - 1, last + 1):
        with pytest.raises(ScannerError):
            next(stand.scanner.enrol(beyond))
    with pytest.raises(ScannerError):
        stand.scanner.delete(first - 1)


def test_presence(stand: Bench) -> None:
    if Capability.PRESENCE not in stand.info.capabilities:
        with pytest.raises(UnsupportedError):
            stand.scanner.present()
        return
    assert stand.scanner.present() is False
    stand.emulator.place("amina")
    assert stand.scanner.present() is True


def test_verify(stand: Bench) -> None:
    if Capability.VERIFY not in stand.info.capabilities:
        with pytest.raises(UnsupportedError):
            stand.scanner.verify(stand.amina)
        return
    assert stand.scanner.verify(stand.amina) == NoFinger()
    stand.emulator.place("amina")
    hit = stand.scanner.verify(stand.amina)
    assert isinstance(hit, Hit)
    assert hit.slot == stand.amina
    assert stand.scanner.verify(stand.juma) == NoMatch()


def test_a_hit_is_confirmed(stand: Bench) -> None:
    stand.emulator.place("amina")
    hit = stand.scanner.identify()
    assert isinstance(hit, Hit)
    for _ in range(2):
        assert stand.scanner.confirm(hit) is True
    stand.emulator.lift()
    assert stand.scanner.identify() == NoFinger()


def test_templates_go_out_and_in_again(stand: Bench) -> None:
    if Capability.TEMPLATES not in stand.info.capabilities:
        with pytest.raises(UnsupportedError):
            stand.scanner.export_template(stand.amina)
        with pytest.raises(UnsupportedError):
            stand.scanner.import_template(stand.free, Template(stand.info.model, b"x"))
        return
    template = stand.scanner.export_template(stand.amina)
    assert template.model == stand.info.model
    assert stand.info.template_size in {None, len(template.data)}
    assert template.data == stand.emulator.device.templates()[stand.amina]
    stand.scanner.delete(stand.amina)
    stand.scanner.import_template(stand.free, template)
    assert stand.agree() == {stand.free, stand.juma}
    stand.emulator.place("amina")
    hit = stand.scanner.identify()
    assert isinstance(hit, Hit)
    assert hit.slot == stand.free
    for wrong in (Template("Another", template.data), Template(template.model, template.data[:-1])):
        with pytest.raises(ScannerError):
            stand.scanner.import_template(stand.amina, wrong)
    assert stand.agree() == {stand.free, stand.juma}
    with pytest.raises(ScannerError):
        stand.scanner.export_template(stand.amina)


def test_match_touches_no_slot(stand: Bench) -> None:
    stored = stand.emulator.device.templates()[stand.amina]
    if Capability.MATCH not in stand.info.capabilities:
        with pytest.raises(UnsupportedError):
            stand.scanner.match(Template(stand.info.model, stored))
        return
    template = Template(stand.info.model, stored)
    assert stand.scanner.match(template) == NoFinger()
    stand.emulator.place("amina")
    assert isinstance(stand.scanner.match(template), Same)
    stand.emulator.place("juma")
    assert stand.scanner.match(template) == NoMatch()
    with pytest.raises(UnsupportedError):
        stand.scanner.match(Template("Another", stored))
    assert stand.agree() == {stand.amina, stand.juma}
    stand.works()


def test_tag(stand: Bench) -> None:
    if Capability.TAG not in stand.info.capabilities:
        with pytest.raises(UnsupportedError):
            stand.scanner.read_tag()
        with pytest.raises(UnsupportedError):
            stand.scanner.write_tag(bytes(32))
        return
    assert stand.scanner.read_tag() == bytes(32)
    stand.scanner.write_tag(bytes(range(32)))
    stand.emulator.power_cycle()
    stand.scanner.open()
    assert stand.scanner.read_tag() == bytes(range(32))


def test_light(stand: Bench) -> None:
    if Capability.LIGHT not in stand.info.capabilities:
        with pytest.raises(UnsupportedError):
            stand.scanner.signal(Light.READY)
        return
    for light in Light:
        stand.scanner.signal(light)
    stand.works()


def test_reset(stand: Bench) -> None:
    if Capability.RESET not in stand.info.capabilities:
        with pytest.raises(UnsupportedError):
            stand.scanner.reset()
        return
    stand.scanner.reset()
    stand.works()


def test_image(stand: Bench) -> None:
    stand.emulator.place("amina")
    stand.scanner.identify()
    if Capability.IMAGE not in stand.info.capabilities:
        with pytest.raises(UnsupportedError):
            stand.scanner.image()
        return
    picture = stand.scanner.image()
    assert len(picture.pixels) == picture.width * picture.height > 0
    assert len(set(picture.pixels)) > 1


@pytest.mark.parametrize("quality", ["smudged", "partial", "dry", "wet", "imaging", "residual"])
def test_a_bad_press_is_asked_for_again_and_recognises_nobody(stand: Bench, quality: str) -> None:
    stand.emulator.place("amina", quality)
    outcome = stand.scanner.identify()
    # A sensor that does not tell why it saw nothing may say that it knows nobody.
    assert isinstance(outcome, Retry | NoMatch)
    stand.works()


def test_every_driver_takes_the_keywords_of_the_contract(stand: Bench) -> None:
    stand.scanner.close()
    kind = type(stand.scanner)
    assert set(kind.usual_speeds) <= set(kind.all_speeds)
    scanner = create_scanner(
        stand.family,
        stand.emulator.link,
        baud=kind.usual_speeds[0],
        speeds=kind.all_speeds,
        score_floor=10,
        level=4,
        deadline_scale=1.0,
    )
    info = scanner.open()
    # Read back, not believed; and said where it could not be done.
    assert info.security_level == 4 or info.remarks
    scanner.close()
