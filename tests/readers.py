"""Every format as other programs read it: none of these readers shares code with our writers.

A reader is given the files, and the annotation for what another program has besides: the
size of the image, and which number a name has.
"""

import csv
import io
import json
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass, field

import numpy as np
import pydicom
import SimpleITK as sitk  # noqa: N813  # its own documentation's name
import slicerio
import yaml
import zarr
from defusedxml import ElementTree
from ome_zarr_models.v05.image_label import ImageLabel
from PIL import Image, ImageSequence
from pycocotools.coco import COCO
from skimage.color import lab2rgb
from skimage.measure import grid_points_in_poly

MILLIMETRES = {None: 1, "m": 1e3, "meter": 1e3, "cm": 10, "centimeter": 10, "mm": 1, "millimeter": 1,
               "µm": 1e-3, "micrometer": 1e-3, "nm": 1e-6, "nanometer": 1e-6}  # fmt: skip
LPS = np.diag([-1.0, -1, 1, 1])


@dataclass
class Found:
    """What is in the files.

    `ids` has the axes t, c, z, y, x as far as the format has them; `names` and `colours` are by
    id; `affine` goes from x, y, z to millimetres, RAS; `objects` counts those of each id. None
    where the format has no such thing.
    """

    ids: np.ndarray
    names: dict[int, str]
    colours: dict[int, str] | None = None
    affine: np.ndarray | None = None
    objects: Counter | None = None


@dataclass
class Canvas:
    """Planes that shapes are drawn on; `numbers` are ids by name."""

    shape: tuple[int, int]
    numbers: dict[str, int]
    planes: list = field(default_factory=list)
    objects: Counter = field(default_factory=Counter)

    @classmethod
    def of(cls, given):
        return cls(given.labels.ids.shape[-2:], {c.name: c.id for c in given.labels.vocabulary})

    def turn_page(self):
        self.planes.append(np.zeros(self.shape, np.uint16))

    def fill(self, number, rings):
        """Draw a shape, its rings x, y by the even-odd rule, over what is there."""
        inside = np.zeros(self.shape, bool)
        for ring in rings:
            points = np.asarray(ring, float)[:, ::-1] - 0.5
            low = np.maximum(np.floor(points.min(axis=0)).astype(int), 0)
            high = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 1, self.shape)
            inside[tuple(map(slice, low, high))] ^= grid_points_in_poly(high - low, points - low, binarize=True)  # fmt: skip
        self.planes[-1][inside] = number
        self.objects[number] += 1

    def found(self, names, colours=None):
        return Found(np.stack(self.planes), names, colours, objects=self.objects)


def colour(values):
    return "#" + bytes(round(v) for v in values).hex()


def picture(path):
    with Image.open(path) as opened:
        return np.asarray(opened)


def plain(text):
    r"""Undo what our writers of XML say they do: U+FFFE, which XML lacks, reads ``\ufffe``."""
    return text.replace(r"\ufffe", "\ufffe")


def itk(path):
    """Ids (c, t, z, y, x, as far as there are) and the affine matrix, RAS."""
    image = sitk.ReadImage(path)
    n, affine = image.GetDimension(), np.eye(4)
    turn = np.reshape(image.GetDirection(), (n, n))[:3, :3]
    affine[:3, :3] = turn @ np.diag(image.GetSpacing()[:3])
    affine[:3, 3] = image.GetOrigin()[:3]
    return sitk.GetArrayFromImage(image), LPS @ affine


# --- volumes --------------------------------------------------------------------------------


