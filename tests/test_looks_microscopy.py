"""The looks of microscopes: exact parts, known words, every size, and enough variety."""

from __future__ import annotations

import numpy as np
import pytest

from drawings import brightness, share
from napari_ovseg.starter import microscopy
from napari_ovseg.starter.looks import LOOKS

MICROSCOPY = {name: look.draw for name, look in LOOKS.items() if look.family == "microscopy"}
EVERY = pytest.mark.parametrize("draw", MICROSCOPY.values(), ids=MICROSCOPY.keys())

GROUNDS = {
    "background",
    "cell interior",
    "empty cell",
    "cytoplasm",
    "stroma",
    "empty glass",
    "grey background",
    "empty resin",
    "grain",
    "matrix",
}

BRIGHTER = {
    "fluorescent nuclei": ("cell nucleus", "background"),
    "tissue of fluorescent nuclei": ("cell nucleus", "background"),
    "nuclei in glowing cells": ("cytoplasm", "background"),
    "fluorescent cells": ("cell", "background"),
    "fluorescent fibres": ("fibre", "background"),
    "fluorescent bacteria": ("bacterium", "background"),
    "fluorescent vesicles": ("vesicle", "background"),
    "bright cell walls": ("cell wall", "cell interior"),
    "epithelium with bright membranes": ("cell membrane", "cell interior"),
    "stained plant section": ("empty cell", "cell wall"),
    "stained tissue section": ("stroma", "cell nucleus"),
    "immunostained tissue": ("stroma", "brown stain"),
    "grey cytology": ("cytoplasm", "cell nucleus"),
    "stained cytology": ("empty glass", "cell nucleus"),
    "blood smear": ("empty glass", "red blood cell"),
    "dark bacteria": ("empty glass", "bacterium"),
    "electron micrograph of tissue": ("cytoplasm", "cell membrane"),
    "electron micrograph of a cell": ("empty resin", "mitochondrion"),
    "porous metal": ("matrix", "pore"),
    "powder": ("particle", "background"),
    "fibre mat": ("fibre", "background"),
}
"""Looks in which the first part is always brighter than the second."""


def drawings(draw, count, size=160):
    return [draw(np.random.default_rng([7, i]), size) for i in range(count)]


@EVERY
def test_every_look_shows_a_ground(draw):
    assert all(
        any(share(d, name) > 0 for name in GROUNDS) or "fat" in d.names for d in drawings(draw, 12)
    )


@pytest.mark.parametrize("name", BRIGHTER)
def test_parts_agree_with_the_picture(name):
    bright, dark = BRIGHTER[name]
    both = [
        d
        for d in drawings(MICROSCOPY[name], 40)
        if share(d, bright) > 0.01 and share(d, dark) > 0.01
    ]
    assert len(both) >= 5
    lighter = [brightness(d, bright) > brightness(d, dark) for d in both]
    assert np.mean(lighter) > 0.9


@pytest.mark.parametrize(
    "name", ["fluorescent nuclei", "grey cytology", "dark bacteria", "porous metal", "powder"]
)
def test_some_fields_are_empty_and_some_full(name):
    grounds = [
        sum(share(d, g) for g in ("background", "empty glass", "grey background", "matrix"))
        for d in drawings(MICROSCOPY[name], 60, 128)
    ]
    assert max(grounds) == 1
    assert min(grounds) < 0.6


def test_phases_are_named_after_their_brightness():
    for d in drawings(MICROSCOPY["two-phase alloy"], 30):
        for name, sign in (("bright phase", 1), ("dark phase", -1)):
            if 0.02 < share(d, name) < 0.98:
                assert sign * (brightness(d, name) - brightness(d, "matrix")) > 0


def test_both_polarities_of_precipitates_occur():
    darker = {
        brightness(d, "secondary precipitate") < brightness(d, "matrix")
        for d in drawings(MICROSCOPY["superalloy"], 30)
        if share(d, "secondary precipitate") > 0.02 and share(d, "matrix") > 0.02
    }
    assert darker == {True, False}


def test_every_category_occurs():
    found = {
        name
        for draw in MICROSCOPY.values()
        for d in drawings(draw, 60, 96)
        for name in d.names
        if share(d, name) > 0
    }
    assert found == set(microscopy.WORDS)


def test_every_category_has_words():
    for name, words in microscopy.WORDS.items():
        assert words[0] == name
        assert len(set(words)) == len(words) >= 4
        assert all(word == word.strip().lower() for word in words)
    assert all("background" in microscopy.WORDS[name] for name in GROUNDS)
