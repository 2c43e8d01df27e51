"""The looks of medical instruments: exact parts, known words, every size, enough variety."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from drawings import brightness, share
from napari_ovseg.starter import medical
from napari_ovseg.starter.looks import LOOKS

MEDICAL = {name: look.draw for name, look in LOOKS.items() if look.family == "medical"}
EVERY = pytest.mark.parametrize("name", MEDICAL)

GROUNDS = {
    "other tissue",
    "air",
    "fat",
    "skin",
    "scanner table",
    "soft tissue",
    "jaw bone",
    "retina",
    "black border",
    "vitreous",
    "choroid",
    "cloth",
    "mucosa",
}

BRIGHTER = {
    "ct chest": ("heart", "lung"),
    "ct abdomen": ("vertebra", "fat"),
    "ct pelvis": ("hip bone", "fat"),
    "ct head": ("skull", "brain"),
    "mr heart": ("left ventricle", "heart muscle"),
    "mr abdomen": ("liver", "air"),
    "mr brain": ("brain", "air"),
    "mr knee": ("femur", "meniscus"),
    "mr spine": ("vertebra", "air"),
    "chest x-ray": ("heart", "lung"),
    "hand x-ray": ("bone", "soft tissue"),
    "limb x-ray": ("bone", "soft tissue"),
    "dental x-ray": ("tooth", "jaw bone"),
    "fundus photograph": ("retina", "black border"),
    "retina oct": ("pigment epithelium", "vitreous"),
    "dermoscopy": ("skin", "skin lesion"),
    "skin spots": ("skin", "hair"),
    "wound": ("skin", "wound"),
    "endoscopy": ("polyp", "lumen"),
    "ultrasound lump": ("other tissue", "cyst"),
    "ultrasound neck": ("thyroid", "blood vessel"),
    "ultrasound belly": ("liver", "gallbladder"),
    "ultrasound heart": ("heart muscle", "left ventricle"),
    "ultrasound fetal head": ("fetal head", "black border"),
}
"""Looks in which the first part is nearly always brighter than the second."""

MISSING = {
    "ct chest": "tumour",
    "ct abdomen": "liver",
    "ct pelvis": "femur",
    "ct head": "haemorrhage",
    "mr heart": "left ventricle",
    "mr brain": "tumour",
    "fundus photograph": "exudate",
    "retina oct": "cyst",
    "dermoscopy": "skin lesion",
    "skin spots": "skin lesion",
    "endoscopy": "polyp",
    "ultrasound lump": "tumour",
    "ultrasound neck": "tumour",
}
"""Looks that now and then lack what they are about."""


@cache
def drawings(name, count=30, size=128):
    return [MEDICAL[name](np.random.default_rng([7, i]), size) for i in range(count)]


@EVERY
@pytest.mark.parametrize("size", [96, 161, 320])
def test_every_name_of_a_drawing_is_in_it(name, size):
    for seed in range(2):
        drawing = MEDICAL[name](np.random.default_rng(seed), size)
        assert set(drawing.names) <= set(medical.WORDS)
        assert set(np.unique(drawing.parts)) == set(range(len(drawing.names)))


@EVERY
def test_parts_lie_where_the_picture_shows_them(name):
    bright, dark = BRIGHTER[name]
    pairs = [
        (brightness(d, bright), brightness(d, dark))
        for d in drawings(name)
        if min(share(d, bright), share(d, dark)) > 0.002
    ]
    assert len(pairs) >= 2
    # A window may saturate, a coil or a lamp may light one side: nearly always is enough.
    assert np.mean([a >= b for a, b in pairs]) >= 0.8
    assert np.mean([a - b for a, b in pairs]) > 0.02


@pytest.mark.parametrize("name", MISSING)
def test_what_a_look_is_about_is_sometimes_absent(name):
    found = [share(d, MISSING[name]) for d in drawings(name)]
    assert min(found) == 0
    assert max(found) > 0.002


def test_a_ventricle_is_small_in_some_pictures_and_large_in_others():
    found = [s for d in drawings("mr heart") if (s := share(d, "left ventricle"))]
    assert min(found) < 0.02
    assert max(found) > 0.08


def test_every_category_occurs():
    drawn = {n for name in MEDICAL for d in drawings(name) for n in d.names}
    assert drawn == set(medical.WORDS)


def test_words_start_with_the_name_and_are_unambiguous():
    meant = {}
    for name, words in medical.WORDS.items():
        assert words[0] == name
        assert 4 <= len(words) <= 10
        assert ("background" in words) == (name in GROUNDS)
        for word in words:
            meant.setdefault(word, []).append(name)
    shared = {word for word, names in meant.items() if len(names) > 1}
    assert shared == {"background", "dark background", "black background", "soft tissue"}
