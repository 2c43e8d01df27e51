"""Kinds of labels, and what each format keeps of them."""

import re
from pathlib import Path

import numpy as np
import pydicom
from scipy.ndimage import binary_fill_holes
from skimage.measure import label

import napari_ovseg as ov
from ct import ct_series
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.formats.space import full, is_calibrated, millimetre_affine
from readers import LPS
from volumes import CASES as VOLUMES
from volumes import MANY, WORDS, annotation, grid


def categories(*rows):
    return ov.Vocabulary(tuple(ov.Category(i, name) for i, name in rows))


def drawn(*boxes, shape=(20, 24)):
    """Rectangles (id, top, bottom, left, right), the later on top."""
    ids = np.zeros(shape, np.uint16)
    for number, top, bottom, left, right in boxes:
        ids[top:bottom, left:right] = number
    names = categories((1, "cell"), (2, "vesicle"))
    return ov.Annotation("drawn", ov.LabelMap(ids, names, ov.Grid.regular(2)))


counted = annotation((2, 20, 20), vocabulary=MANY, density=0)


EIGHT_BITS = ov.Vocabulary((ov.Category(1, "a"), ov.Category(64, "b"), ov.Category(254, "c", role="stuff")))  # fmt: skip
CASES = {
    **VOLUMES,
    "pixel size": annotation((3, 9, 11), grid("zyx", (5, 0.25, 0.5), ("mm", "µm", "um")), vocabulary=EIGHT_BITS),
    "flat pixel size": annotation((9, 11), grid("yx", (0.25, 0.5), ("µm", "um")), vocabulary=EIGHT_BITS),
    "ids up to 254": annotation((9, 11), vocabulary=EIGHT_BITS),
    "ids over 255": annotation((9, 11), vocabulary=categories((256, "a"), (1000, "b"))),
    "ids up to 65535": annotation((9, 11), vocabulary=categories((1, "a"), (65_535, "b"))),
    "id without a category": annotation((9, 11), vocabulary=EIGHT_BITS),
    "holes": drawn((1, 2, 16, 3, 20), (0, 4, 10, 5, 12), (2, 6, 8, 7, 10), (0, 13, 14, 14, 15)),
    "300 categories": counted,
    "touching objects": drawn((1, 2, 6, 2, 6), (1, 6, 9, 6, 9), (2, 2, 6, 6, 12), (1, 12, 15, 0, 24), (1, 19, 20, 23, 24)),
    "non-Latin names": annotation((9, 11), vocabulary=categories((1, "細胞質"), (2, "ядро"), (3, "خلية"), (4, "é — ½")), name="細胞"),
    "awkward names": annotation((9, 11), vocabulary=categories((1, "'=x"), (2, "'\ufffe"), (3, "a\\b|c:="), (4, "null"), (5, "a: b #c"), (6, "<b>&\""), (7, "@a,b;"))),
}  # fmt: skip
TOLD = {
    "ids": r"\bids\b|holes|unlabelled|left out",
    "names": r"\bnames?\b|the category",
    "colours": r"colours",
    "axes": r"axes|time and channels",
    "affine": r"\bsize|rotation|place of|units",
}
"""What a cell compares, and the words by which `check` says that it is lost."""


REFUSAL = re.compile(r"everything|this annotation: ")
OBJECTS = {"cityscapes", "coco", "coco-panoptic", "cvat", "geojson", "label-studio", "yolo"}
"""Formats that tell objects of one category apart."""


