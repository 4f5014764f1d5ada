"""The README's pictures, taken of what `make demo` left: ``make screenshots`` writes them into ``docs/pictures/``.

A copy of the demo's home is served and signed into, so that no account is made in the real one. Needs Debian's Chromium.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
#: Nothing that the browser does on its own asks any network for anything.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PASSWORD = "only for the pictures 7"  # noqa: S105 - of a copy that is deleted at once
WIDTH, HEIGHT = 1360, 900


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(home: Path) -> Iterator[tuple[str, str]]:
    """The console of a copy of a home whose accounts are gone: its address and the first account's password."""
    with tempfile.TemporaryDirectory(prefix="fairdeal-pictures-") as made:
        copy = Path(made) / "home"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("market", "lake", "runs", "prefect"))
        forget_accounts(copy)
        port = free_port()
        environment = {
            **os.environ,
            "FAIRDEAL_HOME": str(copy),
            "COLUMNS": "200",
            "PYTHONUNBUFFERED": "1",
            "FAIRDEAL_CONSOLE_SECOND_FACTOR": "false",
        }
        command = [sys.executable, "-m", "fairdeal", "console", "--port", str(port)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603 - our own command
            try:
                yield f"http://127.0.0.1:{port}", first_password(process)
            finally:
                process.terminate()


def forget_accounts(home: Path) -> None:
    """Every account of the copy is deleted, so that the console makes a first one."""
    code = (
        "import sys; from pathlib import Path; from fairdeal.disputes import django_setup; "
        "django_setup.configure(Path(sys.argv[1])); django_setup.migrate(); "
        "from django.contrib.auth import get_user_model; get_user_model().objects.all().delete()"
    )
    subprocess.run([sys.executable, "-c", code, str(home)], check=True)  # noqa: S603 - our own program


def first_password(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        told = re.search(r"one-time password: (\S+)", line)
        if told:
            return told[1]
    raise SystemExit("console: it ended without telling a password; run `fairdeal console` by hand to see why")


def sign_in(page: Page, address: str, password: str) -> None:
    """Signs in and changes the first password, as the console asks."""
    page.goto(f"{address}/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_load_state()
    page.fill("input[name=old_password]", password)
    page.fill("input[name=new_password1]", PASSWORD)
    page.fill("input[name=new_password2]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state()


def case_address(page: Page, address: str, case_type: str) -> str | None:
    """The page of the first case of a type in the queue, or None where there is none."""
    page.goto(f"{address}/queue/?case_type={case_type}")
    links = page.locator("a.fd-open")
    return f"{address}{links.first.get_attribute('href')}" if links.count() else None


def keep(page: Page, folder: Path, name: str, *, whole: bool = False) -> None:
    """Writes a picture with few colours: small enough for a repository, sharp enough to read."""
    page.wait_for_timeout(300)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=whole)))
    if picture.height > 2 * HEIGHT:
        picture = picture.crop((0, 0, picture.width, 2 * HEIGHT))
    path = folder / f"{name}.png"
    picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size // 1024} KB")


def new_page(browser: Browser, language: str, *, dark: bool = False) -> Page:
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        locale=language,
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if dark else "light",
    )
    return context.new_page()


def main(home: Path, folder: Path) -> None:
    if not Path(CHROMIUM).exists():
        raise SystemExit(f"{CHROMIUM}: not there; pictures need Debian's chromium and fonts-noto-cjk; install both")
    if not (home / "disputes.db").exists():
        raise SystemExit(f"{home}: no demo here; run `make demo` first")
    folder.mkdir(parents=True, exist_ok=True)
    with served(home) as (address, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = new_page(browser, "en-US")
        sign_in(page, address, password)
        for case_type, name in (("FAKE_DEAL", "ring-en"), ("FAKE_REVIEW", "review-en")):
            found = case_address(page, address, case_type)
            if found is not None:
                page.goto(found)
                keep(page, folder, name, whole=True)
        chinese = new_page(browser, "zh-CN", dark=True)
        chinese.context.add_cookies(page.context.cookies())
        chinese.goto(f"{address}/queue/")
        keep(chinese, folder, "queue-zh")
        report = new_page(browser, "en-US")
        report.goto((home / "report.html").resolve().as_uri())
        keep(report, folder, "contract-report", whole=True)
        browser.close()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--home", type=Path, default=Path(".fairdeal/demo"), help="home of the demo (default: %(default)s)")
    options.add_argument("--out", type=Path, default=Path("docs/pictures"), help="where pictures go (default: %(default)s)")
    given = options.parse_args()
    main(given.home, given.out)
