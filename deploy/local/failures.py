"""What stops the command with a sentence for the person at the keyboard instead of a traceback."""

from pathlib import Path

TAIL_LINES = 25


class LauncherError(Exception):
    """A French message that says what is wrong and, when known, what to do about it."""


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM, a closed terminal or the death of the process that started us.

    Like KeyboardInterrupt, no `except Exception` may catch it.
    """


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, indented for display; a sentence when there are none."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"    (journal illisible : {error.strerror})"
    kept = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"    {line}" for line in kept) or "    (journal vide)"
