"""What `bench_window` times, in a process of its own: ``python -m tests.benchmarks._window ours``.

Prints a line of JSON for each measurement: its name and seconds. ``bare`` times napari alone.
"""

import json
import sys
import time
from functools import partial
from itertools import product

import napari
import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

LARGE = 4096
RUNS = 3
"""Of what is repeated the least of its longest waits counts: other programs only ever add."""


def say(what, seconds):
    print(json.dumps([what, seconds]), flush=True)


def turns(seconds=0.0, until=None):
    """Let the window work for a while, or until something is so."""
    start = time.perf_counter()
    while time.perf_counter() - start < (120 if until else seconds):
        QApplication.processEvents()
        if until is not None and until():
            return
        time.sleep(0.0005)
    if until is not None:
        raise TimeoutError("the window did not come so far")


class Watch:
    """The longest time between two calls of a 10 ms timer."""

    def __init__(self):
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def __enter__(self):
        self.longest, self._last = 0.0, time.perf_counter()
        self._timer.start(10)
        return self

    def __exit__(self, *_):
        self._timer.stop()

    def _tick(self):
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now


def picture(side):
    blocks = np.random.default_rng(0).integers(0, 255, (side // 8, side // 8)).astype(np.uint8)
    return np.kron(blocks, np.ones((8, 8), np.uint8))


def waits(action, settle=0.3):
    """Measure the longest wait during an action and a moment after it."""
    with Watch() as watch:
        action()
        turns(settle)
    return watch.longest


def paint(layer):
    for step in range(40):
        layer.paint((step * 40, 500), 1 + (int(layer.data[step * 40, 500]) + step) % 50)
        turns(0.1)


def bare(viewer):
    """Time the same of napari alone."""
    rng = np.random.default_rng(1)
    colours = {None: "#808080", 0: "transparent", **dict.fromkeys(range(1, 51), "#ff8800")}
    for side in (2048, LARGE):
        viewer.layers.clear()
        turns(0.5)
        viewer.add_image(picture(side))
        turns(1)
        ids = rng.integers(1, 51, (side // 64, side // 64)).astype(np.uint16)
        layer = Labels(
            np.kron(ids, np.ones((64, 64), np.uint16)),
            colormap=DirectLabelColormap(color_dict=colours),
        )
        say(f"layer {side}", waits(lambda new=layer: viewer.add_layer(new)))
    viewer.camera.zoom = 0.15
    turns(1)
    say("refresh", min(waits(layer.refresh) for _ in range(RUNS)))
    say("paint", min(waits(lambda: paint(layer)) for _ in range(RUNS)))


def ours(viewer):
    """Time the dock in a real window."""
    from napari_ovseg.gui.widget import OvsegWidget

    viewer.add_image(np.random.default_rng(0).integers(0, 255, (2048, 2048)).astype(np.uint8))
    turns(0.5)
    widget = OvsegWidget(viewer)
    viewer.window.add_dock_widget(widget)
    turns(0.2)
    say("opening", waits(lambda: turns(8)))
    widget.words.add_words("grass; gravel; water")
    run(widget, viewer)
    for number in range(RUNS):
        follow(widget, f"relabel 2048 {number}", partial(widget.words.add_words, f"sand {number}"))
    widget.form.methods.method.setCurrentText("vanilla")
    say("second run", waits(lambda: segment(widget)))
    cancels(widget)
    large(widget, viewer)


def segment(widget):
    widget.segment()
    turns(until=lambda: not widget.runner.running and not widget.work.writer.writing)


def run(widget, viewer):
    """Time a first run: until labels come, while their layer is made and shown, and to the end."""
    source, until = viewer.layers[0], []
    with Watch() as watch:

        def comes(_event):  # in the very turn: the timer may be called again before the next
            until.append(watch.longest)
            watch.longest = 0.0

        viewer.layers.events.inserting.connect(comes)
        widget.segment()
        turns(until=lambda: until)
        viewer.layers.events.inserting.disconnect(comes)
        turns(2)
        shown, watch.longest = watch.longest, 0.0
        turns(until=lambda: not widget.runner.running and not widget.work.writer.writing)
    side = max(source.data.shape)
    say(f"encode {side}", max(*until, watch.longest))
    say(f"first layer {side}", shown)


def cancels(widget):
    widget.form.methods.method.setCurrentText("naclip")
    cancel(widget, "cancel encoding", "encoding")
    segment(widget)
    widget.session.set_rows([])
    widget.words.add_words("; ".join(learnt_words()))
    cancel(widget, "cancel words", "words")


def cancel(widget, what, stage):
    widget.segment()
    turns(until=lambda: stage in widget.panel.bar.format())
    turns(0.1)
    asked = time.perf_counter()
    widget.turns.stop()
    turns(until=lambda: not widget.runner.running)
    say(what, time.perf_counter() - asked)


def learnt_words():
    """Words that the starter knows: others it does not embed."""
    from napari_ovseg.starter.words import words

    return [name for name in words() if name.isascii()]


def follow(widget, what, change):
    """Time labels that follow the words."""
    from napari_ovseg.gui.turns import Turn

    turns(0.3)
    with Watch() as watch:
        change()
        turns(until=lambda: widget.turns.now == Turn.FOLLOW)
        began = time.perf_counter()
        turns(until=lambda: widget.turns.now == Turn.REST and not widget.work.writer.writing)
        turns(0.3)
    say(what, watch.longest)
    return began


def large(widget, viewer):
    from napari_ovseg.gui import keeper
    from napari_ovseg.gui.parts import in_view

    viewer.layers.clear()
    turns(0.5)
    source = viewer.add_image(picture(LARGE))
    turns(0.5)
    widget.session.set_rows([])
    learnt = learnt_words()
    widget.words.add_words("; ".join(learnt[:50]))
    run(widget, viewer)
    layer = widget.pictures.labels_of(source)
    shown = []  # places and times of what was drawn

    def drawn(event):
        place = [(o, o + n) for o, n in zip(event.offset, event.data.shape, strict=True)]
        shown.append((place, time.perf_counter()))

    layer.events.labels_update.connect(drawn)
    new = iter(learnt[50:])
    changes = {  # each is made ready before the watch begins
        "known": lambda: partial(widget.session.edit, common(layer), threshold=0.9),
        "new": lambda: partial(widget.words.add_words, next(new)),
    }
    for zoom, name in ((0.4, "part"), (0.15, "all")):
        viewer.camera.zoom = zoom
        turns(1)
        for (words, change), number in product(changes.items(), range(RUNS)):
            shown.clear()
            view = in_view(layer)
            began = follow(widget, f"relabel {name} {number}", change())
            covers = (
                when
                for place, when in shown
                if all(a <= v.start and v.stop <= b for (a, b), v in zip(place, view, strict=True))
            )
            say(f"viewport {name} {words} {number}", next(covers) - began)
    keeper.EVERY_S = 0.0
    for number in range(RUNS):
        say(f"autosave {number}", waits(lambda: paint(layer)))


def common(layer):
    """Return the category that most pixels have."""
    return int(np.bincount(layer.data.ravel())[1:].argmax()) + 1


if __name__ == "__main__":
    window = napari.Viewer(show=True)
    turns(1)
    {"ours": ours, "bare": bare}[sys.argv[1]](window)
    window.close()
