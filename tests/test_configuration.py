"""docs/configuration.md lists every variable that the settings read, and no other; secrets may be files."""

import ast
import re
import traceback
from collections.abc import Callable
from pathlib import Path

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
        assert found["OPTIONS"] == {"sslmode": "require"}
        assert env.mail_server("EMAIL_URL", "smtp://127.0.0.1")["EMAIL_HOST_PASSWORD"] == "p@w"
        assert env.broker("REDIS_URL", "redis://127.0.0.1") == "rediss://:secret@broker:6380/0"

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


def test_nothing_else_reads_the_environment() -> None:
    """Of the product: settings say what an installation may choose, all in one place."""
    readers = {
        path.relative_to(ROOT).as_posix()
        for application in ("outbox", "accounts", "appointments", "interop", "sas_agenda")
        for path in (ROOT / application).rglob("*.py")
        if re.search(r"\bos\.(environ\b(?!\.setdefault)|getenv)", path.read_text(encoding="utf-8"))
    }
    assert readers == {"sas_agenda/env.py"}
