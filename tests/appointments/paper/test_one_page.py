"""A day of thirty visits is one A4, the week around it another in landscape: measured by what a browser prints."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Practitioner
from accounts.templatetags.ui import SHEETS
from appointments.models import Schedule
from tests import factories
from tests.browsers import chromium
from tests.factories import at

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
CSS = Path(__file__).parents[3] / "static/css"
STYLES = "".join((CSS / f"{name}.css").read_text() for name in SHEETS["shared"] + SHEETS["day sheet"])
PORTRAIT, LANDSCAPE = (595, 842), (842, 595)


def test_a_day_of_thirty_visits_and_its_week_are_one_page_each(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    reasons = [factories.reason(schedule, label=label) for label in ("Suivi", "Renouvellement d’ordonnance")]
    for number in range(30):
        patient = factories.patient(
            family_name="Jasmin-Démonstration" if number % 4 == 0 else "Verveine", given_name="Zoé", sex="female",
            birth_date=date(1984, 7, 3),
        )  # fmt: skip
        factories.appointment(
            schedule_=schedule, start=at("2026-11-26", "08:00") + timedelta(minutes=20 * number), patient=patient,
            reason=reasons[number % 2], note="Apporte ses ordonnances, prévoir une attelle." if number % 5 == 0 else "",
        )  # fmt: skip
    pages = {
        name: practitioner_client.get(reverse(name, args=[practitioner.id, date(2026, 11, 26)])).content.decode()
        for name in ("print-day", "print-week")
    }

    assert printed(pages) == {"print-day": [PORTRAIT], "print-week": [LANDSCAPE]}


def printed(pages: dict[str, str]) -> dict[str, list[tuple[int, int]]]:
    """The sizes of the sheets of each, in points."""
    found = {}
    with chromium() as browser:
        page = browser.new_page(java_script_enabled=False)
        for name, text in pages.items():
            page.set_content(
                re.sub(r"<(link|script)[^>]*>", "", text).replace("</head>", f"<style>{STYLES}</style></head>")
            )
            pdf = page.pdf(prefer_css_page_size=True)
            boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
            found[name] = [(round(float(wide)), round(float(high))) for wide, high in boxes]
    return found
