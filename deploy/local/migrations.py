"""Migrations that the version still running would not survive: a new version migrates while the old one serves.

Reads the files, not the database. What is flagged may be right all the same (a column that no running version reads any
more): a waiver beside the operation then says why, `# unsafe-migration: RemoveField: nothing reads it since 1.4`.
Migrations of the baseline are applied everywhere already; each release adds its own to it. While it is empty nothing has been
released: no running version has to survive anything.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.layout import ROOT

BASELINE = Path(__file__).with_name("migrations_baseline.txt")
_WAIVER = re.compile(r"#\s*unsafe-migration:\s*(\w+)\s*:\s*(\S.{9,})")

# Of each operation its arguments in order, as far as they are looked at.
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "CreateModel": ("name", "fields"),
    "AddField": ("model_name", "name", "field"),
    "AlterField": ("model_name", "name", "field"),
    "SeparateDatabaseAndState": ("database_operations", "state_operations"),
    "AddIndex": ("model_name", "index"),
    "RemoveIndex": ("model_name", "name"),
    "AddConstraint": ("model_name", "constraint"),
    "AddConstraintNotValid": ("model_name", "constraint"),
    "ValidateConstraint": ("model_name", "name"),
    "RemoveConstraint": ("model_name", "name"),
    "AlterUniqueTogether": ("name", "unique_together"),
    "AlterIndexTogether": ("name", "index_together"),
    "AlterOrderWithRespectTo": ("name", "order_with_respect_to"),
    "RemoveField": ("model_name", "name"),
    "RenameField": ("model_name", "old_name", "new_name"),
}
_ALWAYS = {
    "DeleteModel": "the running version still reads the table",
    "RenameModel": "the running version knows the old name only",
    "AlterModelTable": "the running version knows the old name only",
    "RunSQL": "nobody can tell by looking at it: say which locks it takes, and what the running version does meanwhile",
    "RunPython": "nobody can tell by looking at it: say how long it may take, and what the running version does meanwhile",
}
_ON_OLD_TABLES = {
    "RemoveField": "the running version still reads and writes the column",
    "RenameField": "the running version knows the old name only",
    "AddIndex": "writes wait until it is built: use AddIndexConcurrently, with atomic = False",
    "RemoveIndex": "everybody waits for whoever reads, and the running version may need it: use RemoveIndexConcurrently",
    "AddConstraint": "writes wait while all rows are looked at: use AddConstraintNotValid, then ValidateConstraint later",
    "RemoveConstraint": "the running version counts on it: say what keeps its promise meanwhile",
    "AlterUniqueTogether": "writes wait until its index is built",
    "AlterIndexTogether": "writes wait until its index is built",
    "AlterOrderWithRespectTo": "a column that the running version's INSERTs do not know",
}
_HARMLESS = {
    "CreateModel", "AddIndexConcurrently", "RemoveIndexConcurrently", "AddConstraintNotValid", "ValidateConstraint",
    "AlterModelOptions", "AlterModelManagers", "AlterModelTableComment", "RenameIndex",
}  # fmt: skip
# Said to Django only: PostgreSQL hears nothing of them.
_UNHEARD = {
    "verbose_name", "help_text", "choices", "validators", "error_messages", "editable", "blank", "default",
    "related_name", "related_query_name", "limit_choices_to", "auto_now", "auto_now_add", "on_delete", "serialize",
}  # fmt: skip
# Fields that have an index without saying so.
_INDEXED = {"ForeignKey", "OneToOneField", "SlugField"}
# As a db_default: computed for each row that is there, so that the table is written again.
_VOLATILE = {"RandomUUID", "Random"}


@dataclass
class _History:
    """The fields of one application as its migrations leave them so far: (model, name) → the field's call."""

    fields: dict[tuple[str, str], ast.Call] = field(default_factory=dict)


def findings(root: Path = ROOT, baseline: Path = BASELINE) -> list[str]:
    """One line per offence, `path:line: operation: why`; and per migration of the baseline that is not there any more."""
    known = {line for line in baseline.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")}
    if not known:
        return []
    files = sorted(
        path for depth in ("*", "*/*") for path in root.glob(f"{depth}/migrations/*.py") if path.name != "__init__.py"
    )
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
                f"{name}:{node.lineno}: {_name(node)}: {why}"
                for node, why in offences
                if not _is_waived(node, text.splitlines())
            ]
    return found


def _offences(tree: ast.Module, history: _History) -> Iterator[tuple[ast.expr, str]]:
    made: set[str] = set()
    waiting: set[tuple[str, str]] = set()
    for call in _operations(tree):
        if not isinstance(call, ast.Call):
            yield call, "it can't be read here: write each operation out"
            continue
        kind = _name(call)
        # Of a model's own operations the model is `name`, of its parts' it is `model_name`.
        model = (_text(call, "model_name") or _text(call, "name")).lower()
        if kind == "CreateModel":
            made.add(model)
            _remember_model(call, history)
        elif kind in _ALWAYS:
            yield call, _ALWAYS[kind]
        elif kind in _ON_OLD_TABLES:
            if model not in made:
                yield call, _ON_OLD_TABLES[kind]
        elif kind in {"AddField", "AlterField"}:
            if (why := _field_offence(call, model, history)) and model not in made:
                yield call, why
        elif kind not in _HARMLESS:
            yield call, "nothing is known here about this operation: say which locks it takes"
        elif kind == "AddConstraintNotValid":
            waiting.add((model, _text_of(_argument(call, "constraint"), "name")))
        elif kind == "ValidateConstraint" and (model, _text(call, "name")) in waiting and not _is_in_steps(tree):
            yield (
                call,
                "in the transaction that adds it, everybody waits while all rows are looked at: a migration of its own",
            )


