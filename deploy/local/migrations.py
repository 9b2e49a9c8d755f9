"""Migrations that the version still running would not survive: a new version migrates while the old one serves.

Reads the files, not the database. What is flagged may be right all the same (a column that no running version reads any
more): a waiver beside the operation then says why, `# unsafe-migration: RemoveField: nothing reads it since 1.4`.
Migrations of the baseline are applied everywhere already; each release adds its own to it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.layout import ROOT

BASELINE = Path(__file__).with_name("migrations_baseline.txt")
_WAIVER = re.compile(r"#\s*unsafe-migration:\s*(\w+)\s*:\s*(\S.{9,})")

_ALWAYS = {
    "RemoveField": "the running version still reads and writes the column",
    "DeleteModel": "the running version still reads the table",
    "RenameField": "the running version knows the old name only",
    "RenameModel": "the running version knows the old name only",
    "AlterModelTable": "the running version knows the old name only",
    "RunSQL": "nobody can tell by looking at it: say which locks it takes, and what the running version does meanwhile",
    "RunPython": "nobody can tell by looking at it: say how long it may take, and what the running version does meanwhile",
}
_ON_OLD_TABLES = {
    "AddIndex": "writes wait until it is built: use AddIndexConcurrently, with atomic = False",
    "AddConstraint": "writes wait while all rows are looked at: use AddConstraintNotValid, then ValidateConstraint later",
    "AlterUniqueTogether": "writes wait until its index is built",
}
# Said to Django only: PostgreSQL hears nothing of them.
_UNHEARD = {
    "verbose_name", "help_text", "choices", "validators", "error_messages", "editable", "blank", "default",
    "related_name", "related_query_name", "limit_choices_to", "auto_now", "auto_now_add", "on_delete", "serialize",
}  # fmt: skip


@dataclass
class _History:
    """The fields of one application as its migrations leave them so far: (model, name) → the field's call."""

    fields: dict[tuple[str, str], ast.Call] = field(default_factory=dict)


def findings(root: Path = ROOT, baseline: Path = BASELINE) -> list[str]:
    """One line per offence, `path:line: operation: why`; and per migration of the baseline that is not there any more."""
    known = {line for line in baseline.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}
    files = sorted(path for depth in ("*", "*/*") for path in root.glob(f"{depth}/migrations/[0-9]*.py"))
    names = {path: path.relative_to(root).as_posix() for path in files if ".agenda" not in path.parts}
    found = [
        f"{name}: in the baseline, but gone: installations have applied it"
        for name in sorted(known - {*names.values()})
    ]
    histories: dict[Path, _History] = {}
    for path, name in names.items():
        text = path.read_text(encoding="utf-8")
        offences = list(_offences(ast.parse(text), histories.setdefault(path.parent, _History())))
        if name not in known:
            found += [
                f"{name}:{call.lineno}: {_name(call)}: {why}"
                for call, why in offences
                if not _is_waived(call, text.splitlines())
            ]
    return found


def _offences(tree: ast.Module, history: _History) -> Iterator[tuple[ast.Call, str]]:
    made: set[str] = set()
    for call in _operations(tree):
        kind, model = _name(call), _text(call, "model_name").lower()
        if kind == "CreateModel":
            made.add(_text(call, "name").lower())
            _remember_model(call, history)
        elif kind in _ALWAYS:
            if model not in made:
                yield call, _ALWAYS[kind]
        elif kind in _ON_OLD_TABLES:
            if (model or _text(call, "name").lower()) not in made:
                yield call, _ON_OLD_TABLES[kind]
        elif kind in {"AddField", "AlterField"}:
            given = _argument(call, "field")
            if isinstance(given, ast.Call):
                key = (model, _text(call, "name"))
                before, history.fields[key] = history.fields.get(key), given
                why = _added(given) if kind == "AddField" else _altered(before, given)
                if why and model not in made:
                    yield call, why


def _added(given: ast.Call) -> str:
    if _name(given) == "ManyToManyField" or _is_true(given, "null") or _argument(given, "db_default"):
        return ""
    return "NOT NULL without db_default: the running version's INSERTs would fail"


def _altered(before: ast.Call | None, given: ast.Call) -> str:
    if before is None:
        return "its earlier definition was not found"
    if _name(before) != _name(given):
        return "another type: the table may be rewritten while nobody can read it"
    old, new = _heard(before), _heard(given)
    if "null" in old and "null" not in new and "db_default" not in new:
        return "NOT NULL: rows without a value stop it, and the running version still writes some"
    old_length, new_length = (int(one.pop("max_length", "0")) for one in (old, new))
    old.pop("null", None)
    new.pop("null", None)
    if new_length < old_length:
        return "shorter: the running version still writes longer values"
    return "" if old == new else "not only words for Django: say what PostgreSQL does, and for how long"


def _heard(given: ast.Call) -> dict[str, str]:
    arguments = {word.arg or "**": ast.unparse(word.value) for word in given.keywords}
    arguments |= {str(position): ast.unparse(value) for position, value in enumerate(given.args) if position}
    return {name: value for name, value in arguments.items() if name not in _UNHEARD}


def _remember_model(call: ast.Call, history: _History) -> None:
    fields = _argument(call, "fields")
    for pair in fields.elts if isinstance(fields, ast.List) else []:
        if (
            isinstance(pair, ast.Tuple)
            and isinstance(pair.elts[0], ast.Constant)
            and isinstance(pair.elts[1], ast.Call)
        ):
            history.fields[_text(call, "name").lower(), str(pair.elts[0].value)] = pair.elts[1]


def _operations(tree: ast.Module) -> Iterator[ast.Call]:
    """Those PostgreSQL hears of: of SeparateDatabaseAndState its database side."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(ast.unparse(target) == "operations" for target in node.targets):
            yield from _calls(node.value)


def _calls(listed: ast.expr | None) -> Iterator[ast.Call]:
    for call in listed.elts if isinstance(listed, ast.List) else []:
        if not isinstance(call, ast.Call):
            continue
        if _name(call) == "SeparateDatabaseAndState":
            yield from _calls(_argument(call, "database_operations"))
        else:
            yield call


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _argument(call: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in call.keywords if word.arg == name), None)


def _text(call: ast.Call, name: str) -> str:
    value = _argument(call, name)
    return str(value.value) if isinstance(value, ast.Constant) else ""


def _is_true(call: ast.Call, name: str) -> bool:
    value = _argument(call, name)
    return isinstance(value, ast.Constant) and value.value is True


def _is_waived(call: ast.Call, lines: list[str]) -> bool:
    """The waiver is on the operation's lines, or on the one before."""
    near = lines[max(call.lineno - 2, 0) : call.end_lineno]
    return any(match[1] == _name(call) for line in near if (match := _WAIVER.search(line)))
