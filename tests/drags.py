"""The mouse in a layer, with napari's own events; no window is opened."""

from types import SimpleNamespace

from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)


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
