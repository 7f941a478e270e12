"""The screen as people see it, driven through the real socket."""

from pathlib import Path

import pytest
from textual import events
from textual.geometry import Size

from kiosk.control import protocol
from kiosk.models import ClockState, Direction, FingerName
from kiosk.screen import DemoKey
from kiosk.screen.app import KioskApp
from kiosk.screen.reader import envelope
from kiosk.screen.screens.ready import ReadyScreen
from kiosk.screen.screens.status import StatusScreen
from kiosk.views import EnrolProgress, ScanKind, ScannerHealth, ScanResult
from tests.support.daemon_double import lane, scan, station, status
from tests.support.screen import Stage, play

WELCOME = scan(ScanKind.WELCOME, "Wanjiku Kamau", Direction.IN)

ANSWERS = [
    (WELCOME, "welcome", "IN at 08:01"),
    (scan(ScanKind.GOODBYE, "王小明", Direction.OUT), "goodbye", "OUT at 08:01"),
    (scan(ScanKind.ALREADY, "Mwangi", Direction.IN), "already", "Already in at 08:01"),
    (scan(ScanKind.NOT_RECOGNISED, advice="use_other_finger"), "not-recognised", "Try your other finger."),
    (scan(ScanKind.TRY_AGAIN, advice="smudged"), "try-again", "Wipe your finger and the glass"),
    (scan(ScanKind.NOT_SAVED, advice="see_office"), "not-saved", "You have NOT been recorded."),
    (scan(ScanKind.DENIED, advice="see_office"), "denied", "Please go to the office."),
    (scan(ScanKind.WAIT, seconds=5.0), "wait", "Too many tries."),
]


