"""Import torch and open_clip on a worker thread without stopping or crashing the window.

Three things were measured and are mended here:

* Loading ``libtorch`` holds Python's lock for half a second and more, and with it the
  window. A call through ctypes gives the lock away, and what is loaded once is not loaded
  again by the import.
* The imports make half a million objects, and every full garbage collection meanwhile stops
  all threads for up to half a second. It is paused during a run, and the new objects are then
  filed as old ones, so that they do not set off a collection at once.
* ``triton`` brings its own LLVM. Where OpenGL is rendered in software (a virtual machine, a
  remote desktop, a test), Mesa's LLVM is loaded already, and mixing their symbols ends the
  process. Bound to itself (``RTLD_DEEPBIND``), triton's stays apart.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Thread, current_thread, get_native_id, main_thread
from typing import TYPE_CHECKING

from napari_ovseg._leftovers import sweep_dead

if TYPE_CHECKING:
    from collections.abc import Iterator

_SWITCH_SECONDS = 0.001
"""How long a thread keeps Python's lock when the window asks for it. The usual 5 ms add up:
to draw, the window asks a dozen times."""
_NICENESS = 10
"""Of threads that compute: where there are as many as cores the window would wait its turn."""


_FOR_KEEPING = ("zarr", "ome_zarr.writer")
"""What the first save of a project would import, while its layer is being made and drawn."""

_importing = Lock()


def warm_up() -> Thread:
    """Import what a run needs on a thread of its own, so that the first run finds it there.

    What killed programs left half-written is cleared up before.
    """

    def work() -> None:
        sweep_dead()
        with window_first():
            import_engine()
            for module in _FOR_KEEPING:
                with suppress(ImportError):  # who needs it says so
                    importlib.import_module(module)

    thread = Thread(target=work, name="ovseg-warm-up")
    thread.start()
    return thread


def import_engine() -> None:
    """Import what a run needs; quick after the first time, and never twice at once."""
    with _importing:
        if "open_clip" not in sys.modules:
            _import_engine()


def _import_engine() -> None:
    if sys.platform == "linux":
        _load_ahead("torch", "lib/libtorch_global_deps.so", os.RTLD_NOW | os.RTLD_GLOBAL)
        _load_ahead("torch", "lib/libtorch_python.so", os.RTLD_NOW)
        _load_ahead("triton", "_C/libtriton*.so", os.RTLD_NOW | os.RTLD_DEEPBIND)
    for module in ("torch", "open_clip"):
        importlib.import_module(module)
    _warm_labels()


def _warm_labels() -> None:
    """Make a labels layer once: the first one of a process takes two seconds of imports.

    Its polygon tool computes vispy's table of dashes (kept there), another 0.1 s.
    """
    import numpy as np
    from napari.layers import Labels
    from vispy.visuals.line.dash_atlas import DashAtlas

    from napari_ovseg.gui.colours import CategoryColours

    colours = CategoryColours(color_dict={None: "#808080", 0: "transparent", 1: "#ff0000"})
    table = {"index": [0, 1], "category": ["", ""]}
    Labels(np.zeros((8, 8), np.uint16), colormap=colours, features=table)
    DashAtlas()


def _load_ahead(package: str, pattern: str, flags: int) -> None:
    """Load a shared library of a package that is not imported yet, without Python's lock.

    A failure is left to the import that follows, whose message is better.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return
    load = ctypes.CDLL(None).dlopen
    load.restype, load.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for path in Path(spec.submodule_search_locations[0]).glob(pattern):
        load(os.fsencode(path), flags)


@dataclass
class _Paused:
    """How many ask for the window to come first, and what was there before the first of them."""

    lock: Lock
    count: int = 0
    collected: bool = False
    interval: float = 0.0


_paused = _Paused(Lock())


def give_way() -> None:
    """Let the window's thread go before this one, and before the threads that this one starts.

    Linux alone has this for a thread. It lasts: the window's own thread must not call it.
    """
    if sys.platform == "linux":
        thread = get_native_id()
        wanted = max(_NICENESS, os.getpriority(os.PRIO_PROCESS, thread))
        with suppress(OSError):  # where it is forbidden the window waits its turn
            os.setpriority(os.PRIO_PROCESS, thread, wanted)


@contextmanager
def window_first() -> Iterator[None]:
    """Pause the garbage collector and hand Python's lock over sooner, until the last has left.

    What was made meanwhile counts as old for the collector afterwards. A thread that computes
    gives way for good.
    """
    if current_thread() is not main_thread():
        give_way()
    with _paused.lock:
        _paused.count += 1
        if _paused.count == 1:
            _paused.collected, _paused.interval = gc.isenabled(), sys.getswitchinterval()
            gc.disable()
            sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        with _paused.lock:
            _paused.count -= 1
            if _paused.count == 0:
                sys.setswitchinterval(_paused.interval)
                gc.freeze()
                gc.unfreeze()
                if _paused.collected:
                    gc.enable()
