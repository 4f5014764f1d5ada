"""The wheel holds one package and everything that it needs, and the command works from it."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Not copied: what is no source, and what an earlier build left, which would get into the wheel.
LEFT_OUT = (".*", "build", "dist", "__pycache__", "*.egg-info")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of a copy of this checkout; where the tools to build it cannot be had, the tests are left out."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("uv is not installed here; `make setup` installs it where a package index can be reached")
    out, copy = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("copy") / "checkout"
    shutil.copytree(ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    built = subprocess.run(
        [str(uv), "build", "--wheel", "--out-dir", str(out), str(copy)], capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    if built.returncode and "build-system.requires" in built.stderr:
        pytest.skip("the build tools cannot be fetched; a package index must be in reach")
    assert built.returncode == 0, built.stderr
    (found,) = out.glob("*.whl")
    return found


def test_it_installs_one_top_level_name(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"fairdeal"}


def test_every_module_of_the_checkout_is_inside(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    rooms = [path for path in (ROOT / "src" / "fairdeal").iterdir() if path.is_symlink()]
    assert len(rooms) == 8
    modules = {f"fairdeal/{room.name}/{path.relative_to(room.resolve())}" for room in rooms for path in room.resolve().rglob("*.py")}
    assert modules - inside == set()


def test_what_is_not_python_is_inside_too(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    rooms = [path for path in (ROOT / "src" / "fairdeal").iterdir() if path.is_symlink()]
    needed = {
        f"fairdeal/{room.name}/{path.relative_to(room.resolve())}"
        for room in rooms
        for path in room.resolve().rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc", ".md")
    } | {"fairdeal/py.typed"}
    assert needed - inside == set()
    for ending in ("handbook.toml", "mapping.toml", "py.typed", ".html", ".css", ".mo"):
        assert any(name.endswith(ending) for name in inside), ending


def test_the_command_works_from_it(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([str(uv), "pip", "install", "-q", "--python", str(python), "--no-deps", str(wheel)], check=True, timeout=120)
    (own,) = (tmp_path / "venv" / "lib").glob("python3*/site-packages")
    # The libraries are lent by this environment; of Fairdeal itself there is only the wheel.
    lent = [path for path in site.getsitepackages() if Path(path).is_dir()]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FAIRDEAL_", "PYTHON"))}
    environment |= {"PYTHONPATH": os.pathsep.join([str(own), *lent]), "FAIRDEAL_HOME": str(tmp_path / "home")}

    def give(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(tmp_path / "venv" / "bin" / "fairdeal"), *words]
        return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, cwd=tmp_path, check=False, timeout=120)

    where = subprocess.run(
        [str(python), "-c", "import fairdeal; print(fairdeal.__file__)"],
        capture_output=True, encoding="utf-8", env=environment, cwd=tmp_path, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(own))
    shown = give("--help")
    assert shown.returncode == 0, shown.stderr
    assert "Finds fake deals" in shown.stdout
    simulated = give("simulate", "--out", "market", "--days", "2", "--orders-per-day", "10", "--seed", "1")
    assert simulated.returncode == 0, simulated.stderr
    checked = give("source", "check", "market/mapping.toml")
    assert checked.returncode == 0, checked.stderr
    listed = give("cases", "list", "--json")
    assert (listed.returncode, listed.stdout) == (0, "[]\n"), listed.stderr
