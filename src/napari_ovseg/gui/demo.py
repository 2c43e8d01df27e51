"""``ovseg demo``: a real photograph, labelled by words, in napari."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import napari
import numpy as np
from PIL import Image
from qtpy.QtWidgets import QApplication

from napari_ovseg._colours import rgb
from napari_ovseg.errors import ComputeError
from napari_ovseg.exporters import export
from napari_ovseg.gui import layers
from napari_ovseg.gui.samples import PHOTOGRAPH_WORDS, photograph
from napari_ovseg.gui.widget import OvsegWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ovseg.labels import LabelMap

FOLDER = Path("demo")
_PATIENCE = 300.0


def main(*, headless: bool, say: Callable[..., None]) -> None:
    """Open napari, label the sample photograph, and show it or leave pictures in ``demo/``.

    Parameters
    ----------
    headless
        Save labels, an overlay and a screenshot of the window, then close.
    say
        Prints one line.
    """
    start = time.perf_counter()
    viewer = napari.Viewer(title="napari-ovseg demo", show=True)
    data, meta, _ = photograph()[0]
    viewer.add_image(data, **meta)
    widget = OvsegWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Label by words", area="right")
    size = f"{data.shape[0]} x {data.shape[1]} px"
    say(f"opened {meta['name']!r}, {size}, in napari {napari.__version__}")
    labels = label(viewer, widget)
    counts = ", ".join(f"{name} {n / labels.ids.size:.0%}" for name, n in labels.counts().items())
    say(f"labelled by the words {PHOTOGRAPH_WORDS!r}: {counts}")
    if headless:
        for line in save(viewer, widget, data, labels):
            say(line)
        viewer.close()
    say(f"took {time.perf_counter() - start:.1f} s, loading included")
    if not headless:
        napari.run()


def label(viewer: napari.Viewer, widget: OvsegWidget) -> LabelMap:
    """Type the words, press Segment and wait."""
    widget.words.add_words(PHOTOGRAPH_WORDS)
    widget.segment()
    deadline = time.monotonic() + _PATIENCE
    while widget.runner.running and time.monotonic() < deadline:
        QApplication.processEvents()
        time.sleep(0.01)
    QApplication.processEvents()
    source = widget.form.chosen_image()
    layer = None if source is None else widget.pictures.labels_of(source)
    if layer is None:
        raise ComputeError(f"the demo made no labels: {widget.panel.message.text()}")
    viewer.layers.selection.active = layer
    viewer.reset_view()
    return layers.annotation_of(layer).labels


def save(
    viewer: napari.Viewer, widget: OvsegWidget, data: np.ndarray, labels: LabelMap
) -> list[str]:
    """Leave the labels, an overlay and a screenshot of the window in ``demo/``."""
    source = widget.form.chosen_image()
    layer = None if source is None else widget.pictures.labels_of(source)
    assert layer is not None  # label() has made it
    files = [
        f for name in ("ome-tiff", "png") for f in export(layers.annotation_of(layer), FOLDER, name)
    ]
    picture = FOLDER / "overlay.png"
    Image.fromarray(overlay(data, labels)).save(picture)
    viewer.window.resize(1500, 900)
    settle()
    viewer.reset_view()
    settle()
    screenshot = FOLDER / "window.png"
    viewer.screenshot(str(screenshot), canvas_only=False, flash=False)
    return [f"wrote {path}" for path in (*files, picture, screenshot)]


def settle() -> None:
    """Let the window lay itself out and draw."""
    for _ in range(15):
        QApplication.processEvents()
        time.sleep(0.02)


def overlay(data: np.ndarray, labels: LabelMap, opacity: float = 0.5) -> np.ndarray:
    """Mix the vocabulary's colours into a grey or RGB uint8 picture: (H, W, 3) uint8."""
    base = data if data.ndim == 3 else np.repeat(data[..., None], 3, axis=-1)
    table = np.zeros((int(labels.ids.max()) + 1, 3))
    for category in labels.vocabulary:
        if category.id < len(table):
            table[category.id] = rgb(category.colour)
    share = np.where(labels.ids[..., None] > 0, opacity, 0.0)
    mixed: np.ndarray = base * (1 - share) + table[labels.ids] * share
    return mixed.astype(np.uint8)
