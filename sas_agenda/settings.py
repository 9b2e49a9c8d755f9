"""Settings. Safe for production as they are; `SAS_AGENDA_MODE=local` loosens only what one machine without TLS needs.

Every value that differs between two installations comes from the environment; docs/configuration.md lists them.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from outbox.sms import sms_provider
from sas_agenda import env
from sas_agenda.beat import schedule
from sas_agenda.env import is_hard_to_guess, is_this_machine

ROOT = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

MODE = env.choice("SAS_AGENDA_MODE", {"production", "local"}, "production")
LOCAL = MODE == "local"
DEBUG = False

BASE_URL = env.web_address("BASE_URL", "http://127.0.0.1:8000" if LOCAL else None)
SECURE = BASE_URL.startswith("https://")
if not SECURE and not LOCAL:
    raise ImproperlyConfigured("BASE_URL must start with https:// (only SAS_AGENDA_MODE=local may serve plain HTTP).")
if not SECURE and not is_this_machine(urlsplit(BASE_URL).hostname):
    raise ImproperlyConfigured("BASE_URL must start with https:// (plain HTTP is for loopback: 127.0.0.1, localhost).")
SECRET_KEY = env.secret("SECRET_KEY", "local-only-" + "0" * 50 if LOCAL else None)
if not LOCAL and not is_hard_to_guess(SECRET_KEY):
    raise ImproperlyConfigured(
        "SECRET_KEY is too easy to guess, and it signs sessions and password links: give it 50 random characters or more."
    )
ALLOWED_HOSTS = [
    urlsplit(BASE_URL).hostname,
    *env.hosts("ALLOWED_HOSTS"),
    *(["127.0.0.1", "localhost", "testserver"] if LOCAL else []),
]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "outbox",
    "accounts",
    "appointments",
    "interop",
    "sas_agenda.operations",
    "sas_agenda.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    # Its templates of form widgets, which FORM_RENDERER looks for among the installed ones.
    "django.forms",
    "axes",
    "csp",
    "django_htmx",
    "mozilla_django_oidc",
    "rest_framework",
]

MIDDLEWARE = [
    "sas_agenda.operations.middleware.RequestMiddleware",
    "sas_agenda.operations.middleware.ProbesMiddleware",
    "sas_agenda.middleware.SeeOtherMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.ActorMiddleware",
    "accounts.sas_sign_in.middleware.ArrivalMiddleware",
    "accounts.middleware.TermsMiddleware",
    "axes.middleware.AxesMiddleware",
    "sas_agenda.middleware.BusyMiddleware",
]

ROOT_URLCONF = "sas_agenda.urls"
WSGI_APPLICATION = "sas_agenda.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.page",
                "appointments.call.context.page",
            ],
            "builtins": ["accounts.templatetags.french", "accounts.templatetags.ui"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database, sessions, cache ---------------------------------------------------------------------------------------
# DATABASE_URL leads through a PgBouncer that pools transactions: what lasts longer than one of them is not ours to keep.
DATABASE_POOLER = env.boolean("DATABASE_POOLER", False)
# How long anything may wait in the database, in PostgreSQL's words. For a lock: longer than those who queue for one line of time
# at a busy moment, less than the 7 s that the platform gives us. What needs longer lifts its limit: `migrate`, `restore`.
DATABASE_LIMITS = {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "60s"}
DATABASES = {
    "default": env.database(
        "DATABASE_URL",
        # PgBouncer takes no such options: there they belong to the role (docs/deployment.md, "Limits and logs").
        limits={} if DATABASE_POOLER else DATABASE_LIMITS,
    )
    | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": DATABASE_POOLER}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "__Host-sas_agenda_session" if SECURE else "sas_agenda_session"
SESSION_COOKIE_AGE = int(timedelta(hours=10).total_seconds())
SESSION_COOKIE_SECURE = SECURE
# Lax: the SAS opens our pages in a new tab from its own site.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-sas_agenda_csrf" if SECURE else "sas_agenda_csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "sas_agenda.errors.csrf_failure"

# --- Transport and content policy ------------------------------------------------------------------------------------
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if not LOCAL else None
SECURE_SSL_REDIRECT = SECURE
# The FHIR server name of nginx speaks TLS by construction; /sante/ is asked by the platform's own probes.
SECURE_REDIRECT_EXEMPT = [r"^sante/$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# Three for each appointment that a change of hours touches (`MOST`), besides the form's own.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# Files hold patients: never on a disk.
FILE_UPLOAD_HANDLERS = ["appointments.imports.upload.BoundedMemory"]

# --- Who signs in ----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.EmailBackend",
    "accounts.sas_sign_in.backend.SasBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=2).total_seconds())
PASSWORD_HASHERS = ["accounts.hashing.BoundedHasher"]
# Failures are django-axes's rows; how many of whose close what, and for how long, is in accounts.throttle.
AXES_HANDLER = "accounts.throttle.RisingDelays"
AXES_COOLOFF_TIME = timedelta(days=1)  # a failure is remembered for that long after the last of the same
AXES_LOCK_OUT_AT_FAILURE = False
# Who tries while the door is closed is not heard, and the delay does not grow by it.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# Passwords come by POST only. The way back from the SAS is a GET: what fails there must not close it to a whole office.
AXES_NEVER_LOCKOUT_GET = True
# What a success forgets: the failures of that person from there. Nobody clears their network's by an account of their own.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "accounts.throttle.client_username"
AXES_CLIENT_IP_CALLABLE = "accounts.throttle.client_address"
AXES_LOCKOUT_CALLABLE = "sas_agenda.errors.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_SENSITIVE_PARAMETERS = ["username", "password"]
AXES_VERBOSE = False
# The version of the terms of use (CGU) that must have been accepted; templates/terms/<version>.html holds their text.
TERMS_VERSION = env.text("TERMS_VERSION", "2026-11")

# --- The SAS: sign-in (V2) -------------------------------------------------------------------------------------------
SAS_ORIGINS = env.words("SAS_ORIGINS", "sas,sas-preprod")
SAS_PLATFORM_URL = env.text("SAS_PLATFORM_URL", "")
# What a regulator copies of a booking into their own software (appointments/call/copy_line.py names what it may hold).
SAS_COPY_LINE = env.text(
    "SAS_COPY_LINE",
    "RDV {date} {heure}, {praticien}, {lieu}, {adresse}, {telephone}, {mode}, {etat}. Ref {reference}, id {identifiant}",
)
SAS_SESSION_AGE = timedelta(minutes=env.integer("SAS_SESSION_MINUTES", 120, minimum=5))
SAS_OIDC_ISSUER = env.web_address("SAS_OIDC_ISSUER", "")
if SAS_OIDC_ISSUER.startswith("http://") and not LOCAL:
    raise ImproperlyConfigured(
        "SAS_OIDC_ISSUER must start with https:// (plain HTTP is for SAS_AGENDA_MODE=local only)."
    )
SAS_OIDC_TIMEOUT = 5  # seconds, for each call to the provider
SAS_OIDC_IDP_CONNECT_CLAIM = env.text("SAS_OIDC_IDP_CONNECT_CLAIM", "idp_connect")
SAS_OIDC_IDP_CONNECT_VALUES = env.words("SAS_OIDC_IDP_CONNECT_VALUES", "mdp,psc")
SAS_OIDC_REFUSE_UNKNOWN_IDP_CONNECT = env.boolean("SAS_OIDC_REFUSE_UNKNOWN_IDP_CONNECT", False)
# Off: « Se déconnecter » ends our session only. The regulator's platform stays open, they need it for the next call.
SAS_OIDC_SIGN_OUT_AT_PROVIDER = env.boolean("SAS_OIDC_SIGN_OUT_AT_PROVIDER", False)
if SAS_OIDC_SIGN_OUT_AT_PROVIDER and SAS_OIDC_ISSUER:
    # Chromium applies form-action to where the answer of a form redirects.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(
        "{0.scheme}://{0.netloc}".format(urlsplit(SAS_OIDC_ISSUER))
    )
OIDC_RP_CLIENT_ID = env.text("SAS_OIDC_CLIENT_ID", "sas-agenda")
OIDC_RP_CLIENT_SECRET = env.secret("SAS_OIDC_CLIENT_SECRET", "")
OIDC_RP_SCOPES = env.text("SAS_OIDC_SCOPES", "openid email")
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_USE_PKCE = True
OIDC_PKCE_CODE_CHALLENGE_METHOD = "S256"
OIDC_TIMEOUT = SAS_OIDC_TIMEOUT
OIDC_TOKEN_USE_BASIC_AUTH = env.boolean("SAS_OIDC_BASIC_AUTH", False)
OIDC_CREATE_USER = False
# Needed only as the hint of a sign-out at the provider.
OIDC_STORE_ID_TOKEN = SAS_OIDC_SIGN_OUT_AT_PROVIDER
OIDC_AUTHENTICATION_CALLBACK_URL = "sas-callback"
# The library wants them to exist; accounts.sas_sign_in fills them from the discovery document, at each sign-in.
OIDC_OP_AUTHORIZATION_ENDPOINT = OIDC_OP_TOKEN_ENDPOINT = OIDC_OP_USER_ENDPOINT = OIDC_OP_JWKS_ENDPOINT = ""

# --- The SAS: FHIR in and out ----------------------------------------------------------------------------------------
SAS_MTLS = env.boolean("SAS_MTLS", True)
if not SAS_MTLS and not LOCAL:
    raise ImproperlyConfigured("SAS_MTLS=off is for SAS_AGENDA_MODE=local only: FHIR is served under mutual TLS.")
SAS_MTLS_CN = env.words("SAS_MTLS_CN")
SAS_MTLS_OU = env.words("SAS_MTLS_OU")
FHIR_BASE_URL = env.web_address("FHIR_BASE_URL", f"{BASE_URL}/fhir")
SAS_FHIR_URL = env.web_address("SAS_FHIR_URL", "")
if SAS_FHIR_URL.startswith("http://") and not LOCAL:
    raise ImproperlyConfigured(
        "SAS_FHIR_URL must start with https://: appointments leave under mutual TLS (plain HTTP is for SAS_AGENDA_MODE=local)."
    )
# What operators' pages show; empty: known from SAS_FHIR_URL (interop.sas.environments).
SAS_ENVIRONMENT = env.choice("SAS_ENVIRONMENT", {"", "recette", "preproduction", "production"}, "")
SAS_CLIENT_CERT = env.text("SAS_CLIENT_CERT", "")
SAS_CLIENT_KEY = env.text("SAS_CLIENT_KEY", "")
SAS_CA = env.text("SAS_CA", "")
SAS_CONNECT_TIMEOUT = env.integer("SAS_CONNECT_TIMEOUT", 5, minimum=1)  # seconds
SAS_READ_TIMEOUT = env.integer("SAS_READ_TIMEOUT", 10, minimum=1)  # seconds
SAS_MAX_CALLS = env.integer("SAS_MAX_CALLS", 8, minimum=1)  # at once, all workers together
# How long a worker may hold a delivery, from which the time limits of its task and of an answer follow (interop.tasks).
SAS_LEASE = timedelta(seconds=env.integer("SAS_LEASE_SECONDS", 60, minimum=15))
SAS_FIRST_DELAY = timedelta(seconds=env.integer("SAS_FIRST_DELAY_SECONDS", 5, minimum=1))
SAS_LONGEST_DELAY = timedelta(seconds=env.integer("SAS_LONGEST_DELAY_SECONDS", 1800, minimum=1))
SAS_FIRST_PAUSE = timedelta(seconds=env.integer("SAS_FIRST_PAUSE_SECONDS", 10, minimum=1))
SAS_LONGEST_PAUSE = timedelta(seconds=env.integer("SAS_LONGEST_PAUSE_SECONDS", 600, minimum=1))
# Frozen for ever once appointments were sent: the SAS finds them by it.
APPOINTMENT_IDENTIFIER_SYSTEM = env.text("APPOINTMENT_IDENTIFIER_SYSTEM", f"{BASE_URL}/identifiants/rendez-vous")
LOCATION_IDENTIFIER_SYSTEM = env.text("LOCATION_IDENTIFIER_SYSTEM", f"{BASE_URL}/identifiants/lieux")

# --- What the editor declares to the ANS (docs/cadrage.md, `manage.py cadrage --filled`) ------------------------------
EDITOR_NAME = env.text("EDITOR_NAME", "")
EDITOR_PUBLIC_IPS = env.words("EDITOR_PUBLIC_IPS")
EDITOR_CONTACT = env.text("EDITOR_CONTACT", "")
# What patients' pages say beside: where the data are, and whom to ask about them.
HOST_NAME = env.text("HOST_NAME", "")
DATA_CONTACT = env.text("DATA_CONTACT", "")
# Where to report a vulnerability: what /.well-known/security.txt says.
SECURITY_CONTACT = env.contact("SECURITY_CONTACT")

# --- Celery ----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.broker("REDIS_URL", "redis://127.0.0.1:6379/0")
# Two queues, so that a SAS that answers slowly keeps no mail and no alert waiting. A worker without --queues serves both.
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {"celery": {}, "sas": {}}
CELERY_TASK_ROUTES = {"interop.tasks.*": {"queue": "sas"}}
# A worker that is to serve another one does not start: nobody would ever wake it.
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120
# A dead broker must neither fail nor slow down a committed booking: one quick try, the sweeps do the rest.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 1, "visibility_timeout": 300}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A broker that answers and refuses (a replica since, full) is waited for as one that is away; else the worker ends.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
SWEEP_SECONDS = env.integer("SWEEP_SECONDS", 10, minimum=1)
CELERY_BEAT_SCHEDULE = schedule(SWEEP_SECONDS)

# --- Operations (docs/operations.md) ---------------------------------------------------------------------------------
OPERATORS_EMAILS = env.words("OPERATORS_EMAILS")
OPERATIONS_NETWORKS = env.networks("OPERATIONS_NETWORKS", "127.0.0.0/8,::1/128")
METRICS_DIR = env.text("METRICS_DIR", "")
RETENTION_PATIENT_DAYS = env.integer("RETENTION_PATIENT_DAYS", 1826, minimum=1)
RETENTION_SIGN_IN_DAYS = env.integer("RETENTION_SIGN_IN_DAYS", 365, minimum=1)
RETENTION_LOG_DAYS = env.integer("RETENTION_LOG_DAYS", 182, minimum=1)

# --- Patients who book by themselves ---------------------------------------------------------------------------------
# Of one contact, one address, one person at a practice (and of all persons with one contact there).
ONLINE_CODES_PER_HOUR = env.integer("ONLINE_CODES_PER_HOUR", 3, minimum=1)
ONLINE_HOLDS_PER_HOUR = env.integer("ONLINE_HOLDS_PER_HOUR", 10, minimum=1)
ONLINE_OPEN_VISITS = env.integer("ONLINE_OPEN_VISITS", 2, minimum=1)
ONLINE_OPEN_VISITS_OF_CONTACT = env.integer("ONLINE_OPEN_VISITS_OF_CONTACT", 6, minimum=1)
# Of an hour that came free and is proposed to who waits: how long they may think, outside the quiet hours; how near it may be.
WAITING_ANSWER_MINUTES = env.integer("WAITING_ANSWER_MINUTES", 30, minimum=5)
WAITING_NOTICE_HOURS = env.integer("WAITING_NOTICE_HOURS", 4, minimum=1)

# --- Mail and SMS ----------------------------------------------------------------------------------------------------
vars().update(env.mail_server("EMAIL_URL", "smtp://127.0.0.1:25", plain_anywhere=LOCAL))
EMAIL_BACKEND = "outbox.mail.Backend"
# Seconds for each answer of the server but the last one, which has `outbox.mail.PATIENCE`.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "SAS Agenda <ne-pas-repondre@sas-agenda.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# What is set up wrong stops the start. Empty SMS_URL: no SMS can be sent. SMS_BODY: JSON, with {to} and {text} in it.
SMS_URL = env.text("SMS_URL", "")
SMS_SENDER = env.text("SMS_SENDER", "SASAgenda")
SMS_PROVIDER = sms_provider(
    SMS_URL,
    local=LOCAL,
    sender=SMS_SENDER,
    key=env.secret("SMS_KEY", ""),
    body=env.secret("SMS_BODY", ""),
    timeout=env.integer("SMS_TIMEOUT", 10, minimum=1),
    knows_repeats=env.boolean("SMS_KNOWS_REPEATS", False),
)
# Signs what the provider tells of them later; empty: nothing is heard.
SMS_WEBHOOK_KEY = env.secret("SMS_WEBHOOK_KEY", "")

# --- Language and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_I18N = True

# --- Static files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(ROOT / ".agenda" / "static"))
STATICFILES_DIRS = [ROOT / "static"]
# Local: files are served from their folders, so that `./agenda up` needs no collectstatic.
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- FHIR routes (DRF) -----------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["interop.authentication.ClientCertificate"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["interop.renderers.FhirRenderer"],
    "DEFAULT_PARSER_CLASSES": ["interop.parsers.RawParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "interop.renderers.FhirNegotiation",
    "EXCEPTION_HANDLER": "interop.outcomes.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

# --- Logs: never patient data, never secrets -------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "sas_agenda.operations.logs.LineFormatter",
            "fmt": "{asctime} {levelname} {name} {message}",
            "style": "{",
            # The words of an exception may quote a patient: only a developer's machine shows them.
            "tell_errors": LOCAL,
        },
        "json": {"()": "sas_agenda.operations.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.choice("LOG_FORMAT", {"json", "line"}, "line" if LOCAL else "json"),
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        # Its lines quote addresses typed at sign-in.
        "axes": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
    },
}
