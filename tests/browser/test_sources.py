"""The console's own checks: types against the committed API description, lint, unit tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.system import System

CONSOLE = Path(__file__).parents[2] / "services" / "gateway" / "console"


@pytest.mark.parametrize("check", ["types", "lint", "test"])
def test_the_consoles_own_checks_pass(system: System, check: str) -> None:
    assert system.url  # it runs, so its packages are installed
    bin_folder = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [str(bin_folder / "npm"), "run", check], cwd=CONSOLE, env=env, capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
