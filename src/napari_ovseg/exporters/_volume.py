"""What exporters of volumes have in common: what they say before they write."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import Exporter
from napari_ovseg.formats.space import mixes_space

if TYPE_CHECKING:
    from napari_ovseg.labels import Annotation


class VolumeExporter(Exporter):
    """A format of pixels in space, and maybe time and channels."""

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        try:
            mixed = mixes_space(annotation.labels.grid)
        except ExportError as error:
            return [f"this annotation: {error}"]
        lost = ["shear between space and time or channels, for other readers"] if mixed else []
        if annotation.owner is not None:
            lost.append("who decided each pixel; keep the annotation to correct it further")
        return lost + self.lost(annotation)

    @abstractmethod
    def lost(self, annotation: Annotation) -> list[str]:
        """Say what this format loses besides."""
