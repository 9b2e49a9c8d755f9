"""Log lines, as JSON or as plain lines, that tell no patient data.

What our code logs is chosen word by word. What escapes that care is the text of exceptions: PostgreSQL quotes the whole
row it refuses, a mail server the address, `int()` the text it could not read. Hence exceptions are told by class, place and
codes, not in their own words; `tell_errors` (a developer's machine) gives these back. So does the text of addresses: the
libraries quote them, and they hold the secret of a password link, a sign-in's code, whatever somebody typed.
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.http import HttpRequest

from sas_agenda.operations import request_id
from sas_agenda.operations.routes import route_of

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
# Celery's own sentences about a task quote the exception and the arguments.
_CELERY_QUOTES = ("exc", "args", "kwargs", "traceback", "return_value")
# gunicorn's about a request that it could not read or that broke: what follows is the caller's text.
_GUNICORN_QUOTES = re.compile(
    r"(Invalid request from ip=.*?: [^:'\"]*|Error handling request(?: [A-Z]{1,10}\b)?).*", re.DOTALL
)
_BEYOND_HOST = re.compile(r"(https?://[^\s/?#'\"]+)[/?#][^\s'\"]*")


class _DiscreetFormatter(logging.Formatter):
    def __init__(self, *args: Any, tell_errors: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self._tell_errors = tell_errors

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the library's name
        if self._tell_errors or ei[1] is None:
            return super().formatException(ei)
        return "\n".join(line for error in _chain(ei[1]) for line in _described(error))

    def _sentence(self, record: logging.LogRecord) -> str:
        if self._tell_errors:
            return record.getMessage()
        if record.name == "celery.app.trace" and isinstance(record.args, dict):
            quiet = {name: "…" for name in _CELERY_QUOTES if name in record.args}
            return str(record.msg) % (record.args | quiet)
        message = _BEYOND_HOST.sub(r"\1/…", _without_addresses(record))
        error = record.exc_info[1] if record.exc_info else None
        for one in _chain(error) if error is not None else ():
            for words in (repr(one), str(one)):
                if words.strip():
                    message = message.replace(words, type(one).__name__)
        return message


class LineFormatter(_DiscreetFormatter):
    """`date LEVEL logger message [request]`, for eyes."""

    def format(self, record: logging.LogRecord) -> str:
        told = logging.makeLogRecord(record.__dict__ | {"msg": self._sentence(record), "args": None, "exc_text": None})
        line = super().format(told)
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        head, newline, rest = line.partition("\n")
        return f"{head} {facts}{newline}{rest}" if facts else line


class JsonFormatter(_DiscreetFormatter):
    """One JSON object a line: time (UTC), level, logger, message, request_id and task where there is one, and `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._sentence(record),
            "process": record.process,
        }
        entry |= _facts(record)
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """`extra={"fields": {…}}` of the caller, and where we are."""
    facts: dict[str, Any] = {}
    if current := request_id.current.get():
        facts["request_id"] = current
    return facts | getattr(record, "fields", {})


def _without_addresses(record: logging.LogRecord) -> str:
    message = record.getMessage()
    if record.name == "gunicorn.error":
        return _GUNICORN_QUOTES.sub(r"\1…", message)
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest):
        # Django's lines about a request end with its path: « Forbidden (why): /path ».
        for path in (request.path, request.path.encode("unicode_escape").decode("ascii")):
            if message.endswith(path):
                return message.removesuffix(path) + route_of(request)
    return message


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, what caused it, what caused that…"""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _described(error: BaseException) -> Iterator[str]:
    kind = type(error)
    yield f"{kind.__module__}.{kind.__qualname__}{_codes(error)}"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"


def _codes(error: BaseException) -> str:
    """What names the trouble without quoting anybody: SQLSTATE and constraint, errno."""
    codes = []
    if state := getattr(error, "sqlstate", None):
        codes.append(f"SQLSTATE {state}")
    if constraint := getattr(getattr(error, "diag", None), "constraint_name", None):
        codes.append(str(constraint))
    if isinstance(error, OSError) and error.errno is not None:
        codes.append(f"errno {error.errno}")
    return f" ({', '.join(codes)})" if codes else ""
