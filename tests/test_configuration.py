"""docs/configuration.md lists every variable that the settings read, and no other; secrets may be files."""

import ast
import gc
import os
import re
import runpy
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from sas_agenda import env
from tests.conftest import ROOT


def read_by_the_settings() -> dict[str, str]:
    """Variable → the reader of `sas_agenda.env` that reads it."""
    tree = ast.parse((ROOT / "sas_agenda" / "settings.py").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "env":
            [name, *_] = node.args
            assert isinstance(name, ast.Constant), "a variable's name is written out, so that it can be looked for"
            found[name.value] = node.func.attr
    return found


def documented() -> dict[str, bool]:
    """Variable of the tables' first column → whether it is marked « (file) »."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name: bool(mark) for cell in cells for name, mark in re.findall(r"`(\w+)`( \(file\))?", cell)}


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    assert documented().keys() == read_by_the_settings().keys()


def test_a_variable_is_documented_once() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    cells = "".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    names = re.findall(r"`(\w+)`", cells)
    assert sorted(names) == sorted(set(names))


def test_those_that_may_come_from_a_file_are_marked() -> None:
    readers = {"secret", "database", "mail_server", "broker"}
    secrets = {name for name, reader in read_by_the_settings().items() if reader in readers}
    assert {name for name, from_file in documented().items() if from_file} == secrets


class TestSecrets:
    """Of the readers in `sas_agenda.env`; production's settings are read with all of them in tests/deploy."""

    @pytest.fixture
    def from_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes], None]:
        def write(name: str, content: bytes) -> None:
            (tmp_path / name).write_bytes(content)
            monkeypatch.delenv(name, raising=False)
            monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))

        return write

    def test_addresses_with_a_password_may_come_from_a_file(self, from_file: Callable[[str, bytes], None]) -> None:
        from_file("DATABASE_URL", b"postgresql://agenda:p$a`s'%22s%20%2Fw@host:5433/x?sslmode=require\n")
        from_file("EMAIL_URL", b"smtps://agenda:p%40w@mail.example\n")
        from_file("REDIS_URL", b"rediss://:secret@broker:6380/0\n")

        found = env.database("DATABASE_URL")
        assert (found["PASSWORD"], found["HOST"], found["PORT"]) == ("p$a`s'\"s /w", "host", "5433")
        assert found["OPTIONS"]["sslmode"] == "require"
        assert env.mail_server("EMAIL_URL", "smtp://127.0.0.1")["EMAIL_HOST_PASSWORD"] == "p@w"
        assert env.broker("REDIS_URL", "redis://127.0.0.1") == "rediss://:secret@broker:6380/0"

    def test_the_limits_of_our_sessions_go_along_and_an_installations_own_win(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql:///x?connect_timeout=2&options=-c%20lock_timeout%3D9s")
        found = env.database("DATABASE_URL", limits={"lock_timeout": "3s", "statement_timeout": "30s"})["OPTIONS"]
        assert found["options"] == "-c lock_timeout=3s -c statement_timeout=30s -c lock_timeout=9s"
        assert found["connect_timeout"] == "2"
        assert found["server_side_binding"] is True

    @pytest.mark.parametrize(
        ("content", "said"), [(b"", "empty"), (b" \n", "empty"), (b"\xff\xfe", "no UTF-8"), (None, "can't be read")]
    )
    def test_a_file_that_says_nothing_stops_the_start(
        self,
        content: bytes | None,
        said: str,
        from_file: Callable[[str, bytes], None],
        tmp_path: Path,
    ) -> None:
        from_file("REDIS_URL", content or b"")
        if content is None:
            (tmp_path / "REDIS_URL").unlink()
        with pytest.raises(ImproperlyConfigured, match=f"REDIS_URL_FILE .*{said}"):
            env.broker("REDIS_URL", "redis://127.0.0.1")

    def test_a_value_and_a_file_together_are_a_mistake(
        self, from_file: Callable[[str, bytes], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from_file("DATABASE_URL", b"postgresql:///one")
        monkeypatch.setenv("DATABASE_URL", "postgresql:///other")
        with pytest.raises(ImproperlyConfigured, match="DATABASE_URL and DATABASE_URL_FILE"):
            env.database("DATABASE_URL")

    @pytest.mark.parametrize(
        "address",
        ["agenda:hunter/2@host/x", "agenda:hunter#2@host/x", "agenda:hunter[2@host/x", "agenda:hunter?2@host/x"],
    )
    def test_a_password_that_breaks_the_address_is_not_quoted(
        self, address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`urllib` says « Port could not be cast to integer value as 'hunter' »."""
        for name, scheme, read in (
            ("DATABASE_URL", "postgresql", env.database),
            ("EMAIL_URL", "smtps", lambda name: env.mail_server(name, "")),
        ):
            monkeypatch.delenv(f"{name}_FILE", raising=False)
            monkeypatch.setenv(name, f"{scheme}://{address}")
            with pytest.raises(ImproperlyConfigured, match=name) as caught:
                read(name)
            told = "".join(traceback.format_exception(caught.value))
            assert "hunter" not in told

    def test_a_broker_of_another_kind_is_refused_unquoted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REDIS_URL", "amqp://agenda:hunter2@host")
        with pytest.raises(ImproperlyConfigured, match="REDIS_URL must start with") as caught:
            env.broker("REDIS_URL", "")
        assert "hunter" not in str(caught.value)


# As few variables as production starts with.
PRODUCTION = {
    "SAS_AGENDA_MODE": "production",
    "BASE_URL": "https://agenda.example",
    "SECRET_KEY": "0123456789 une clé tirée au hasard, de cinquante signes au moins",
    "DATABASE_URL": "postgresql:///none",
    "EMAIL_URL": "smtps://agenda:secret@mail.example",
}
LOCAL = {"SAS_AGENDA_MODE": "local", "DATABASE_URL": "postgresql:///none"}


HOME = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def read(environment: dict[str, str]) -> None:
    """The settings, with nothing but this environment. Raises ImproperlyConfigured."""
    with mock.patch.dict(os.environ, HOME | environment, clear=True):
        runpy.run_path(str(ROOT / "sas_agenda" / "settings.py"))


class TestUnsafeStarts:
    """Each is refused with its reason. By the settings, which every process reads before it does anything."""

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"ALLOWED_HOSTS": "fhir.agenda.example, 192.0.2.7, [2001:db8::7]"},
            {"EMAIL_URL": "smtp+tls://mail.example:587"},
            {"EMAIL_URL": "smtp://127.0.0.1:25"},
            {"EMAIL_URL": "smtp://localhost"},
            {"SECURITY_CONTACT": "https://agenda.example/securite"},
            {"OPERATIONS_NETWORKS": "10.0.0.0/8"},
        ],
    )
    def test_a_sound_production_starts(self, changes: dict[str, str]) -> None:
        read(PRODUCTION | changes)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"SECRET_KEY": "x"}, "SECRET_KEY is too easy to guess"),
            ({"SECRET_KEY": "k" * 60}, "SECRET_KEY is too easy to guess"),
            ({"SECRET_KEY": "django-insecure-" + "0123456789" * 5}, "SECRET_KEY is too easy to guess"),
            ({"SECRET_KEY": ""}, "SECRET_KEY is required"),
            ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must list whole host names"),
            ({"ALLOWED_HOSTS": "fhir.agenda.example,*"}, "ALLOWED_HOSTS must list whole host names"),
            ({"ALLOWED_HOSTS": ".example"}, "ALLOWED_HOSTS must list whole host names"),
            ({"ALLOWED_HOSTS": "*.agenda.example"}, "ALLOWED_HOSTS must list whole host names"),
            ({"ALLOWED_HOSTS": "https://agenda.example"}, "ALLOWED_HOSTS must list whole host names"),
            ({"ALLOWED_HOSTS": "agenda.example:443"}, "ALLOWED_HOSTS must list whole host names"),
            ({"EMAIL_URL": "smtp://mail.example:25"}, r"EMAIL_URL must start with smtps:// or smtp\+tls://"),
            ({"EMAIL_URL": "smtp://agenda:secret@10.0.0.7"}, r"EMAIL_URL must start with smtps:// or smtp\+tls://"),
            ({"EMAIL_URL": "smtp://localhost.mail.example"}, r"EMAIL_URL must start with smtps:// or smtp\+tls://"),
            ({"BASE_URL": "http://agenda.example"}, "BASE_URL must start with https://"),
            ({"SAS_FHIR_URL": "http://sas.example/fhir/v1"}, "SAS_FHIR_URL must start with https://"),
            ({"SAS_OIDC_ISSUER": "http://sas.example/realms/sas"}, "SAS_OIDC_ISSUER must start with https://"),
            ({"SAS_MTLS": "off"}, "SAS_MTLS=off"),
            ({"OPERATIONS_NETWORKS": "10.0.0.0/8,0.0.0.0/0"}, "OPERATIONS_NETWORKS .* 0.0.0.0/0 is everybody's"),
            ({"OPERATIONS_NETWORKS": "::/0"}, "OPERATIONS_NETWORKS .* ::/0 is everybody's"),
            ({"SECURITY_CONTACT": "le standard"}, "SECURITY_CONTACT must be mailto:"),
        ],
    )
    def test_production_does_not_start_with(self, changes: dict[str, str], reason: str) -> None:
        with pytest.raises(ImproperlyConfigured, match=reason) as refused:
            read(PRODUCTION | changes)
        assert "secret@" not in "".join(traceback.format_exception(refused.value))

    def test_nor_does_local_mode_on_a_public_address_in_clear(self) -> None:
        for address in ("http://127.0.0.1:8000", "http://localhost:8010", "http://[::1]:80", "https://agenda.example"):
            read(LOCAL | {"BASE_URL": address})
        with pytest.raises(ImproperlyConfigured, match="plain HTTP is for loopback"):
            read(LOCAL | {"BASE_URL": "http://192.0.2.7:8000"})

    @pytest.mark.parametrize(
        "command",
        [
            ["manage.py", "migrate"],
            ["-m", "gunicorn", "-c", "deploy/gunicorn_settings.py"],
            ["-m", "celery", "-A", "sas_agenda", "worker"],
            ["-m", "celery", "-A", "sas_agenda", "beat", "--pidfile=", "--schedule=/nonexistent/schedule"],
        ],
        ids=["manage", "web", "worker", "beat"],
    )
    def test_in_every_process(self, command: list[str], tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, *command],
            env=HOME | PRODUCTION | {"SECRET_KEY": "x", "WEB_SOCKET": str(tmp_path / "web.sock")},
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert "SECRET_KEY is too easy to guess" in done.stderr


def test_nothing_else_reads_the_environment() -> None:
    """Of the product: settings say what an installation may choose, all in one place."""
    readers = {
        path.relative_to(ROOT).as_posix()
        for application in ("outbox", "accounts", "appointments", "interop", "sas_agenda")
        for path in (ROOT / application).rglob("*.py")
        if re.search(r"\bos\.(environ\b(?!\.setdefault)|getenv)", path.read_text(encoding="utf-8"))
    }
    assert readers == {"sas_agenda/env.py"}


def test_rubbish_is_looked_for_once_all_is_loaded() -> None:
    """Or who serves would grow all day (sas_agenda/__init__.py)."""
    assert gc.isenabled()
