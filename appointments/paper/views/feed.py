"""A practitioner's agenda for the application that has its secret address: no session, no cookie."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from appointments.paper.selectors.feed import feed_at, told_by
from appointments.paper.services import note_reading


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Three queries; a fourth where it changed, and once an hour."""
    found = feed_at(secret)
    if found is None:
        raise Http404
    now = timezone.now()
    told = told_by(found, now=now)
    note_reading(found, told, now=now)
    answer = HttpResponse(told.text, content_type="text/calendar; charset=utf-8")
    etag, changed = quote_etag(told.digest), int(told.changed_at.timestamp())
    answer["ETag"], answer["Last-Modified"] = etag, http_date(changed)
    answer["Cache-Control"] = "private, no-cache"
    answer["Content-Disposition"] = 'inline; filename="agenda.ics"'
    answer["X-Robots-Tag"] = "noindex"
    return get_conditional_response(request, etag, changed, answer) or answer
