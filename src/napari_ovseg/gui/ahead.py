"""Encodes the next image of a folder while a person looks at this one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_ovseg.gui import layers
from napari_ovseg.gui.arrival import look_of, picture_of_file
from napari_ovseg.gui.layer_display import display_of
from napari_ovseg.progress import Progress, Steps, Stop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from napari.components import ViewerModel
    from napari.layers import Image as ImageLayer

    from napari_ovseg.gui.session import Session


class Ahead:
    """Knows which image was encoded last, so that none is encoded twice.

    Parameters
    ----------
    viewer, session
        Of the window.
    """

    def __init__(self, viewer: ViewerModel, session: Session) -> None:
        self._viewer, self._session = viewer, session
        self._prepared: tuple[Any, ...] = ()

    def steps_for(self, file: Path, shown: ImageLayer) -> Callable[[Stop], Steps[None]] | None:
        """Return steps that encode an image as it would be shown, None where that was done.

        Parameters
        ----------
        shown
            The image before it: how a person has set it is how the next one is shown.
        """
        session, look, point = self._session, look_of(shown), self._viewer.dims.point
        recipe = replace(session.recipe, display=display_of(shown))
        wanted = (file, recipe.encoding(), session.device)
        if wanted == self._prepared:
            return None

        def steps(stop: Stop) -> Steps[None]:
            yield Progress("image", 0, 1)
            layer = picture_of_file(file, look)
            own = replace(recipe, display=display_of(layer))
            plane = layers.plane_index(layer, point)
            yield from session.prepare_steps(layers.image_of(layer), plane, own, stop)
            self._prepared = wanted

        return steps
