"""What must not be committed: files and template lines too long to read, registries' addresses, paths of one machine."""

import re
import subprocess
from pathlib import Path

from deploy.local.layout import ROOT

LONGEST = 420  # lines of code
WIDEST = 140  # characters of a template's line (djlint knows the limit, but only its formatter keeps it)
_CODE = {".py", ".js"}
_TEMPLATES = ("templates/", "sandbox/templates/")
# Written in pieces, so that this file does not report itself.
_REGISTRIES = ("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs\.org", "crates" + r"\.io")
_MACHINE_FOLDERS = ("root", "work", "farm")
_FORBIDDEN = re.compile(
    "|".join(rf"(?<![\w-]){host}" for host in _REGISTRIES) + rf"|(?<![\w.}}<>-])/(?:{'|'.join(_MACHINE_FOLDERS)})/"
)
_INDEX_OPTION = re.compile(r"^\s*(?:-i\b|-f\b|--index-url|--extra-index-url|--find-links|--trusted-host)", re.MULTILINE)


def findings(root: Path = ROOT) -> list[str]:
    """One line per offence, `path:line: what`."""
    found: list[str] = []
    for file in committed_files(root):
        name = file.relative_to(root).as_posix()
        try:
            text = file.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # an image; or deleted and not committed yet
        lines = text.splitlines()
        if file.suffix in _CODE and "/migrations/" not in name and len(lines) > LONGEST:
            found.append(f"{name}: {len(lines)} lines, more than {LONGEST}: split it by subject")
        for number, line in enumerate(lines, start=1):
            if name.startswith(_TEMPLATES) and len(line) > WIDEST:
                found.append(f"{name}:{number}: {len(line)} characters, more than {WIDEST}: break the line")
            if match := _FORBIDDEN.search(line):
                found.append(f"{name}:{number}: {match.group()} belongs to one machine or registry")
        if name.startswith("requirements/") and (match := _INDEX_OPTION.search(text)):
            found.append(f"{name}: {match.group().strip()} chooses a registry for everyone")
    return found


def committed_files(root: Path) -> list[Path]:
    """The files git tracks; in a copy without git, all but what the command itself makes."""
    command = ["git", "-C", str(root), "-c", f"safe.directory={root}", "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return [
            path
            for path in sorted(root.rglob("*"))
            if path.is_file() and not {".agenda", "__pycache__", ".git"} & set(path.relative_to(root).parts)
        ]
    return [root / name for name in listed.split("\0") if name and not (root / name).is_symlink()]
