"""The upper part of the widget: image, model, method, size, contrast words, device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QCheckBox, QDoubleSpinBox, QLineEdit, QPushButton, QWidget

from napari_ovseg._words import listed
from napari_ovseg.errors import OvsegError
from napari_ovseg.gui.controls import column, combo, form, label, row, silent, small_button, spin
from napari_ovseg.gui.fold import Fold
from napari_ovseg.gui.method_form import CUSTOM, MethodForm
from napari_ovseg.gui.terms_line import TermsLine
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

_MOST_MARGIN = 10.0
"""Logits."""
_OWN_MARGIN = -0.25
"""Stands for what suits the model; one step up is a margin of nothing."""


def _margin() -> QDoubleSpinBox:
    tip = "How far other words must be ahead of a background of yours; more leaves more to it"
    made = spin("ovseg_margin", tip, _MOST_MARGIN, "as suits the model", smallest=_OWN_MARGIN)
    made.setValue(_OWN_MARGIN)
    return made


class SettingsForm(QWidget):
    """Controls that fill `Session.recipe`; a refused value is told and taken back."""

    def __init__(self, session: Session, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._session, self._tell = session, tell
        self._layers: list[ImageLayer] = []
        self.image = combo("ovseg_image", (), "The picture to label")
        self.together = QCheckBox("all visible")
        self.together.setObjectName("ovseg_together")
        self.together.setToolTip(
            "Encode all visible image layers as they are blended on the screen, as the channels "
            "of one picture; else the chosen layer alone"
        )
        self.display = label("ovseg_display")
        self.display.setToolTip("What of the image is encoded: exactly what its layer shows")
        self.model = combo(
            "ovseg_model", MODELS, "A name of 'ovseg models', or a folder; loaded at the first run"
        )
        self.model.setEditable(True)
        self.models_button = small_button(
            "ovseg_models", "All models: fetch, import, verify, remove, pack"
        )
        self.terms_line = TermsLine(self.model)
        self.methods = MethodForm(session)
        self.size = spin(
            "ovseg_magnification",
            "How much the image is magnified before it is encoded; more for small objects",
            16.0,
            "automatic",
            " ×",
        )
        self.domain = combo("ovseg_domain", tuple(CONTRAST), "Fills the contrast words")
        self.contrast = QLineEdit(", ".join(session.recipe.contrast))
        self.contrast.setObjectName("ovseg_contrast")
        self.contrast.setToolTip(
            "Words that compete with yours and become unlabelled; not used while your words "
            "hold a background"
        )
        self.contrast.setCursorPosition(0)
        self.margin = _margin()
        self.device = combo("ovseg_device", ("auto", "cpu", "cuda", "mps"), "Where to compute")
        self.device_line = label("ovseg_device_line", "told at the first run")
        self.device_line.setWordWrap(False)
        self.cache_line = label("ovseg_cache_line")
        self.clear_button = QPushButton("Clear")
        self.clear_button.setObjectName("ovseg_clear")
        self.clear_button.setToolTip("Forget what was encoded; pictures are encoded anew then")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        """Fold away what most pictures need no change of: the words want the room."""
        rest = QWidget()
        form(
            rest,
            (None, self.methods),
            ("size", self.size),
            ("device", row(self.device, self.device_line)),
            ("domain", self.domain),
            ("contrast", self.contrast),
            ("margin", self.margin),
            ("encoded", row(self.cache_line, self.clear_button)),
        )
        tip = "Method, borders, size, device, contrast words, margin of the background, cache"
        self.more = Fold("ovseg_settings", tip, rest)
        form(
            self,
            ("image", row(self.image, self.together)),
            ("encodes", self.display),
            ("model", column(row(self.model, self.models_button), self.terms_line)),
            (None, self.more),
        )
        self.terms_line.refresh()
        self._summarise()
        self._session.changed.connect(self._summarise)

    def _summarise(self) -> None:
        """Name the settings that decide most on the fold, so that nothing is hidden by it."""
        recipe, preset = self._session.recipe, self.methods.preset.currentText()
        parts = (preset, recipe.method.name, f"against {', '.join(recipe.contrast) or 'nothing'}")
        self.more.tell(", ".join(parts))

    def _connect(self) -> None:
        self.model.currentTextChanged.connect(lambda text: self._configure(backbone=text))
        self.size.valueChanged.connect(
            lambda value: self._configure(working_size=WorkingSize(magnification=value or None))
        )
        self.margin.valueChanged.connect(
            lambda value: self._configure(background_margin=None if value == _OWN_MARGIN else value)
        )
        self.device.currentTextChanged.connect(self._set_device)
        self.domain.currentTextChanged.connect(self._set_domain)
        self.contrast.editingFinished.connect(self._set_contrast)
        self.clear_button.clicked.connect(self._clear)
        self.more.toggled.connect(self.show_cache)

    def show_recipe(self) -> None:
        """Show a recipe that did not come from these controls."""
        recipe = self._session.recipe
        controls = (self.model, self.size, self.domain, self.margin, self.methods.preset)
        with silent(*controls):
            self.model.setCurrentText(recipe.backbone)
            self.size.setValue(recipe.working_size.magnification or 0)
            named = [name for name, words in CONTRAST.items() if words == recipe.contrast]
            self.domain.setCurrentText((named or ["general"])[0])
            self.methods.preset.setCurrentText(CUSTOM)
            margin = recipe.background_margin
            self.margin.setValue(_OWN_MARGIN if margin is None else margin)
        self.contrast.setText(", ".join(recipe.contrast))
        self.contrast.setCursorPosition(0)
        self.terms_line.refresh()
        self.methods.show_recipe()
        self._summarise()

    def show_cache(self, _on: object = None) -> None:
        """Tell how much of what was encoded is kept, while the settings are unfolded."""
        if self.more.unfolded:  # the first count asks the disk about every file
            size = self._session.cache.nbytes
            self.cache_line.setText(f"{size / 1e6:,.1f} MB kept on disk")

    def _clear(self) -> None:
        self._session.forget()
        self.show_cache()

    def _configure(self, **values: object) -> None:
        try:
            self._session.configure(**values)
        except OvsegError as error:
            if self.model.currentText().strip():
                self._tell(str(error))

    def _set_domain(self, name: str) -> None:
        self.contrast.setText(", ".join(CONTRAST[name]))
        self.contrast.setCursorPosition(0)
        self._set_contrast()

    def _set_contrast(self) -> None:
        self._configure(contrast=tuple(listed(self.contrast.text())))

    def _set_device(self, name: str) -> None:
        self._session.device = name

    def offer_models(self, names: Sequence[str]) -> None:
        """Put models that are here into the list, behind those that are always in it."""
        listed = {self.model.itemText(i) for i in range(self.model.count())}
        self.model.addItems([name for name in names if name not in listed])
        self.terms_line.refresh()

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
        with silent(self.image):
            self.image.clear()
            self.image.addItems([layer.name for layer in pictures])
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
