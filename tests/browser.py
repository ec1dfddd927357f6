"""A real browser without a window: what it makes of a page, and what it has to complain about."""

import shutil
import subprocess
import tempfile
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WHERE = "a headless Chromium: apt-get install chromium"
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
)


def dumped(address: str) -> tuple[str, str]:
    """The page's tree as the browser has it in the end, and what it wrote into its console."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory() as profile:
        command = [CHROMIUM, *_QUIET, f"--user-data-dir={profile}", "--dump-dom", address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=Path(profile))
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
