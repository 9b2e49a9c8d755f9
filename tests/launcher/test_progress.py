"""Progress: plain lines for a file, one tidy line for a terminal."""

import io

import pytest

from deploy.local.progress import Progress, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_without_a_terminal() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    with progress.step("Installation"):
        progress.tick("1 sur 80")
    assert stream.getvalue() == "  Installation…\n"


def test_one_line_that_is_replaced_on_a_terminal() -> None:
    stream = Terminal()
    with Progress(stream).step("Installation"):
        pass
    lines = stream.getvalue().split("\r\x1b[2K")
    assert lines == ["", "⠋ Installation…", "✓ Installation\n"]


def test_a_failed_step_says_so() -> None:
    stream = Terminal()
    with pytest.raises(ZeroDivisionError), Progress(stream).step("Installation"):
        raise ZeroDivisionError
    assert stream.getvalue().endswith("✗ Installation\n")


def test_durations_are_french() -> None:
    assert duration(3.24) == "3,2\u00a0s"
