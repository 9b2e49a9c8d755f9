"""The embedded PostgreSQL and Valkey on a real data folder: what survives, what is refused, what is left behind."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from deploy.local.data_folder import DataFolder, DataFolderBusyError
from deploy.local.kernel import is_running
from deploy.local.layout import ROOT
from deploy.local.processes import Supervisor
from deploy.local.servers import start_servers, throw_away_servers
from tests.launcher.conftest import within


@pytest.fixture(autouse=True)
def _embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def server_pid(data: DataFolder) -> int:
    return int((data.database_home() / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def test_data_survive_a_restart(supervisor: Supervisor, folder: Path) -> None:
    data = DataFolder(folder / "data")
    servers = start_servers(supervisor, data)
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    redis.Redis.from_url(servers.broker_url.replace("redis+socket", "unix")).set("kept", "42")
    supervisor.stop()

    servers = start_servers(supervisor, data)
    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert redis.Redis.from_url(servers.broker_url.replace("redis+socket", "unix")).get("kept") == b"42"


def test_the_servers_listen_on_no_port_and_their_sockets_are_closed_to_others(
    supervisor: Supervisor, folder: Path
) -> None:
    data = DataFolder(folder / "data")
    servers = start_servers(supervisor, data)
    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    sockets = (data.path / "sockets").resolve()
    assert (sockets / "pg").stat().st_mode & 0o077 == 0
    assert (sockets / "valkey.sock").stat().st_mode & 0o077 == 0


def test_a_stale_pid_file_does_not_prevent_the_next_start(supervisor: Supervisor, folder: Path) -> None:
    data = DataFolder(folder / "data")
    start_servers(supervisor, data)
    pid_file = data.database_home() / "cluster" / "postmaster.pid"
    left = pid_file.read_text().splitlines()
    supervisor.stop()
    # As after a power cut and a reboot: the number it names now belongs to a living program of the same user.
    user = 65534 if os.geteuid() == 0 else None
    stranger = subprocess.Popen(["sleep", "60"], user=user)
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *left[1:]]) + "\n")
        servers = start_servers(supervisor, data)
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_creation_is_begun_again(supervisor: Supervisor, folder: Path) -> None:
    data = DataFolder(folder / "data")
    draft = data.database_home() / "cluster.draft"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("half written")
    assert start_servers(supervisor, data).postgres is not None


def test_another_major_version_is_refused_with_advice(supervisor: Supervisor, folder: Path) -> None:
    data = DataFolder(folder / "data")
    start_servers(supervisor, data)
    supervisor.stop()
    (data.database_home() / "cluster" / "PG_VERSION").write_text("12\n")
    with pytest.raises(Exception, match="écrites par PostgreSQL 12"):
        start_servers(supervisor, data)


def test_the_mark_tells_whether_migrations_were_applied_or_undone(supervisor: Supervisor, folder: Path) -> None:
    postgres = start_servers(supervisor, DataFolder(folder / "data")).postgres
    assert postgres is not None
    assert postgres.ensure_database() == ""
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE django_migrations (id serial)")
        connection.execute("INSERT INTO django_migrations DEFAULT VALUES")
    applied = postgres.ensure_database()
    with psycopg.connect(postgres.url) as connection:
        connection.execute("DELETE FROM django_migrations")
    assert applied not in ("", postgres.ensure_database())


def test_named_servers_are_used_and_none_is_started(
    supervisor: Supervisor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/agenda")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    servers = start_servers(supervisor, DataFolder(folder / "data"))
    assert servers.environment == {"DATABASE_URL": "postgresql://elsewhere/agenda", "REDIS_URL": "redis://elsewhere"}
    assert servers.postgres is None
    assert supervisor.running() == []
    assert not (folder / "data" / "postgresql").exists()


def test_throw_away_servers_leave_nothing(supervisor: Supervisor) -> None:
    with throw_away_servers(supervisor) as servers:
        assert servers.postgres is not None
        home = servers.postgres.home
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
            pid = connection.info.backend_pid
    assert not home.parent.exists()
    assert within(2, lambda: not is_running(pid))


HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from deploy.local.data_folder import DataFolder
with DataFolder(Path(sys.argv[2])).locked():
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_folder_is_one_run_s_at_a_time(folder: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, ROOT, folder / "data"], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DataFolderBusyError, match=f"processus {holder.pid}"), DataFolder(folder / "data").locked():
            pass
    finally:
        holder.kill()
        holder.communicate()
    with DataFolder(folder / "data").locked():
        pass


def test_a_run_waits_for_what_a_killed_one_left_ending(folder: Path) -> None:
    data = DataFolder(folder / "data")
    with data.locked() as descriptor:
        survivor = subprocess.Popen(["sleep", "0.7"], pass_fds=[descriptor])
        killed = subprocess.Popen(["true"])
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)  # ended, and nobody took note yet
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(killed.pid).encode(), 0)
    with DataFolder(folder / "data").locked():
        assert survivor.wait(0.5) == 0
    killed.wait()


def test_secrets_are_made_once_and_only_their_owner_reads_them(folder: Path) -> None:
    data = DataFolder(folder / "data")
    made = data.secret("secret_key")
    assert len(made) >= 50
    assert DataFolder(folder / "data").secret("secret_key") == made
    assert data.secret("another") != made
    file = data.secret_file("secret_key")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_the_sockets_of_a_killed_run_are_removed_by_the_next(folder: Path) -> None:
    data = DataFolder(folder / "data")
    left = data.sockets()
    (left / "valkey.sock").touch()
    with data.locked():
        assert not left.exists()


def test_a_tampered_link_to_sockets_removes_nothing_else(folder: Path) -> None:
    data = DataFolder(folder / "data")
    precious = folder / "precious"
    precious.mkdir()
    (data.path / "sockets").symlink_to(precious)
    with data.locked():
        assert precious.is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_below_a_private_home_the_database_is_kept_elsewhere(supervisor: Supervisor, folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    data = DataFolder(home / "data")
    servers = start_servers(supervisor, data)
    with psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    supervisor.stop()
    kept = data.database_home()
    assert not kept.is_relative_to(home)
    assert (data.path / "postgresql").resolve() == kept == DataFolder(home / "data").database_home()


def test_the_socket_folder_is_short_whatever_the_temporary_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = folder / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    sockets = DataFolder(folder / "data").sockets()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(sockets / "valkey.sock"))
    subprocess.run(["rm", "-rf", sockets], check=True)
