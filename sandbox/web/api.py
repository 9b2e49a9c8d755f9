"""What tests read and switch, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from sandbox.sas.appointment_checks import operator_identifier, practitioner_identifiers
from sandbox.sas.faults import KINDS
from sandbox.sas.receiver import Received
from sandbox.sas.vocabulary import Identifier
from sandbox.web.current import platform

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/appointments")
def appointments() -> Response:
    """By identifier: what the platform holds now (null when nothing was accepted), and every request, oldest first.

    `?identifier=system|value` keeps one appointment, as `?identifier=value` does where no other system has that value.
    """
    receiver = platform().receiver
    wanted = request.args.get("identifier")
    named = [
        identifier for identifier in receiver.identifiers() if wanted in (None, identifier.token, identifier.value)
    ]
    told = {identifier: receiver.history(identifier) for identifier in named}
    # Read last: what is held is never older than what is told of it.
    held = {identifier: (version, resource) for identifier, version, resource in receiver.appointments()}
    return jsonify(appointments=[_appointment(one, held.get(one), history) for one, history in told.items()])


@blueprint.get("/mails")
def mails() -> Response:
    """Every mail, newest first. `?to=address` keeps what that address received."""
    kept = platform().mailbox.all(to=request.args.get("to"))
    return jsonify(mails=[{**asdict(mail), "at": mail.at.isoformat()} for mail in kept])


@blueprint.get("/sms")
def sms() -> Response:
    """Every SMS, newest first. `?to=number` keeps what that number received."""
    wanted = request.args.get("to")
    kept = [one for one in platform().sms.all() if wanted in (None, one.recipient)]
    return jsonify(sms=[{**asdict(one), "at": one.at.isoformat()} for one in kept])


@blueprint.get("/regulators")
def regulators() -> Response:
    """Accounts and what became of their last sending (pending, sent, refused, unreachable, held)."""
    return jsonify(
        regulators=[
            {
                "id": item.id, "name": item.name, "email": item.email, "active": item.active,
                "identifier": asdict(item.identifier), "delivery": item.delivery,
            }
            for item in platform().regulators.all()
        ]
    )  # fmt: skip


@blueprint.route("/faults", methods=["GET", "POST", "DELETE"])
def faults() -> Response:
    """GET the current fault; POST `{"kind": "500", "count": n or null}` (kinds: sas.faults.KINDS); DELETE it."""
    switch = platform().faults
    if request.method == "POST":
        asked = request.get_json(silent=True)
        kind = asked.get("kind") if isinstance(asked, dict) else None
        count = asked.get("count") if isinstance(asked, dict) else None
        good_count = count is None or (isinstance(count, int) and not isinstance(count, bool) and count >= 1)
        if kind not in KINDS or not good_count:
            abort(422, f"kind : un de {', '.join(KINDS)} ; count : un entier à partir de 1, ou null.")
        switch.switch_on(kind, count)
    elif request.method == "DELETE":
        switch.switch_off()
    current = switch.current()
    return jsonify(kind=current.kind if current else None, count=current.remaining if current else None)


def _appointment(
    identifier: Identifier, held: tuple[int, dict[str, Any]] | None, history: list[Received]
) -> dict[str, Any]:
    version, resource = held or (0, {})
    accepted = [item for item in history if item.accepted]
    operator = operator_identifier(resource)
    return {
        "system": identifier.system,
        "value": identifier.value,
        "version": version,
        "status": resource.get("status"),
        "start": resource.get("start"),
        "end": resource.get("end"),
        "practitioners": [found.value for found in practitioner_identifiers(resource)],
        "operator": operator.value if operator else None,
        "verdict": accepted[-1].verdict if accepted else None,
        "resource": resource or None,
        "history": [_entry(item) for item in history],
    }


def _entry(item: Received) -> dict[str, Any]:
    resource = item.resource or {}
    return {
        "id": item.id,
        "at": item.at.isoformat(),
        "method": item.method,
        "target": item.target,
        "fault": item.fault,
        "answered": item.answered,
        "accepted": item.accepted,
        "change": item.change,
        "status": resource.get("status"),
        "start": resource.get("start"),
        "end": resource.get("end"),
        "verdict": item.verdict,
        "checks": [asdict(check) for check in item.checks],
    }
