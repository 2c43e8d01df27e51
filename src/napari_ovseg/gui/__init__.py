"""The only place that imports napari and Qt."""