def ome_tiff(files, _):
    """Pages by Pillow, OME-XML by hand."""
    with Image.open(files[0]) as opened:
        xml = ElementTree.fromstring(opened.tag_v2[270].encode("latin-1"))
        pages = np.stack([np.asarray(page) for page in ImageSequence.Iterator(opened)])
    pixels = xml.find(".//{*}Pixels")
    order = pixels.get("DimensionOrder")[:1:-1]
    pages = pages.reshape(*(int(pixels.get(f"Size{axis}")) for axis in order), *pages.shape[1:])
    ids = pages.transpose(*(order.index(axis) for axis in "TCZ"), 3, 4)
    size = [
        float(pixels.get(f"PhysicalSize{a}", 1)) * MILLIMETRES[pixels.get(f"PhysicalSize{a}Unit")]
        for a in "XYZ"
    ]
    (table,) = (e for e in xml.iter() if e.get("Namespace") == "napari-ovseg/classes")
    rows = {int(m.get("K")): json.loads(m.text) for m in table.iter() if m.get("K")}
    names = {i: row["name"] for i, row in rows.items()}
    return Found(ids, names, {i: row["colour"] for i, row in rows.items()}, np.diag([*size, 1]))


def ome_zarr(files, _):
    ((_, group),) = zarr.open_group(files[0], mode="r")["labels"].groups()
    valid = ImageLabel.from_zarr(group).ome_attributes
    (pyramid,) = valid.multiscales
    scale, shift = (
        dict(zip((a.name for a in pyramid.axes), getattr(t, t.type), strict=True))
        for t in pyramid.datasets[0].coordinateTransformations
    )
    unit = {a.name: MILLIMETRES[a.unit] for a in pyramid.axes if a.type == "space"}
    affine = np.diag([*(scale.get(a, 1) * unit.get(a, 1) for a in "xyz"), 1.0])
    affine[:3, 3] = [shift.get(a, 0) * unit.get(a, 1) for a in "xyz"]
    names = {p["label-value"]: p["name"] for p in group.attrs["ome"]["image-label"]["properties"]}
    colours = {c.label_value: colour(c.rgba[:3]) for c in valid.image_label.colors}
    return Found(group[pyramid.datasets[0].path][...], names, colours, affine)


def nifti(files, _):
    ids, affine = itk(files[0])
    with files[1].open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    names = {int(row["index"]): row["name"].removeprefix("'") for row in rows}
    colours = {int(row["index"]): row["color"] for row in rows}
    # NIfTI's order is x, y, z, time, channel.
    return Found(ids.swapaxes(0, 1) if ids.ndim == 5 else ids, names, colours, affine)


def seg_nrrd(files, _):
    volumes, affines = zip(*map(itk, files), strict=True)
    assert all(np.array_equal(affine, affines[0]) for affine in affines)
    segments = slicerio.read_segmentation(str(files[-1]))["segments"]
    names = {s["labelValue"]: s["name"] for s in segments}
    colours = {s["labelValue"]: colour(255 * np.array(s["color"])) for s in segments}
    return Found(np.stack(volumes), names, colours, affines[0])


def dicom_seg(files, _):
    """By pydicom; the source, in the folder ``source``, says where empty slices are."""
    made = pydicom.dcmread(files[0])
    shared = made.SharedFunctionalGroupsSequence[0]
    measures = shared.PixelMeasuresSequence[0]
    row, column = np.reshape(shared.PlaneOrientationSequence[0].ImageOrientationPatient, (2, 3))
    normal = np.cross(row, column)
    places = sorted(
        float(normal @ pydicom.dcmread(file).ImagePositionPatient)
        for file in (files[0].parents[1] / "source").glob("*.dcm")
    )
    ids = np.zeros((len(places), made.Rows, made.Columns), np.uint16)
    types = {s.SegmentNumber: s.SegmentedPropertyTypeCodeSequence[0] for s in made.SegmentSequence}
    assert {t.CodingSchemeDesignator for t in types.values()} == {"99OVSEG"}
    number = {n: int(code.CodeValue) for n, code in types.items()}
    affine = np.eye(4)
    thick = measures.get("SpacingBetweenSlices") or measures.SliceThickness
    affine[:3, :3] = np.stack([row * measures.PixelSpacing[1], column * measures.PixelSpacing[0], normal * thick], axis=1)  # fmt: skip
    frames = made.pixel_array.reshape(-1, made.Rows, made.Columns)
    for frame, group in zip(frames, made.PerFrameFunctionalGroupsSequence, strict=True):
        place = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        k = int(np.argmin(np.abs(places - normal @ place)))
        segment = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        assert not ids[k][frame > 0].any()
        ids[k][frame > 0] = number[segment]
        affine[:3, 3] = place - k * affine[:3, 2]
    names = {number[s.SegmentNumber]: str(s.SegmentLabel) for s in made.SegmentSequence}
    lab = {number[s.SegmentNumber]: np.array(s.RecommendedDisplayCIELabValue) / 65535 for s in made.SegmentSequence}  # fmt: skip
    colours = {i: colour(255 * lab2rgb(v * (100, 255, 255) - (0, 128, 128))) for i, v in lab.items()}  # fmt: skip
    return Found(ids, names, colours, LPS @ affine)


