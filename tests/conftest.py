"""What every test gets. Run by `./agenda test`, which provides PostgreSQL and the environment."""

import gc
import os
import random
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as examples
from pytest_django import DjangoDbBlocker

from accounts.models import Practitioner, Regulator, User
from accounts.rights import EPOCH_KEY, REGULATOR_KEY
from accounts.sessions import SessionStore
from tests import factories, names, official_profiles
from tests.databases import copied_database

# Cores are shared by all, and first examples import what they need: no time limit per example.
examples.register_profile("shared-cores", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("shared-cores")
# One seed for the run, inherited by the workers of xdist; TEST_SEED=… replays it.
SEED = os.environ.setdefault("TEST_SEED", secrets.token_hex(4))
ROOT = Path(__file__).resolve().parent.parent


def pytest_report_header() -> str:
    return f"seed: {SEED} (TEST_SEED={SEED} replays it)"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest begins first, and before it what the others leave no free hour to. Tests that share a running product
    stay in one worker: a pytest that xdist does not know scatters them, silently.
    """
    items.sort(key=_turn)
    if not hasattr(config, "workerinput"):
        return
    items[:] = _mixed(items)
    scattered = [one.nodeid for one in items if one.get_closest_marker("xdist_group") and "@" not in one.nodeid]
    if scattered:
        raise pytest.UsageError(f"pytest-xdist keeps no group together here: {scattered[0]}")


def _turn(item: pytest.Item) -> int:
    marks = {mark.name for mark in item.iter_markers()}
    return 0 if "of_today" in marks else 1 if {"system", "slow"} <= marks else 2


def _mixed(items: list[pytest.Item]) -> list[pytest.Item]:
    """Those that mostly wait (for processes, for each other) spread among those that mostly compute, away from their like:
    together they would leave a core without work. The database is as empty after one of either kind.
    """
    computing: list[pytest.Item] = []
    waiting: list[pytest.Item] = []
    for item in items:
        is_kept = _is_rolled_back(item) or item.get_closest_marker("xdist_group")
        (computing if is_kept else waiting).append(item)
    waiting.sort(key=lambda item: crc32(item.nodeid.encode()))
    places = [(turn / len(kind), one) for kind in (computing, waiting) for turn, one in enumerate(kind)]
    return [one for _, one in sorted(places, key=lambda place: place[0])]


def _is_rolled_back(item: pytest.Item) -> bool:
    fixtures = item.fixturenames if isinstance(item, pytest.Function) else []
    mark = item.get_closest_marker("django_db")
    return not mark.kwargs.get("transaction") if mark else "db" in fixtures and "transactional_db" not in fixtures


def pytest_collection_finish() -> None:
    """What is imported by now stays: looking for rubbish in it again and again was a tenth of a run (sas_agenda/__init__.py)."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    yield
    if official_profiles.definitions_folder() is None:
        terminalreporter.write_sep("!", "FHIR profile checks NOT RUN", red=True, bold=True)
        terminalreporter.write_line(official_profiles.MISSING)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    report = yield
    if report.failed:
        report.sections.append(("seed", f"TEST_SEED={SEED}"))
    return report


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    with django_db_blocker.unblock(), copied_database(name), django_db_blocker.block():
        yield


@pytest.fixture(autouse=True)
def _seed(request: pytest.FixtureRequest) -> None:
    names.seed(f"{SEED}:{request.node.nodeid}")
    random.seed(f"{SEED}:{request.node.nodeid}")


class _UnknownVariable(str):
    """What an unknown template variable becomes: an error, not an empty string."""

    __slots__ = ()

    def __contains__(self, key: object) -> bool:
        return key == "%s"

    def __mod__(self, name: object) -> str:
        pytest.fail(f"unknown template variable: {name}")


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def _emptied_row_by_row() -> Iterator[None]:
    """After a test of real transactions. Django truncates every table and writes all permissions anew: ten times as long as to
    delete the few rows there are. Triggers are passed over: append-only tables refuse that of anybody else.
    """
    kept = {"django_content_type", "auth_permission", "django_migrations"}

    def empty(_: TransactionTestCase) -> None:
        tables = set(connection.introspection.django_table_names(include_views=False)) - kept
        with connection.cursor() as cursor:
            cursor.execute(
                "SET session_replication_role = replica;"
                + "".join(f"DELETE FROM {connection.ops.quote_name(table)};" for table in sorted(tables))
                + "SET session_replication_role = DEFAULT;"
            )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(autouse=True, scope="session")
def _strict_templates() -> None:
    from django.template import engines

    engines["django"].engine.string_if_invalid = _UnknownVariable("%s")  # type: ignore[attr-defined]


@pytest.fixture(autouse=True, scope="session")
def _static_files_found_once() -> Iterator[None]:
    """Each test's browser loads the middleware anew, and WhiteNoise then looks at every static file: a fifth of a test's time."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    find, found = WhiteNoiseMiddleware.add_files_from_finders, dict[object, dict[str, Any]]()

    def from_memory(self: WhiteNoiseMiddleware) -> None:
        key = (self.static_prefix, self.max_age)
        if key not in found:
            find(self)
            found[key] = dict(self.files)
        self.files.update(found[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", from_memory)
        yield


@pytest.fixture(autouse=True, scope="session")
def _quiet_broker() -> None:
    """Wake-up signals stay in memory: no worker listens here. Tests of the broker itself start a real one."""
    from sas_agenda.celery import app

    app.conf.broker_url = "memory://"
    app.conf.broker_transport_options = {}


SignIn = Callable[[User], Client]


def _browser(user: User, backend: str, **more: Any) -> Client:
    """Signed in by the row of its session alone. All that signing in does (tests of it do that) took twice the time of a page."""
    signed = {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: backend, HASH_SESSION_KEY: user.get_session_auth_hash()}
    session = Session.objects.create(
        session_key=secrets.token_hex(16),
        session_data=SessionStore().encode(signed | more),
        expire_date=timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@pytest.fixture
def sign_in() -> SignIn:
    """A browser signed in the ordinary way."""
    return lambda user: _browser(user, "accounts.backends.EmailBackend")


@pytest.fixture
def sign_in_regulator() -> Callable[[Regulator], Client]:
    """A browser whose session came through the SAS."""

    def make(regulator: Regulator) -> Client:
        assert regulator.user is not None
        keys = {REGULATOR_KEY: str(regulator.id), EPOCH_KEY: regulator.session_epoch}
        return _browser(regulator.user, "accounts.sas_sign_in.backend.SasBackend", **keys)

    return make


@pytest.fixture
def regulator(db: None) -> Regulator:
    return factories.regulator()


@pytest.fixture
def regulator_client(regulator: Regulator, sign_in_regulator: Callable[[Regulator], Client]) -> Client:
    return sign_in_regulator(regulator)


@pytest.fixture
def practitioner(db: None) -> Practitioner:
    return factories.practitioner(user=factories.user())


@pytest.fixture
def practitioner_client(practitioner: Practitioner, sign_in: SignIn) -> Client:
    assert practitioner.user is not None
    return sign_in(practitioner.user)


@pytest.fixture
def secretary(practitioner: Practitioner) -> User:
    return factories.delegation(practitioner)


@pytest.fixture
def secretary_client(secretary: User, sign_in: SignIn) -> Client:
    return sign_in(secretary)
