"""Steps in the window of a folder, and what it shows."""

from napari.layers import Image as ImageLayer
from qtpy.QtWidgets import QComboBox

from napari_ovseg._lock import lock, unlock
from napari_ovseg.errors import InputError


def find(widget, kind, name):
    return widget.findChild(kind, f"ovseg_{name}")


def shown(widget):
    """Name of the one image, its labels layer, and how far each image of the list is."""
    (source,) = [each for each in widget.viewer.layers if isinstance(each, ImageLayer)]
    assert widget.form.chosen_image() is source
    box = find(widget, QComboBox, "pictures")
    states = [box.itemText(i).partition(" · ")[2] for i in range(box.count())]
    return source.name, widget.pictures.labels_of(source), states


def is_free(folder):
    """Whether another window may have a folder."""
    try:
        taken = lock(folder / "ovseg", "it")
    except InputError:
        return False
    unlock(folder / "ovseg", taken)
    return True