def nnunet(files, given):
    """By nnU-Net's rules: consecutive labels from 0, the background; pictures have no spacing."""
    *cases, description = files
    dataset = json.loads(description.read_text())
    labels = dataset["labels"]
    assert list(labels.values()) == list(range(len(labels)))
    assert labels["background"] == 0
    assert dataset["numTraining"] == len(cases) == len(list(cases[0].parent.iterdir()))
    assert all(case.name.endswith(dataset["file_ending"]) for case in cases)
    assert dataset["channel_names"]
    numbers = Canvas.of(given).numbers
    table = np.array([0, *(numbers[name] for name in labels if name != "background")])
    names = {numbers[name]: name for name in labels if name != "background"}
    if dataset["file_ending"] == ".tif":
        return Found(table[np.stack([picture(case) for case in cases])], names)
    volumes, affines = zip(*map(itk, cases), strict=True)
    return Found(table[np.stack(volumes)], names, affine=affines[0])


# --- pictures -------------------------------------------------------------------------------


def png(files, _):
    *pictures, table = files
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8"), newline="")))
    with Image.open(pictures[0]) as opened:
        palette = np.reshape(opened.getpalette(), (-1, 3))
    names = {int(r["id"]): r["name"].removeprefix("'") for r in rows}
    assert all(colour(palette[int(r["id"])]) == r["colour"] for r in rows)
    return Found(np.stack([picture(p) for p in pictures]), names, {int(r["id"]): r["colour"] for r in rows})  # fmt: skip


