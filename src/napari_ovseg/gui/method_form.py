"""The part of the widget about the method: preset, method, guide, borders, and the cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_ovseg import presets
from napari_ovseg.backbones._dino import GUIDES
from napari_ovseg.gui.controls import combo, form, label, silent, spin
from napari_ovseg.methods import METHODS
from napari_ovseg.recipe import NO_GUIDE

if TYPE_CHECKING:
    from napari_ovseg.gui.session import Session

CUSTOM = "custom"
"""Shown in place of a preset once a setting of it was changed."""


class MethodForm(QWidget):
    """Controls of the recipe that a preset sets; the window shows what the method costs."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.preset = combo(
            "ovseg_preset",
            (CUSTOM, *(n for n in presets.names() if not n.startswith("paper:"))),
            "Settings that go together; 'ovseg presets' lists those of the papers too",
        )
        self.preset.setCurrentText(presets.DEFAULT)
        self.method = combo(
            "ovseg_method", METHODS.names(), "How patches are made comparable with words"
        )
        self.guide = combo(
            "ovseg_guide",
            (*GUIDES, NO_GUIDE),
            "Second encoder, which says what belongs together; without one the model's own "
            "queries do, and the result is weaker",
        )
        self.cost = label("ovseg_cost")
        self.snap = spin(
            "ovseg_edge_snap", "How strongly borders are drawn to the edges of the image", 1.0
        )
        form(
            self,
            ("preset", self.preset),
            ("method", self.method),
            ("guide", self.guide),
            ("", self.cost),
            ("edges", self.snap),
        )
        self.show_recipe()
        self.preset.currentTextChanged.connect(self._set_preset)
        self.method.currentTextChanged.connect(self._set_method)
        self.guide.currentTextChanged.connect(self._set_guide)
        self.snap.valueChanged.connect(self._set_snap)

    def show_recipe(self) -> None:
        """Show what the recipe says of method, guide and borders, and what that costs."""
        recipe = self._session.recipe
        method = recipe.method
        with silent(self.method, self.guide, self.snap):
            self.method.setCurrentText(method.name)
            self.guide.setEnabled(bool(method.default_guide))
            self.guide.setCurrentText((recipe.guide or method.default_guide) or NO_GUIDE)
            self.snap.setValue(recipe.refinement.edge_snap)
        passes = f"{method.passes} pass{'es' * (method.passes > 1)}"
        guided = bool(method.default_guide) and recipe.guide != NO_GUIDE
        more = " and guide" * guided + " and head" * method.trained
        self.cost.setText(f"{passes}{more}, {method.memory}")
        per = "Per window of the image" + "; the head also per word" * method.trained
        self.cost.setToolTip(f"{per}. {method.source}".strip())

    def _set_preset(self, name: str) -> None:
        if name != CUSTOM:
            self._session.recipe = presets.preset(name, self._session.recipe)
            self._session.changed.emit()
            self.show_recipe()

    def _change(self, **values: object) -> None:
        self.preset.setCurrentText(CUSTOM)  # before others hear of the change, and read it
        self._session.configure(**values)
        self.show_recipe()

    def _set_method(self, name: str) -> None:
        guide = self._session.recipe.guide if METHODS.get(name).default_guide else ""
        self._change(method=name, guide=guide)

    def _set_guide(self, name: str) -> None:
        self._change(guide=name)

    def _set_snap(self, strength: float) -> None:
        refinement = self._session.recipe.refinement
        self._change(refinement=replace(refinement, edge_snap=strength))
