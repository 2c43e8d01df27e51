"""CAT-Seg in the real window: labels follow the words without the image being encoded again."""

import numpy as np
import pytest

from models import cat_seg_checkpoint
from napari_ovseg import batches
from napari_ovseg.backbones import manager
from napari_ovseg.gui.turns import Turn
from napari_ovseg.methods import METHODS
from napari_ovseg.progress import run

pytestmark = pytest.mark.gui


def test_an_imported_checkpoint_labels_and_follows_the_words(
    widget, finish, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setenv("OVSEG_MODELS", str(tmp_path / "models"))
    run(manager.import_steps(cat_seg_checkpoint(tmp_path / "tiny-cat-seg.pth")))
    rng = np.random.default_rng(0)
    source = widget.viewer.add_image(rng.integers(0, 255, (150, 170)).astype(np.uint8))
    widget.session.configure(backbone="tiny-cat-seg", method="cat_seg", contrast=())
    widget.words.add_words("grass; gravel")
    finish(widget)
    layer = widget.pictures.labels_of(source)
    assert set(np.unique(layer.data)) <= {1, 2}
    assert "grass" in widget.panel.message.text()
    monkeypatch.setattr(batches, "_attempt", lambda *_: pytest.fail("encoded again"))
    monkeypatch.setattr(METHODS.get("cat_seg"), "remark", lambda _, queries: f"{queries} words")
    widget.words.add_words("sky; water")
    qtbot.waitUntil(lambda: widget.turns.now != Turn.REST, timeout=20_000)
    qtbot.waitUntil(lambda: widget.turns.now == Turn.REST, timeout=90_000)
    assert set(np.unique(layer.data)) <= {1, 2, 3, 4}
    assert "4 words" in widget.panel.message.text()
