"""Methods, one paper to a file; a new file is a new method."""

from napari_ovseg._registry import Registry
from napari_ovseg.methods._base import Method, Windows

METHODS: Registry[Method] = Registry(__name__, "napari_ovseg.methods._base:Method", "method")

__all__ = ["METHODS", "Method", "Windows"]
