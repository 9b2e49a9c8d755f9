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
    "RemoveConstraint": 'migrations.RemoveConstraint(model_name="thing", name="c"),',
    "RemoveIndex": 'migrations.RemoveIndex(model_name="thing", name="by_word"),',
    "AlterUniqueTogether": 'migrations.AlterUniqueTogether(name="thing", unique_together={("word", "maybe")}),',
    "AlterOrderWithRespectTo": 'migrations.AlterOrderWithRespectTo(name="thing", order_with_respect_to="other"),',
    "AlterModelTable": 'migrations.AlterModelTable(name="thing", table="items"),',
    "TrigramExtension": "TrigramExtension(),",
    "OurOwn": 'OurOwn("thing"),',
}
ADD = 'migrations.AddField("thing", "size", models.{}),'
SAFE = [
    'migrations.AddField(model_name="thing", name="size", field=models.IntegerField(null=True)),',
    'migrations.AddField(model_name="thing", name="size", field=models.IntegerField(db_default=0)),',
    'migrations.AddField(model_name="thing", name="friends", field=models.ManyToManyField(to="things.thing")),',
    'AddIndexConcurrently(model_name="thing", index=models.Index(fields=["maybe"], name="by_maybe")),',
    'AddConstraintNotValid(model_name="thing", constraint=models.CheckConstraint(name="c")),',
    'migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Thing")]),',
    'migrations.CreateModel(name="Other", fields=[]),\n'
    'migrations.AddIndex(model_name="other", index=models.Index(fields=["id"], name="by_id")),',
    ADD.format("IntegerField(null=True)"),
    ADD.format("DateTimeField(db_default=Now())"),
    ADD.format('ForeignKey("things.thing", models.PROTECT, null=True, db_index=False)'),
    ALTER.format("word", "CharField(max_length=10, null=False)"),
    'migrations.AlterModelOptions(name="thing", options={"ordering": ["word"]}),',
    'migrations.CreateModel("Other", [("word", models.TextField())]),\n'
    'migrations.RemoveConstraint("other", "c"),\nmigrations.RemoveField("other", "word"),',
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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("IntegerField(default=0)", "NOT NULL"),
        ("IntegerField(null=False)", "NOT NULL"),
        ("IntegerField(null=True, unique=True)", "unique index"),
        ("IntegerField(null=True, db_index=True)", "index"),
        ("SlugField(null=True)", "index"),
        ('ForeignKey("things.thing", models.PROTECT, null=True)', "index"),
        ('OneToOneField("things.thing", models.PROTECT, null=True, db_index=False)', "unique index"),
        ("UUIDField(db_default=RandomUUID())", "written again"),
        (
            'GeneratedField(expression=F("maybe") * 2, output_field=models.IntegerField(), db_persist=True)',
            "written again",
        ),
    ],
)
def test_a_column_that_costs_is_flagged(house: Path, given: str, said: str) -> None:
    [line] = judged(house, ADD.format(given))
    assert said in line


def test_a_column_that_becomes_mandatory_is_flagged_whatever_its_default(house: Path) -> None:
    judged(house, ADD.format("IntegerField(null=True, db_default=0)"))
    third = ALTER.format("size", "IntegerField(db_default=0)")
    (house / "things" / "migrations" / "0003_last.py").write_text(f"operations = [\n{third}\n]\n")
    [line] = findings(house, house / "baseline.txt")
    assert "NOT NULL" in line


CHECK = (
    'AddConstraintNotValid(model_name="thing", constraint=models.CheckConstraint(name="c")),\n'
    'ValidateConstraint(model_name="thing", name="c"),'
)


def test_a_constraint_is_not_validated_where_it_is_added(house: Path) -> None:
    [line] = judged(house, CHECK)
    assert line.startswith("things/migrations/0002_next.py:3: ValidateConstraint: ")
    (house / "things" / "migrations" / "0002_next.py").write_text(f"atomic = False\noperations = [\n{CHECK}\n]\n")
    assert findings(house, house / "baseline.txt") == []


@pytest.mark.parametrize(
    "written",
    [
        "class Migration(migrations.Migration):\n    operations: ClassVar = [migrations.RunSQL('SELECT 1')]",
        "class Migration(migrations.Migration):\n    operations = (migrations.RunSQL('SELECT 1'),)",
        "class Migration(migrations.Migration):\n    operations = []\n    operations += [migrations.RunSQL('SELECT 1')]",
        "class Migration(migrations.Migration):\n    operations = [*others, migrations.AddField()]",
        "class Migration(migrations.Migration):\n    operations = make_operations()",
        "class Migration(migrations.Migration):\n    operations = [migrations.RunSQL(x) for x in ('a', 'b')]",
        "operations = [migrations.SeparateDatabaseAndState([migrations.RunSQL('SELECT 1')])]",
        'operations = [migrations.AddField("thing", "size", field_made_elsewhere)]',
        'operations = [migrations.AlterField("thing", "word", models.CharField(max_length=SHORT))]',
    ],
)
def test_operations_are_found_however_they_are_written(house: Path, written: str) -> None:
    (house / "things" / "migrations" / "0002_next.py").write_text(written + "\n")
    assert findings(house, house / "baseline.txt")


def test_a_migration_needs_no_number_to_be_read(house: Path) -> None:
    (house / "things" / "migrations" / "fill.py").write_text("operations = [migrations.RunPython(fill)]\n")
    assert [line.partition(":")[0] for line in findings(house, house / "baseline.txt")] == ["things/migrations/fill.py"]


def test_a_waiver_is_for_its_own_operation(house: Path) -> None:
    one, other = (UNSAFE["RemoveField"].replace("word", name) for name in ("word", "maybe"))
    [line] = judged(house, f"{one}  # unsafe-migration: RemoveField: nothing reads it since 1.4\n{other}")
    assert ":3: RemoveField" in line


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


def test_before_the_first_release_no_running_version_has_to_survive(house: Path) -> None:
    (house / "baseline.txt").write_text("# nothing released yet\n")
    assert judged(house, UNSAFE["RunSQL"]) == []


def test_ours_are_safe() -> None:
    assert findings() == []
