"""The national directory: how long an import of 100,000 made-up lines takes, its memory, again over itself, and a look-up.

Run `.agenda/venv/bin/python -m bench.run directory [lines]`. One line in a hundred is broken.
"""

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from django.db import connection
from django.utils import timezone

from accounts.selectors.directory import find_in_directory
from accounts.services.directory import import_directory

EXAMPLE = Path(__file__).resolve().parent.parent / "appointments/demo/annuaire.txt"
SYLLABLES = [consonant + vowel for consonant in "bdflmrt" for vowel in "aeiou"]


def main() -> None:
    lines = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "annuaire.txt"
        _write(path, lines)
        print(f"{lines} lines, {path.stat().st_size / 1e6:.0f} MB")
        for turn in ("empty", "over itself"):
            broken = []
            started, cpu = time.perf_counter(), time.process_time()
            with path.open("rb") as file:
                import_directory(
                    file,
                    name=path.name,
                    now=timezone.now(),
                    on_broken=lambda line, cause, told=broken: told.append(line),
                    on_line=lambda count: None,
                )
            spent, cpu = time.perf_counter() - started, time.process_time() - cpu
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{turn}: {spent:.1f} s ({cpu:.1f} s of CPU here), {len(broken)} broken, {memory:.0f} MB at most")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_directoryentry")
    for typed in ("10009900026", "fari", "ma", "lulu mimi"):
        started = time.perf_counter()
        found = len(find_in_directory(typed, near="99000"))
        print(f"« {typed} »: {found} found in {(time.perf_counter() - started) * 1000:.0f} ms")


def _write(path: Path, lines: int) -> None:
    dice = random.Random(1)
    header, *known = EXAMPLE.read_text("utf-8").splitlines()
    names = header.split("|")
    at = {name: names.index(name) for name in ("Identifiant PP", "Nom d'exercice", "Prénom d'exercice")}
    patterns = [line.split("|") for line in known if line.startswith("8|")]
    with path.open("w", encoding="utf-8") as file:
        file.write(header + "\n")
        for count in range(lines):
            if count % 100 == 50:
                file.write("8|123|broken\n")
                continue
            cells = list(dice.choice(patterns))
            cells[at["Identifiant PP"]] = f"{10_100_000_000 + count // 2}"
            cells[at["Nom d'exercice"]] = "".join(dice.choices(SYLLABLES, k=3)).upper()
            cells[at["Prénom d'exercice"]] = "".join(dice.choices(SYLLABLES, k=2)).upper()
            file.write("|".join(cells) + "\n")
