"""What is under the cursor: its category, who decided that, and what the model found likely."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QLabel

from napari_ovseg.errors import OvsegError
from napari_ovseg.gui.editing import editing_of
from napari_ovseg.gui.layers import image_of
from napari_ovseg.labels import Owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer

    from napari_ovseg.gui.pictures import Pictures
    from napari_ovseg.gui.session import Session

_PAUSE_MS = 40
"""Between two looks while the mouse moves."""
_WHO = {Owner.MODEL: "by the model", Owner.PERSON: "by a person", Owner.LOCKED: "locked"}
_NOTHING = "point at a labelled picture\n"


class AboutLabel(QLabel):
    """Two lines that follow the mouse; nothing is encoded for them.

    Parameters
    ----------
    viewer, session, pictures
        Of the window.
    chosen
        The image layer that is labelled, if any.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        session: Session,
        pictures: Pictures,
        chosen: Callable[[], ImageLayer | None],
    ) -> None:
        super().__init__(_NOTHING)
        self.setObjectName("ovseg_about")
        self.setToolTip(
            "The pixel under the mouse: its category and who decided it; below, the three "
            "categories that the model found likeliest when it last labelled the picture"
        )
        self.setMinimumWidth(1)  # a long line is cut, and widens no window
        self._viewer, self._session, self._pictures = viewer, session, pictures
        self._chosen = chosen
        self._position: tuple[float, ...] = ()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._look)
        moved, callbacks = self._moved, viewer.mouse_move_callbacks
        callbacks.append(moved)
        self.destroyed.connect(lambda _gone=None: moved in callbacks and callbacks.remove(moved))

    def _moved(self, _viewer: ViewerModel, event: Any) -> None:
        self._position = tuple(event.position)
        if not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        source = self._chosen()
        place = None if source is None else self._place_in(source)
        self.setText(_NOTHING if source is None or place is None else self._tell(source, place))

    def _place_in(self, source: ImageLayer) -> tuple[int, int] | None:
        """Row and column under the mouse, if it is over the image."""
        if self._viewer.dims.ndisplay != 2:
            return None
        row, column = (int(i) for i in np.round(source.world_to_data(self._position)[-2:]))
        height, width = image_of(source).shape[-2:]
        return (row, column) if 0 <= row < height and 0 <= column < width else None

    def _tell(self, source: ImageLayer, place: tuple[int, int]) -> str:
        plane = self._pictures.plane_of(source)
        names = {0: "unlabelled", **{c.id: c.name for c in self._session.rows}}
        lines = ["not labelled yet", ""]
        if (labels := self._pictures.labels_of(source)) is not None:
            number = int(labels.data[(*plane, *place)])
            owner = editing_of(labels).draft.owner[(*plane, *place)]
            lines[0] = f"{names.get(number, number)}, {_WHO[Owner(owner)]}"
        with suppress(OvsegError):  # layers that cannot be shown together have no scores
            image, _ = self._pictures.seen(source)
            scores = self._session.recent.scores_at(image, plane, place)
            lines[1] = ", ".join(f"{names.get(i, i)} {p:.0%}" for i, p in scores)
        return "\n".join(lines)
