"""Joins a Labels layer to its `Draft`: strokes are taken over, model writes and undo go through it.

Napari's paint events do not tell a person from a program, come before some of the writes that
they tell of, and its own undo holds stale values once a program wrote. So the model writes into
the array itself, without an event; whatever comes as an event is a person's; and those methods
of the layer that napari's tools, keys and menus call are the draft's (decision 12).
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import numpy as np
from psygnal import Signal

from napari_ovseg.annotate.draft import Draft
from napari_ovseg.annotate.reach import along, inside
from napari_ovseg.labels import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari.layers import Labels
    from napari.utils.events import Event

    from napari_ovseg.annotate.box import Box

KEY = "ovseg"
"""Key of ours in a layer's metadata."""

_PAINTERS = ("paint", "fill", "paint_polygon", "data_setitem")
"""Methods of a layer that a person's tools write with."""
_EDITINGS: WeakKeyDictionary[Labels, Editing] = WeakKeyDictionary()


def editing_of(layer: Labels) -> Editing:
    """Return what joins a layer to its draft; made at the first call.

    Whatever is in the layer then is a person's, unless ``metadata["ovseg"]["owner"]`` says else.
    """
    if layer not in _EDITINGS:
        _EDITINGS[layer] = Editing(layer)
    return _EDITINGS[layer]


def owner_in(ours: dict[str, Any], ids: np.ndarray) -> np.ndarray:
    """Return who owns each pixel; without a record every labelled pixel is a person's."""
    owner = ours.get("owner")
    if owner is None:
        return np.where(ids != 0, np.uint8(Owner.PERSON), np.uint8(Owner.MODEL))
    return np.asarray(owner)


