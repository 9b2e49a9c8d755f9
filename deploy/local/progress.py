"""What is under way, on the error stream: one line that updates itself on a terminal, plain lines elsewhere."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_EVERY = 15.0  # seconds between two plain lines of one step
_BRIEF = 0.5  # seconds under which a finished step is not worth a duration


def duration(seconds: float) -> str:
    """`3,2 s`, with the no-break space French wants."""
    return f"{seconds:.1f}".replace(".", ",") + "\u00a0s"


class Progress:
    """Names the steps as they go. Call `tick()` often while waiting: it redraws only when something changes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty()
        self._label = ""
        self._detail = ""
        self._started = 0.0
        self._drawn = 0.0
        self._frame = 0

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """Show `label` (French, no final stop) until the block ends, then how long it took."""
        self._label, self._detail = label, ""
        self._started = self._drawn = time.monotonic()
        self._write(f"{_FRAMES[0]} {label}…" if self._live else f"  {label}…\n")
        try:
            yield
        except BaseException:
            self._write(f"✗ {label}\n")
            raise
        finally:
            self._label = ""
        took = time.monotonic() - self._started
        if self._live:
            self._write(f"✓ {label}" + (f" ({duration(took)})" if took > _BRIEF else "") + "\n")
        elif took > _BRIEF:
            self._write(f"  {label} : fait en {duration(took)}\n")

    def tick(self, detail: str | None = None) -> None:
        """Say that the step goes on; `detail` is its latest news."""
        if not self._label:
            return
        if detail is not None:
            self._detail = detail
        now = time.monotonic()
        elapsed = now - self._started
        if self._live and now - self._drawn >= 0.1:
            self._frame += 1
            seconds = f" {elapsed:.0f} s" if elapsed >= 1 else ""
            line = f"{_FRAMES[self._frame % len(_FRAMES)]} {self._label}…{seconds}"
            if self._detail:
                line += f"  {self._detail}"
            self._write(line[: shutil.get_terminal_size().columns - 1])
            self._drawn = now
        elif not self._live and now - self._drawn >= _PLAIN_EVERY:
            self._write(f"  {self._label}… {elapsed:.0f} s\n")
            self._drawn = now

    def note(self, sentence: str) -> None:
        """A line that stays."""
        self._write(f"  {sentence}\n")

    def _write(self, text: str) -> None:
        self._stream.write(("\r\x1b[2K" if self._live else "") + text)
        self._stream.flush()
