"""The pure rules of group 6: what a page is, and what a request to the provider must be."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from conformance.recette.judging.authorization import (
    Asked,
    client_problems,
    pkce_problems,
    random_problems,
    read_asked,
    redirect_problems,
    response_type_problems,
    scope_problems,
)
from conformance.recette.judging.pages import (
    Look,
    Shown,
    is_a_door,
    plain_html_problems,
    read_page,
    terms_form,
    what_is_shown,
)
from tests.conformance.recette.signing_editor import AGENDA_PAGE, DOOR, TERMS, page

SITE = "https://editeur.example"
AGENDA = f"{SITE}/agenda/42?creneau=7"


def look(html: str, *, status: int | None = 200, url: str = AGENDA, location: str = "", is_html: bool = True) -> Look:
    return Look(status, url, is_html, read_page(html, url), location)


VISITOR = look(page("Bienvenue", "Identifiez-vous par la plateforme du SAS pour voir cet agenda."))
REFUSED = page("Bienvenue", "Compte inconnu. Identifiez-vous par la plateforme du SAS pour voir cet agenda.")


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (look(AGENDA_PAGE), Shown.AGENDA),
        (look(DOOR), Shown.SIGN_IN),
        (look(TERMS.format(next="/")), Shown.TERMS),
        (look(page("Refus", "Non."), status=403), Shown.ERROR),
        (look("", status=302, location="https://sas.example/"), Shown.AWAY),
        (look(AGENDA_PAGE, url="https://autre.example/agenda/42"), Shown.AWAY),
        (look("", status=None), Shown.NOTHING),
        (look("{}", is_html=False), Shown.OTHER),
        (look("", status=304), Shown.OTHER),
        (VISITOR, Shown.DOOR),
    ],
)
def test_answers_are_told_apart(answer: Look, shown: Shown) -> None:
    assert what_is_shown(answer, AGENDA, door=VISITOR) is shown


def test_a_door_with_a_message_is_no_agenda_once_the_agenda_was_seen() -> None:
    assert what_is_shown(look(REFUSED), AGENDA, door=VISITOR, seen=look(AGENDA_PAGE)) is Shown.OTHER
    later = AGENDA_PAGE.replace("lundi 9 h 00", "jeudi 11 h 45")
    assert what_is_shown(look(later), AGENDA, door=VISITOR, seen=look(AGENDA_PAGE)) is Shown.AGENDA


def test_a_declared_text_decides() -> None:
    assert what_is_shown(look(AGENDA_PAGE), AGENDA, door=look(AGENDA_PAGE), shows="Créneaux libres") is Shown.AGENDA
    assert what_is_shown(look(page("Autre", "Chose")), AGENDA, shows="Créneaux libres") is Shown.OTHER


@pytest.mark.parametrize(
    ("answer", "door"),
    [
        (look(DOOR), True),
        (look(page("Erreur", "Cette page demande une origine."), status=404), True),
        (look(page("SAS", "Connectez-vous depuis la plateforme."), status=200), True),
        (look(AGENDA_PAGE), False),
        (look(page("Erreur", "Panne."), status=500), False),
        (look("", status=None), False),
    ],
)
def test_a_door_keeps_out_properly(answer: Look, door: bool) -> None:
    assert is_a_door(answer) is door


@pytest.mark.parametrize(
    ("html", "verdicts"),
    [
        (DOOR, []),
        (DOOR.replace("<body>", '<body><script src="/static/agenda.js"></script>'), []),
        (DOOR.replace("<body>", '<body><script src="/static/main.app-12ab.js"></script>'), [True]),
        (DOOR.replace("<body>", '<body><script src="/js/chunk-vendors.js"></script>'), [True]),
        (DOOR.replace("<body>", '<body><div id="root">'), [True]),
        (DOOR.replace("<body>", "<body><noscript>Il faut JavaScript.</noscript>"), [True]),
        ('<body><div id="app"></div><script>var longEnoughToBeTakenForTextByACarelessReader = 1</script>', [False]),
        ("", [False]),
    ],
)
def test_a_page_is_read_without_script(html: str, verdicts: list[bool]) -> None:
    assert [found.warning for found in plain_html_problems(look(html))] == verdicts


def test_what_is_not_html_is_not_plain_html() -> None:
    assert [found.warning for found in plain_html_problems(look("{}", is_html=False))] == [False]


def test_terms_are_a_posted_form_with_a_box_to_tick() -> None:
    form = terms_form(read_page(TERMS.format(next="/agenda/42"), f"{SITE}/conditions"))
    assert form is not None
    assert form.action == f"{SITE}/conditions?vers=/agenda/42"
    assert form.fields == {"jeton": "x"}
    assert form.boxes == {"accord": "on"}


@pytest.mark.parametrize(
    "change",
    [
        ('method="post"', 'method="get"'), ('type="checkbox"', 'type="text"'), ('type="checkbox"', 'type="checkbox" checked'),
        ("Conditions d’utilisation", "Filtrer les créneaux"), ('type="hidden"', 'type="password"'),
    ],
)  # fmt: skip
def test_other_forms_are_no_terms(change: tuple[str, str]) -> None:
    assert terms_form(read_page(TERMS.format(next="/").replace(*change))) is None


def test_only_the_first_button_of_a_form_is_pressed() -> None:
    html = "<form method=post>Conditions <input type=checkbox name=c><button name=choix value=oui>Oui</button>"
    form = terms_form(
        read_page(f"{html}<button name=choix value=non>Non</button><button name=autre>Plus</button></form>")
    )
    assert form is not None
    assert form.fields == {"choix": "oui"}


@pytest.mark.parametrize("html", ["<form", "<input type=password>", "</form></form>", "<!--", "<p>é\ud800", "\0" * 40])
def test_any_page_can_be_read(html: str) -> None:
    read_page(html)


# The request to the provider

PARAMETERS = {
    "response_type": "code", "client_id": "sas-agenda", "redirect_uri": f"{SITE}/retour", "scope": "openid email",
    "state": "s" * 22, "nonce": "n" * 22, "code_challenge": "c" * 43, "code_challenge_method": "S256",
}  # fmt: skip


def asked(**changes: str) -> Asked:
    given = {name: value for name, value in (PARAMETERS | changes).items() if value}
    found = read_asked(f"https://sas.example/realms/sas/auth?{urlencode(given)}")
    assert found is not None
    return found


OTHER = asked(state="t" * 22, nonce="m" * 22, code_challenge="d" * 43)


def test_a_good_request_has_no_problem() -> None:
    first = asked()
    assert first.endpoint == "https://sas.example/realms/sas/auth"
    assert response_type_problems(first) + client_problems(first, "sas-agenda") + scope_problems(first) == []
    assert random_problems(first, OTHER, "state") + random_problems(first, OTHER, "nonce") == []
    assert pkce_problems(first, OTHER) + redirect_problems(first, f"{SITE}/retour") == []


def test_an_ordinary_redirect_asks_nothing() -> None:
    assert read_asked(f"{SITE}/connexion/?next=/agenda") is None
    assert read_asked(f"{SITE}/?client_id=x") is not None


@pytest.mark.parametrize("kind", ["", "token", "id_token", "code id_token"])
def test_only_the_code_flow_is_right(kind: str) -> None:
    assert len(response_type_problems(asked(response_type=kind))) == 1


@pytest.mark.parametrize(
    ("first", "second", "warning"),
    [("", "x" * 22, False), ("x" * 22, "x" * 22, False), ("x" * 8, "y" * 8, True)],
)
@pytest.mark.parametrize("name", ["state", "nonce"])
def test_state_and_nonce_are_random(name: str, first: str, second: str, warning: bool) -> None:
    found = random_problems(asked(**{name: first}), asked(**{name: second}), name)
    assert [problem.warning for problem in found] == [warning]


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"code_challenge": "", "code_challenge_method": ""}, True),
        ({"code_challenge_method": "plain"}, False),
        ({"code_challenge_method": ""}, False),
        ({"code_challenge": "court"}, False),
        ({"code_challenge": "d" * 43}, False),
    ],
)
def test_pkce_is_advised_and_well_done(changes: dict[str, str], warning: bool) -> None:
    assert [problem.warning for problem in pkce_problems(asked(**changes), OTHER)] == [warning]


@pytest.mark.parametrize(
    ("uri", "registered", "count"),
    [
        ("", "", 1), ("/retour", "", 1), (f"{SITE}/retour#x", "", 1), (f"{SITE}/retour", "", 0),
        ("http://editeur.example/retour", "", 1), ("http://127.0.0.1:8000/retour", "", 0),
        (f"{SITE}/retour/", f"{SITE}/retour", 1), (f"{SITE}/retour", f"{SITE}/retour", 0),
    ],
)  # fmt: skip
def test_the_return_is_absolute_safe_and_registered(uri: str, registered: str, count: int) -> None:
    assert len(redirect_problems(asked(redirect_uri=uri), registered)) == count


def test_a_plain_challenge_is_answered_all_the_same() -> None:
    # Other checks must not fail because of it: the provider keeps what a SHA-256 of the verifier will match.
    lenient = asked(code_challenge="v" * 43, code_challenge_method="plain").lenient()
    assert lenient.code_challenge is not None
    assert len(lenient.code_challenge) == 43
    assert lenient.code_challenge != "v" * 43
    assert asked().lenient().code_challenge == "c" * 43
