"""DICOM segmentations: one segment per category, on the slices of the source series."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path  # noqa: TC003  # the options' types are read at run time
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from napari_ovseg._atomic import atomic_path
from napari_ovseg._colours import rgb
from napari_ovseg._optional import require
from napari_ovseg.errors import ExportError
from napari_ovseg.exporters._base import refuse_unlisted, safe_name
from napari_ovseg.exporters._volume import VolumeExporter
from napari_ovseg.formats.dicom_series import is_placed, laid_on, read_series
from napari_ovseg.formats.space import renumbered, volumes_of

if TYPE_CHECKING:
    from napari_ovseg.labels import Annotation, Provenance
    from napari_ovseg.vocabulary import Category

SCHEME = "99OVSEG"
"""Our private coding scheme: code value = category id, meaning = its name."""
_LONGEST = 63
"""Characters of a label or a meaning: DICOM's 64, of which pydicom counts one for padding."""


@dataclass(frozen=True)
class DicomSeg(VolumeExporter):
    r"""One ``NAME.seg.dcm`` per annotation, made with highdicom.

    Labels that have a place in the body are turned and mirrored as they lie on the source
    series; of others slice k is its k-th image, in the order of places along the normal of the
    planes. The place in the body is the source's. Segments count
    1, 2, 3 ... in the order of the vocabulary; a category's id is its code value in the
    scheme 99OVSEG. Labels and meanings are cut to 63 characters and have ``/`` for ``\`` and
    spaces for what does not print; ``SegmentDescription`` holds the exact name. Colours are
    CIELab.

    Attributes
    ----------
    source
        Folder or files of the series that was labelled.
    kind
        "binary", which every reader knows, or "labelmap", smaller and newer.
    """

    source: tuple[Path, ...] = ()
    kind: Literal["binary", "labelmap"] = "binary"
    suffix: ClassVar[str] = ".seg.dcm"
    one_image: ClassVar[tuple[str, ...]] = ("source",)

    def refuse(self, annotation: Annotation) -> None:
        """See `VolumeExporter.refuse`."""
        refuse_unlisted(annotation)
        if self.kind not in {"binary", "labelmap"}:
            raise ExportError(f"kind must be 'binary' or 'labelmap', got {self.kind!r}")

    def lost(self, annotation: Annotation) -> list[str]:
        """See `VolumeExporter.lost`."""
        lost = []
        if not self.source:
            lost.append("everything: set the option source, the folder or files of the series")
        if len(volumes_of(annotation)) > 1:
            lost.append("everything: a DICOM segmentation is one volume, not a series in time")
        if not is_placed(annotation.labels.grid):
            lost.append(
                "where the labels lie, as they do not tell: slice k goes onto the k-th image of "
                "the series as it is; see that it is not mirrored"
            )
        if any(_short(c.name) != c.name for c in annotation.labels.vocabulary):
            lost.append(
                f"backslashes in names and what is beyond {_LONGEST} characters, for others"
            )
        lost.append("queries, thresholds, definitions and the recipe; the matrix is the source's")
        return lost

    def write(self, annotation: Annotation, folder: Path) -> list[Path]:
        """See `Exporter.write`."""
        seg = require("highdicom.seg", extra="medical", purpose="writing DICOM segmentations")
        self.refuse(annotation)
        if not self.source:
            raise ExportError(
                "a DICOM segmentation needs the series that was labelled; give its folder or "
                "files as the option source"
            )
        if len(volumes := volumes_of(annotation)) > 1:
            raise ExportError(
                f"a DICOM segmentation is one volume, got {len(volumes)} in time or channels; "
                "export them one by one, each with its own series"
            )
        vocabulary = annotation.labels.vocabulary
        numbers = {c.id: number for number, c in enumerate(vocabulary, start=1)}
        images = read_series(self.source)
        segments = laid_on(images, renumbered(volumes[0].ids, numbers), annotation.labels.grid)
        try:
            made = seg.Segmentation(
                images, segments, self.kind.upper(), _descriptions(annotation),
                omit_empty_frames=bool(segments.any()), **_identity(annotation.name),
            )  # fmt: skip
        except Exception as error:
            raise ExportError(
                f"highdicom refuses this series: {error}; give a complete series as source"
            ) from error
        path = folder / f"{safe_name(annotation.name)}{self.suffix}"
        with atomic_path(path) as temporary:
            made.save_as(temporary)
        return [path]


def _identity(name: str) -> dict[str, Any]:
    """Who made the file, and its new identifiers."""
    uid = require("highdicom", extra="medical", purpose="writing DICOM segmentations").UID
    return {
        "series_instance_uid": uid(),
        "series_number": 900,
        "sop_instance_uid": uid(),
        "instance_number": 1,
        "manufacturer": "napari-ovseg",
        "manufacturer_model_name": "napari-ovseg",
        "software_versions": version("napari-ovseg"),
        "device_serial_number": "0",
        "content_label": "CATEGORIES",
        "content_description": _short(name) or None,
        "specific_character_set": "ISO_IR 192",  # UTF-8; else letters become question marks
    }


def _descriptions(annotation: Annotation) -> list[Any]:
    """Describe the segments: label, code, colour, and whether a person made them."""
    highdicom = require("highdicom", extra="medical", purpose="writing DICOM segmentations")
    codes = require("pydicom.sr.codedict", extra="medical", purpose="writing DICOM").codes
    history = annotation.provenance
    algorithm = highdicom.AlgorithmIdentificationSequence(
        name="napari-ovseg",
        family=codes.DCM.ArtificialIntelligence,
        version=_short(history.weights) or version("napari-ovseg"),
    )

    def description(number: int, category: Category) -> Any:
        meaning = _short(category.name)
        result = highdicom.seg.SegmentDescription(
            segment_number=number,
            segment_label=meaning,
            segmented_property_category=codes.SCT.Tissue,
            segmented_property_type=highdicom.sr.CodedConcept(str(category.id), SCHEME, meaning),
            algorithm_type=_made_by(history),
            algorithm_identification=algorithm,
            display_color=highdicom.color.CIELabColor.from_rgb(*rgb(category.colour)),
        )
        result.SegmentDescription = category.name
        return result

    return [description(n, c) for n, c in enumerate(annotation.labels.vocabulary, start=1)]


def _made_by(history: Provenance) -> str:
    if history.share_by_hand == 0:
        return "AUTOMATIC"
    by_hand = history.share_by_hand == 1 and not history.weights
    return "MANUAL" if by_hand else "SEMIAUTOMATIC"


def _short(text: str) -> str:
    r"""Cut to what DICOM holds; ``\`` would split a value in two."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable.replace("\\", "/")[:_LONGEST].strip()
