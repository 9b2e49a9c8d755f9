"""French signs keep their unbreakable space: never an ordinary one before « : ; ! ? » nor inside the quotation marks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# interop.cadrage writes Markdown, whose own marks look like loose signs; tests/interop/test_cadrage.py reads it.
PYTHON = ["outbox", "accounts", "appointments", "interop/operations", "interop/services", "sas_agenda"]
TEMPLATES = [*sorted((ROOT / "templates").rglob("*.html")), *sorted((ROOT / "templates").rglob("*.txt"))]

_LOOSE = re.compile(r"[^\s] [:;!?»](?=\W|$)|« ")
_FRENCH = re.compile(r"[àâçèéêëîïôùûœ’«»]", re.IGNORECASE)
_MARKUP = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|\{%.*?%\}|<!--.*?-->", re.DOTALL)


def sentences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The strings of a module that people may read: docstrings are ours."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    ours = {
        id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and _opens_with_text(node)
    }  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [str(one.value) if isinstance(one, ast.Constant) else "x" for one in node.values]
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in ours:
            yield node.lineno, node.value


def _opens_with_text(node: ast.AST) -> bool:
    body = node.body  # type: ignore[attr-defined]
    return bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)


@pytest.mark.parametrize("package", PYTHON)
def test_no_sentence_of_the_code_breaks_before_its_sign(package: str) -> None:
    files = [one for one in sorted((ROOT / package).rglob("*.py")) if "migrations" not in one.parts]
    assert files
    loose = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in files
        for line, text in sentences(ast.parse(file.read_text("utf-8")))
        if _FRENCH.search(text) and _LOOSE.search(text)
    ]
    assert loose == []


def test_no_sentence_of_the_pages_and_mails_breaks_before_its_sign() -> None:
    loose = []
    for file in TEMPLATES:
        text = re.sub(r"\{\{.*?\}\}", "x", _MARKUP.sub("", file.read_text("utf-8")))
        loose += [
            f"{file.relative_to(ROOT)}: {text[max(0, one.start() - 40) : one.end()]}" for one in _LOOSE.finditer(text)
        ]
    assert loose == []
