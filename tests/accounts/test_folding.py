"""Words folded by PostgreSQL: what reads the same to a French eye compares as the same."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState
from django.db.models import Value

from accounts.models import User
from accounts.models.folding import CREATE_FOLDED_WORDS, DROP_FOLDED_WORDS, FoldedWords, folded
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
