"""Names are file stems: a new file in a package is a new entry, and nothing else is edited.

Listing names imports nothing. Other distributions add entries through the entry point
group of the registry, ``napari_ovseg.methods`` for one, under the name of the entry point.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Generic, TypeVar

from napari_ovseg.errors import RecipeError

T = TypeVar("T")


@dataclass(frozen=True)
class Registry(Generic[T]):
    """The classes of one kind, one to a module of a package.

    Attributes
    ----------
    package
        Dotted name of the package whose modules are the entries.
    base
        Dotted name ``module:class`` of what every entry derives from.
    kind
        What an entry is called in messages: "method", "exporter".
    """

    package: str
    base: str
    kind: str

    def names(self) -> list[str]:
        """Sorted names, without importing any entry."""
        folder = Path(__file__).parent / self.package.rpartition(".")[2]
        own = {path.stem for path in folder.glob("[!_]*.py")}
        return sorted(
            name.replace("_", "-") if self.kind == "format" else name
            for name in own | set(_foreign(self.package))
        )

    def get(self, name: str) -> type[T]:
        """Return the class of a name.

        Raises
        ------
        RecipeError
            If there is no such entry; the message names near ones.
        """
        if name not in self.names():
            near = get_close_matches(name, self.names(), n=3) or self.names()
            raise RecipeError(f"there is no {self.kind} {name!r}; did you mean: {', '.join(near)}?")
        stem = name.replace("-", "_")
        if point := _foreign(self.package).get(stem):
            loaded: type[T] = point.load()
            _NAMES[loaded] = stem
            return loaded
        return self._class_in(f"{self.package}.{stem}")

    def _class_in(self, module_name: str) -> type[T]:
        base_module, _, base_name = self.base.partition(":")
        base = getattr(import_module(base_module), base_name)
        module = import_module(module_name)
        found = [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, base)
            and value.__module__ == module_name
        ]
        if len(found) != 1:
            raise TypeError(f"{module_name} must define exactly one {base_name}, found {found}")
        return found[0]


_NAMES: dict[type, str] = {}
"""Names of classes of other distributions, whose modules may be called anything."""


def name_of(kind: type) -> str:
    """Return the name of an entry: what its entry point is called, or else its file stem."""
    return _NAMES.get(kind, kind.__module__.rpartition(".")[2])


@cache
def _foreign(group: str) -> dict[str, EntryPoint]:
    """Entries of other distributions by name; kept, for a look at all of them takes 20 ms."""
    return {point.name.replace("-", "_"): point for point in entry_points(group=group)}
