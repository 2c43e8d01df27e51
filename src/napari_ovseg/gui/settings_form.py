"""The upper part of the widget: image, model, method, size, contrast words, device."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from napari_ovseg import presets
from napari_ovseg.errors import OvsegError
from napari_ovseg.gui.session import PRESET
from napari_ovseg.methods import METHODS
from napari_ovseg.recipe import CONTRAST
from napari_ovseg.settings import WorkingSize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.layers import Image as ImageLayer

    from napari_ovseg.gui.session import Session

MODELS = (
    "starter",
    "ViT-B-16-quickgelu:openai",
    "ViT-L-14-336-quickgelu:openai",
    "ViT-B-16:laion2b_s34b_b88k",
    "ViT-B-16:datacomp_xl_s13b_b90k",
    "ViT-H-14:laion2b_s32b_b79k",
    "ViT-B-16-SigLIP2-512:webli",
    "BiomedCLIP",
    "QuiltNet-B-16",
)
"""Offered in the list; any other name of ``ovseg models`` or a folder can be typed."""


CUSTOM = "custom"
"""Shown in place of a preset once a setting of it was changed."""


def row(*widgets: QWidget) -> QHBoxLayout:
    """Put widgets side by side."""
    layout = QHBoxLayout()
    for widget in widgets:
        layout.addWidget(widget)
    return layout


class SettingsForm(QWidget):
    """Controls that fill `Session.recipe`; a refused value is told and taken back."""

    def __init__(self, session: Session, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._session, self._tell = session, tell
        self._layers: list[ImageLayer] = []
        self.image = self._combo("ovseg_image", (), "The picture to label")
        self.display = self._label("ovseg_display")
        self.display.setToolTip("What of the image is encoded: exactly what its layer shows")
        self.model = self._combo(
            "ovseg_model", MODELS, "A name of 'ovseg models', or a folder; loaded at the first run"
        )
        self.model.setEditable(True)
        self.models_button = self._small_button(
            "ovseg_models", "All models: fetch, import, verify, remove, pack"
        )
        self.method = self._combo(
            "ovseg_method", METHODS.names(), "How patches are made comparable with words"
        )
        self.method.setCurrentText(session.recipe.method.name)
        self.preset = self._combo(
            "ovseg_preset",
            (CUSTOM, *(n for n in presets.names() if not n.startswith("paper:"))),
            "Settings that go together; 'ovseg presets' lists those of the papers too",
        )
        self.preset.setCurrentText(PRESET)
        self.cost = self._label("ovseg_cost")
        self.snap = self._spin("ovseg_edge_snap", 1.0, 0.25, "off", "")
        self.snap.setToolTip("How strongly borders are drawn to the edges of the image")
        self.size = self._spin("ovseg_magnification", 16.0, 0.25, "automatic", " ×")
        self.size.setToolTip(
            "How much the image is magnified before it is encoded; more for small objects"
        )
        self.domain = self._combo("ovseg_domain", tuple(CONTRAST), "Fills the contrast words")
        self.contrast = QLineEdit(", ".join(session.recipe.contrast))
        self.contrast.setObjectName("ovseg_contrast")
        self.contrast.setToolTip(
            "Words that compete with yours and become unlabelled; not used while your words "
            "hold a background"
        )
        self.contrast.setCursorPosition(0)
        self.device = self._combo(
            "ovseg_device", ("auto", "cpu", "cuda", "mps"), "Where to compute"
        )
        self.device_line = self._label("ovseg_device_line", "told at the first run")
        self.device_line.setWordWrap(False)
        self._lay_out()
        self._connect()
        self._show_recipe()

    def _combo(self, name: str, items: Sequence[str], tip: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName(name)
        box.setToolTip(tip)
        box.addItems(list(items))
        box.setMinimumContentsLength(10)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return box

    def _small_button(self, name: str, tip: str) -> QPushButton:
        button = QPushButton("…")
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setMaximumWidth(32)
        return button

    def _label(self, name: str, text: str = "") -> QLabel:
        label = QLabel(text)
        label.setObjectName(name)
        label.setWordWrap(True)
        return label

    def _spin(
        self, name: str, largest: float, step: float, at_zero: str, suffix: str
    ) -> QDoubleSpinBox:
        spin = QDoubleSpinBox()
        spin.setObjectName(name)
        spin.setRange(0.0, largest)
        spin.setSingleStep(step)
        spin.setSpecialValueText(at_zero)
        spin.setSuffix(suffix)
        return spin

    def _lay_out(self) -> None:
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for text, field in (
            ("image", self.image),
            ("encodes", self.display),
            ("model", row(self.model, self.models_button)),
            ("preset", self.preset),
            ("method", self.method),
            ("", self.cost),
            ("size", self.size),
            ("edges", self.snap),
            ("device", row(self.device, self.device_line)),
            ("domain", self.domain),
            ("contrast", self.contrast),
        ):
            layout.addRow(text, field)

    def _connect(self) -> None:
        self.model.currentTextChanged.connect(lambda text: self._configure(backbone=text))
        self.preset.currentTextChanged.connect(self._set_preset)
        self.method.currentTextChanged.connect(self._set_method)
        self.snap.valueChanged.connect(self._set_snap)
        self.size.valueChanged.connect(
            lambda value: self._configure(working_size=WorkingSize(magnification=value or None))
        )
        self.device.currentTextChanged.connect(self._set_device)
        self.domain.currentTextChanged.connect(self._set_domain)
        self.contrast.editingFinished.connect(self._set_contrast)

    def _configure(self, **values: object) -> None:
        try:
            self._session.configure(**values)
        except OvsegError as error:
            if self.model.currentText().strip():
                self._tell(str(error))

    def _set_preset(self, name: str) -> None:
        if name != CUSTOM:
            self._session.recipe = presets.preset(name, self._session.recipe)
            self._session.changed.emit()
        self._show_recipe()

    def _set_method(self, name: str) -> None:
        if name != self._session.recipe.method.name:
            self.preset.setCurrentText(CUSTOM)
            self._configure(method=name)
        self._show_recipe()

    def _set_snap(self, strength: float) -> None:
        refinement = self._session.recipe.refinement
        if strength != refinement.edge_snap:
            self._configure(refinement=replace(refinement, edge_snap=strength))

    def _show_recipe(self) -> None:
        """Show what the recipe says of method and borders, and what the method costs."""
        recipe = self._session.recipe
        method = recipe.method
        self.method.setCurrentText(method.name)
        self.snap.setValue(recipe.refinement.edge_snap)
        passes = f"{method.passes} pass{'es' * (method.passes > 1)} per window"
        guide = recipe.guide or method.default_guide
        needs = f"; guide {guide}" if method.default_guide else ""
        self.cost.setText(f"{passes}, {method.memory}{needs}")
        self.cost.setToolTip(method.source)

    def _set_domain(self, name: str) -> None:
        self.contrast.setText(", ".join(CONTRAST[name]))
        self.contrast.setCursorPosition(0)
        self._set_contrast()

    def _set_contrast(self) -> None:
        self._configure(contrast=tuple(w for w in self.contrast.text().split(",") if w.strip()))

    def _set_device(self, name: str) -> None:
        self._session.device = name

    def offer_models(self, names: Sequence[str]) -> None:
        """Put models that are here into the list, behind those that are always in it."""
        listed = {self.model.itemText(i) for i in range(self.model.count())}
        self.model.addItems([name for name in names if name not in listed])

    def set_images(self, pictures: Sequence[ImageLayer]) -> bool:
        """Offer these layers; the chosen one stays chosen while it is there.

        Returns
        -------
        bool
            Whether anything is new.
        """
        names = [self.image.itemText(i) for i in range(self.image.count())]
        if names == [layer.name for layer in pictures] and self._layers == list(pictures):
            return False
        chosen = self.chosen_image()
        self._layers = list(pictures)
        self.image.blockSignals(True)
        self.image.clear()
        self.image.addItems([layer.name for layer in pictures])
        self.image.blockSignals(False)
        if chosen in self._layers:
            self.image.setCurrentIndex(self._layers.index(chosen))
        return True

    def choose_image(self, layer: ImageLayer) -> None:
        """Choose a layer that is offered."""
        if layer in self._layers:
            self.image.setCurrentIndex(self._layers.index(layer))

    def chosen_image(self) -> ImageLayer | None:
        """The layer that is chosen, or None where there is no image."""
        index = self.image.currentIndex()
        return self._layers[index] if 0 <= index < len(self._layers) else None
