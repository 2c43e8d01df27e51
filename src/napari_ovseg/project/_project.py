"""A project folder that is open."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ovseg._lock import lock, unlock, was_killed
from napari_ovseg.errors import ExportError, InputError
from napari_ovseg.project._contents import Contents, ContentsFile, Source
from napari_ovseg.project._generations import (
    CONTENTS,
    clear,
    is_project,
    publish,
    restore,
)
from napari_ovseg.project._strokes import Strokes

if TYPE_CHECKING:
    from collections.abc import Callable

    from filelock import FileLock

    from napari_ovseg.annotate.draft import Draft
    from napari_ovseg.labels import Annotation


class Project:
    """An open project folder; made by `create` and `open`.

    Attributes
    ----------
    folder
        Where it is.
    recipe
        As TOML, for the next proposal; `Provenance.recipe` is that of the last one.
    source
        The image.
    """

    def __init__(self, folder: Path, taken: FileLock, shape: tuple[int, ...], number: int) -> None:
        self.folder, self.recipe, self.source = folder, "", Source()
        self._taken = taken
        self._strokes = Strokes(folder, shape, number)
        self._saving = threading.Lock()
        self._file = ContentsFile(folder / CONTENTS, number - 1)
        self._closed = self._killed = False

    @classmethod
    def create(
        cls,
        folder: str | Path,
        annotation: Annotation,
        state: dict[str, Any],
        recipe: str = "",
        source: Source | None = None,
    ) -> Project:
        """Begin a project in a folder, which is made, and save it.

        Parameters
        ----------
        annotation, state
            See `save`.
        recipe, source
            See `Project`.

        Raises
        ------
        InputError
            If another program works in the folder.
        ExportError
            If there is a project in it, or it cannot be written.
        """
        project = cls.begin_in(folder, annotation.labels.ids.shape)
        project.recipe, project.source = recipe, source or Source()
        try:
            project.save(annotation, state, 1)
        except BaseException:
            project.close()
            raise
        return project

    @classmethod
    def begin_in(cls, folder: str | Path, shape: tuple[int, ...]) -> Project:
        """Take a folder for a label map of a shape, to be attached and then saved as number 1.

        It is quick, and strokes are kept from now on; but until it is saved, which may take
        place on another thread, there is no project to be opened. It raises what `create` does.
        """
        folder = Path(folder)
        taken = _lock(folder)
        if is_project(folder):
            unlock(folder, taken)
            raise ExportError(
                f"there is a project in {str(folder)!r}; open it, or choose another folder"
            )
        return cls(folder, taken, shape, 1)

    @classmethod
    def open(cls, folder: str | Path) -> tuple[Project, Annotation, dict[str, Any]]:
        """Open a project as it was, with all that was painted since it was saved.

        Returns
        -------
        Project
            To be closed.
        Annotation
            Its owner is never None.
        dict
            The state.

        Raises
        ------
        InputError
            If there is no project, it is open already, or none of its generations can be read.
        ExportError
            If the folder cannot be written.
        """
        folder = Path(folder)
        if not is_project(folder):
            raise InputError(f"there is no project in {str(folder)!r}; choose a project's folder")
        killed, taken = was_killed(folder), _lock(folder)
        try:
            annotation, contents, highest = restore(folder)
        except BaseException:
            unlock(folder, taken, as_killed=killed)
            raise
        # With a journal of its own, it never writes behind a torn record.
        project = cls(folder, taken, annotation.labels.ids.shape, highest + 1)
        project.recipe, project.source = contents.recipe, contents.source
        project._killed = killed
        return project, annotation.named(), contents.state

    def attach(self, draft: Draft, on_error: Callable[[ExportError], None] | None = None) -> None:
        """Keep every write of a draft, from now on.

        Parameters
        ----------
        draft
            Of the annotation that was created or opened.
        on_error
            See `Journal`.

        Raises
        ------
        InputError
            If it is not of the project's shape.
        """
        self._strokes.refuse(tuple(draft.ids.shape), draft.ids.dtype)
        self._strokes.attach(draft, on_error)

    def begin(self) -> int:
        """Begin the next journal; call it where ids and owners are copied, for `save`."""
        return self._strokes.begin()

    def save(self, annotation: Annotation, state: dict[str, Any], begun: int | None = None) -> None:
        """Write the next generation, and remove all but the newest.

        Parameters
        ----------
        annotation
            On another thread than the one that writes into the draft, give copies of its arrays.
        state
            Plain JSON, for whoever opens the project.
        begun
            What `begin` returned where the copies were made: what is written after them belongs
            to the next journal. Only the thread that writes may leave it out.

        Raises
        ------
        InputError
            If shape or state do not fit, `begun` is missing, or the project is closed.
        ExportError
            If the folder cannot be written; what was kept before is untouched.
        """
        self._strokes.refuse(annotation.labels.ids.shape, annotation.labels.ids.dtype)
        if begun is None:
            if not self._strokes.on_writers_thread:
                raise InputError(
                    "strokes may have been made since the label map was copied; call begin() "
                    "where it is copied, and give save() what it returns"
                )
            begun = self.begin()
        contents = self._contents(annotation, state, begun)
        with self._saving:
            self._refuse_closed()
            publish(self.folder, annotation, contents)
            self._file.tell_if_newer(contents)
            clear(self.folder)

    def describe(self, annotation: Annotation, state: dict[str, Any]) -> None:
        """Keep words, recipe, source and state, but no pixel; for changes between two saves.

        Raises
        ------
        InputError, ExportError
            See `save`.
        """
        self._file.tell(self._contents(annotation, state, self._strokes.number))

    def flush(self) -> bool:
        """Wait until all that was painted is on disk; False if it could not be written."""
        return self._strokes.flush()

    def close(self, *, unseen: bool = False) -> bool:
        """Let go of the draft and the folder; what was not saved is in the journal.

        Parameters
        ----------
        unseen
            Whether nobody has seen it since it was opened: what a killed program left stays that.

        Returns
        -------
        bool
            See `flush`.
        """
        with self._saving:
            if self._closed:
                return True
            self._closed = True
            self._file.close()
            kept = self._strokes.close()
            unlock(self.folder, self._taken, as_killed=unseen and self._killed)
        return kept

    def fits(self, draft: Draft) -> bool:
        """Whether a draft is of the shape and type of the project's label map."""
        return self._strokes.fits(draft)

    def _contents(self, annotation: Annotation, state: dict[str, Any], number: int) -> Contents:
        return Contents(
            number,
            annotation.name,
            annotation.labels.vocabulary,
            annotation.provenance,
            self.recipe,
            self.source,
            state,
        )

    def _refuse_closed(self) -> None:
        if self._closed:
            raise InputError(f"the project {str(self.folder)!r} is closed; open it again")


def _lock(folder: Path) -> FileLock:
    return lock(folder, f"the project {str(folder)!r}")
