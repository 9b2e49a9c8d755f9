"""What `./agenda check` says about migrations that the running version would not survive."""

from pathlib import Path

import pytest

from deploy.local.migrations import findings

FIRST = """
operations = [
    migrations.CreateModel(
        name="Thing",
        fields=[
            ("id", models.BigAutoField(primary_key=True)),
            ("word", models.CharField(max_length=10, verbose_name="mot")),
            ("maybe", models.IntegerField(null=True)),
        ],
    ),
    migrations.AddIndex(model_name="thing", index=models.Index(fields=["word"], name="by_word")),
]
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    folder = tmp_path / "things" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text(FIRST)
    (tmp_path / "baseline.txt").write_text("# applied\nthings/migrations/0001_initial.py\n")
    return tmp_path


def judged(house: Path, operations: str) -> list[str]:
    (house / "things" / "migrations" / "0002_next.py").write_text(f"operations = [\n{operations}\n]\n")
    return findings(house, house / "baseline.txt")


ALTER = 'migrations.AlterField(model_name="thing", name="{}", field=models.{}),'
UNSAFE = {
    "RemoveField": 'migrations.RemoveField(model_name="thing", name="word"),',
    "DeleteModel": 'migrations.DeleteModel(name="Thing"),',
    "RenameField": 'migrations.RenameField(model_name="thing", old_name="word", new_name="term"),',
    "RenameModel": 'migrations.RenameModel(old_name="Thing", new_name="Item"),',
    "AddField": 'migrations.AddField(model_name="thing", name="size", field=models.IntegerField(default=0)),',
    "AddIndex": 'migrations.AddIndex(model_name="thing", index=models.Index(fields=["maybe"], name="by_maybe")),',
    "AddConstraint": 'migrations.AddConstraint(model_name="thing", constraint=models.CheckConstraint(name="c")),',
    "RunSQL": 'migrations.RunSQL("LOCK TABLE things_thing"),',
    "RunPython": "migrations.RunPython(fill),",
}
SAFE = [
    'migrations.AddField(model_name="thing", name="size", field=models.IntegerField(null=True)),',
    'migrations.AddField(model_name="thing", name="size", field=models.IntegerField(db_default=0)),',
    'migrations.AddField(model_name="thing", name="friends", field=models.ManyToManyField(to="things.thing")),',
    'AddIndexConcurrently(model_name="thing", index=models.Index(fields=["maybe"], name="by_maybe")),',
    'AddConstraintNotValid(model_name="thing", constraint=models.CheckConstraint(name="c")),',
    'migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Thing")]),',
    'migrations.CreateModel(name="Other", fields=[]),\n'
    'migrations.AddIndex(model_name="other", index=models.Index(fields=["id"], name="by_id")),',
    ALTER.format("word", 'CharField(max_length=10, verbose_name="un mot", choices=[("a", "b")])'),
    ALTER.format("word", "CharField(max_length=20)"),
    ALTER.format("word", "CharField(max_length=10, null=True)"),
]


@pytest.mark.parametrize("operation", UNSAFE)
def test_what_breaks_the_running_version_is_flagged(house: Path, operation: str) -> None:
    [line] = judged(house, UNSAFE[operation])
    assert line.startswith(f"things/migrations/0002_next.py:2: {operation}: ")


@pytest.mark.parametrize("operations", SAFE)
def test_what_it_survives_is_not(house: Path, operations: str) -> None:
    assert judged(house, operations) == []


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("maybe", "IntegerField()", "NOT NULL"),
        ("word", "CharField(max_length=5)", "shorter"),
        ("word", "TextField()", "another type"),
        ("word", "CharField(max_length=10, unique=True)", "not only words"),
        ("unknown", "TextField()", "not found"),
    ],
)
def test_a_field_that_really_changes_is_flagged(house: Path, name: str, given: str, said: str) -> None:
    [line] = judged(house, ALTER.format(name, given))
    assert said in line


def test_a_waiver_with_a_reason_lets_it_pass(house: Path) -> None:
    reason = "# unsafe-migration: RemoveField: nothing reads it since 1.4\n"
    assert judged(house, reason + UNSAFE["RemoveField"]) == []
    assert judged(house, UNSAFE["RemoveField"] + "  " + reason) == []


@pytest.mark.parametrize(
    "waiver",
    [
        "# unsafe-migration: RemoveField:",
        "# unsafe-migration: RemoveField: ok",
        "# unsafe-migration: AddField: long enough",
    ],
)
def test_a_waiver_without_a_reason_or_for_another_does_not(house: Path, waiver: str) -> None:
    assert len(judged(house, f"{waiver}\n{UNSAFE['RemoveField']}")) == 1


def test_what_is_applied_everywhere_stays_in_place(house: Path) -> None:
    (house / "baseline.txt").write_text("things/migrations/0001_initial.py\nthings/migrations/0002_gone.py\n")
    assert findings(house, house / "baseline.txt") == [
        "things/migrations/0002_gone.py: in the baseline, but gone: installations have applied it"
    ]


def test_ours_are_safe() -> None:
    assert findings() == []
