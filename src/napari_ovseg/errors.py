"""The tree of errors. Every message says what is wrong, what was given, and how to mend it.

::

    OvsegError                  anything this package refuses to do
    ├── InputError              (ValueError)  what was given cannot be used
    │   ├── ImageError          pixels: shape, dtype, NaN, size
    │   ├── VocabularyError     words: none, twice, too long, unprintable
    │   └── RecipeError         settings: unknown method, impossible window
    ├── WeightsError            a model's files: missing, truncated, altered, wrong kind
    ├── ExportError             (OSError)     a result that could not be written
    ├── MissingDependencyError  (ImportError) an optional library is not installed
    └── ComputeError            torch or the device failed while working
        └── OutOfMemoryError    (MemoryError) even after backing off

No ``RuntimeError`` is among the bases, on purpose: superqt's generator worker swallows
those and leaves the window waiting for ever (see ``docs/decisions/0003``).
"""

from __future__ import annotations


class OvsegError(Exception):
    """Anything this package refuses to do, in words meant for the user."""


def in_words(error: Exception) -> str:
    """Return what a person is told of an error: ours says all itself, others need their kind."""
    return str(error) if isinstance(error, OvsegError) else f"{type(error).__name__}: {error}"


class InputError(OvsegError, ValueError):
    """What was given cannot be used."""


class ImageError(InputError):
    """The pixels cannot be used: shape, dtype, NaN or size."""


class VocabularyError(InputError):
    """The words cannot be used: none, twice, too long or unprintable."""


class RecipeError(InputError):
    """The settings cannot be used: an unknown method, an impossible window."""


class WeightsError(OvsegError):
    """The files of a model are missing, truncated, altered or of another kind."""


class ExportError(OvsegError, OSError):
    """A result could not be written; what was there before is untouched."""


class MissingDependencyError(OvsegError, ImportError):
    """An optional library is not installed; the message names the extra."""


class ComputeError(OvsegError):
    """Torch or the device failed while working."""


class OutOfMemoryError(ComputeError, MemoryError):
    """The device has too little memory, even after backing off."""
