"""Vectors of our own sentences, made beforehand: a first start embeds nothing but the desk's own words.

`python -m services.ai.engines.local.warm` writes warm.txt anew after a change of seeds.tsv, themes.txt or pressure.txt.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from services.ai.engines.local.embedder import MiniLM, Vectors
from services.ai.engines.local.seeds import seeds
from services.ai.engines.local.themes import PRESSURE, TOPICS, phrases

_FILE = Path(__file__).with_name("warm.txt")
_STEPS = 127
"""One byte a number: a cosine of the stored vector with the true one is above 0.9999."""


def key(text: str) -> str:
    """What a text is stored under: never the text itself."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def our_own() -> list[str]:
    """Every sentence whose vector is shipped."""
    return list(dict.fromkeys([*(s.text for s in seeds()), *(phrase for bank in (TOPICS, PRESSURE) for _, phrase in phrases(bank))]))


@cache
def warm_vectors(model: str) -> Mapping[str, Vectors]:
    """Vectors by `key`; none for any other model than the one they were made with."""
    head, *lines = _FILE.read_text(encoding="ascii").splitlines()
    if head != f"# {model}":
        return {}
    return dict(_parse(line) for line in lines)


def _parse(line: str) -> tuple[str, Vectors]:
    name, encoded = line.split(" ")
    steps = np.frombuffer(base64.b64decode(encoded), dtype=np.int8).astype(np.float32)
    return name, steps / np.linalg.norm(steps)


def write(texts: Iterable[str]) -> None:
    """Embed and store."""
    embedder, lines = MiniLM(), [f"# {MiniLM.model}"]
    for text in texts:
        vector = embedder.embed([text])[0]
        steps = np.round(vector / np.abs(vector).max() * _STEPS).astype(np.int8)
        lines.append(f"{key(text)} {base64.b64encode(steps.tobytes()).decode()}")
    _FILE.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    write(our_own())
