"""Methods and formats of other distributions, by their entry points."""

import importlib
import types

import pytest

import napari_ovseg as ov
from napari_ovseg import _registry
from napari_ovseg.exporters import EXPORTERS
from napari_ovseg.methods import METHODS


class Theirs:
    """An entry point of another distribution."""

    def __init__(self, name, module):
        self.name, self.module = name, module

    def load(self):
        return next(
            value
            for value in vars(self.module).values()
            if isinstance(value, type) and value.__module__ == self.module.__name__
        )


@pytest.mark.parametrize(
    ("registry", "base", "name"),
    [(METHODS, "napari_ovseg.methods._base.Method", "my_method"),
     (EXPORTERS, "napari_ovseg.exporters._base.Exporter", "my-format")],
)  # fmt: skip
def test_entries_of_other_distributions_go_by_their_entry_points(monkeypatch, registry, base, name):
    module, kind = base.rsplit(".", 1)
    theirs = types.ModuleType("third.party")
    theirs.Mine = type("Mine", (getattr(importlib.import_module(module), kind),), {"__module__": "third.party", "check": None, "write": None, "__abstractmethods__": frozenset()})  # fmt: skip
    monkeypatch.setattr(_registry, "entry_points", lambda group: [Theirs(name, theirs)] if group == registry.package else [])  # fmt: skip
    _registry._foreign.cache_clear()
    try:
        assert name in registry.names()
        assert registry.get(name) is theirs.Mine
        assert theirs.Mine().name == name
        if registry is METHODS:
            recipe = ov.Recipe(method=name)
            assert ov.Recipe.from_toml(recipe.to_toml()) == recipe
    finally:
        _registry._foreign.cache_clear()
