"""Labels of two words, and the mouse in a layer with napari's own events; no window is opened."""

from types import SimpleNamespace

import numpy as np
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)

import napari_ovseg as ov

WORDS = ov.Vocabulary.parse("a; b")


def annotation(ids):
    return ov.Annotation("x", ov.LabelMap(ids.astype(np.uint16), WORDS, ov.Grid.regular(2)))


def drag(layer, *places, shown=(0, 1), button=1, between=lambda: None):
    """Press at the first place, go along the others, release; `between` comes before the release; `shown` are the viewer's axes."""
    event = SimpleNamespace(
        type="mouse_press", is_dragging=True, modifiers=[], button=button, dims_displayed=list(shown),
        view_direction=None, up_direction=None, dims_point=[0] * len(places[0]), handled=False,
    )  # fmt: skip
    for step, place in enumerate(places):
        event.position = event.pos = place
        event.type = "mouse_press" if step == 0 else "mouse_move"
        (mouse_press_callbacks if step == 0 else mouse_move_callbacks)(layer, event)
    between()
    event.type = "mouse_release"
    mouse_release_callbacks(layer, event)
