"""The national directory: what an import takes, tells and refuses, and how somebody is found in it."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.directory_file import NotTheDirectory
from accounts.enums import Profession
from accounts.models import DirectoryEdition, DirectoryEntry
from accounts.selectors.directory import find_in_directory
from accounts.services.directory import import_directory

pytestmark = pytest.mark.django_db
FILE = Path(__file__).resolve().parents[2] / "appointments/demo/annuaire.txt"
CONTENT = FILE.read_bytes()
Broken = list[tuple[int, str]]


def take(content: bytes = CONTENT, **options: Any) -> Broken:
    """The lines that were left out."""
    broken: Broken = []
    import_directory(
        io.BytesIO(content),
        name="annuaire.txt",
        now=timezone.now(),
        on_broken=lambda line, cause: broken.append((line, cause)),
        on_line=lambda count: None,
        **options,
    )
    return broken


def lines() -> list[bytes]:
    return CONTENT.splitlines(keepends=True)


def test_an_activity_is_kept_as_the_agenda_writes_it() -> None:
    assert take() == []
    one = DirectoryEntry.objects.get(number="810009901033")
    assert (one.family_name, one.given_name, one.title) == ("De La Tour-D'Anémone", "Jean-Luc", "Dr")
    assert (one.profession, one.specialty_code, one.mode) == ("10", "SM54", "Libéral")
    assert (one.siret, one.finess, one.phone) == ("99900000100016", "", "+33199006600")
    assert (one.line, one.postal_code, one.city) == ("14 B boulevard de Nulle Part", "99200", "Hameau-l’Invente")


def test_who_receives_nobody_and_skills_that_are_no_specialty_are_left_out() -> None:
    take()
    assert not DirectoryEntry.objects.filter(family_name="Basilic").exists()
    assert DirectoryEntry.objects.get(family_name="Géranium").specialty_code == ""


def _bom() -> bytes:
    return b"\xef\xbb\xbf" + CONTENT


def _crlf() -> bytes:
    return CONTENT.replace(b"\n", b"\r\n")


def _no_last_break() -> bytes:
    return CONTENT.rstrip(b"\n")


def _other_order() -> bytes:
    """Columns are known by name, whatever their capitals."""
    turned = [b"|".join(reversed(line.rstrip(b"\n").split(b"|"))) + b"\n" for line in lines()]
    return turned[0].replace(b"(coord. structure)", b"(COORD. Structure)") + b"".join(turned[1:])


@pytest.mark.parametrize("content", [_bom, _crlf, _no_last_break, _other_order])
def test_it_is_the_same_directory_however_the_file_is_written(content: Callable[[], bytes]) -> None:
    take()
    before = list(DirectoryEntry.objects.values_list("number", "name", "line", "phone"))
    assert take(content()) == []
    assert list(DirectoryEntry.objects.values_list("number", "name", "line", "phone")) == before
    assert DirectoryEdition.objects.count() == 2


def test_a_broken_line_is_told_with_its_number_and_left_out() -> None:
    some = lines()
    some[2] = b"8|10100050075|trop court\n"
    some[4] = some[4].replace(b"MUGUET", b"MUGUET\xe9")
    some[5] = some[5].replace(b"10009900026", b"1000990002")
    some[6] = some[6].replace(b"GENET", b"")
    some[7] = b"x" * 70_000 + b"\n"
    some[8] = some[8].replace(b"BOURRACHE", b"BOUR\0RACHE")
    broken = take(b"".join(some))
    assert [line for line, _ in broken] == [3, 5, 6, 7, 8, 9]
    assert "3 colonnes" in broken[0][1]
    assert "UTF-8" in broken[1][1]
    assert "RPPS" in broken[2][1]
    assert "nom" in broken[3][1]
    assert "longue" in broken[4][1]
    assert "nul" in broken[5][1]
    assert DirectoryEntry.objects.filter(family_name="Verveine").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (b"PK\x03\x04...", "ZIP"),
        (b"\xff\xfeT\x00y\x00", "UTF-16"),
        (b"nom;prenom;ville\nA;B;C\n", "il manque"),
        (CONTENT.decode().encode("latin-1", "replace"), "Latin-1"),
        (b"\x89PNG\r\n\x1a\n\xff\xff", "UTF-8"),
        (CONTENT[:-200], "tronqué"),
        (CONTENT.splitlines(keepends=True)[0], "Aucun professionnel"),
        (CONTENT.splitlines(keepends=True)[0] + CONTENT.splitlines(keepends=True)[1] + b"cassee\n" * 30, "abîmé"),
        (b"".join(CONTENT.splitlines(keepends=True)[:9]), "incomplet"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_the_directory_changes_nothing(content: bytes, said: str) -> None:
    take()
    before = DirectoryEntry.objects.count()
    with pytest.raises(NotTheDirectory, match=said):
        take(content)
    assert DirectoryEntry.objects.count() == before
    assert DirectoryEdition.objects.count() == 1


def test_a_smaller_file_is_taken_when_that_is_meant() -> None:
    take()
    take(b"".join(lines()[:9]), smaller_too=True)
    assert DirectoryEntry.objects.count() == 8


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("10009901041", ["Œillet"]),
        ("8 10 00 99 01 041", ["Œillet"]),
        ("991000017", ["Sauge"]),
        ("oeillet", ["Œillet"]),
        ("REGL", ["Réglisse"]),
        ("noé", ["Œillet", "Réglisse"]),
        ("Dr Noe Réglisse", ["Réglisse"]),
        ("tour d’anemone", ["De La Tour-D'Anémone"]),
        ("luc anemone", ["De La Tour-D'Anémone"]),
        ("tournesol al", ["Tournesol"]),
        ("r", []),
        ("' | & !(", []),
        ("zzzz", []),
    ],
)
def test_somebody_is_found_by_number_or_by_the_beginnings_of_their_names(typed: str, found: list[str]) -> None:
    take()
    assert {one.one.family_name for one in find_in_directory(typed)} == set(found)


def test_one_person_has_all_their_activities_and_the_nearest_come_first(django_assert_num_queries: Any) -> None:
    take()
    with django_assert_num_queries(2):
        alba, albin = find_in_directory("tournesol", near="99000")
    assert alba.name == "Alba Tournesol"
    assert [one.structure for one in alba.places] == ["Maison de Sante des Lilas-Fictifs", "Cabinet de la Glycine-Demo"]
    assert (alba.rpps, alba.adeli, alba.profession) == ("10100050075", None, Profession.PHYSICIAN)
    assert albin.discipline == "Cardiologie et Maladies vasculaires"
    assert find_in_directory("tournesol", near="99100")[0].name == "Alba Tournesol"
    assert find_in_directory("vetiver cannelle") == []
    assert find_in_directory("an", near="97410")[0].name == "Angélique Cannelle"


def test_the_command_tells_what_it_did_and_what_it_left_out(tmp_path: Path) -> None:
    path, said, told = tmp_path / "a.txt", io.StringIO(), io.StringIO()
    path.write_bytes(b"".join([*lines()[:3], b"cassee\n", *lines()[3:]]))
    call_command("import_directory", str(path), stdout=said, stderr=told)
    assert "31 lignes lues, 29 activités gardées, 1 ligne illisible" in said.getvalue()
    assert "Ligne 4" in told.getvalue()
    with pytest.raises(CommandError, match="ne s’ouvre pas"):
        call_command("import_directory", str(tmp_path / "b.txt"))
    path.write_bytes(b"nom;ville\n")
    with pytest.raises(CommandError, match="Rien n’est changé"):
        call_command("import_directory", str(path))
