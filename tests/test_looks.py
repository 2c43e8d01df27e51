"""What every look of every family keeps, whatever it draws."""

import numpy as np
import pytest

from napari_ovseg.starter.words import looks, words

NAMES = tuple(looks())
every_look = pytest.mark.parametrize("name", NAMES)


@every_look
@pytest.mark.parametrize("size", [96, 161, 320])
def test_any_size_and_known_names(name, size):
    for seed in range(2):
        drawing = looks()[name].draw(np.random.default_rng(seed), size)
        assert drawing.image.shape == (size, size, 3)
        assert np.isfinite(drawing.image).all()
        assert 0 <= drawing.image.min() <= drawing.image.max() <= 1
        assert set(drawing.names) <= set(words())


@every_look
def test_the_same_state_draws_the_same_and_another_does_not(name):
    draw = looks()[name].draw
    first, again, other = (draw(np.random.default_rng(s), 128) for s in (3, 3, 4))
    assert first.names == again.names
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.parts, again.parts)
    assert not np.array_equal(first.image, other.image)
