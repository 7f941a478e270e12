import re
import tomllib
from pathlib import Path

import pytest

from kiosk.kemru import Rejected
from kiosk.kemru.errors import UnknownOutcome
from kiosk.sandbox import FaultKind, SandboxError, SandboxServer, Scenario, ScenarioError, load_scenario
from tests.support.platform import Hands, client, scan

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
DOCUMENTED = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]


def load(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "scenario.toml"
    path.write_text(text)
    return load_scenario(path)


def test_the_documented_scenario_is_played(tmp_path: Path) -> None:
    clock = Hands()
    server = SandboxServer(state=tmp_path / "sandbox.db", scenario=load(tmp_path, DOCUMENTED), clock=clock)
    with server, client(server) as kemru:
        assert [each.name for each in kemru.roster().members] == ["AKINYI OTIENO"]
        assert str(kemru.balance().amount) == "500.00"
        assert server.state.notices.callback_url == "http://127.0.0.1:8000/ipn"
        assert len(server.state.notices.subscriptions()) == 1
        assert server.state.transactions.pace == 0.5


def test_every_fault_and_every_setting_is_documented(tmp_path: Path) -> None:
    table = PAGE.split("| fault |")[1]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)[: len(FaultKind) - 1]) == {*FaultKind} - {FaultKind.NONE}
    told = tomllib.loads(DOCUMENTED)
    assert set(told) == set(Scenario.__struct_fields__)
    assert set(told["conditions"]) == set(load(tmp_path, "").conditions.__struct_fields__)


def outcomes(tmp_path: Path, seed: int) -> list[bool]:
    text = (
        f'seed = {seed}\n[[fault]]\nkind = "drop_after"\npath = "/api-single"\nafter = 10\nlasts = 60\nchance = 0.5\n'
    )
    clock = Hands()
    state = tmp_path / f"{seed}.db"
    state.unlink(missing_ok=True)
    lost = []
    server = SandboxServer(state=state, scenario=load(tmp_path, text), clock=clock, demo=True)
    with server, client(server) as kemru:
        for number in range(80):
            clock.now += 1
            try:
                kemru.report(scan(f"r{number}"))
                lost.append(False)
            except UnknownOutcome:
                lost.append(True)
        assert len(kemru.attendance("20170")) == 80
    return lost


def test_chance_repeats_and_times_hold(tmp_path: Path) -> None:
    first = outcomes(tmp_path, 7)
    assert first == outcomes(tmp_path, 7)
    assert first != outcomes(tmp_path, 8)
    assert not any(first[:9])
    assert not any(first[69:])
    assert 15 < sum(first) < 45


def test_a_code_that_is_injected_does_not_act(tmp_path: Path) -> None:
    text = '[[fault]]\nkind = "code"\ncode = "1109"\ncount = 1\n'
    server = SandboxServer(state=tmp_path / "sandbox.db", scenario=load(tmp_path, text), demo=True)
    with server, client(server) as kemru:
        with pytest.raises(Rejected) as caught:
            kemru.report(scan())
        assert caught.value.code == "1109"
        assert kemru.attendance("20170") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sed = 1", [":1: sed: is unknown", "seed"]),
        (
            '[[fault]]\nkind = "x"\n[[outcome]]\nchnace = 1\n[conditions]\npace = -1',
            [":2: fault.0.kind", ":4: outcome.0", ":6: cond"],
        ),
        ('[[outcome]]\ncode = "12"', ["12 is no code that a transaction can end with"]),
        ('[[fault]]\nkind = "code"\ncode = "x"', ["no documented code"]),
        ("seed = ", ["is not TOML"]),
        ("[conditions]\npace = -1", ["conditions.pace"]),
        ('[[member]]\nuid = "1"\nname = "A"\nbal = 9223372036854775807', ["member.0.bal"]),
        ('[[member]]\nname = "A"', ["member.0.uid: is missing"]),
    ],
)
def test_mistakes_are_told_with_their_lines(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path, text)
    assert all(word in str(caught.value) for word in words)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path / "none.toml")


@pytest.mark.parametrize("pace", ["nan", "inf"])
def test_a_pace_that_is_no_number_of_seconds(tmp_path: Path, pace: str) -> None:
    with pytest.raises((SandboxError, ScenarioError), match="pace"):
        SandboxServer(state=tmp_path / "sandbox.db", scenario=load(tmp_path, f"[conditions]\npace = {pace}"))
