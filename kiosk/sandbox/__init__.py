"""The Kemru platform on this machine: the documented calls as a real HTTP service, for development, training and tests.

It keeps its state in a SQLite file, checks what the platform checks, and misbehaves when told to (`POST /sandbox/faults`).
Needs the `sandbox` extra. Try it: `kiosk sandbox --demo`.
"""

from kiosk.sandbox.conditions import Conditions
from kiosk.sandbox.demo import (
    DEMO_ACCESS_TOKEN,
    DEMO_API_KEY,
    DEMO_CREDENTIALS,
    DEMO_MEMBERS,
    DEMO_MERCHANT,
    DEMO_SECRET,
    DEMO_WEBHOOK_SECRET,
)
from kiosk.sandbox.errors import SandboxError
from kiosk.sandbox.faults import Fault, FaultKind
from kiosk.sandbox.limits import Limits
from kiosk.sandbox.notices import Webhook
from kiosk.sandbox.outcomes import Outcome
from kiosk.sandbox.records import SandboxMember
from kiosk.sandbox.scenario import Scenario, ScenarioError
from kiosk.sandbox.scenario import load as load_scenario
from kiosk.sandbox.server import SandboxServer, serve

__all__ = [
    "DEMO_ACCESS_TOKEN",
    "DEMO_API_KEY",
    "DEMO_CREDENTIALS",
    "DEMO_MEMBERS",
    "DEMO_MERCHANT",
    "DEMO_SECRET",
    "DEMO_WEBHOOK_SECRET",
    "Conditions",
    "Fault",
    "FaultKind",
    "Limits",
    "Outcome",
    "SandboxError",
    "SandboxMember",
    "SandboxServer",
    "Scenario",
    "ScenarioError",
    "Webhook",
    "load_scenario",
    "serve",
]
