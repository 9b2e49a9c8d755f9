"""What `./agenda check` refuses to see committed."""

import subprocess
from pathlib import Path

import pytest

from deploy.local import repository


@pytest.fixture
def project(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "requirements").mkdir()
    return tmp_path


def report(project: Path) -> list[str]:
    subprocess.run(["git", "-C", project, "add", "."], check=True)
    return repository.findings(project)


def test_a_long_file_is_reported_and_a_long_migration_is_not(project: Path) -> None:
    (project / "app" / "migrations").mkdir(parents=True)
    text = "line\n" * (repository.LONGEST + 1)
    for name in ("long.py", "app/migrations/0001_initial.py", "page.css", "page.html"):
        (project / name).write_text(text)
    assert report(project) == [f"long.py: {repository.LONGEST + 1} lines, more than 420: split it by subject"]


def test_a_wide_line_of_a_template_is_reported(project: Path) -> None:
    for folder in ("templates", "sandbox/templates", "docs"):
        (project / folder).mkdir(parents=True)
        (project / folder / "page.html").write_text(f"{'é' * repository.WIDEST}\n{'é' * (repository.WIDEST + 1)}\n")
    assert report(project) == [
        f"{folder}/page.html:2: 141 characters, more than 140: break the line"
        for folder in ("sandbox/templates", "templates")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "index = https://pypi" + ".org/simple",
        "https://files.pythonhosted" + ".org/packages/x",
        "cd /" + "root/project",
        'open("/' + 'work/main")',
    ],
)
def test_registries_and_machine_paths_are_reported(project: Path, line: str) -> None:
    (project / "notes.md").write_text(f"\n{line}\n")
    assert [found.partition(": ")[0] for found in report(project)] == ["notes.md:2"]


@pytest.mark.parametrize("line", ["/var/root/x", "https://site.example/work/1", "cat ./work/x", "<a></work/>"])
def test_what_only_looks_alike_is_left_alone(project: Path, line: str) -> None:
    (project / "notes.md").write_text(line)
    assert report(project) == []


def test_a_requirements_file_may_not_choose_a_registry(project: Path) -> None:
    (project / "requirements" / "base.txt").write_text("django==5\n--index-url https://mirror.example/simple\n")
    assert report(project) == ["requirements/base.txt: --index-url chooses a registry for everyone"]


def test_what_is_not_committed_is_not_looked_at(project: Path) -> None:
    (project / ".gitignore").write_text("ignored.py\n")
    (project / "ignored.py").write_text("/" + "root/x")
    assert report(project) == []


def test_a_copy_without_git_is_checked_whole(tmp_path: Path) -> None:
    (tmp_path / ".agenda").mkdir()
    for name in (".agenda/made.py", "mine.py"):
        (tmp_path / name).write_text("/" + "root/x")
    assert [found.partition(":")[0] for found in repository.findings(tmp_path)] == ["mine.py"]
