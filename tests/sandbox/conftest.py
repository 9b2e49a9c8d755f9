"""A platform in memory, its pages, and a stub that stands for the product."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.demo import demo_regulators, known_practitioners
from sandbox.sas.keys import SigningKey
from sandbox.sas.passwords import COST
from sandbox.sas.platform import Platform, PlatformSettings
from sandbox.sas.regulators import Account, Regulator
from sandbox.sas.vocabulary import IDENTIFIER_TYPES, NATIONAL_PERSON, OPERATOR_EXTENSION, PROFILE_APPOINTMENT
from sandbox.web import create_application
from tests.sandbox.stub_product import StubProduct

GUIDE = Path(__file__).resolve().parents[3] / "shared" / "fhir" / "ans.fhir.fr.sas-1.1.0"
BASE = "http://127.0.0.1:8001"
PRODUCT = "http://127.0.0.1:8000"
SECRET = "the-client-secret"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 9, 40, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def product() -> Iterator[StubProduct]:
    with StubProduct() as stub:
        yield stub


@pytest.fixture
def guide() -> Path:
    """The guide's folder; without it the test is skipped, and says so."""
    if not GUIDE.is_dir():
        pytest.skip("the ANS guide is not beside this checkout: profiles and examples are NOT checked")
    return GUIDE


@pytest.fixture(scope="session")
def signing_key() -> SigningKey:
    """Looking for prime numbers was half of all these tests."""
    return SigningKey.generate()


@pytest.fixture
def make_platform(clock: Clock, signing_key: SigningKey) -> Iterator[Callable[..., Platform]]:
    made: list[Platform] = []

    def make(**settings: Any) -> Platform:
        given = {"base_url": BASE, "product_url": PRODUCT, "client_secret": SECRET, "hold_seconds": 0.05} | settings
        platform = Platform(PlatformSettings(**given), clock, key=None if "data" in given else signing_key)
        made.append(platform)
        return platform

    yield make
    for platform in made:
        platform.close()


@pytest.fixture
def platform(make_platform: Callable[..., Platform]) -> Platform:
    return make_platform()


@pytest.fixture
def regulator(platform: Platform) -> Regulator:
    return platform.regulators.add(
        Account("Régulatrice-Démo", "Tanaisie", "tanaisie@regulation.example", "SAMU 99 fictif", "3456780581/11242343"),
        password="mot de passe",
    )


class Browser:
    """Flask's client with the habits of a browser: it fills the form token in."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, base_url=BASE, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, *, form: str | None = None, **options: Any) -> Any:
        """POST a form found on the page at `form` (default: the same address)."""
        token = re.search(r'name="jeton" value="([^"]+)"', self.get(form or path).text)
        return self.client.post(
            path, data={"jeton": token[1] if token else "", **(data or {})}, base_url=BASE, **options
        )

    def api(self, path: str, payload: Any = None) -> Any:
        answer = self.client.post(path, json=payload, base_url=BASE) if payload is not None else self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.get_json()


@pytest.fixture
def open_browser() -> Callable[[Platform], Browser]:
    def open_on(platform: Platform) -> Browser:
        application = create_application(platform, practitioners=known_practitioners(), demo_accounts=demo_regulators())
        return Browser(application.test_client())

    return open_on


@pytest.fixture
def browser(platform: Platform, open_browser: Callable[[Platform], Browser]) -> Browser:
    return open_browser(platform)


def appointment(value: str = "b6e39355-8a61-4556-b340-36f7b95fec6a", **changes: Any) -> dict[str, Any]:
    """An Appointment as the specification wants it; `changes` replace whole elements."""

    def person(number: str) -> dict[str, Any]:
        return {
            "type": {"coding": [{"system": IDENTIFIER_TYPES, "code": "IDNPS"}]},
            "system": NATIONAL_PERSON,
            "value": number,
        }

    resource = {
        "resourceType": "Appointment",
        "meta": {"profile": [PROFILE_APPOINTMENT]},
        "extension": [{"url": OPERATOR_EXTENSION, "valueReference": {"identifier": person("3456780581/11242343")}}],
        "identifier": [{"system": "urn:oid:1.1.111.1.11.1.1.1", "value": value}],
        "status": "booked",
        "start": "2026-11-25T14:00:00+01:00",
        "end": "2026-11-25T14:15:00+01:00",
        "created": "2026-11-25T10:38:00+01:00",
        "participant": [{"actor": {"identifier": person("810100050075")}, "status": "accepted"}],
    }
    return json.loads(json.dumps(resource | changes))


def example(guide: Path, name: str) -> Any:
    return json.loads((guide / "example" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True, scope="session")
def _fast_passwords_of_the_sandbox() -> Iterator[None]:
    """As in the product's tests: what makes a digest slow to find makes it slow to make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(COST, "n", 2)
        yield