def test_ready(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        assert stage.mood == "ready"
        assert "Put your finger on the scanner" in stage.card
        assert "Mwangaza Primary School" in stage.text
        assert "Monday 23 November 2026" in stage.text
        assert "██████  ██████" in stage.text, "the clock"
        assert stage.line == "• Scanner ready   • All sent, last sent 08:01   • Time good   • Storage good"

    play(tmp_path, scenario)


@pytest.mark.parametrize(("result", "mood", "said"), ANSWERS, ids=[mood for _, mood, _ in ANSWERS])
def test_each_answer_is_shown_and_passes(tmp_path: Path, result: ScanResult, mood: str, said: str) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.say(result)
        await stage.until_mood(mood)
        assert said in stage.card
        stage.seconds[0] += 10
        stage.daemon.say(status())
        await stage.until_mood("ready")

    # Narrow, so that the time is in plain letters.
    play(tmp_path, scenario, size=(48, 22))


def test_every_answer_has_a_colour_of_its_own(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        colours = set()
        for result, mood, _ in ANSWERS:
            stage.daemon.say(result)
            await stage.until_mood(mood)
            colours.add(stage.app.query_one("#card").styles.background.hex)
        assert len(colours) == len(ANSWERS)

    play(tmp_path, scenario)


def test_a_new_scan_replaces_the_old_at_once(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.say(WELCOME)
        await stage.until_mood("welcome")
        stage.daemon.say(scan(ScanKind.DENIED))
        await stage.until_mood("denied")

    play(tmp_path, scenario)


def test_swahili(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        assert "Jumatatu, 23 Novemba 2026" in stage.text
        stage.daemon.say(scan(ScanKind.NOT_RECOGNISED, advice="use_other_finger"))
        await stage.until_mood("not-recognised")
        assert "Jaribu kidole chako kingine." in stage.card

    play(tmp_path, scenario, language="sw")


def test_an_enrolment_is_shown(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.say(EnrolProgress("1", "m", FingerName.RIGHT_INDEX, "place", sample=1))
        await stage.until_mood("enrol")
        assert "Put your finger on the scanner." in stage.card

    play(tmp_path, scenario)


def test_I14_the_scanners_health_is_followed(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        for health, mood, said in (
            (ScannerHealth.FAULT, "fault", "x Scanner fault"),
            (ScannerHealth.LOCKED, "locked", "x Scanner locked"),
            (ScannerHealth.STARTING, "starting", "▲ Scanner starting"),
            (ScannerHealth.READY, "ready", "• Scanner ready"),
        ):
            stage.daemon.say(status(stations=[station(health, detail="why")]))
            await stage.until_mood(mood)
            assert said in stage.line

    play(tmp_path, scenario)


def test_I14_trouble_behind_the_scanner_is_told_while_people_go_on(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        waiting = lane(waiting=37, oldest_age_s=5400.0, trouble="no network")
        stage.daemon.say(status(clock=ClockState.UNSYNCED, lanes=[waiting]))
        await stage.until(lambda: "x Time not set" in stage.line)
        assert "▲ 37 waiting, oldest 1 h" in stage.line
        assert stage.mood == "ready"
        assert stage.app.query_one("#clock").has_class("unset")

    play(tmp_path, scenario)


def test_I14_a_dead_daemon_shows_at_once_and_comes_back_by_itself(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.die()
        await stage.until(lambda: stage.mood == "gone", seconds=2)
        assert stage.line == "x Kiosk not running"
        assert "Nothing is recorded now." in stage.card
        stage.daemon.start()
        await stage.until_mood("ready")

    play(tmp_path, scenario)


def test_I14_a_silent_daemon_goes_stale(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.seconds[0] += 5.5
        await stage.until_mood("stale")
        assert stage.line == "x No news for 5 s"
        stage.daemon.say(status())
        await stage.until_mood("ready")

    play(tmp_path, scenario)


@pytest.mark.parametrize(
    "raw", [b"rubbish\n", b'{"jsonrpc":"2.0","method":"scan","params":{"kind":"unknown"}}\n', b"\xff" * 3_000_000]
)
def test_a_daemon_that_talks_nonsense_is_left_and_tried_again(tmp_path: Path, raw: bytes) -> None:
    async def scenario(stage: Stage) -> None:
        met = stage.daemon.watchers
        stage.daemon.send(raw)
        await stage.until(lambda: stage.daemon.watchers > met)
        await stage.until_mood("ready")

    play(tmp_path, scenario)


def test_an_event_of_a_newer_daemon_is_passed_over(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.send(b'{"jsonrpc":"2.0","method":"weather","params":{"rain":true}}\n')
        stage.daemon.say(WELCOME)
        await stage.until_mood("welcome")
        assert stage.daemon.watchers == 1

    play(tmp_path, scenario)


def test_a_flood_ends_with_the_truth(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.say(*(status(punches_today=count) for count in range(2_000)), status(storage="disk full"))
        await stage.until_mood("fault")

    play(tmp_path, scenario)


HOSTILE = [
    "[red]x[/red]",
    "[@click=app.bell]x[/]",
    "\x1b[2J\x1b]0;owned\x07Ann",
    "\u202eAnn",
    "Ann 😀👩‍👩‍👧",
    "محمد",
    "A" * 10_000,
    "\x00",
    "a" + "\u0301" * 900,
]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_are_shown_and_obeyed_by_nobody(tmp_path: Path, words: str) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.say(scan(ScanKind.WELCOME, words, Direction.IN))
        await stage.until_mood("welcome")
        assert not {"\x1b", "\x07", "\x00", "\u202e", "\u200d"} & set(stage.text)
        if words.startswith("["):
            assert words in stage.text, "shown as it is"
        assert "#ff0000" not in stage.app.export_screenshot(), "no style of theirs"
        stage.seconds[0] += 3  # until then the answer has to be seen
        await stage.pilot.press("s")
        await stage.until(lambda: isinstance(stage.app.screen, StatusScreen))
        await stage.until(lambda: "412" in stage.text)
        assert not {"\x1b", "\x07", "\x00", "\u202e", "\u200d"} & set(stage.text)

    told = status(
        site=words,
        version=words,
        now=words,
        last_roster=words,
        sync_trouble=words,
        stations=[
            station(name=words, model=words, detail=words),
            station(ScannerHealth.FAULT, name=words, detail=words),
        ],
        lanes=[lane(last_delivered=words, trouble=words)],
    )
    play(tmp_path, scenario, size=(90, 24), greeting=told)


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 10), (50, 15), (200, 60)])
def test_F092_any_terminal_will_do(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(stage: Stage) -> None:
        for result, mood, _ in ANSWERS:
            stage.daemon.say(result)
            await stage.until_mood(mood)
        if size == (20, 5):
            assert "| Please wait" in stage.text
            assert "08:01:22" in stage.text
            assert "• Scanner ready" in stage.text

    play(tmp_path, scenario, size=size)


def test_F092_a_storm_of_resizes(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        for width in range(1, 120, 7):
            await stage.pilot.resize_terminal(width, 1 + width // 3)
        stage.daemon.say(WELCOME)
        await stage.until_mood("welcome")
        await stage.pilot.resize_terminal(80, 24)
        await stage.until(lambda: "Welcome" in stage.text)

    play(tmp_path, scenario)


def test_F092_a_size_that_textual_lost_on_its_way_to_the_screen_is_found(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        # A timer that ended before its first tick: Textual waits for it for ever, whatever comes later.
        stage.app._resize_timer = stage.app.set_timer(3600.0, lambda: None)
        stage.app.post_message(events.Resize(Size(20, 5), Size(20, 5)))
        await stage.until(lambda: stage.app.screen.size == (20, 5))

    play(tmp_path, scenario)


def test_the_status_page_covers_no_answer_that_somebody_has_to_see(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        stage.daemon.say(WELCOME)
        await stage.until_mood("welcome")
        await stage.pilot.press("s")
        assert isinstance(stage.app.screen, ReadyScreen)
        assert "Welcome" in stage.text
        stage.seconds[0] += 3
        await stage.pilot.press("s")
        await stage.until(lambda: isinstance(stage.app.screen, StatusScreen))

    play(tmp_path, scenario)


KEYS = [
    "ctrl+q",
    "ctrl+c",
    "ctrl+p",
    "ctrl+z",
    "ctrl+d",
    "ctrl+backslash",
    "escape",
    "q",
    "tab",
    "shift+tab",
    "enter",
    "f1",
    "f5",
    "ctrl+s",
    "ctrl+l",
    "up",
    "1",
]


def test_F093_no_key_leads_out(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        for _ in range(3):
            await stage.pilot.press(*KEYS)
        assert stage.app.is_running
        assert isinstance(stage.app.screen, ReadyScreen)
        stage.daemon.say(WELCOME)
        await stage.until_mood("welcome")

    play(tmp_path, scenario)


@pytest.mark.parametrize("key", ["s", "f2"])
def test_the_status_page(tmp_path: Path, key: str) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.pilot.press(key, key)
        await stage.until(lambda: "Punches today" in stage.text)
        assert len(stage.app.screen_stack) == 2
        stage.daemon.say(status(punches_today=148))
        await stage.until(lambda: "148" in stage.text)
        stage.daemon.die()
        await stage.until(lambda: "Kiosk not running" in stage.text)
        await stage.pilot.press(*KEYS[:6])
        assert stage.app.is_running
        await stage.pilot.press("escape")
        await stage.until(lambda: isinstance(stage.app.screen, ReadyScreen))

    play(tmp_path, scenario, size=(100, 30))


def test_the_status_page_scrolls_where_it_does_not_fit(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.pilot.press("s")
        await stage.until(lambda: "Mwangaza" in stage.text)
        await stage.pilot.press("end")
        await stage.until(lambda: "SMS" in stage.text)

    play(tmp_path, scenario, size=(60, 10))


def test_the_status_page_gives_way_to_a_finger(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.pilot.press("s")
        await stage.until(lambda: isinstance(stage.app.screen, StatusScreen))
        stage.daemon.say(WELCOME)
        await stage.until(lambda: isinstance(stage.app.screen, ReadyScreen))
        await stage.until_mood("welcome")

    play(tmp_path, scenario)


def test_F094_a_status_page_left_open_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.screen.app.PAGE_S", 0.05)

    async def scenario(stage: Stage) -> None:
        await stage.pilot.press("s")
        await stage.until(lambda: isinstance(stage.app.screen, ReadyScreen))

    play(tmp_path, scenario)


def test_demo_keys(tmp_path: Path) -> None:
    pressed: list[str] = []
    keys = [
        DemoKey("a", "Amina's thumb", lambda: pressed.append("a")),
        DemoKey("u", "unplug", lambda: pressed.append("u")),
    ]

    async def scenario(stage: Stage) -> None:
        assert "a  Amina's thumb" in stage.text
        await stage.pilot.press("a", "u", "b", "a")
        assert pressed == ["a", "u", "a"]
        await stage.pilot.press("2", "u")
        assert pressed == ["a", "u", "a", "u"], "a finger can be pressed while a number is typed"
        assert stage.mood == "number"

    play(tmp_path, scenario, keys=keys)


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
def test_the_demo_can_be_left(tmp_path: Path, key: str) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.pilot.press(key)
        await stage.until(lambda: not stage.app.is_running)

    play(tmp_path, scenario, keys=[DemoKey("a", "finger", lambda: None)])


@pytest.mark.parametrize("key", ["s", "f2", "escape", "q", "ctrl+q", "7", "enter", "backspace"])
def test_a_demo_key_cannot_take_the_screens_own(key: str) -> None:
    with pytest.raises(ValueError, match="choose another"):
        DemoKey(key, "mine", lambda: None)


def test_nothing_is_drawn_again_that_did_not_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(stage: Stage) -> None:
        drawn: list[str] = []
        card = type(stage.app.query_one("#card"))
        line = type(stage.app.query_one("#status"))
        monkeypatch.setattr(card, "refresh", lambda *_, **__: drawn.append("card"))
        monkeypatch.setattr(line, "refresh", lambda *_, **__: drawn.append("status"))
        before = stage.app._view._heard_at
        stage.seconds[0] += 1
        stage.daemon.say(status(punches_today=148))
        await stage.until(lambda: stage.app._view._heard_at > before)
        await stage.pilot.pause()
        assert drawn == []

    play(tmp_path, scenario)


def test_closing_the_screen_hangs_up(tmp_path: Path) -> None:
    apps: list[KioskApp] = []

    async def scenario(stage: Stage) -> None:
        apps.append(stage.app)

    play(tmp_path, scenario)
    assert not apps[0]._reader._thread.is_alive()


def test_the_protocols_events_all_have_an_envelope() -> None:
    made = {
        type(envelope(event)).__name__
        for event in (status(), WELCOME, EnrolProgress("1", "m", FingerName.LEFT_RING, "place"))
    }
    assert made == {"Told", "Scanned", "Enrolled"}
    assert len(protocol.EVENT_TYPES) == len(made)
