"""Joins a Labels layer to its `Draft`: strokes are taken over, model writes and undo go through it.

Napari's paint events do not tell a person from a program, come before some of the writes that
they tell of, and its own undo holds stale values once a program wrote. So the model writes into
the array itself, without an event; whatever comes as an event is a person's; and those methods
of the layer that napari's tools, keys and menus call are the draft's (decision 12).
"""

from __future__ import annotations

from contextlib import nullcontext
from itertools import count, groupby
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import numpy as np
from psygnal import Signal

from napari_ovseg.annotate.box import whole
from napari_ovseg.annotate.draft import Draft
from napari_ovseg.annotate.reach import stamped
from napari_ovseg.gui.strokes import brush_footprint, encircles, polygon_footprint, read_record
from napari_ovseg.labels import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari.layers import Labels
    from napari.utils.events import Event

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
    # Of another shape are those of a layer that this one was cut from.
    if owner is None or np.shape(owner) != ids.shape:
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
        self.draft.hand_over = self._hand_over
        self.finish: Callable[[], None] = lambda: None
        layer.metadata = {**layer.metadata, KEY: {**ours, "owner": owner}}
        self._action, self._count, self._depth = "", count(), 0
        self._dots, self._atoms = list[tuple[tuple[int, ...], int]](), list[Any]()
        # Not bound methods, or the layer could not be forgotten.
        painters = {name: self._taking_over(getattr(type(layer), name)) for name in _PAINTERS}
        self._paint, self._paint_polygon = painters["paint"], painters["paint_polygon"]
        painters |= {"paint": self.paint, "paint_polygon": self.paint_polygon}
        painters |= {"undo": self.undo, "redo": self.redo, "_abort_stroke": self._abort}
        vars(layer).update(painters)
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

    def paint(self, coord: Any, new_label: int, refresh: bool = True) -> None:
        """Paint a dot; what in it had the label already is a person's when the stroke ends."""
        alone = not self.layer._block_history  # else a drag of the brush is under way
        if alone:
            self._begin()
        self._paint(coord, new_label, refresh)
        self._dots.append((tuple(round(float(c)) for c in coord), int(new_label)))
        if alone:
            self._end_stroke()

    def paint_polygon(self, points: Any, new_label: int) -> None:
        """Paint a polygon; what in it had the label already is a person's now, too."""
        self._begin()
        self._paint_polygon(points, new_label)
        axes = self._axes()
        first, inside = polygon_footprint(np.asarray(points)[:, axes])
        self._claim([int(c) for c in points[0]], new_label, axes, first[None], inside)
        self._end_stroke()  # an outline that was drawn round it belongs to it

    def _follow(self, layer: Labels, event: Any) -> Iterator[None]:
        """Give all that the brush does until its release one name; then end the stroke."""
        if layer.mode not in {"paint", "erase"} or encircles(layer, event):
            return
        self._begin()
        yield
        while event.type == "mouse_move":
            yield
        self._end_stroke()

    def _begin(self) -> None:
        """Give the next action a name of its own, which all of its writes share."""
        self._action = f"action {next(self._count)}"

    def _end_stroke(self) -> None:
        """Take over what napari has not told of yet, and claim what had the label already."""
        self._hand_over()
        self._action = ""

    def _claim_dots(self) -> None:
        """Claim what the dots of the stroke so far reached, where it had the label already."""
        dots, self._dots = self._dots, []  # first: a claim hands over, too
        axes, scale = self._axes(), self.layer.scale
        footprint = brush_footprint(self.layer.brush_size, tuple(float(scale[a]) for a in axes))

        def plane(dot: tuple[tuple[int, ...], int]) -> tuple[list[int], int]:
            return [0 if axis in axes else c for axis, c in enumerate(dot[0])], dot[1]

        for (place, label), together in groupby(dots, plane):
            centres = np.array([dot[0] for dot in together])[:, axes]
            self._claim(place, label, axes, centres - np.array(footprint.shape) // 2, footprint)

    def _abort(self) -> None:
        """Let napari drop an outline that was not closed, and what it has reached with it."""
        type(self.layer)._abort_stroke(self.layer)
        self._dots.clear()

    def _hand_over(self) -> None:
        """Take over at once what was painted since the button was pressed."""
        with self.layer.block_history() if self._layer() else nullcontext():
            pass
        if self._action and self._layer():  # an outline that may be dropped yet has no name
            self._claim_dots()

    def _axes(self) -> list[int]:
        """Which axes the tools paint along: those on screen, and more if a person says so."""
        return list(self.layer._get_shape_and_dims_to_paint()[1])

    def _claim(
        self, place: list[int], label: int, axes: list[int], corners: np.ndarray,
        footprint: np.ndarray,
    ) -> None:  # fmt: skip
        """Claim what a footprint reached, in the plane of a place, where it had the label."""
        shape = self.layer.data.shape
        inside = [slice(c % n, c % n + 1) for c, n in zip(place, shape, strict=True)]
        size = [1] * len(shape)
        for part, reached in stamped(corners, footprint, tuple(shape[axis] for axis in axes)):
            for axis, side in zip(axes, part, strict=True):
                inside[axis], size[axis] = side, side.stop - side.start
            box, where = tuple(inside), reached.reshape(size)
            where = where & (np.asarray(self.draft.ids[box]) == label)
            self.draft.claim(box, where, part_of=self._action)

    def _taking_over(self, paint: Callable[..., Any]) -> Callable[..., Any]:
        """Take a method's strokes over when it has written them, not when it tells of them."""

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
        if self.draft.stroke(map(read_record, atoms), self._action):
            self.layer.refresh()

    def _replaced(self, _event: Event) -> None:
        """Begin anew when a program gave the layer another array: what differs is a person's."""
        layer, draft = self.layer, self.draft
        if layer.data is draft.ids:
            return
        ids = np.asarray(layer.data)
        draft.notice(whole(draft.owner.shape))  # what a program wrote into the old one
        if ids.shape == draft.owner.shape:
            owner = draft.owner.copy()
            owner[ids != np.asarray(draft.ids)] = Owner.PERSON
        else:
            owner = owner_in({}, ids)
        layer.metadata[KEY]["owner"] = owner
        draft.begin_anew(layer.data, owner)
