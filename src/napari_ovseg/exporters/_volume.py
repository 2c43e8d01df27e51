"""What exporters of volumes have in common: what they say before they write."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import Exporter, lost_owner
from napari_ovseg.formats.space import kinds, mixes_space

if TYPE_CHECKING:
    from napari_ovseg.labels import Annotation


class VolumeExporter(Exporter):
    """A format of pixels in space, and maybe time and channels."""

    keeps_owner: ClassVar[bool] = False
    """Whether the file holds who decided each pixel."""

    def stems(self, annotation: Annotation) -> set[str]:
        """See `Exporter.stems`; raises `ExportError` for axes that no volume has."""
        kinds(annotation.labels.grid.axes)
        return super().stems(annotation)

    def check(self, annotation: Annotation) -> list[str]:
        """See `Exporter.check`."""
        try:
            mixed = mixes_space(annotation.labels.grid)
            self.refuse(annotation)
        except ExportError as error:
            return [f"this annotation: {error}"]
        lost = ["shear between space and time or channels, for other readers"] if mixed else []
        if not self.keeps_owner:
            lost += lost_owner(annotation)
        return lost + self.lost(annotation)

    def refuse(self, annotation: Annotation) -> None:
        """Raise `ExportError` for what this format cannot hold; by default nothing."""

    @abstractmethod
    def lost(self, annotation: Annotation) -> list[str]:
        """Say what this format loses besides."""
