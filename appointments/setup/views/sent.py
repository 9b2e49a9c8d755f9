"""What is answered to a form or a deletion that was sent: saved, refused, of a row that changed or went meanwhile."""

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Absence, Closure, Reason, Rule
from appointments.setup.forms.versions import VersionedForm
from appointments.version_field import VersionField

Result = TypeVar("Result")
Row = TypeVar("Row", Absence, Closure, Reason, Rule)


def saved(form: VersionedForm, save: Callable[[], HttpResponse]) -> HttpResponse | None:
    """What `save` answers; None when the form is refused, by itself or by the service. Unknown rows do not exist."""
    if not form.is_valid():
        return None
    try:
        return save()
    except NotAllowed:
        raise Http404 from None
    except ChangedMeanwhile as refusal:
        form.add_error(None, str(refusal))
        form.has_aged = True
        return None
    except Refused as refusal:
        form.add_error(form.field_of(refusal.element), str(refusal))
        return None


def as_it_is(form: VersionedForm, found: Row, read: Callable[[uuid.UUID], Row]) -> Row:
    """The row, read again and told beside what was typed when it changed meanwhile. Raises what `read` does."""
    if form.has_aged:
        found = read(found.pk)
        form.compare_with(found)
    return found


def status_of(request: HttpRequest, form: VersionedForm) -> int:
    """Of the page around a form, sent and refused or not sent yet."""
    if request.method != "POST":
        return 200
    return 409 if form.has_aged else 422


def went(request: HttpRequest, kind: type[Absence | Closure | Rule], row_id: uuid.UUID) -> bool:
    """Whether a form or a deletion was sent of a row that is there no more: a page has to answer all the same."""
    sent = request.method == "POST" and "version" in request.POST
    return sent and not kind._default_manager.filter(pk=row_id).exists()


def tell_went(form: VersionedForm, what: str) -> None:
    """What was typed becomes a new one."""
    form.add_error(
        None, f"Cette {what} a été supprimée entre-temps\u00a0: enregistrez pour la créer de nouveau, ou abandonnez."
    )


def deleted(
    request: HttpRequest,
    practitioner_id: uuid.UUID,
    kind: type[Absence | Closure | Rule],
    row_id: uuid.UUID,
    delete: Callable[[int | None], str],
) -> HttpResponse | str:
    """The answer when it is done, by now or by another; else why it has to be asked again, "" when it is asked for the first
    time. `delete` takes the version of the page and says what is done.
    """
    if request.method != "POST":
        return ""
    try:
        messages.success(request, delete(VersionField().clean(request.POST.get("version"))))
    except ChangedMeanwhile as refusal:
        return str(refusal)
    except (Http404, NotAllowed):
        if not went(request, kind, row_id):
            raise Http404 from None
        messages.info(request, "C’était déjà supprimé.")
    return redirect("openings", practitioner_id)


def allowed(act: Callable[[], Result]) -> Result:
    """What the person may no longer touch does not exist for them."""
    try:
        return act()
    except NotAllowed:
        raise Http404 from None
