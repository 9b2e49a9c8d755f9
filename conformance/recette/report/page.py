"""The HTML report: one file, nothing to fetch, readable on paper."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from conformance.recette.report.conclusion import NO_PROFILES, conclusion
from conformance.recette.report.wording import NBSP, VERDICTS, WORTH_SAYING_MS, french, moment, seconds
from conformance.recette.results import Report
from conformance.recette.verdicts import Verdict


def html_page(report: Report) -> str:
    """The whole page."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    templates.filters.update(french=french, seconds=seconds, moment=moment, laid_out=laid_out, bare=bare)
    return templates.get_template("page.html").render(
        report=report,
        counts=report.counts(),
        conclusion=conclusion(report),
        no_profiles="" if report.profiles_checked else NO_PROFILES,
        verdicts=list(Verdict),
        words=VERDICTS,
        worth_saying=WORTH_SAYING_MS,
        to_read=[result for result in report.results() if result.verdict in (Verdict.FAILED, Verdict.WARNING)],
    )


def laid_out(url: str) -> str:
    """The address with a parameter a line; no-break spaces, so that a long one is not parted from its indent."""
    address, sign, query = url.partition("?")
    return f"{address}{sign}" + "".join(f"\n{NBSP * 4}{item}" for item in query.replace("&", "&\n").split("\n") if item)


def bare(url: str) -> str:
    """The address without its query."""
    return url.partition("?")[0]


def write_html(report: Report, path: Path) -> None:
    """Raises OSError."""
    path.write_text(html_page(report), encoding="utf-8")


def write_json(report: Report, path: Path) -> None:
    """Raises OSError."""
    path.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
