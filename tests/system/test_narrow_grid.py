"""On a phone the hour of an appointment is read in every lane of a day."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.system, pytest.mark.browser]
SHEETS = "".join(
    (Path(__file__).parents[2] / "static/css" / name).read_text() for name in ("tokens.css", "components.css")
)
APPOINTMENT = """
<li class="at-9h {length} lane-{lane} of-{lanes}"><a class="appt" href="#"><span class="appt__line">
<span class="appt__time">14 h 45</span><span class="appt__who">Kiwano J.</span>
<span class="appt__marks"><abbr class="appt__origin">SAS</abbr></span></span><span class="appt__more">Fièvre</span></a></li>
"""


@pytest.mark.parametrize("length", ["for-15m", "for-30m", "for-1h"])
@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
def test_the_hour_is_read_in_every_lane(new_context: Callable[..., Any], lanes: int, length: str) -> None:
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    items = "".join(APPOINTMENT.format(lane=lane, lanes=lanes, length=length) for lane in range(1, lanes + 1))
    page.set_content(
        f"<style>{SHEETS}</style><div class='agenda from-8 to-18 cols-1'><div class='agenda__body'><ol></ol>"
        f"<section class='agenda__day is-shown'><ol class='agenda__items'>{items}</ol></section></div></div>"
    )
    # What is drawn there is the hour itself, its last digit included.
    assert page.evaluate(
        """() => [...document.querySelectorAll('.appt')].every(item => {
            const hour = item.querySelector('.appt__time');
            const box = hour.getBoundingClientRect(), frame = item.getBoundingClientRect();
            return getComputedStyle(hour).clipPath === 'none' && box.width > 25
                && box.right <= frame.right && box.bottom <= frame.bottom;
        })"""
    )
