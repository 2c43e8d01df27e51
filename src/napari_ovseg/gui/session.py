"""What the window knows and does, observable and free of Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_ovseg.errors import VocabularyError
from napari_ovseg.feature_cache import FeatureCache
from napari_ovseg.gui.agreement import added_to
from napari_ovseg.gui.job import Job
from napari_ovseg.gui.preload import import_engine, window_first
from napari_ovseg.gui.recent import Recent
from napari_ovseg.labels import Annotation
from napari_ovseg.presets import DEFAULT, preset
from napari_ovseg.progress import Progress, Steps, Stop
from napari_ovseg.vocabulary import Category, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_ovseg.channels import Shown
    from napari_ovseg.familiar import Unfamiliar
    from napari_ovseg.features import Features
    from napari_ovseg.image import Image
    from napari_ovseg.recipe import Recipe


@dataclass
class Session:
    """State of one window.

    Attributes
    ----------
    rows
        The categories as typed; `vocabulary` checks them.
    recipe
        Everything but how the image is shown, which comes from its layer.
    device
        Where to compute.
    counts
        Pixels of each category in the last result, by name; counted on the worker's thread.
    pixels
        Pixels of each category on screen by id, whoever wrote them.
    unfamiliar
        Categories and contrast words of the last run that the model never learnt.
    remark
        What else the user should know of the last run; mostly nothing.
    hidden, locked
        Ids of categories that are not shown, and whose pixels nobody changes.
    cache
        Features of all images, in memory and on disk.
    reserved, removed
        The largest ids in files, and of what was removed, which undo may bring back.
    labelled, largest
        Return the categories of all labels, also of those to come, and the largest id that these
        have or had.
    recent
        What is known of the last pictures.
    """

    rows: list[Category] = field(default_factory=list)
    recipe: Recipe = field(default_factory=lambda: preset(DEFAULT))
    device: str = "auto"
    counts: dict[str, int] = field(default_factory=dict)
    pixels: dict[int, int] = field(default_factory=dict)
    unfamiliar: tuple[Unfamiliar, ...] = ()
    remark: str = ""
    hidden: set[int] = field(default_factory=set)
    locked: set[int] = field(default_factory=set)
    cache: FeatureCache = field(default_factory=FeatureCache)
    reserved: int = 0
    removed: int = 0
    labelled: Callable[[], Iterable[Category]] = tuple
    largest: Callable[[], int] = int
    recent: Recent = field(default_factory=Recent)

    changed = Signal()
    lock_changed = Signal(int, bool)
    add_wanted = Signal()

    def vocabulary(self) -> Vocabulary:
        """Return the words as a vocabulary, or say what is wrong with them."""
        return Vocabulary(tuple(self.rows))

    @property
    def bound(self) -> bool:
        """Whether ids mean something outside the table: in labels or in files."""
        return bool(self.reserved or tuple(self.labelled()))

    def known(self) -> list[Category]:
        """Categories of the table, and those of labels in the viewer that it does not have."""
        return added_to(self.rows, self.labelled())

    def highest(self) -> int:
        """Return the largest id that may be anywhere; 0 if there is none."""
        return max(self.reserved, self.removed, self.largest(), *(c.id for c in self.known()))

    def set_rows(self, rows: Iterable[Category]) -> None:
        """Replace all categories, whatever labels may have: `Replacement` asks before."""
        self.rows = list(rows)
        self.hidden &= {c.id for c in self.rows}
        self.changed.emit()

    def add(self, text: str) -> None:
        """Add categories typed as ``a, b; c``; their ids follow the largest so far."""
        self._append(Vocabulary.parse(text))

    def extend(self, words: Iterable[Category]) -> None:
        """Add categories of other names than there are, and no second background."""
        names = {c.name.casefold() for c in self.rows}
        roles = {c.role for c in self.rows} & {"background"}
        self._append(c for c in words if c.name.casefold() not in names and c.role not in roles)

    def _append(self, words: Iterable[Category]) -> None:
        new = [replace(c, id=n, colour="") for n, c in enumerate(words, self.highest() + 1)]
        self.set_rows(Vocabulary((*self.rows, *new)))

    def remove(self, ids: Iterable[int]) -> None:
        """Remove categories by id; the ids of the others stay.

        Raises
        ------
        VocabularyError
            If one is locked.
        """
        gone = set(ids)
        self.refuse_locked(gone)
        if self.bound:
            self.removed = max(self.removed, *gone, 0)
        self.set_rows(c for c in self.rows if c.id not in gone)

    def refuse_locked(self, ids: Iterable[int]) -> None:
        """Raise VocabularyError if one of these categories is locked."""
        locked = self.locked.intersection(ids)
        if kept := [c.name for c in self.rows if c.id in locked]:
            raise VocabularyError(f"{', '.join(kept)} is locked; unlock it before it is removed")

    def edit(self, category_id: int, **values: Any) -> None:
        """Change fields of a category; refused changes leave it as it was."""
        rows = [replace(c, **values) if c.id == category_id else c for c in self.rows]
        self.set_rows(Vocabulary(tuple(rows)))

    def move(self, category_id: int, by: int) -> None:
        """Move a category up (-1) or down (1); its id stays."""
        rows = list(self.rows)
        at = next(i for i, c in enumerate(rows) if c.id == category_id)
        rows.insert(min(max(at + by, 0), len(rows) - 1), rows.pop(at))
        self.set_rows(rows)

    def show(self, category_id: int, on: bool) -> None:
        """Show the pixels of a category, or not."""
        (self.hidden.discard if on else self.hidden.add)(category_id)
        self.changed.emit()

    def lock(self, category_id: int, on: bool) -> None:
        """Lock the pixels that a category has now, or unlock them."""
        (self.locked.add if on else self.locked.discard)(category_id)
        self.lock_changed.emit(category_id, on)

    def configure(self, **values: Any) -> None:
        """Change fields of the recipe."""
        self.recipe = replace(self.recipe, **values)
        self.changed.emit()

    def job(self, image: Image, plane: tuple[int, ...], display: Shown) -> Job:
        """Fix what the next run does.

        Raises
        ------
        VocabularyError, RecipeError
            If the words or the settings cannot be used.
        """
        return Job(
            image, plane, self.vocabulary(), replace(self.recipe, display=display), self.device
        )

    def run_steps(self, job: Job, stop: Stop | None = None) -> Steps[Annotation]:
        """Encode if the pixels or the settings are new, then label; `stop` as in `encode_steps`."""
        yield Progress("model", 0, 1)
        with window_first():
            import_engine()
            from napari_ovseg.early import early_steps
            from napari_ovseg.encoding import Purpose
            from napari_ovseg.pipeline import encode_steps

            def encode(picture: Image, recipe: Recipe) -> Steps[Features]:
                purpose = Purpose(recipe.queries(job.vocabulary), job.early)
                steps = encode_steps(picture, recipe, job.device, stop, self.cache, purpose)
                return early_steps(steps, job.vocabulary) if job.early else steps

            features = yield from self._features_steps(job, encode)
            return (yield from self._label_steps(features, job))

    def relabel_steps(self, job: Job, _stop: Stop | None = None) -> Steps[Annotation | None]:
        """Label with other words what is encoded already; None where it is not."""
        yield Progress("labels", 0, 1)
        with window_first():
            import_engine()
            from napari_ovseg.encoding import recall_steps

            recall = partial(recall_steps, device=job.device, cache=self.cache)
            features = yield from self._features_steps(job, recall)
            return None if features is None else (yield from self._label_steps(features, job))

    def _features_steps(self, job: Job, find: Callable[[Image, Recipe], Steps[Any]]) -> Steps[Any]:
        """Take the features of a run that is not long ago, or else those that are found."""
        recipe = self.recent.resolved(job)
        place = self.recent.place(job, recipe)
        if (features := self.recent.features(place, recipe)) is None:
            features = yield from find(job.image.plane(job.plane), recipe)
            if features is not None:
                self.recent.encoded(place, job.image, features)
        return features

    def prepare_steps(
        self, image: Image, plane: tuple[int, ...], recipe: Recipe, stop: Stop
    ) -> Steps[None]:
        """Encode a picture into the cache, for a run to come."""
        yield Progress("model", 0, 1)
        with window_first():
            import_engine()
            from napari_ovseg.pipeline import encode_steps

            recipe = replace(recipe, display=recipe.display.resolve(image))
            yield from encode_steps(image.plane(plane), recipe, self.device, stop, self.cache)

    def forget(self) -> None:
        """Forget all features, in memory and on disk."""
        self.recent.clear()
        self.cache.clear()

    def _label_steps(self, features: Features, job: Job) -> Steps[Annotation]:
        from napari_ovseg.asking import queries_steps
        from napari_ovseg.backbones.open_clip import load_backbone
        from napari_ovseg.familiar import unfamiliar
        from napari_ovseg.pipeline import label_steps, provenance_of

        labels = yield from label_steps(features, job.vocabulary, view=job.view)
        if not features.recipe.method.trained:  # whose scores are not cosines of these features
            queries = yield from queries_steps(features, job.vocabulary, features.recipe)
            self.recent.scored(job, features, queries)
        self.counts = labels.counts()
        backbone = load_backbone(features.recipe.backbone, job.device)
        self.unfamiliar = unfamiliar(backbone, job.vocabulary, features.recipe)
        self.remark = features.recipe.remark(job.vocabulary)
        return Annotation(job.image.name, labels, None, provenance_of(features))
