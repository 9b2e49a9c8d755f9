"""The FHIR routes: parse, call, answer. One instant ("now") per request."""

import time
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from interop.enums import CallResult
from interop.fhir.capability import capability_statement
from interop.fhir.conditions import check_creation_query, parse_identifier_query, parse_preconditions
from interop.fhir.outcome import operation_outcome
from interop.fhir.regulator import parse_regulator
from interop.fhir.searchset import slot_searchset
from interop.fhir.slot_search import parse_slot_search
from interop.fhir.values import FhirRefusal, Issue, RegulatorRecord
from interop.outcomes import NOT_SERVED
from interop.selectors import published_slots
from interop.services.inbound import CallNotes, record_call, result_of
from interop.services.regulators import create_account, known_account, update_account

# When what `metadata` says last changed.
_PUBLISHED_ON = date(2026, 11, 29)
_NOBODY_WITHDRAWN = Issue(
    "not-found",
    "Aucun compte n’avait cet identifiant : ce retrait n’a ôté d’habilitation à personne.",
    severity="warning",
)


class FhirView(APIView):
    """Everything under the FHIR root: authenticated, never cached, refusals as OperationOutcome (see the settings)."""

    metadata_class = None

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class Metadata(FhirView):
    http_method_names = ["get", "head"]

    def get(self, request: Request) -> Response:
        statement = capability_statement(
            base_url=settings.FHIR_BASE_URL, software_version=settings.VERSION, published_on=_PUBLISHED_ON
        )
        return Response(statement)


class Slots(FhirView):
    """INT_R01."""

    http_method_names = ["get", "head"]

    def get(self, request: Request) -> Response:
        now = timezone.now()
        search = parse_slot_search(request.META.get("QUERY_STRING", ""), now=now)
        found = published_slots(search, now=now)
        bundle = slot_searchset(
            found, self_url=_own_url(request), base_url=settings.FHIR_BASE_URL, includes=search.includes
        )
        response = Response(bundle)
        # For the metrics, which don't read what is sent.
        response.slots_found = len(found.slots)  # type: ignore[attr-defined]
        return response


class Practitioners(FhirView):
    """INT_R02. Every call is written down, refused ones included (`interop.services.inbound`)."""

    http_method_names = ["post", "put"]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.notes, self.began, self.started = CallNotes(), timezone.now(), time.monotonic()
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        check_creation_query(request.META.get("QUERY_STRING", ""))
        parse_preconditions(request.headers).check(None)
        record = self._record(request)
        self.notes.identifier = record.value
        self.notes.regulator = create_account(record=record)
        self.notes.result = CallResult.CREATED
        return _account_answer(str(self.notes.regulator.id), created=True)

    def put(self, request: Request) -> Response:
        token = parse_identifier_query(request.META.get("QUERY_STRING", ""))
        self.notes.identifier = token.value
        preconditions = parse_preconditions(request.headers)
        record = self._record(request)
        before = known_account(system=token.system, value=token.value, record=record)
        # Read before the account's relations change under it.
        identifier = before.current_identifier if before is not None else None
        regulator, created = update_account(
            system=token.system, value=token.value, record=record, preconditions=preconditions
        )
        self.notes.regulator = regulator
        self.notes.result = result_of(before=before, identifier=identifier, record=record, created=created)
        return _account_answer(str(regulator.id), created=created, nobody_withdrawn=created and not record.active)

    def _record(self, request: Request) -> RegulatorRecord:
        # DRF hands over an empty dict, not empty bytes, when there is no body.
        body = request.data if isinstance(request.data, bytes) else b""
        return parse_regulator(body, request.content_type, now=self.began)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in {"POST", "PUT"}:
            # What authentication found out; it is not asked again for the callers it refused.
            self.notes.caller = getattr(getattr(request, "_user", None), "name", "")
            record_call(
                notes=self.notes,
                method=request.method,
                route=request.path_info,
                status=response.status_code,
                issue=response.data["issue"][0],
                duration=timedelta(seconds=time.monotonic() - self.started),
                at=self.began,
            )
        return response


class Unknown(FhirView):
    """Any other address under the FHIR root, for any method. Callers without a certificate learn nothing from it."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise FhirRefusal(404, [NOT_SERVED])


def _account_answer(regulator_id: str, *, created: bool, nobody_withdrawn: bool = False) -> Response:
    told = "Le compte du régulateur est créé." if created else "Le compte du régulateur est à jour."
    issues = [Issue("informational", told, severity="information")]
    if nobody_withdrawn:
        issues.append(_NOBODY_WITHDRAWN)
    return Response(
        operation_outcome(issues),
        status=201 if created else 200,
        headers={"Location": f"{settings.FHIR_BASE_URL}/Practitioner/{regulator_id}"},
    )


def _own_url(request: Request) -> str:
    """The request's URL as the caller wrote it: their path, their query to the letter (the kit compares it)."""
    path = request.path_info.removeprefix("/fhir/")
    query = request.META.get("QUERY_STRING", "")
    # Bytes beyond ASCII, which WSGI shows as Latin-1, are no URL: percent-encode those only.
    plain = "".join(
        character if "!" <= character <= "~" else quote(character, encoding="latin-1") for character in query
    )
    return f"{settings.FHIR_BASE_URL}/{path}" + (f"?{plain}" if plain else "")
