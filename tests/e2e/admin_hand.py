"""What tests of the admin screen do by hand again and again: accounts, signing in, waiting for a text, keeping a picture."""

import base64
import json
import re
import subprocess
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


def account(device: Path, name: str, role: str) -> dict:
    command = [sys.executable, "-m", "provisioning", "operator", "add", name, "--role", role, "--json", "--config", str(device)]
    answer = f"{PASSWORD}\n{PASSWORD}\n"
    done = subprocess.run(command, cwd=ROOT, input=answer, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def one_time(secrets: dict) -> str:
    secret = re.search(r"secret=([A-Z2-7]+)", secrets["uri"])
    assert secret
    return TOTP(base64.b32decode(secret[1]), 6, SHA1(), 30).generate(time.time()).decode()


def sign_in(page: Page, url: str, name: str, code: str) -> None:
    page.goto(url)
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.fill("#code", code)
    page.click("button[type=submit]")


def seen(page: Page, text: str, seconds: float = 90) -> None:
    page.wait_for_function("text => document.body.textContent.includes(text)", arg=text, timeout=seconds * 1000)


def picture(page: Page, reports: Path, name: str) -> None:
    """Keep a picture; what it shows is clean by axe-core, every text at 7:1."""
    page.screenshot(path=reports / f"admin-{name}.png", full_page=True)
    page.add_script_tag(path=AXE)
    for rules in ("{ resultTypes: ['violations'] }", "{ runOnly: ['color-contrast-enhanced'] }"):
        found = page.evaluate(f"() => axe.run(document, {rules})")
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == [], name
