"""Words folded by PostgreSQL: what reads the same to a French eye compares as the same."""

import unicodedata

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState
from django.db.models import Value

from accounts.french import fold as fold_in_python
from accounts.models import User
from accounts.models.folding import CREATE_FOLDED_WORDS, DROP_FOLDED_WORDS, FoldedWords, Spelled, folded
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _function(db: None) -> None:
    """As the first migration lays it, unless it has."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
        cursor.execute("SELECT to_regprocedure('public.folded_words(text)') IS NULL")
        if cursor.fetchone()[0]:
            cursor.execute(CREATE_FOLDED_WORDS)


def fold(words: str) -> str:
    factories.user()
    found: str = User.objects.values_list(FoldedWords(Value(words)), flat=True)[0]
    return found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Élodie", "elodie"),
        ("JEAN-LUC", "jean luc"),
        ("Jean\u2011Luc", "jean luc"),
        ("L’Œil d'Or", "l oeil d or"),
        ("  deux\u00a0 \u202fblancs\t", "deux blancs"),
        ("Ðorđe Ångström", "dorde angstrom"),
        ("ИВАН", "иван"),
        ("- ’ -", ""),
    ],
)
def test_accents_capitals_apostrophes_hyphens_and_blanks_do_not_count(words: str, expected: str) -> None:
    assert fold(words) == expected


# Latin-1 and its extensions A, B and « additional » (Vietnamese), Greek, Cyrillic; apostrophes, hyphens, blanks.
LETTERS = [
    letter
    for letters in ((0xA0, 0x250), (0x386, 0x3CF), (0x400, 0x460), (0x1E00, 0x1F00), (0x2C60, 0x2C67))
    for letter in map(chr, range(*letters))
    if letter.isalpha() and unicodedata.normalize("NFC", letter) == letter
]
BETWEEN_WORDS = ["'", "’", "‘", "ʼ", "′", "-", "‐", "\u2011", "–", "\u00ad", " ", "\u00a0", "\u202f", "\t"]
# PostgreSQL folds only one of their two forms.
APART = set("ƖǶȠẛ")


def test_python_folds_every_letter_as_postgresql_does() -> None:
    words = [f"x{letter}y{between}Z" for letter in LETTERS if letter not in APART for between in ("’", "\u0301")]
    words += [f"{one}A{one}{other}b{other}" for one in BETWEEN_WORDS for other in BETWEEN_WORDS]
    with connection.cursor() as cursor:
        cursor.execute("SELECT words, public.folded_words(words) FROM unnest(%s::text[]) AS words", [words])
        rows = cursor.fetchall()
    assert len(rows) > 1500
    assert [(given, fold_in_python(given)) for given, _ in rows] == rows


def test_a_folded_column_follows_its_field_and_orders_everywhere_the_same() -> None:
    fields: list[tuple[str, models.Field]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=100)),
        ("name_folded", folded("name")),
    ]
    state = ProjectState()
    creation = migrations.CreateModel("Named", fields)
    creation.state_forwards("trial", state)
    with connection.schema_editor() as editor:
        creation.database_forwards("trial", editor, ProjectState(), state)
    named = state.apps.get_model("trial", "Named").objects
    for name in ("Zoé", "émile", "Le Goff", "Legrand", "Éa"):
        named.create(name=name)
    ordered = list(named.order_by("name_folded").values_list("name", flat=True))
    assert ordered == ["Éa", "émile", "Le Goff", "Legrand", "Zoé"]
    assert named.get(name_folded__startswith=FoldedWords(Value("ÉM"))).name == "émile"
    named.filter(name="émile").update(name="Ursule")
    assert named.get(name="Ursule").name_folded == "ursule"


def test_the_function_goes_as_it_came() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('public.folded_words(text)') IS NOT NULL")
        assert cursor.fetchone()[0]
        cursor.execute(f"{DROP_FOLDED_WORDS} CASCADE")
        cursor.execute(CREATE_FOLDED_WORDS)


def test_an_identifier_is_spelled_one_way_whoever_wrote_it() -> None:
    factories.user()
    for letter in LETTERS:
        forms = {
            letter,
            letter.lower(),
            unicodedata.normalize("NFD", letter),
            unicodedata.normalize("NFD", letter.lower()),
        }
        spelled = User.objects.values_list(*(Spelled(Value(f"x{form}/1")) for form in sorted(forms)))[0]
        assert len(set(spelled)) == 1, letter