UNSIZED = [case for case in CASES if not is_calibrated(CASES[case].labels.grid)]
LONG_NAMES = [case for case in CASES if CASES[case].labels.vocabulary == WORDS]
TIMED = ["time series", "all axes", "oblique in time"]
TURNED = ["oblique", "oblique in time", "mirrored"]
MOVED = ["picture in um", "all axes", "anisotropic", *TURNED]
SMALL = [
    "picture",
    "hostile name",
    "ids up to 254",
    "holes",
    "touching objects",
    "non-Latin names",
    "awkward names",
]
LARGE = ["ids over 255", "ids up to 65535", "300 categories"]
UNLISTED = ["id without a category"]
PICTURES = ("lossy", {"exact": [*SMALL, *LARGE[:2]], "refused": UNLISTED})
NUMBERED = ("lossy", {"refused": UNLISTED})
ROWS = {
    "cityscapes": ("lossy", {"exact": SMALL, "refused": [*LARGE, *UNLISTED]}),
    "coco": PICTURES,
    "coco-panoptic": PICTURES,
    "cvat": NUMBERED,
    "dicom-seg": ("exact", {"lossy": [*LONG_NAMES, "awkward names"], "refused": [*TIMED, *UNLISTED]}),
    "geojson": PICTURES,
    "label-studio": NUMBERED,
    "nifti": ("exact", {"lossy": UNSIZED}),
    "nnunet": NUMBERED,
    "ome-tiff": ("exact", {"lossy": [*MOVED, *TIMED]}),
    "ome-zarr": ("exact", {"lossy": TURNED}),
    "png": ("lossy", {"exact": SMALL, "refused": [*LARGE, *UNLISTED]}),
    "seg-nrrd": ("lossy", {"exact": ["pixel size", "flat pixel size"]}),
    "yolo": NUMBERED,
}  # fmt: skip
"""What comes of the cases: mostly this, and of these another."""


MATRIX = {
    name: dict.fromkeys(CASES, usual) | {case: what for what, cases in others.items() for case in cases}
    for name, (usual, others) in ROWS.items()
}  # fmt: skip


def series(given, folder):
    """Write the CT that a label map belongs to: an image for each slice, in the same place."""
    volume = full(given.labels.ids, given.labels.grid.axes)[0, 0]
    affine = LPS @ millimetre_affine(given.labels.grid)
    size = np.linalg.norm(affine[:3, :3], axis=0)
    for file in ct_series(folder, len(volume), volume.shape[1:]).glob("*.dcm"):
        ds = pydicom.dcmread(file)
        number = len(volume) - ds.InstanceNumber
        ds.PixelSpacing, ds.SliceThickness = decimals(size[[1, 0]]), decimals(size[2:])[0]
        ds.ImageOrientationPatient = decimals((affine[:3, :2] / size[:2]).T.ravel())
        ds.ImagePositionPatient = decimals((affine @ (0, 0, number, 1))[:3])
        ds.save_as(file)
    return folder


def decimals(values):
    return [pydicom.valuerep.DSfloat(float(v), auto_format=True) for v in values]


def filled(ids):
    """Label map whose objects have no holes: what lies in one is on top."""
    regions = label(ids, background=0)
    solid = [binary_fill_holes(regions == n) for n in range(1, regions.max() + 1)]
    result = np.zeros_like(ids)
    for number, mask in sorted(enumerate(solid, start=1), key=lambda pair: -pair[1].sum()):
        result[mask] = ids[regions == number][0]
    return result


def exporter_of(name, given, folder):
    options = {"source": series(given, folder / "source")} if name == "dicom-seg" else {}
    return EXPORTERS.get(name)(**options)


PAGE = (Path(__file__).parents[1] / "docs/formats.md").read_text(encoding="utf-8")


def rows():
    """Cells of the table by format and column."""
    head, _, *lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.search(r"^\| format .*?\n\n", PAGE, re.MULTILINE | re.DOTALL)[0].splitlines()
        if line
    ]
    return {line[0].strip("`"): dict(zip(head, line, strict=True)) for line in lines}


def told(name, *cases):
    """What `check` says is lost of some cases; that it says the truth is `test_cell`."""
    texts = [text for case in cases for text in EXPORTERS.get(name)().check(CASES[case])]
    return {what for what, how in TOLD.items() if any(re.search(how, text) for text in texts)}


def ids(name):
    if "ids" in told(name, "touching objects"):
        return "no"
    return "to 254" if MATRIX[name]["ids over 255"] == "refused" else "yes"
