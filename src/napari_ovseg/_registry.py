"""Names are file stems: a new file in a package is a new entry, and nothing else is edited.

Listing names imports nothing. Other distributions add entries through the entry point
group of the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
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
        return self._names({point.name for point in entry_points(group=self.package)})

    def _names(self, foreign: set[str]) -> list[str]:
        folder = Path(__file__).parent / self.package.rpartition(".")[2]
        stems = foreign | {path.stem for path in folder.glob("[!_]*.py")}
        return sorted(stem.replace("_", "-") if self.kind == "format" else stem for stem in stems)

    def get(self, name: str) -> type[T]:
        """Return the class of a name.

        Raises
        ------
        RecipeError
            If there is no such entry; the message names near ones.
        """
        points = {point.name: point for point in entry_points(group=self.package)}  # takes 20 ms
        known, stem = self._names(set(points)), name.replace("-", "_")
        if name not in known:
            near = get_close_matches(name, known, n=3) or known
            raise RecipeError(f"there is no {self.kind} {name!r}; did you mean: {', '.join(near)}?")
        if stem in points:
            loaded: type[T] = points[stem].load()
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
