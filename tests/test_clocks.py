"""The product's clock and the database's are one, at whatever moment the tests run."""

import pytest
from django.db import connection
from django.utils import timezone


@pytest.mark.django_db
def test_the_database_reads_the_product_s_clock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (told,) = cursor.fetchone()
    assert abs((told - timezone.now()).total_seconds()) < 5
