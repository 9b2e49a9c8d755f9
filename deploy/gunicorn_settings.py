"""gunicorn behind nginx: `gunicorn -c deploy/gunicorn_settings.py` (every name below is one of its settings).

Pages and FHIR are served by processes of their own, of the same code: nginx knows which sockets are whose.

WEB_SOCKET: where to listen, a unix socket and never a port, because what arrives is believed (X-SSL-Client-*).
WEB_PROCESSES, WEB_THREADS: requests at once are their product.
WEB_SERVES: `pages` or `fhir`, which says how gunicorn words what it refuses itself.
"""

import os

wsgi_app = "sas_agenda.wsgi:application"
bind = f"unix:{os.environ.get('WEB_SOCKET', '/run/sas-agenda/web.sock')}"
# The socket is for our user and our group; nginx's user belongs to that group.
umask = 0o007

worker_class = {"pages": "deploy.draining.DrainingWorker", "fhir": "deploy.draining.FhirWorker"}[
    os.environ.get("WEB_SERVES", "pages")
]
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# The code is loaded once, then shared by the processes. A new version is a new container, not a reload.
preload_app = True

# A process that does not answer at all for this long is replaced. nginx gives up on a request after as long.
timeout = 60
# On TERM: no new request, those that run may end.
graceful_timeout = 30
# Processes are renewed after so many requests, not all at once: what leaks stays small.
max_requests = 5000
max_requests_jitter = 500
# nginx opens a connection for each request: a kept one could close just as a booking is sent on it.
keepalive = 0

# nginx's limits are the ones that count (large_client_header_buffers, and the certificate's length): what it lets through is
# taken here, so that it is refused in one place and one wording. A search for 25 practitioners is one long line.
limit_request_line = 8190
limit_request_fields = 32_768  # the shortest take four bytes each of nginx's 32 KiB
limit_request_field_size = 16_500  # a certificate (interop/authentication.py), with its name

# nginx writes the access log, without query strings.
accesslog = None
# Its own lines go the way of the application's, through a formatter that knows what they would quote of a request.
errorlog = None
logconfig_dict = {
    "incremental": True,  # a reload leaves the application's handlers alone
    "root": {},
    "loggers": {"gunicorn.error": {"level": "INFO", "propagate": True}},
    "handlers": {},
    "formatters": {},
}
control_socket_disable = True
