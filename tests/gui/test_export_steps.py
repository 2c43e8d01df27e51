"""What an export of the window writes, and what it refuses before; no window is opened."""

import numpy as np
import pytest

import napari_ovseg as ov
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.gui.export_dialog import _export_steps
from napari_ovseg.progress import run


def test_train_and_val_have_one_table_of_categories(tmp_path):
    some = ov.Vocabulary((ov.Category(1, "grass"), ov.Category(3, "wall")))
    every = some.with_category(ov.Category(2, "sky"))
    ids, grid = np.ones((4, 5), np.uint16), ov.Grid.regular(2)
    series = [
        ov.Annotation(name, ov.LabelMap(ids, words, grid))
        for name, words in (("a", some), ("b", every))
    ]
    for kind, table in (("cityscapes", "labels.json"), ("yolo", "data.yaml")):
        out = tmp_path / kind
        run(_export_steps(series, EXPORTERS.get(kind)(), 0.5, out, [], lambda: False))
        assert (out / "train" / table).read_text() == (out / "val" / table).read_text()


def test_what_cannot_be_written_together_is_refused_before_the_first_file(tmp_path):
    words = ov.Vocabulary((ov.Category(1, "grass"),))
    series = [
        ov.Annotation(name, ov.LabelMap(np.ones(shape, np.uint16), words, ov.Grid.regular(ndim)))
        for name, shape, ndim in (("s", (2, 4, 5), 3), ("s_0000", (4, 5), 2))
    ]
    for exporter, told in (
        (EXPORTERS.get("png")(), "called 's_0000'"),
        (EXPORTERS.get("nnunet")(images=tmp_path / "a.nii"), "option images is of one image"),
    ):
        with pytest.raises(ExportError, match=told):
            run(_export_steps(series, exporter, 0.0, tmp_path / "out", [], lambda: False))
    assert not (tmp_path / "out").exists()
