"""What a patient's page costs before the first hour is seen: against an empty page, and in bytes.

Run `.agenda/venv/bin/python -m bench.online`. CPU of one process, asked in turn, so that whatever else the machine does falls on
all. The empty page is the one that `pages.py` takes too: the search for a patient, of whoever is signed in, with nothing typed.
The patients' legal page is shown beside it: it reads nothing, not even who asks, so one query of Django's is twice as much.
"""

import gzip
import statistics
import time
from pathlib import Path

from bench.run import prepared

ROUNDS = 60
EMPTY = "empty page (/patients/)"
MOST_TIMES, MOST_BYTES = 4, 60_000


def main() -> None:
    with prepared(LOG_LEVEL="WARNING"):
        from django.core.management import call_command
        from django.test import Client

        from accounts.models import User
        from accounts.templatetags.ui import SHEETS
        from appointments.models import Schedule
        from bench.costs import print_rows

        call_command("load_demo")
        whose = Schedule.objects.filter(calendar__practitioner__family_name="Tournesol")[0].practitioner_id
        pages = {
            EMPTY: "/patients/",
            "legal page, which reads nothing": "/rendez-vous-en-ligne/mentions/",
            "search by name": "/rendez-vous-en-ligne/?quoi=tournesol",
            "search by specialty": "/rendez-vous-en-ligne/?quoi=généraliste&ou=villefictive",
            "practitioner": f"/rendez-vous-en-ligne/praticien/{whose}/",
            "hours": f"/rendez-vous-en-ligne/praticien/{whose}/heures/",
        }
        client, nobody = Client(), Client()
        client.force_login(User.objects.get(email="secretariat@demo.example"), backend="accounts.backends.EmailBackend")
        times: dict[str, list[float]] = {name: [] for name in pages}
        sizes = {}
        for _ in range(ROUNDS):
            for name, address in pages.items():
                begun = time.process_time()
                answer = (client if name == EMPTY else nobody).get(address)
                times[name].append((time.process_time() - begun) * 1000)
                assert answer.status_code == 200, (address, answer.status_code)
                sizes[name] = len(gzip.compress(answer.content))
        sheets = [f"static/css/{name}.css" for name in (*SHEETS["shared"], *SHEETS["booking"])]
        style = sum(len(gzip.compress(Path(one).read_bytes())) for one in [*sheets, "static/icons.svg"])
        medians = {name: statistics.median(values) for name, values in times.items()}
        empty = medians[EMPTY]
        print_rows(
            [
                (f"{name}: ms of CPU, times the empty page", f"{value:.1f}  {value / empty:.1f}")
                for name, value in medians.items()
            ]
            + [(f"{name}: bytes with sheets and icons, compressed", sizes[name] + style) for name in pages]
            + [("allowed", f"{MOST_TIMES} times, {MOST_BYTES} bytes")]
        )


if __name__ == "__main__":
    main()
