"""Projects of small random annotations, and what they hold."""

from dataclasses import replace

import numpy as np

import napari_ovseg as ov
from napari_ovseg.annotate.draft import Draft
from napari_ovseg.labels import Owner, Provenance
from napari_ovseg.project import Project
from napari_ovseg.project._generations import generations, journals

WORDS = ov.Vocabulary(
    (
        ov.Category(1, "細胞核", ("nucleus", "ядро"), colour="#112233", threshold=0.25),
        ov.Category(7, "ไมโทคอนเดรีย", definition="a bean", role="stuff"),
        ov.Category(65535, "خلفية", role="background"),
    )
)
STATE = {"contour": 2, "view": {"zoom": 1.5, "слой": ["α", None, True]}}
SHAPES = [(24, 32), (3, 20, 24)]


def annotation_of(shape, seed=0, name="картина 1/2"):
    """Ids that no category has are among them; they must stay as they are."""
    rng = np.random.default_rng(seed)
    ids = rng.choice([0, 1, 7, 65535, 9], shape).astype(np.uint16)
    grid = ov.Grid.regular(len(shape), (0.5,) * len(shape), units=("um",) * len(shape))
    owner = rng.integers(0, 3, shape).astype(np.uint8)
    made = Provenance(ov.Recipe().to_toml(), "weights", "1.0", "2025-01-01", 0.5)
    return ov.Annotation(name, ov.LabelMap(ids, WORDS, grid), owner, made)


def begun(folder, shape=SHAPES[0], **options):
    """A new project, and the draft that it keeps."""
    given = annotation_of(shape)
    project = Project.create(folder, given, STATE, **options)
    draft = Draft(given.labels.ids.copy(), given.owner.copy())
    project.attach(draft)
    return project, draft


def now(draft, given=None):
    """What is in a draft, copied, as an annotation."""
    given = given or annotation_of(draft.ids.shape)
    return replace(
        given, labels=replace(given.labels, ids=draft.ids.copy()), owner=draft.owner.copy()
    )


def opened(folder):
    """Open a project, and let it go again."""
    project, annotation, state = Project.open(folder)
    project.close()
    return annotation, state


def assert_holds(folder, draft):
    annotation, _ = opened(folder)
    assert np.array_equal(annotation.labels.ids, draft.ids)
    assert np.array_equal(annotation.owner, draft.owner)


def paint(draft, value, rows=slice(0, 5)):
    """A model's write into rows of the last plane, whosever they are, by way of their owner."""
    box = (*(slice(n - 1, n) for n in draft.ids.shape[:-2]), rows, slice(0, draft.ids.shape[-1]))
    draft.claim(box, np.ones_like(draft.ids[box], bool), Owner.MODEL)
    draft.propose(box, np.full_like(draft.ids[box], value))


def numbers(folder):
    return list(generations(folder)), list(journals(folder))


def content(folder):
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".lock"))
    return {p.relative_to(folder): p.read_bytes() for p in files}
