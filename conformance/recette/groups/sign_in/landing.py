"""Landing on the agenda page of a real slot: with an origin, with an unknown one, without."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from conformance.recette.groups.sign_in.state import ADDRESS, KIT, SIGN_IN, SSO, Check, agenda_page, depart, door
from conformance.recette.judging.pages import Shown, is_a_door, plain_html_problems, what_is_shown
from conformance.recette.signing_in import look_at


@SIGN_IN.check("SSO-01", "Un créneau réel donne l’adresse de sa page d’agenda", ADDRESS, KIT)
def has_an_address(context: Check) -> str:
    agenda = agenda_page(context)
    parts = urlsplit(agenda)
    context.expect(
        parts.scheme in ("http", "https") and parts.netloc, "L’adresse n’est pas une URL absolue.", "Slot.comment"
    )
    if context.environment.secure and parts.scheme != "https":
        context.fault("La page d’agenda n’est pas en https.", "Slot.comment")
    if "?" not in agenda:
        context.note("L’adresse n’a pas de paramètre : le kit de l’ANS y ajoute pourtant « &origin=… ».")
    return "Déclarée dans l’environnement." if context.environment.landing.url else "Trouvée par une recherche."


@SIGN_IN.check(
    "SSO-02", "Avec « &origin= » et chaque origine admise, l’arrivant est envoyé au fournisseur d’identité",
    KIT, SSO, requires=("SSO-01",),
)  # fmt: skip
def origin_is_sent_to_the_provider(context: Check) -> None:
    for origin in context.environment.origins.accepted:
        departure = depart(context, _added(agenda_page(context), f"&origin={origin}"), label=f"Origine « {origin} »")
        if departure.asked is None:
            context.fault(_not_sent(departure.last.status, f"Origine « {origin} »"), "origin")
        else:
            context.state.endpoint = departure.asked.endpoint


@SIGN_IN.check("SSO-03", "« ?origin= », quand l’adresse n’a pas d’autre paramètre, mène aussi au fournisseur",
               ADDRESS, requires=("SSO-02",))  # fmt: skip
def origin_alone(context: Check) -> None:
    _other_form(context, "?origin=", "« ?origin= »")


@SIGN_IN.check("SSO-04", "« &origin= » dans le chemin, sans « ? », mène aussi au fournisseur", ADDRESS, KIT,
               requires=("SSO-02",))  # fmt: skip
def origin_in_the_path(context: Check) -> None:
    _other_form(context, "&origin=", "« &origin= » dans le chemin")


@SIGN_IN.check("SSO-05", "Sans origine, l’arrivant n’est pas envoyé au fournisseur d’identité", KIT, SSO,
               requires=("SSO-02",))  # fmt: skip
def no_origin_stays(context: Check) -> None:
    door(context)
    departure = context.state.departure
    context.expect(
        departure is not None and not departure.went_to(context.state.endpoint),
        "Sans origine, l’arrivant est envoyé au fournisseur d’identité du SAS.", "origin",
    )  # fmt: skip


@SIGN_IN.check("SSO-06", "Sans origine ni session, une page de connexion ou d’erreur, jamais l’agenda", KIT, SSO,
               requires=("SSO-05",))  # fmt: skip
def no_origin_no_agenda(context: Check) -> None:
    look = door(context)
    shows = context.environment.landing.shows
    context.expect(look.status is not None, "La page n’est pas venue.")
    if shows and what_is_shown(look, agenda_page(context), shows=shows) is Shown.AGENDA:
        context.fault("L’agenda s’affiche sans aucune session.", look.url)
    elif not is_a_door(look):
        context.state.ajar = True
        context.fault(f"La page ({look.status}) n’est ni une page de connexion ni une erreur claire.", look.url)


@SIGN_IN.check("SSO-07", "Cette page est du HTML rendu par le serveur, lisible sans script", KIT, requires=("SSO-05",))
def no_origin_is_plain(context: Check) -> None:
    context.judge(plain_html_problems(door(context)))


@SIGN_IN.check("SSO-08", "Une origine inconnue n’envoie pas au fournisseur : page de connexion ou erreur claire", SSO,
               requires=("SSO-02",))  # fmt: skip
def unknown_origin(context: Check) -> None:
    origin = context.environment.origins.unknown
    departure = depart(context, _added(agenda_page(context), f"&origin={origin}"), label="Origine inconnue")
    if departure.went_to(context.state.endpoint):
        context.fault("Une origine inconnue est envoyée au fournisseur d’identité du SAS.", "origin")
        return
    look = look_at(departure.last)
    if not is_a_door(look):
        context.fault(
            f"Origine inconnue : la réponse ({look.status}) n’est ni une connexion ni une erreur claire.", "origin"
        )
    context.judge(plain_html_problems(look))


def _other_form(context: Check, sign: str, what: str) -> None:
    """The platform only writes this form for an address without parameters; for another it is a reservation."""
    agenda = agenda_page(context)
    parts = urlsplit(agenda)
    bare = urlunsplit(parts._replace(query="", fragment=""))
    origin = context.environment.origins.accepted[0]
    departure = depart(context, f"{bare}{sign}{origin}", label=what)
    if departure.went_to(context.state.endpoint):
        return
    sentence = _not_sent(departure.last.status, what)
    if parts.query:
        context.warn(
            f"{sentence} La page d’agenda ayant un paramètre, la plateforme n’écrit pas cette forme.", "origin"
        )
    else:
        context.fault(sentence, "origin")


def _added(agenda: str, text: str) -> str:
    """The address completed without looking at it, as the kit does; a fragment stays last."""
    address, sign, fragment = agenda.partition("#")
    return f"{address}{text}{sign}{fragment}"


def _not_sent(status: int | None, what: str) -> str:
    return f"{what} : réponse {status or 'absente'} au lieu d’un envoi vers le fournisseur d’identité."
