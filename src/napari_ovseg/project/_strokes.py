"""What is written into a draft, kept in the journals of its project."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ovseg.annotate.journal import Journal
from napari_ovseg.errors import InputError
from napari_ovseg.project._generations import journal_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_ovseg.annotate.box import Box
    from napari_ovseg.annotate.draft import Draft
    from napari_ovseg.errors import ExportError


class Strokes:
    """Keeps every write of one draft at a time.

    Parameters
    ----------
    folder
        Of the project.
    shape
        Of its label map.
    number
        Of the first journal.

    Attributes
    ----------
    number
        Of the journal that is written now.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...], number: int) -> None:
        self.number = number
        self._folder, self._shape = folder, shape
        self._journal = Journal(journal_path(folder, number))
        self._draft: Draft | None = None
        self._writer: int | None = None

    def attach(self, draft: Draft, on_error: Callable[[ExportError], None] | None) -> None:
        """Keep every write of a draft from now on; `on_error` as in `Journal`."""
        self.let_go()
        self._draft, self._writer = draft, threading.get_ident()
        self._journal.on_error = on_error
        draft.listeners.append(self._wrote)

    def begin(self) -> int:
        """Begin the next journal, and return its number."""
        self.number += 1
        self._journal.path = journal_path(self._folder, self.number)
        return self.number

    @property
    def on_writers_thread(self) -> bool:
        """Whether nothing can be written meanwhile."""
        return self._writer in (None, threading.get_ident())

    def flush(self) -> bool:
        """Wait until all is on disk; False if it could not be written."""
        return self._journal.flush()

    def let_go(self) -> None:
        """Keep nothing more."""
        if self._draft is not None:
            self._draft.listeners.remove(self._wrote)
            self._draft = None

    def close(self) -> bool:
        """Let go, and close the journal; see `flush`."""
        self.let_go()
        return self._journal.close()

    def fits(self, draft: Draft) -> bool:
        """Whether a draft is of the shape and type of the label map."""
        return tuple(draft.ids.shape) == self._shape and draft.ids.dtype == np.uint16

    def refuse(self, shape: tuple[int, ...], dtype: Any) -> None:
        """Raise InputError if these are not those of the label map."""
        if shape != self._shape or dtype != np.uint16:
            raise InputError(
                f"the label map of this project is uint16 of shape {self._shape}, got {dtype} of "
                f"shape {shape}; begin another project for another image"
            )

    def _wrote(self, box: Box) -> None:
        draft = self._draft
        if draft is not None and self.fits(draft):  # else it is let go of just now
            self._journal.append(box, draft.ids[box], draft.owner[box])
