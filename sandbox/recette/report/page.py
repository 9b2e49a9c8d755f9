"""The HTML report: one file, nothing to fetch, readable on paper."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.recette.book import Verdict
from sandbox.recette.report.conclusion import NO_PROFILES, conclusion
from sandbox.recette.report.wording import VERDICTS, french, moment, seconds
from sandbox.recette.results import Report


def html_page(report: Report) -> str:
    """The whole page."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    templates.filters.update(french=french, seconds=seconds, moment=moment)
    return templates.get_template("page.html").render(
        report=report,
        counts=report.counts(),
        conclusion=conclusion(report),
        no_profiles="" if report.profiles_checked else NO_PROFILES,
        verdicts=list(Verdict),
        words=VERDICTS,
        to_read=[result for result in report.results() if result.verdict in (Verdict.FAILED, Verdict.WARNING)],
    )


def write_html(report: Report, path: Path) -> None:
    """Raises OSError."""
    path.write_text(html_page(report), encoding="utf-8")


def write_json(report: Report, path: Path) -> None:
    """Raises OSError."""
    path.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
