"""What operators are alerted about, judged from the database and the files as they are now."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from accounts.enums import SignInOutcome
from accounts.french import counted, hour, long_date, sentence
from accounts.models import SignIn
from interop.enums import DeliveryState
from interop.models import Delivery
from interop.services.circuit import current_circuit
from sas_agenda.operations import certificates, heartbeats
from sas_agenda.operations.enums import Part
from sas_agenda.operations.models import Alert

# French, after « Les réservations continuent ; ».
_WAITING = {
    Part.WORKER: "les messages aux patients attendent, dans la file «\u00a0celery\u00a0».",
    Part.WORKER_SAS: "les envois au SAS attendent, dans la file «\u00a0sas\u00a0».",
    Part.BEAT: "les envois au SAS et les messages aux patients attendent.",
}
CERTIFICATE_DAYS = (60, 30, 7, 0)
URGENT_DAYS = 7
DELIVERY_AGE = timedelta(minutes=10)
# Arrivals through the SAS that failed, one after the other.
FAILED_SIGN_INS = 3
_LATELY = timedelta(minutes=30)
# Of these the person who tried is no cause.
_OF_THE_WAY = {SignInOutcome.NOT_VERIFIED, SignInOutcome.UNAVAILABLE}

GROUPS = (
    "certificate_expiry", "link_barred", "delivery_old", "delivery_blocked", "sign_in_failing", "alert_refused",
    *(f"{part}_silent" for part in Part),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """`key` is what is told once a day; `group` what the metric and docs/operations.md call it.

    `path` leads to the operators' page where something can be done, `act` says what in a link's words; "" when it is done
    elsewhere. `urgent` is what does not wait for tomorrow.
    """

    key: str
    group: str
    subject: str
    text: str
    path: str = ""
    act: str = ""
    urgent: bool = True


def raised(now: datetime) -> list[Condition]:
    """Those that hold now."""
    return [*_certificates(now), *_link(), *_deliveries(now), *_sign_ins(now), *_refused_alerts(now), *silences()]


def silences() -> list[Condition]:
    """A background process that stopped giving signs of life."""
    ages = heartbeats.ages()
    return [_silence(part, ages[part]) for part in heartbeats.silent_parts(ages)]


def oldest_delivery() -> datetime | None:
    """When the oldest delivery that is still to be sent was planned."""
    found: datetime | None = Delivery.objects.to_send().aggregate(oldest=Min("created_at"))["oldest"]
    return found


def _certificates(now: datetime) -> Iterator[Condition]:
    for one in certificates.ours():
        left = one.days_left(now)
        if one.expires_at is None or left is None:
            yield Condition(
                f"certificate-{one.name}-unreadable",
                "certificate_expiry",
                f"Certificat illisible\u00a0: {one.label}",
                "Ce fichier ne peut pas être lu\u00a0: aucun rendez-vous ne peut partir vers le SAS. Remettez-le en place, puis "
                "redémarrez l’exécutant des tâches.",
            )
            continue
        reached = [days for days in CERTIFICATE_DAYS if left <= days]
        if not reached:
            continue
        name, end = sentence(one.label), timezone.localtime(one.expires_at)
        yield Condition(
            f"certificate-{one.name}-{min(reached)}",
            "certificate_expiry",
            f"{name}\u00a0: {'expiré' if left <= 0 else f'{_days(left)} avant l’expiration'}",
            f"Fin de validité\u00a0: {long_date(end)} à {hour(end)}. Un nouveau certificat se demande à l’ANS "
            "plusieurs semaines avant.",
            urgent=min(reached) <= URGENT_DAYS,
        )


def _days(left: float) -> str:
    return counted(int(left), "jour") if left >= 1 else "moins d’un jour"


def _link() -> Iterator[Condition]:
    """What no return of the SAS cures: told at once, not when what waits is ten minutes old."""
    circuit = current_circuit()
    if circuit.is_barred:
        yield Condition(
            "link-barred",
            "link_barred",
            "Le SAS ne nous laisse pas entrer",
            "Certificat, droits ou adresse\u00a0: plus aucun rendez-vous ne lui parvient. Tout est gardé, et repartira de "
            "soi-même une fois la cause corrigée. Vérifiez le certificat client (SAS_CLIENT_CERT), l’autorité du SAS (SAS_CA), "
            f"l’habilitation auprès de l’ANS et SAS_FHIR_URL. Dernière réponse\u00a0: {circuit.last_cause}",
            reverse("operations-circuit"),
            "Voir la liaison et essayer",
        )


def _deliveries(now: datetime) -> Iterator[Condition]:
    oldest = oldest_delivery()
    if oldest is not None and now - oldest > DELIVERY_AGE:
        minutes = int((now - oldest).total_seconds() // 60)
        yield Condition(
            "delivery-old",
            "delivery_old",
            f"Des rendez-vous attendent d’être transmis au SAS depuis {counted(minutes, 'minute')}",
            "Le SAS ne répond pas, ou plus aucun exécutant ne travaille. Les envois repartent seuls ensuite.",
            reverse("operations-circuit"),
            "Voir la liaison avec le SAS",
        )
    blocked = Delivery.objects.filter(state=DeliveryState.BLOCKED).count()
    if blocked:
        yield Condition(
            "delivery-blocked",
            "delivery_blocked",
            f"Livraisons bloquées\u00a0: {blocked}",
            "Le SAS les a refusées pour de bon\u00a0: lisez sa réponse, corrigez la cause, puis renvoyez.",
            reverse("operations-deliveries") + "?etat=bloquees&periode=tout",
            "Voir les livraisons bloquées",
        )


def _sign_ins(now: datetime) -> Iterator[Condition]:
    lately = SignIn.objects.filter(at__gt=now - _LATELY, at__lte=now).order_by("-at", "-id")
    outcomes = map(SignInOutcome, lately.values_list("outcome", flat=True))
    failed = list(takewhile(lambda outcome: outcome != SignInOutcome.OPENED, outcomes))
    if len(failed) < FAILED_SIGN_INS:
        return
    causes = "\u202f; ".join(f"{outcome.label} ({count})" for outcome, count in Counter(failed).most_common())
    yield Condition(
        "sign-in-failing",
        "sign_in_failing",
        f"Connexions par le SAS\u00a0: {len(failed)} échecs de suite",
        f"Depuis la dernière réussie\u00a0: {causes}. La cause exacte est dans le journal, sous la référence "
        "que le régulateur a sous les yeux.",
        urgent=not _OF_THE_WAY.isdisjoint(failed),
    )


def _refused_alerts(now: datetime) -> Iterator[Condition]:
    """As the last alert that was mailed today found it: whom it does not reach can't be told, the others and the pages can."""
    today = Alert.objects.filter(day=timezone.localdate(now)).order_by("-next_try_at", "-pk")
    refused = today.values_list("refused", flat=True).first()
    if refused:
        yield Condition(
            "alert-refused",
            "alert_refused",
            "Des alertes sont refusées par un serveur de messagerie",
            f"Elles n’arrivent pas à\u00a0: {refused}. Corrigez OPERATORS_EMAILS, ou voyez avec qui tient cette boîte.",
            urgent=False,
        )


def _silence(part: Part, age: timedelta | None) -> Condition:
    since = "depuis le démarrage" if age is None else f"depuis {age.total_seconds():.0f} secondes"
    return Condition(
        f"{part}-silent",
        f"{part}_silent",
        f"{part.label}\u00a0: aucun signe de vie {since}",
        f"Les réservations continuent\u202f; {_WAITING[part]} Redémarrez ce processus.",
    )
