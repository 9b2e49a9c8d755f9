# The one image of web, worker, beat and jobs. Packages are installed by hash, then copied without the installer; so is what backs
# up and restores.
#   docker build --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:… --tag sas-agenda .
# Give the digest of the base image that you looked at (docs/deployment.md, "Images").
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
# Of the server's version, and of the same Debian as the other.
ARG POSTGRES_IMAGE=postgres:18-bookworm

FROM ${PYTHON_IMAGE} AS packages
COPY requirements/base.txt /requirements.txt
# Wheels only: nothing is compiled, nothing of a package runs while it is installed.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary=:all: -r /requirements.txt

FROM ${POSTGRES_IMAGE} AS postgres
COPY deploy/postgres_client.sh /
RUN sh /postgres_client.sh /usr/lib/postgresql/*/bin /opt/postgresql

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="SAS Agenda" org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 agenda \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin agenda \
    && install --directory --owner=agenda --group=agenda --mode=0750 /run/sas-agenda \
    && install --directory --owner=agenda --group=agenda --mode=0755 /srv/published/static
COPY --from=packages /venv /venv
COPY --from=postgres /opt/postgresql /opt/postgresql
ENV PATH=/venv/bin:/opt/postgresql/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/srv/collected
WORKDIR /srv/agenda
COPY LICENSE manage.py ./
COPY deploy/__init__.py deploy/draining.py deploy/gunicorn_settings.py deploy/probe.py deploy/revocations.py deploy/
COPY sas_agenda sas_agenda
COPY outbox outbox
COPY accounts accounts
COPY appointments appointments
COPY interop interop
COPY templates templates
COPY static static
# Throw-away values: collecting needs settings that load, not real ones. All files stay root's: the process can't change them.
RUN SECRET_KEY=to-collect-static-files-only-and-nothing-is-signed-with-it BASE_URL=https://build.invalid DATABASE_URL=postgresql:///build SAS_MTLS_CN=build SAS_MTLS_OU=build \
    python manage.py collectstatic --no-input --verbosity=0 \
    && python -m compileall -q /srv/agenda \
    && pg_dump --version && pg_restore --version && psql --version
USER 10001:10001
# No entry point: the settings read secrets from files themselves (…_FILE), whoever starts what.
CMD ["gunicorn", "-c", "deploy/gunicorn_settings.py"]
