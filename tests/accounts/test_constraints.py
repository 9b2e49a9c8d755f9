"""Foreign keys of several columns, on real tables that are made for the test and go with it."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter

import accounts
from accounts.models import constraints
from accounts.models.constraints import CompositeForeignKey

pytestmark = pytest.mark.django_db

SAME_HOUSE = CompositeForeignKey(
    fields=["room", "house"], to="trial.Room", to_fields=["id", "house"], name="guest_room_of_house"
)
CASCADING = CompositeForeignKey(
    fields=["room", "house"], to="trial.Room", to_fields=["id", "house"], name="guest_leaves", on_delete="CASCADE"
)


def tables(*of_guest: CompositeForeignKey) -> list[Operation]:
    """A guest has a room, and a copy of its house. The guest comes first in the list of constraints, the room's key later."""
    key = models.UniqueConstraint(fields=["id", "house"], name="room_of_house")
    return [
        migrations.CreateModel("House", [("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel(
            "Room",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("house", models.ForeignKey("trial.House", models.CASCADE, db_constraint=False)),
            ],
        ),
        migrations.CreateModel(
            "Guest",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("room", models.ForeignKey("trial.Room", models.CASCADE, null=True, db_constraint=False)),
                ("house", models.ForeignKey("trial.House", models.CASCADE, db_constraint=False)),
            ],
            options={"constraints": list(of_guest)},
        ),
        migrations.AddConstraint("Room", key),
    ]


def state_after(operations: list[Operation]) -> ProjectState:
    state = ProjectState()
    for operation in operations:
        operation.state_forwards("trial", state)
    return state


def apply(operations: list[Operation], state: ProjectState) -> ProjectState:
    """As a migration does it: all in one schema editor."""
    with connection.schema_editor() as editor:
        for operation in operations:
            before, state = state, state.clone()
            operation.state_forwards("trial", state)
            operation.database_forwards("trial", editor, before, state)
    return state


class Trial:
    """Two houses with a room each."""

    def __init__(self, *of_guest: CompositeForeignKey) -> None:
        self.state = apply(tables(*of_guest), ProjectState())
        model = self.state.apps.get_model
        self.guests, self.rooms = model("trial", "Guest").objects, model("trial", "Room").objects
        house = model("trial", "House").objects
        self.here, self.elsewhere = house.create().id, house.create().id
        self.room = self.rooms.create(house_id=self.here).id

    def rooms_go(self) -> None:
        """In SQL: Django would take the guests along by itself."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM trial_room")

    def is_let_in(self, *, room: int | None, house: int) -> bool:
        try:
            with transaction.atomic():
                self.guests.create(room_id=room, house_id=house)
        except IntegrityError:
            return False
        return True


def test_a_row_that_names_another_house_s_room_is_refused_at_once() -> None:
    trial = Trial(SAME_HOUSE)
    assert not trial.is_let_in(room=trial.room, house=trial.elsewhere)
    assert trial.is_let_in(room=trial.room, house=trial.here)


def test_a_row_without_room_names_nothing_and_is_let_in() -> None:
    trial = Trial(SAME_HOUSE)
    assert trial.is_let_in(room=None, house=trial.elsewhere)


def test_what_is_named_can_neither_move_nor_go() -> None:
    trial = Trial(SAME_HOUSE)
    trial.is_let_in(room=trial.room, house=trial.here)
    with pytest.raises(IntegrityError, match="guest_room_of_house"), transaction.atomic():
        trial.rooms.update(house=trial.elsewhere)
    with pytest.raises(IntegrityError, match="guest_room_of_house"), transaction.atomic():
        trial.rooms_go()


def test_with_cascade_it_takes_those_who_name_it_along() -> None:
    trial = Trial(CASCADING)
    trial.guests.create(room_id=trial.room, house_id=trial.here)
    trial.rooms_go()
    assert not trial.guests.exists()


def test_it_can_be_added_to_tables_that_exist_and_removed_again() -> None:
    trial = Trial()
    state = apply([migrations.AddConstraint("Guest", SAME_HOUSE)], trial.state)
    assert not trial.is_let_in(room=trial.room, house=trial.elsewhere)
    apply([migrations.RemoveConstraint("Guest", SAME_HOUSE.name)], state)
    assert trial.is_let_in(room=trial.room, house=trial.elsewhere)


def test_a_table_that_goes_in_the_same_migration_takes_it_along() -> None:
    apply([*tables(SAME_HOUSE), migrations.DeleteModel("Guest")], ProjectState())
    assert "trial_guest" not in connection.introspection.table_names()


def test_full_clean_leaves_it_to_the_database() -> None:
    trial = Trial(SAME_HOUSE)
    guest: Any = trial.guests.model(room_id=trial.room, house_id=trial.elsewhere)
    guest.full_clean()


@pytest.mark.parametrize("constraint", [SAME_HOUSE, CASCADING])
def test_a_migration_writes_it_down_and_reads_it_again(constraint: CompositeForeignKey) -> None:
    assert constraint.clone() == constraint
    text, imports = MigrationWriter.serialize(constraint)
    assert imports == {f"import {constraints.__name__}"}
    assert eval(text, {"accounts": accounts}) == constraint


def test_makemigrations_sees_a_change_and_only_a_change() -> None:
    def changes(before: CompositeForeignKey, after: CompositeForeignKey) -> list[type[Operation]]:
        found = MigrationAutodetector(state_after(tables(before)), state_after(tables(after)))._detect_changes()
        return [type(operation) for one in found.get("trial", []) for operation in one.operations]

    assert changes(SAME_HOUSE, SAME_HOUSE.clone()) == []
    renamed = {**SAME_HOUSE.deconstruct()[2], "on_delete": "CASCADE"}
    assert changes(SAME_HOUSE, CompositeForeignKey(**renamed)) == [
        migrations.RemoveConstraint,
        migrations.AddConstraint,
    ]


def test_a_whole_made_migration_applies_in_the_order_it_was_written() -> None:
    """makemigrations puts constraints into CreateModel; the key that this one needs may come after it."""
    wanted = state_after(tables(SAME_HOUSE))
    [migration] = MigrationAutodetector(ProjectState(), wanted)._detect_changes()["trial"]
    made = [type(operation).__name__ for operation in migration.operations]
    apply(migration.operations, ProjectState())
    assert "guest_room_of_house" in connection.introspection.get_constraints(connection.cursor(), "trial_guest"), made


@pytest.mark.parametrize(
    "wrong",
    [{"fields": ["room"]}, {"fields": [], "to_fields": []}, {"on_delete": "SET NULL"}],
)
def test_what_makes_no_sense_is_refused_where_it_is_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="guest_room_of_house"):
        CompositeForeignKey(**{**SAME_HOUSE.deconstruct()[2], **wrong})