def cityscapes(files, _):
    *pictures, table = files
    rows = json.loads(table.read_text())
    objects = Counter()
    for labels, instances in zip(pictures[::2], pictures[1::2], strict=True):
        values = picture(instances).astype(int)
        assert np.array_equal(np.where(values < 1000, values, values // 1000), picture(labels))
        objects.update(int(v) // 1000 if v >= 1000 else int(v) for v in np.unique(values[values > 0]))  # fmt: skip
    ids = np.stack([picture(p) for p in pictures[::2]])
    return Found(ids, {r["id"]: r["name"] for r in rows}, {r["id"]: colour(r["color"]) for r in rows}, objects=objects)  # fmt: skip


def coco(files, given):
    with redirect_stdout(io.StringIO()):
        opened = COCO(files[0])
    canvas = Canvas.of(given)
    for image in opened.getImgIds():
        canvas.turn_page()
        for entry in opened.imgToAnns[image]:
            mask = opened.annToMask(entry).astype(bool)
            assert not canvas.planes[-1][mask].any()
            canvas.planes[-1][mask] = entry["category_id"]
            canvas.objects[entry["category_id"]] += 1
    rows = opened.loadCats(opened.getCatIds())
    return canvas.found({r["id"]: r["name"] for r in rows}, {r["id"]: colour(r["color"]) for r in rows})  # fmt: skip


def coco_panoptic(files, given):
    *pictures, table = files
    content, canvas = json.loads(table.read_text()), Canvas.of(given)
    for entry, path in zip(content["annotations"], pictures, strict=True):
        assert entry["file_name"] == path.name
        canvas.turn_page()
        numbers = picture(path).astype(int) @ [1, 256, 65536]
        for info in entry["segments_info"]:
            mask = numbers == info["id"]
            assert mask.sum() == info["area"]
            canvas.planes[-1][mask] = info["category_id"]
            canvas.objects[info["category_id"]] += 1
        assert np.array_equal(canvas.planes[-1] > 0, numbers > 0)
    rows = content["categories"]
    return canvas.found({r["id"]: r["name"] for r in rows}, {r["id"]: colour(r["color"]) for r in rows})  # fmt: skip


def cvat(files, given):
    root, canvas = ElementTree.parse(files[0]).getroot(), Canvas.of(given)
    for image in root.findall("image"):
        assert (int(image.get("height")), int(image.get("width"))) == canvas.shape
        canvas.turn_page()
        for shape in image:
            number = canvas.numbers[plain(shape.get("label"))]
            if shape.tag == "polygon":
                points = [pair.split(",") for pair in shape.get("points").split(";")]
                canvas.fill(number, [points])
                continue
            box = {k: int(shape.get(k)) for k in ("left", "top", "width", "height")}
            counts = [int(n) for n in shape.get("rle").split(",")]
            mask = np.repeat(np.arange(len(counts)) % 2, counts).reshape(box["height"], box["width"])  # fmt: skip
            part = canvas.planes[-1][box["top"] :, box["left"] :][: box["height"], : box["width"]]
            part[mask > 0] = number
            canvas.objects[number] += 1
    labels = {canvas.numbers[plain(e.findtext("name"))]: e for e in root.iter("label")}
    return canvas.found({i: plain(e.findtext("name")) for i, e in labels.items()}, {i: e.findtext("color") for i, e in labels.items()})  # fmt: skip


def geojson(files, given):
    canvas, names, colours = Canvas.of(given), {}, {}
    for file in files:
        canvas.turn_page()
        for feature in json.loads(file.read_text())["features"]:
            kind = feature["properties"]["classification"]
            number = canvas.numbers[kind["name"]]
            names[number], colours[number] = kind["name"], colour(kind["color"])
            shape = feature["geometry"]
            several = shape["type"] == "MultiPolygon"
            parts = shape["coordinates"] if several else [shape["coordinates"]]
            assert all(ring[0] == ring[-1] for part in parts for ring in part)
            canvas.fill(number, [ring[:-1] for part in parts for ring in part])
    return canvas.found(names, colours)


def label_studio(files, given):
    tasks, interface = json.loads(files[0].read_text()), ElementTree.parse(files[1]).getroot()
    canvas = Canvas.of(given)
    for task in tasks:
        canvas.turn_page()
        for region in task["annotations"][0]["result"]:
            size = region["original_width"], region["original_height"]
            assert size == canvas.shape[::-1]
            (name,) = region["value"]["polygonlabels"]
            ring = np.array(region["value"]["points"]) * size / 100
            canvas.fill(canvas.numbers[plain(name)], [ring])
    labels = {plain(e.get("value")): e.get("background") for e in interface.iter("Label")}
    return canvas.found({canvas.numbers[n]: n for n in labels}, {canvas.numbers[n]: c for n, c in labels.items()})  # fmt: skip


def yolo(files, given):
    *pictures, table = files
    names = yaml.safe_load(table.read_text(encoding="utf-8"))["names"]
    canvas = Canvas.of(given)
    assert list(names or {}) == list(range(len(names or {})))
    for path in pictures:
        canvas.turn_page()
        for line in path.read_text().splitlines():
            number, *values = line.split()
            ring = np.reshape(np.array(values, float), (-1, 2)) * canvas.shape[::-1]
            canvas.fill(canvas.numbers[names[int(number)]], [ring])
    return canvas.found({canvas.numbers[name]: name for name in (names or {}).values()})


READERS = {f.__name__.replace("_", "-"): f for f in (
    cityscapes, coco, coco_panoptic, cvat, dicom_seg, geojson, label_studio, nifti, nnunet, ome_tiff, ome_zarr, png, seg_nrrd, yolo,
)}  # fmt: skip
