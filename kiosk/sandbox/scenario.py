"""Scenario files: people, money, limits and mishaps of a sandbox, in TOML, so that a lesson or a test begins the same way each time.

seed = 7

[conditions]
balance = "500.00"
pace = 0.5

[[member]]
uid = "1"
name = "AKINYI OTIENO"
phone = "+254711000101"

[[fault]]                 # after ten seconds, half of the reports are lost on the way back, for a minute
kind = "drop_after"
path = "/api-single"
after = 10
lasts = 60
chance = 0.5

[[outcome]]               # payments to this number fail
call = "mobile-payout"
destination = "117883"
code = "1105"
"""

import tomllib
from pathlib import Path

import msgspec

from kiosk import toml_check
from kiosk.errors import Exit, KioskError
from kiosk.sandbox import conditions
from kiosk.sandbox.conditions import Conditions
from kiosk.sandbox.faults import Fault, Faults
from kiosk.sandbox.notices import Webhook
from kiosk.sandbox.outcomes import Outcome
from kiosk.sandbox.platform import Platform
from kiosk.sandbox.records import SandboxMember
from kiosk.toml_check import Problem


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a sandbox begins. `seed` decides whatever is left to chance."""

    seed: int = 0
    conditions: Conditions = Conditions()
    member: list[SandboxMember] = []
    fault: list[Fault] = []
    outcome: list[Outcome] = []
    webhook: list[Webhook] = []


class ScenarioError(KioskError):
    """Everything that is wrong with a scenario file."""

    exit_code = Exit.CONFIG
    cure = "docs/sandbox.md has every setting of a scenario, with an example."


def load(path: Path) -> Scenario:
    """Read and check a scenario. Raises ScenarioError with every problem at once."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{path} is not TOML: {error}") from error
    problems = toml_check.check(data, Scenario, text)
    if not problems:
        try:
            return msgspec.convert(data, Scenario)
        except msgspec.ValidationError as error:  # what only the values together can tell
            problems = [Problem(0, "", str(error))]
    raise ScenarioError("\n".join(f"{path}{problem}" for problem in sorted(problems, key=lambda each: each.line)))


def play(scenario: Scenario, platform: Platform, faults: Faults) -> None:
    """Let a sandbox begin as `scenario` says; its faults' times count from now."""
    conditions.apply(platform.state, scenario.conditions)
    for member in scenario.member:
        platform.state.people.put_member(member)
    for webhook in scenario.webhook:
        platform.state.notices.subscribe(webhook)
    for outcome in scenario.outcome:
        platform.outcomes.add(outcome)
    for fault in scenario.fault:
        faults.add(fault, platform.clock())
