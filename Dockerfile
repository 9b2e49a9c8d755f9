# Two stages: packages are installed by hash, then copied without the installer.
FROM python:3.11-slim-bookworm AS build
WORKDIR /srv
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/base.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home agenda
WORKDIR /srv
COPY --from=build /venv /venv
COPY manage.py ./
COPY sas_agenda sas_agenda
COPY accounts accounts
COPY appointments appointments
COPY interop interop
COPY templates templates
COPY static static
COPY docs/cadrage.md docs/cadrage.md
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/srv/collected
# Throw-away values: collecting needs settings that load, not real ones.
RUN SECRET_KEY=build BASE_URL=https://build.invalid DATABASE_URL=postgresql:///build SAS_MTLS_CN=build SAS_MTLS_OU=build \
    python manage.py collectstatic --noinput
USER agenda
EXPOSE 8000
CMD ["gunicorn", "sas_agenda.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--access-logfile", "-"]
