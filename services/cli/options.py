"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path,
    typer.Option("--home", metavar="DIR", envvar="HELPDESK_HOME", help="Folder of the system.", show_default=True),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

DEFAULT_HOME = Path(".helpdesk")
