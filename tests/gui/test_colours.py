"""Our quick map from ids to colours gives what napari's own gives."""

import numpy as np
import pytest
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_ovseg.gui.colours import CategoryColours

TABLE = {None: "#808080", 0: "transparent", 1: "#ff0000", 7: "#00ff00", 300: "#0000ff"}


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.int32, np.uint64])
@pytest.mark.parametrize("only", [False, True])
def test_as_naparis_own(dtype, only):
    table = {k: v for k, v in TABLE.items() if k is None or k <= np.iinfo(dtype).max}
    ids = np.array([[0, 1, 7], [2, 99, min(300, np.iinfo(dtype).max)]], dtype)
    ours, theirs = CategoryColours(color_dict=table), DirectLabelColormap(color_dict=table)
    for colours in (ours, theirs):
        colours.use_selection, colours.selection = only, 7
    assert np.array_equal(ours.map(ids), theirs.map(ids))
    assert ours.map(7).tolist() == theirs.map(7).tolist()


def test_napari_takes_its_table_from_it(monkeypatch):
    asked = []
    quick = CategoryColours._map_without_cache
    monkeypatch.setattr(
        CategoryColours,
        "_map_without_cache",
        lambda self, values: asked.append(values.size) or quick(self, values),
    )
    layer = Labels(np.zeros((4, 4), np.uint16), colormap=CategoryColours(color_dict=TABLE))
    layer.colormap.map(layer.data)
    assert asked == [1 << 16]
