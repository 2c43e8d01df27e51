"""GeoJSON of QuPath."""

import json

import numpy as np
import pytest

from napari_ovseg.errors import InputError
from napari_ovseg.importers import IMPORTERS, read_labels

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning:pycocotools"
)


def test_geojson_of_qupath_is_read(tmp_path):
    def feature(kind, coordinates, classification):
        properties = {"objectType": "annotation", "isLocked": False, **classification}
        return {"type": "Feature", "id": "x", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}  # fmt: skip

    tumor = {"classification": {"name": "Tumor", "color": [200, 0, 0]}}
    square = [[2, 2], [12, 2], [12, 12], [2, 12], [2, 2]]
    hole = [[5.0, 5.0], [8.0, 5.0], [8.0, 8.0], [5.0, 8.0], [5.0, 5.0]]
    features = [
        feature("Polygon", [square, hole], tumor),
        feature(
            "MultiPolygon",
            [[[[15, 0], [19, 0], [19, 3], [15, 3]]]],
            {"classification": {"name": "Stroma"}},
        ),
        feature("Point", [1, 1], tumor),
        feature("Polygon", [square], {}),
    ]
    expected = np.zeros((12, 19), np.uint16)
    expected[2:12, 2:12], expected[5:8, 5:8], expected[:3, 15:19] = 1, 0, 2
    for content in ({"type": "FeatureCollection", "features": features}, features):
        (tmp_path / "slide.geojson").write_text(json.dumps(content))
        read = read_labels(tmp_path / "slide.geojson")
        assert (read.labels.ids == expected).all()
        assert [(c.id, c.name) for c in read.labels.vocabulary] == [(1, "Tumor"), (2, "Stroma")]
        assert read.labels.vocabulary.categories[0].colour == "#c80000"
        assert read.name == "slide"
    sized = IMPORTERS.get("geojson")(shape=(30, 40)).read(tmp_path / "slide.geojson")
    assert sized.labels.ids.shape == (30, 40)
    assert (sized.labels.ids[:12, :19] == expected).all()


def test_derived_classes_of_qupath_are_read(tmp_path):
    square = {"type": "Polygon", "coordinates": [[[2, 2], [9, 2], [9, 9], [2, 9]]]}
    kinds = (
        {"names": ["Tumor", "Positive"], "color": [200, 0, 10, 128]},
        {"names": ["Stroma"]},
        "Necrosis",
        {"name": "Tumor", "names": ["Tumor"]},
        {"name": "Immune cells", "colorRGB": -6895466},  # of an older version
    )
    features = [
        {"type": "Feature", "geometry": square, "properties": {"classification": kind}}
        for kind in kinds
    ]
    (tmp_path / "slide.geojson").write_text(json.dumps(features))
    found = read_labels(tmp_path / "slide.geojson").labels.vocabulary
    assert [c.name for c in found] == [
        "Tumor: Positive",
        "Stroma",
        "Necrosis",
        "Tumor",
        "Immune cells",
    ]
    assert [found.categories[place].colour for place in (0, 4)] == ["#c8000a", "#96c896"]
    for bad in ({"names": [3]}, {"names": "x"}, {}, 3):
        features[0]["properties"]["classification"] = bad
        (tmp_path / "bad.geojson").write_text(json.dumps(features))
        with pytest.raises(InputError, match=r"classification|names"):
            read_labels(tmp_path / "bad.geojson")
