"""What an importer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ovseg.labels import Annotation


@dataclass(frozen=True)
class Importer(ABC):
    """A file format that labels can come back from; subclasses add their options as fields."""

    suffixes: ClassVar[tuple[str, ...]]
    """Endings of its files, lower case."""
    inside: ClassVar[str] = ""
    """File by which a folder of the format is known, whatever its name."""
    names_pictures: ClassVar[bool] = False
    """Whether a file names its pictures itself, as one of several does."""

    @abstractmethod
    def read(self, path: Path) -> Annotation:
        """Read a label map with all that the format holds of it.

        Raises
        ------
        InputError
            If the file is damaged or holds no labels; nothing else is raised for bad files.
        """

    @abstractmethod
    def owns(self, path: Path) -> bool:
        """Whether this program wrote the file; no pixel is read.

        Other plugins keep the files that are theirs.

        Raises
        ------
        InputError
            If the file cannot be read.
        """
