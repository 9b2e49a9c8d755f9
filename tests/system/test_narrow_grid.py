"""Where there is little room in a grid: on a phone the hour of an appointment is read in every lane of a day; nothing is cut."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.templatetags.ui import SHEETS
from accounts.zones import _REGIONS, PARIS, name_of

# In the browser of the tests beside it.
pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.xdist_group("system")]
STYLES = "".join(
    (Path(__file__).parents[2] / f"static/css/{name}.css").read_text() for name in SHEETS["shared"] + SHEETS["practice"]
)
APPOINTMENT = """
<li class="at-9h {length} lane-{lane} of-{lanes}"><a class="appt" href="#"><span class="appt__line">
<span class="appt__time">14 h 45</span><span class="appt__who">Kiwano J.</span>
<span class="appt__marks"><abbr class="appt__origin">SAS</abbr></span></span><span class="appt__more">Fièvre</span></a></li>
"""


# What is drawn there is the hour itself, its last digit included.
HOUR_READ = """() => [...document.querySelectorAll('.appt')].every(item => {
    const hour = item.querySelector('.appt__time');
    const box = hour.getBoundingClientRect(), frame = item.getBoundingClientRect();
    return getComputedStyle(hour).clipPath === 'none' && box.width > 25
        && box.right <= frame.right && box.bottom <= frame.bottom;
})"""


def test_the_hour_is_read_in_every_lane(new_context: Callable[..., Any]) -> None:
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    for lanes, length in product([1, 2, 3, 4], ["for-15m", "for-30m", "for-1h"]):
        items = "".join(APPOINTMENT.format(lane=lane, lanes=lanes, length=length) for lane in range(1, lanes + 1))
        page.set_content(
            f"<style>{STYLES}</style><div class='agenda from-8 to-18 cols-1'><div class='agenda__body'><ol></ol>"
            f"<section class='agenda__day is-shown'><ol class='agenda__items'>{items}</ol></section></div></div>"
        )
        assert page.evaluate(HOUR_READ), (lanes, length)


NAMED = """
<li class="at-9h for-15m"><a class="appt" data-minutes="15" href="#"><span class="appt__line">
<span class="appt__time">14 h 45</span><span class="appt__who">KUMQUAT-DÉMO Zoé</span>
<span class="appt__why">Toux, gêne respiratoire</span>
<span class="appt__marks"><abbr class="appt__origin">SAS</abbr></span></span>
<span class="appt__more">06 39 98 12 34</span></a></li>
"""
WHOLE_NAME_FIRST = """() => {
    const [who, why, more] = ['who', 'why', 'more'].map(one => document.querySelector('.appt__' + one));
    const below = one => one.getBoundingClientRect().top >= who.getBoundingClientRect().bottom - 3;
    return who.scrollWidth <= who.clientWidth && below(why) && below(more)
        && more.getBoundingClientRect().bottom <= who.closest('.appt').getBoundingClientRect().bottom;
}"""


def test_a_name_gives_way_to_no_reason_on_a_phone_or_in_a_narrow_window(new_context: Callable[..., Any]) -> None:
    for touch in (True, False):
        page = new_context(viewport={"width": 390, "height": 844}, has_touch=touch, is_mobile=touch).new_page()
        page.set_content(
            f"<meta name='viewport' content='width=device-width'><style>{STYLES}</style><div class='agenda from-8 to-18 cols-1'>"
            "<div class='agenda__body'><ol></ol>"
            f"<section class='agenda__day is-shown'><ol class='agenda__items'>{NAMED}</ol></section></div></div>"
        )
        assert page.evaluate(WHOLE_NAME_FIRST), touch


FREE = """
<li class="at-9h for-{minutes}m"><a class="free" href="#"><span class="nowrap">12\u202fh\u202f40<span class="clock__words">, heure
de La Réunion</span><abbr class="clock">RE</abbr></span><span class="free__place">Cabinet</span><span class="free__mode"><svg
class="icon"></svg></span><abbr class="tag tag--{one}">{first}</abbr><abbr class="tag tag--snp">SNP</abbr></a></li>
"""
WITHIN = """selector => [...document.querySelectorAll(selector)].every(one => {
    const box = one.getBoundingClientRect(), frame = one.closest('.free, .slab').getBoundingClientRect();
    return box.left >= frame.left - 1 && box.right <= frame.right + 1
        && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
})"""
NO_LETTER_ALONE = """() => [...document.querySelectorAll('.free__place')].every(one =>
    getComputedStyle(one).clipPath !== 'none' || one.scrollWidth <= one.clientWidth)"""


def test_a_free_slot_of_another_clock_says_it_and_cuts_no_badge(new_context: Callable[..., Any]) -> None:
    """Six columns beside the side navigation."""
    page = new_context().new_page()
    for minutes in (15, 20, 30):
        days = "".join(
            "<section class='agenda__day'><ol class='agenda__items'>"
            f"{FREE.format(minutes=minutes, one=one.lower(), first=one)}</ol></section>"
            for one in ("PRO", "PUBLIC", "PRO", "PUBLIC", "PRO", "PUBLIC")
        )
        page.set_content(
            f"<style>{STYLES}</style><div class='app'><header class='side'></header><main class='app__main'>"
            f"<div class='agenda from-8 to-18 cols-6'><div class='agenda__body'><ol></ol>{days}</div></div></main></div>"
        )
        for wide in (1024, 1440):
            page.set_viewport_size({"width": wide, "height": 900})
            assert page.evaluate(WITHIN, ".tag, .clock"), (minutes, wide)
            assert page.evaluate(NO_LETTER_ALONE), (minutes, wide)


def test_a_rule_of_one_hour_shows_all_its_badges(new_context: Callable[..., Any]) -> None:
    """Seven columns beside the form of a rule, at 1024 and at 1440 px."""
    page = new_context(viewport={"width": 1024, "height": 900}).new_page()
    tags = "".join(f'<abbr class="tag tag--{one.lower()}">{one}</abbr>' for one in ("PUBLIC", "PRO", "SNP"))
    day = (
        "<section class='agenda__day'><ol class='agenda__items'><li class='at-9h for-1h'><a class='slab' href='#'>"
        f"<span class='slab__name'>9 h 00 – 10 h 00</span> <span class='slab__tags'>{tags}</span></a></li></ol></section>"
    )
    for wide in (560, 816):
        page.set_content(
            f"<style>{STYLES}.wide {{ width: {wide}px; }}</style><div class='wide'><div class='agenda agenda--slabs"
            f" from-8 to-18 cols-7'><div class='agenda__body'><ol></ol>{day * 7}</div></div></div>"
        )
        assert page.evaluate(WITHIN, ".tag"), wide


def test_the_name_of_no_clock_breaks_within_a_word(new_context: Callable[..., Any]) -> None:
    page = new_context(viewport={"width": 1024, "height": 900}).new_page()
    names = [name_of(ZoneInfo(key)) for key in (PARIS, *_REGIONS)]
    heads = "".join(f"<div class='agenda__heads'><p class='agenda__corner'>{name}</p></div>" for name in names)
    page.set_content(f"<style>{STYLES}</style><div class='agenda from-8 to-18 cols-6'>{heads}</div>")
    corners = "[...document.querySelectorAll('.agenda__corner')]"
    broken = f"() => {corners}.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    assert page.evaluate(broken) == []
