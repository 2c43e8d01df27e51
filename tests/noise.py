"""Pictures of noise, and words for them."""

import numpy as np

import napari_ovseg as ov

WORDS = ov.Vocabulary.parse("grass; gravel; brick wall")


def picture(height=130, width=150, channels=3, seed=0):
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(seed).integers(0, 255, shape).astype(np.uint8)


def grey(height=150, width=170, seed=0):
    return picture(height, width, 0, seed)
