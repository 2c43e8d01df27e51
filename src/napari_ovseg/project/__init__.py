"""Work on one image, kept in a folder so that no crash loses a stroke.

::

    project.json              words, recipe and state, as last told
    generation-000002/        labels.ome.zarr with owners, project.json as it was then
    journal-000002.bin        writes since the label map of that generation was copied
    .lock, .lock.json         held while the project is open; by whom

Generations are published whole and never changed. One number counts both kinds: the label map is
the newest generation that can be read, and every journal from its number on, in order. Records
hold what pixels are and not how they changed, so one that a generation holds already does no harm.
"""

from napari_ovseg.project._contents import Source
from napari_ovseg.project._generations import is_project, read_project
from napari_ovseg.project._left import Left, forget, left_behind, note, projects_folder
from napari_ovseg.project._project import Project

__all__ = [
    "Left",
    "Project",
    "Source",
    "forget",
    "is_project",
    "left_behind",
    "note",
    "projects_folder",
    "read_project",
]
