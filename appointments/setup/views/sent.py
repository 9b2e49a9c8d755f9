"""What is answered to a form or a deletion that was sent: saved, refused, of a row that changed or went meanwhile."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.rights import Actor
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Absence, Closure, Reason, Rule
from appointments.setup.forms.versions import VersionedForm
from appointments.setup.services.changes import Extent, TouchesVisits
from appointments.setup.views.desk import Desk
from appointments.setup.views.touched import told_of
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
    except TouchesVisits as told:
        form.warned = told
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
    return 409 if form.has_aged or form.warned else 422


def went(request: HttpRequest, kind: type[Absence | Closure | Rule], row_id: uuid.UUID) -> bool:
    """Whether a form or a deletion was sent of a row that is there no more: a page has to answer all the same."""
    sent = request.method == "POST" and "version" in request.POST
    return sent and not kind._default_manager.filter(pk=row_id).exists()


def tell_went(form: VersionedForm, what: str) -> None:
    """What was typed becomes a new one."""
    form.add_error(
        None, f"Cette {what} a été supprimée entre-temps\u00a0: enregistrez pour la créer de nouveau, ou abandonnez."
    )


@dataclass(frozen=True, slots=True)
class NotYet:
    """Why a deletion is to be asked again: `refused` says it, or it touches visits, to be read first; neither at first."""

    refused: str = ""
    warned: TouchesVisits | None = None

    @property
    def status(self) -> int:
        return 409 if self.refused or self.warned else 200

    def context(self, actor: Actor) -> dict[str, Any]:
        return {"refused": self.refused, "touched": told_of(self.warned, actor)}


def deleted(
    request: HttpRequest,
    back: str,
    kind: type[Absence | Closure | Rule],
    row_id: uuid.UUID,
    delete: Callable[[int | None, str], str],
) -> HttpResponse | NotYet:
    """The answer when it is done, by now or by another: `back` to the openings. `delete` takes the version of the page and the
    seal of what was read on it, and says what is done.
    """
    if request.method != "POST":
        return NotYet()
    try:
        version = VersionField().clean(request.POST.get("version"))
        messages.success(request, delete(version, request.POST.get("touched", "")))
    except ChangedMeanwhile as refusal:
        return NotYet(refused=str(refusal))
    except TouchesVisits as told:
        return NotYet(warned=told)
    except (Http404, NotAllowed):
        if not went(request, kind, row_id):
            raise Http404 from None
        messages.info(request, "C’était déjà supprimé.")
    return redirect(back)


def would_touch(desk: Desk, act: Callable[[], Any], extent: Extent | None) -> dict[str, Any]:
    """For the page that says it while it is typed: the visits that would be touched, or why it would be refused."""
    try:
        found = desk.would(act, extent=extent)
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        return {"problem": str(refusal), "touched": None, "practitioner": desk.side.practitioner}
    return {"problem": "", "touched": told_of(found, desk.actor), "practitioner": desk.side.practitioner}


def allowed(act: Callable[[], Result]) -> Result:
    """What the person may no longer touch does not exist for them."""
    try:
        return act()
    except NotAllowed:
        raise Http404 from None