class Editing:
    """What a person does in one layer, taken over by its draft.

    Parameters
    ----------
    layer
        Keeps this object alive; gets its `owner` array in its metadata.

    Attributes
    ----------
    draft
        Ids are the layer's own array.
    finish
        Writes the rest of a proposal that is being written part by part.
    relocked
        Emitted with the draft, an id and whether it is locked now, when undo or redo changed that.
    """

    relocked = Signal(Draft, int, bool)

    def __init__(self, layer: Labels) -> None:
        self._layer = ref(layer)
        # A copy, as napari gives a duplicated layer the same dictionary.
        ours = dict(layer.metadata.get(KEY, {}))
        owner = owner_in(ours, np.asarray(layer.data)).copy()
        self.draft = Draft(layer.data, owner)
        self.finish: Callable[[], None] = lambda: None
        layer.metadata = {**layer.metadata, KEY: {**ours, "owner": owner}}
        self._action, self._count = "", count()
        self._depth, self._atoms = 0, list[Any]()
        painters = {name: self._taking_over(getattr(type(layer), name)) for name in _PAINTERS}
        self._paint_polygon = painters["paint_polygon"]
        painters |= {"paint_polygon": self.paint_polygon, "undo": self.undo, "redo": self.redo}
        for name, method in painters.items():
            setattr(layer, name, method)
        layer.mouse_drag_callbacks.append(self._follow)
        layer.events.paint.connect(self._painted)
        layer.events.data.connect(self._replaced)

    @property
    def layer(self) -> Labels:
        """The layer."""
        layer = self._layer()
        assert layer is not None  # it keeps this object alive
        return layer

    # --- undo -----------------------------------------------------------------------

    def undo(self) -> None:
        """Take back the last step, a stroke or a model's write."""
        self._turn(self.draft.undo)

    def redo(self) -> None:
        """Make the step again that was taken back last."""
        self._turn(self.draft.redo)

    def _turn(self, turn: Callable[[], bool]) -> None:
        self.finish()
        before = self.draft.owner == Owner.LOCKED
        if not turn():
            return
        self.layer.refresh()
        turned = before != (self.draft.owner == Owner.LOCKED)
        if turned.any():  # a step locks pixels or unlocks some, and never both
            on = not before[turned].any()
            for category_id in np.unique(np.asarray(self.draft.ids)[turned]):
                self.relocked.emit(self.draft, int(category_id), on)

    # --- a person's hand --------------------------------------------------------------

    def paint_polygon(self, points: Any, new_label: int) -> None:
        """Paint a polygon; what in it had the label already is a person's now, too."""
        self._begin()
        self._paint_polygon(points, new_label)
        with self.layer.block_history():  # an outline that was drawn round it belongs to it
            pass
        self._claim(inside(np.asarray(points, float), self.layer.data.shape), new_label)
        self._action = ""

    def _follow(self, layer: Labels, event: Any) -> Iterator[None]:
        """Note the way of the brush, to claim what had the label already."""
        if layer.mode not in {"paint", "erase"} or _encircles(layer, event):
            return
        self._begin()
        path = [layer.world_to_data(event.position)]
        yield
        while event.type == "mouse_move":
            path.append(layer.world_to_data(event.position))
            yield
        with layer.block_history():  # at its end napari tells of the stroke, if it has not yet
            pass
        label = 0 if layer.mode == "erase" else int(layer.selected_label)
        more = len(event.position) - layer.ndim  # axes that only other layers have
        shown = [axis - more for axis in event.dims_displayed]
        if len(shown) == 2 and min(shown) >= 0:  # in three the brush paints where its ray meets
            self._claim(along(path, shown, layer.brush_size, layer.data.shape), label)

    def _begin(self) -> None:
        """Give the next action a name of its own, which all of its writes share."""
        self._action = f"action {next(self._count)}"

    def _claim(self, reached: tuple[Box, np.ndarray] | None, label: int) -> None:
        if reached is None:
            return
        box, where = reached
        where = where & (np.asarray(self.draft.ids[box]) == label)
        self.draft.claim(box, where, part_of=self._action)

    def _taking_over(self, paint: Callable[..., Any]) -> Callable[..., Any]:
        """Take a method's strokes over when it has written them, not when it tells of them.

        `paint` is not bound, or the layer could not be forgotten.
        """

        def painted(*args: Any, **kwargs: Any) -> Any:
            self._depth += 1
            try:
                return paint(self.layer, *args, **kwargs)
            finally:
                self._depth -= 1
                self._take_over()

        return painted

    def _painted(self, event: Event) -> None:
        self._atoms += event.value
        # Napari would keep a hundred strokes of its own, unpacked, that nobody can undo.
        getattr(self.layer, "_undo_history", []).clear()
        self._take_over()

    def _take_over(self) -> None:
        if self._depth or not self._atoms:
            return
        atoms, self._atoms = self._atoms, []
        if self.draft.stroke((_stroke(atom) for atom in atoms), self._action):
            self.layer.refresh()

    def _replaced(self, _event: Event) -> None:
        """Begin anew when a program gave the layer another array: what differs is a person's."""
        layer, draft = self.layer, self.draft
        if layer.data is draft.ids:
            return
        ids = np.asarray(layer.data)
        if ids.shape == draft.owner.shape:
            owner = draft.owner.copy()
            owner[ids != np.asarray(draft.ids)] = Owner.PERSON
        else:
            owner = owner_in({}, ids)
        layer.metadata[KEY]["owner"] = owner
        draft.begin_anew(layer.data, owner)


def _encircles(layer: Labels, event: Any) -> bool:
    """Whether napari draws an outline meanwhile, from a click of the right button to its end.

    It comes as a polygon when it is closed; the left button moves the picture until then.
    """
    outline = layer._overlays.get("brush_stroke")  # as napari's own brush asks
    return outline is not None and (outline.active or (outline.enabled and event.button == 2))


def _stroke(atom: Any) -> tuple[Box, np.ndarray, np.ndarray]:
    """Read napari's record of a stroke: by box and mask, or by the index of every pixel."""
    if len(atom) == 4:
        box, mask, old, _ = atom
        if mask is None:
            mask = np.ones(np.shape(old), bool)
        return tuple(box), mask, np.asarray(old)[mask] if np.ndim(old) == mask.ndim else old
    indices, old, _ = atom
    indices = tuple(np.asarray(i).ravel() for i in indices)
    box = tuple(slice(int(i.min()), int(i.max()) + 1) for i in indices)
    within = tuple(i - b.start for i, b in zip(indices, box, strict=True))
    values = np.zeros(tuple(b.stop - b.start for b in box), np.asarray(old).dtype)
    mask = np.zeros(values.shape, bool)
    mask[within], values[within] = True, old
    return box, mask, values[mask]
