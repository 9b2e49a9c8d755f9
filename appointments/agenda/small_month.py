"""The days of the month beside an agenda. Made by code: forty links on every page of it."""

from collections.abc import Callable
from datetime import date

from django.utils.safestring import SafeString, mark_safe

from accounts.french import day_month
from appointments.grid import month_weeks


def month_lines(day: date, *, address: Callable[[date], str], today: date, week: bool, marked: bool) -> SafeString:
    """The lines of the table of this day's month: its own week is shown when `week`, the day itself when `marked`."""
    number = day.isocalendar()[:2]

    def cell(one: date | None) -> str:
        if one is None:
            return "<td></td>"
        look = ' class="is-day"' if marked and one == day else ""
        now = ' aria-current="date"' if one == today else ""
        link = address(one).replace("&", "&amp;")
        return f'<td><a{look} href="{link}"{now} aria-label="{day_month(one)}">{one.day}</a></td>'

    lines = []
    for line in month_weeks(day):
        first = next(one for one in line if one is not None)
        look = ' class="is-week"' if week and first.isocalendar()[:2] == number else ""
        lines.append(f"<tr{look}>{''.join(map(cell, line))}</tr>")
    return mark_safe("".join(lines))  # noqa: S308 - numbers, days in words and addresses of ours
