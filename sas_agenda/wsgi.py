"""WSGI entry point (gunicorn sas_agenda.wsgi:application)."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sas_agenda.settings")

application = get_wsgi_application()

# Its applications are there only now.
from django.urls import get_resolver  # noqa: E402

from sas_agenda.operations.starting import refuse_unsafe_start  # noqa: E402

refuse_unsafe_start()
# Processes fork from here: what answers is loaded once for all, not by each at its first request, and stays shared.
get_resolver().url_patterns  # noqa: B018
gc.freeze()
