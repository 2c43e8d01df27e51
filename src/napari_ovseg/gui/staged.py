"""Add a new Labels layer over several turns of the event loop, so that no turn is long.

Napari builds a layer's visuals, its controls and its two drawing tools on Qt's thread, in one
call of a quarter of a second when it is the first of a process. What is hidden it builds only
once it is shown, so the layer comes hidden and its parts are shown one by one.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.components import ViewerModel
    from napari.layers import Labels
    from qtpy.QtCore import QObject
    from qtpy.QtWidgets import QWidget

PAUSE_MS = 10
"""Between two stages; long enough for the window to draw and to take a click."""


def add_in_stages(
    viewer: ViewerModel, layer: Labels, owner: QWidget, added: Callable[[], None] = lambda: None
) -> None:
    """Add a layer at once, and show it and its tools in the next turns.

    Parameters
    ----------
    viewer
        Gets the layer before this returns.
    layer
        Not yet in the viewer.
    owner
        A widget in the viewer's window; the stages go on if only the widget is closed.
    added
        Called at once when the layer is in the viewer.
    """
    # Napari has no public name for a layer's overlays; without them the parts come at once.
    parts = [layer, *(o for o in getattr(layer, "_overlays", {}).values() if o.visible)]
    for part in parts:
        part.visible = False
    window = owner.window()
    window.setUpdatesEnabled(False)  # it is drawn in a turn of its own
    try:
        viewer.add_layer(layer)
        added()
    finally:
        shows = [partial(setattr, part, "visible", True) for part in parts]
        run_in_turns([partial(window.setUpdatesEnabled, True), *shows], window)


def run_in_turns(stages: Sequence[Callable[[], None]], window: QObject) -> None:
    """Call functions one by one, each in a turn of the event loop.

    Each comes in the turn after its pause is over: what became due during a long drawing gets
    its turn first, or drawing and stage would be one wait for it.
    """
    left = deque(stages)
    pause, turn = QTimer(window), QTimer(window)
    for timer, wait in ((pause, PAUSE_MS), (turn, 0)):
        timer.setSingleShot(True)
        timer.setInterval(wait)

    def next_stage() -> None:
        try:
            left.popleft()()
        finally:  # what is wrong with one is told, and the others come all the same
            if left:
                pause.start()
            else:
                pause.deleteLater()
                turn.deleteLater()

    pause.timeout.connect(turn.start)
    turn.timeout.connect(next_stage)
    pause.start()
