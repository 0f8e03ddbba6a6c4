"""An embedder that remembers: training texts come again with each change of a team and with each start."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from services.ai.engines.local.embedder import DIMENSION, Embedder, Vectors
from services.ai.engines.local.warm import key, warm_vectors
from services.runtime.telemetry import log

_KEPT = 5000


class Remembering:
    """Keeps every vector it made, by a hash of the text, for the desk's configuration and our own sentences.

    Customers' words go through `study`: their vectors are never written down and gone with the next set.
    `file`: where they are kept between starts; a file that cannot be read or written costs time and nothing else.
    """

    def __init__(self, inner: Embedder, file: Path | None = None) -> None:
        self._inner, self._file = inner, file
        self._known: dict[str, Vectors] = dict(warm_vectors(inner.model))
        self._passing: dict[str, Vectors] = {}
        self._lock = threading.Lock()
        self._made = 0
        if file is not None:
            self._load(file)

    @classmethod
    def around(cls, embedder: Embedder) -> Remembering:
        """The embedder itself when it remembers already."""
        return embedder if isinstance(embedder, cls) else cls(embedder)

    @property
    def model(self) -> str:
        return self._inner.model

    def study(self, texts: Sequence[str]) -> None:
        """Have exactly these customers' texts ready for `embed`, one at a time so that runs under way come between."""
        wanted = {key(t): t for t in texts}
        passing = {k: v for k, v in self._passing.items() if k in wanted}
        for k, text in wanted.items():
            if k not in passing and k not in self._known:
                passing[k] = self._inner.embed([text])[0]
        self._passing = passing

    def embed(self, texts: Sequence[str]) -> Vectors:
        passing = self._passing
        missing = list(dict.fromkeys(t for t in texts if key(t) not in self._known and key(t) not in passing))
        made = self._inner.embed(missing) if missing else ()
        with self._lock:
            self._known.update((key(t), v) for t, v in zip(missing, made, strict=True))
            self._made += len(missing)
        found = self._known | passing if passing else self._known
        return np.stack([found[key(t)] for t in texts]) if texts else np.zeros((0, DIMENSION), dtype=np.float32)

    def save(self) -> None:
        """Write what is new, so that the next start embeds nothing."""
        with self._lock:
            if self._file is None or not self._made:
                return
            kept = dict(list(self._known.items())[-_KEPT:])
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                fresh = self._file.with_suffix(".new.npz")
                np.savez(fresh, model=np.array(self.model), keys=np.array(list(kept)), vectors=np.stack(list(kept.values())))
                fresh.replace(self._file)
                self._made = 0
            except OSError as error:
                log.warning("vectors not kept", reason=type(error).__name__)

    def _load(self, file: Path) -> None:
        try:
            with np.load(file, allow_pickle=False) as found:
                if str(found["model"]) == self.model:
                    self._known.update(zip((str(k) for k in found["keys"]), found["vectors"], strict=True))
        except FileNotFoundError:
            log.debug("no vectors kept yet")
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            log.warning("vectors kept earlier cannot be read", reason=type(error).__name__)
