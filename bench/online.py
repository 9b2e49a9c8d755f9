"""What a patient's page costs before the first hour is seen: against an empty page, and in bytes.

Run `.agenda/venv/bin/python -m bench.online`. One process, asked in turn, so that whatever else the machine does falls on all.
"""

import gzip
import statistics
import time
from pathlib import Path

from bench.run import prepared

ROUNDS = 60
MOST_TIMES, MOST_BYTES = 4, 60_000


def main() -> None:
    with prepared(LOG_LEVEL="WARNING"):
        from django.core.management import call_command
        from django.test import Client

        from accounts.templatetags.ui import SHEETS
        from appointments.models import Schedule
        from bench.costs import print_rows

        call_command("load_demo")
        whose = Schedule.objects.filter(calendar__practitioner__family_name="Tournesol")[0].practitioner_id
        pages = {
            "empty page (mentions)": "/rendez-vous-en-ligne/mentions/",
            "search by name": "/rendez-vous-en-ligne/?quoi=tournesol",
            "search by specialty": "/rendez-vous-en-ligne/?quoi=généraliste&ou=villefictive",
            "practitioner": f"/rendez-vous-en-ligne/praticien/{whose}/",
            "hours": f"/rendez-vous-en-ligne/praticien/{whose}/heures/",
        }
        client = Client()
        times: dict[str, list[float]] = {name: [] for name in pages}
        sizes = {}
        for _ in range(ROUNDS):
            for name, address in pages.items():
                begun = time.perf_counter()
                answer = client.get(address)
                times[name].append((time.perf_counter() - begun) * 1000)
                sizes[name] = len(gzip.compress(answer.content))
        sheets = [f"static/css/{name}.css" for name in (*SHEETS["shared"], *SHEETS["booking"])]
        style = sum(len(gzip.compress(Path(one).read_bytes())) for one in [*sheets, "static/icons.svg"])
        medians = {name: statistics.median(values) for name, values in times.items()}
        empty = medians["empty page (mentions)"]
        print_rows(
            [
                (f"{name}: median ms, times an empty page", f"{value:.1f}  {value / empty:.1f}")
                for name, value in medians.items()
            ]
            + [(f"{name}: bytes with sheets and icons, compressed", sizes[name] + style) for name in pages]
            + [("allowed", f"{MOST_TIMES} times, {MOST_BYTES} bytes")]
        )


if __name__ == "__main__":
    main()