def _field_offence(call: ast.Call, model: str, history: _History) -> str:
    given = _argument(call, "field")
    if not isinstance(given, ast.Call):
        return "its field can't be read here: write it out"
    key = (model, _text(call, "name"))
    before, history.fields[key] = history.fields.get(key), given
    return _added(given) if _name(call) == "AddField" else _altered(before, given)


def _added(given: ast.Call) -> str:
    if _name(given) == "ManyToManyField":
        return ""
    if _name(given) == "GeneratedField":
        return "computed for each row that is there: the table is written again while nobody can read it"
    default = _argument(given, "db_default")
    if isinstance(default, ast.Call) and _name(default) in _VOLATILE:
        return "a db_default of its own for each row: the table is written again while nobody can read it"
    if not (_is_true(given, "null") or default):
        return "NOT NULL without db_default: the running version's INSERTs would fail"
    if _is_true(given, "unique") or _name(given) == "OneToOneField":
        return "writes wait until its unique index is built: add the column first, then the index concurrently"
    said = _argument(given, "db_index")
    indexed = _name(given) in _INDEXED if said is None else _is_true(given, "db_index")
    return "writes wait until its index is built: db_index=False, then AddIndexConcurrently" if indexed else ""


def _altered(before: ast.Call | None, given: ast.Call) -> str:
    if before is None:
        return "its earlier definition was not found"
    if _name(before) != _name(given):
        return "another type: the table may be rewritten while nobody can read it"
    old, new = _heard(before), _heard(given)
    if "null" in old and "null" not in new:
        return "NOT NULL: rows without a value stop it, and the running version may still write some"
    old.pop("null", None)
    new.pop("null", None)
    old_length, new_length = (one.pop("max_length", "") for one in (old, new))
    if old_length != new_length and not (
        old_length.isdigit() and new_length.isdigit() and int(new_length) > int(old_length)
    ):
        return "shorter: the running version still writes longer values"
    return "" if old == new else "not only words for Django: say what PostgreSQL does, and for how long"


def _heard(given: ast.Call) -> dict[str, str]:
    arguments = {word.arg or "**": ast.unparse(word.value) for word in given.keywords}
    arguments |= {str(position): ast.unparse(value) for position, value in enumerate(given.args) if position}
    return {
        name: value for name, value in arguments.items() if name not in _UNHEARD and (name, value) != ("null", "False")
    }


def _remember_model(call: ast.Call, history: _History) -> None:
    fields = _argument(call, "fields")
    for pair in fields.elts if isinstance(fields, ast.List) else []:
        if (
            isinstance(pair, ast.Tuple)
            and isinstance(pair.elts[0], ast.Constant)
            and isinstance(pair.elts[1], ast.Call)
        ):
            history.fields[_text(call, "name").lower(), str(pair.elts[0].value)] = pair.elts[1]


def _operations(tree: ast.Module) -> Iterator[ast.expr]:
    """Those PostgreSQL hears of: of SeparateDatabaseAndState its database side."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                pass
            case ast.AugAssign(target=target, value=value):
                pass
            case _:
                continue
        if ast.unparse(target) in {"operations", "Migration.operations"}:
            yield from _listed(value)


def _listed(value: ast.expr | None) -> Iterator[ast.expr]:
    match value:
        case None | ast.Constant(value=None):
            return
        case ast.List(elts=listed) | ast.Tuple(elts=listed):
            for one in listed:
                if isinstance(one, ast.Call) and _name(one) == "SeparateDatabaseAndState":
                    yield from _listed(_argument(one, "database_operations"))
                else:
                    yield one
        case _:
            yield value


def _is_in_steps(tree: ast.Module) -> bool:
    """`atomic = False`: each operation is a transaction of its own."""
    return any(isinstance(node, ast.Assign) and ast.unparse(node) == "atomic = False" for node in ast.walk(tree))


def _name(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2][:60]


def _argument(call: ast.Call, name: str) -> ast.expr | None:
    positions = _ARGUMENTS.get(_name(call), ())
    if name in positions and positions.index(name) < len(call.args):
        return call.args[positions.index(name)]
    return next((word.value for word in call.keywords if word.arg == name), None)


def _text(call: ast.Call, name: str) -> str:
    value = _argument(call, name)
    return str(value.value) if isinstance(value, ast.Constant) else ""


def _text_of(node: ast.expr | None, name: str) -> str:
    return _text(node, name) if isinstance(node, ast.Call) else ""


def _is_true(call: ast.Call, name: str) -> bool:
    value = _argument(call, name)
    return isinstance(value, ast.Constant) and value.value is True


def _is_waived(node: ast.expr, lines: list[str]) -> bool:
    """The waiver is on the operation's lines, or alone on the one before."""
    near = lines[node.lineno - 1 : node.end_lineno]
    if node.lineno > 1 and lines[node.lineno - 2].lstrip().startswith("#"):
        near.append(lines[node.lineno - 2])
    return any(match[1] == _name(node) for line in near if (match := _WAIVER.search(line)))
