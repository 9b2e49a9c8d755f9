"""docs/configuration.md lists every variable that the settings read, and no other."""

import ast
import re

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
    secrets = {name for name, reader in read_by_the_settings().items() if reader == "secret"}
    assert {name for name, from_file in documented().items() if from_file} == secrets


def test_nothing_else_reads_the_environment() -> None:
    """Of the product: settings say what an installation may choose, all in one place."""
    readers = {
        path.relative_to(ROOT).as_posix()
        for application in ("accounts", "appointments", "interop", "sas_agenda")
        for path in (ROOT / application).rglob("*.py")
        if re.search(r"\bos\.(environ\b(?!\.setdefault)|getenv)", path.read_text(encoding="utf-8"))
    }
    assert readers == {"sas_agenda/env.py"}
