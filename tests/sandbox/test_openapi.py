"""The OpenAPI document is true: schemathesis, which knows nothing but the document, finds nothing against the sandbox."""

import hashlib
import hmac
import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from kiosk.kemru.endpoints import ENDPOINTS
from kiosk.sandbox import DEMO_API_KEY, DEMO_SECRET, SandboxServer, openapi
from tests.support.platform import ask

SCHEMA = schemathesis.openapi.from_dict(openapi.document())

SEMANTIC = frozenset({"1109", "8003", "8004", "8005", "9004", "6001"})
"""Refusals of values whose form is right: nobody has that uid, more than the limit, not the bundle's price, another address before."""


def sign(case: Case) -> None:
    """Put the right signature where there is one of the right form: what was made wrong on purpose stays wrong."""
    body = case.body
    if not isinstance(body, dict) or not re.fullmatch("[0-9a-f]{64}", str(body.get("signature"))):
        return
    places = {**(case.path_parameters or {}), **body}
    signed = "".join(_found(places, wire) for wire in case.operation.definition.raw["x-signed"])
    body["signature"] = hmac.new(DEMO_SECRET.encode(), signed.encode(errors="replace"), hashlib.sha256).hexdigest()


def _found(body: Any, wire: str) -> str:
    for place in wire.split("."):
        body = body.get(place, "") if isinstance(body, dict) else ""
    return str(body)


def explore(case: Case, platform: SandboxServer) -> None:
    sign(case)
    response = case.call_and_validate(
        base_url=platform.url, headers={"apiKey": DEMO_API_KEY}, excluded_checks=[positive_data_acceptance]
    )
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE and response.status_code != 200:
        assert response.json()["status_code"] in SEMANTIC, (case.body, response.content)


def bounded(examples: int) -> Any:
    return hypothesis.settings(
        max_examples=examples,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )


@SCHEMA.parametrize()
@bounded(12)
def test_schemathesis_finds_nothing(case: Case, platform: SandboxServer) -> None:
    explore(case, platform)


@pytest.mark.slow
@SCHEMA.parametrize()
@bounded(300)
def test_schemathesis_finds_nothing_in_hundreds_of_requests_of_each_kind(case: Case, platform: SandboxServer) -> None:
    explore(case, platform)


def test_it_is_served_and_describes_every_call(platform: SandboxServer) -> None:
    status, headers, document = ask(platform, "GET", "/openapi.json", None, {})
    assert (status, headers["content-type"]) == (200, "application/json")
    described = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    assert described == {(each.path, each.method) for each in ENDPOINTS}
