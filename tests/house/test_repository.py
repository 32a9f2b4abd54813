"""What may stand in the repository: no path of a machine, no index host, no data of others, small files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
TEXT = {".py", ".md", ".toml", ".txt", ".lock", ".csv", ".j2", ".html", ".yml", ".cff", ""}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        return [p for p in ROOT.rglob("*") if p.is_file() and not {".venv", ".git", "output"} & set(p.parts)]
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_index_host_and_no_machine_path() -> None:
    bad = re.compile(r"(index.url|https?://[^ \"]*/simple(/|\"|$)|(^|[^A-Za-z0-9_.])/(root|tmp|work|home)/[A-Za-z])")
    found = []
    for path in tracked():
        if path.suffix in TEXT and path != Path(__file__):
            for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1):
                if bad.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line[:100]}")
    assert not found, "\n".join(found)


def test_lock_files_are_hashed() -> None:
    for name in LOCKS:
        lines = (ROOT / name).read_text("utf-8").splitlines()
        pins = [n for n, line in enumerate(lines) if re.match(r"^[a-z0-9]", line)]
        assert pins
        for n in pins:
            assert "==" in lines[n]
            assert "--hash=sha256:" in lines[n + 1], lines[n]


def test_run_lock_is_part_of_the_test_lock() -> None:
    run, test = (set(re.findall(r"^[a-z0-9_.-]+==\S+", (ROOT / n).read_text("utf-8"), re.M)) for n in LOCKS)
    assert run <= test


def test_importing_the_face_is_light() -> None:
    code = "import sys, panelkit; print(sorted({'pandas', 'numpy', 'pyfixest', 'pydantic', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_command_line_starts_without_pandas() -> None:
    code = "import sys, panelkit.cli; print(sorted({'pandas', 'numpy', 'pyfixest', 'pydantic', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_reading_a_study_loads_nothing_that_estimates_or_draws() -> None:
    heavy = "scipy.stats|scipy.optimize|scipy.sparse|statsmodels|pyfixest|linearmodels|matplotlib|docx|duckdb"
    code = f"""import sys, panelkit
panelkit.read_study("analyses/cbec_clusters/study.toml")
print(sorted(set("{heavy}".split("|")) & set(sys.modules)))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
