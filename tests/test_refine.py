"""PAMR is what the paper says; borders move to edges, narrow things stay."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage

from napari_ovseg.refine import _reach, edge_snap
from napari_ovseg.refine._squares import box, spread
from napari_ovseg.refine.edge_snap import snap_edges
from napari_ovseg.refine.pamr import pamr, pamr_rows

RADIUS = 16
SIDE = 256


# --- PAMR ---------------------------------------------------------------------------


def pamr_by_pixel(image, maps, steps, dilations):
    """The definition, one pixel at a time, in float64."""
    image, maps = image.double().numpy(), maps.double().numpy()
    _, height, width = image.shape
    around = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    for _ in range(steps):
        result = np.zeros_like(maps)
        for r, c in np.ndindex(height, width):
            at = [
                (np.clip(r + y * d, 0, height - 1), np.clip(c + x * d, 0, width - 1), y == x == 0)
                for d in dilations
                for y, x in around
            ]
            values = np.array([image[:, a, b] for a, b, _ in at])
            spread = 1e-8 + 0.1 * values.std(0, ddof=1)
            near = [i for i, (_, _, centre) in enumerate(at) if not centre]
            logits = (-np.abs(values[near] - image[:, r, c]) / spread).mean(1)
            weights = np.exp(logits - logits.max())
            neighbours = np.array([maps[:, at[i][0], at[i][1]] for i in near])
            result[:, r, c] = (weights / weights.sum()) @ neighbours
        maps = result
    return maps


@pytest.mark.parametrize("dilations", [(8, 16), (1, 2, 5)])
@pytest.mark.parametrize("size", [(9, 14), (1, 1), (1, 20)])
def test_pamr_is_its_definition(size, dilations):
    torch.manual_seed(0)
    image, maps = torch.rand(3, *size), torch.randn(4, *size)
    found = pamr(image, maps, 3, dilations)
    np.testing.assert_allclose(found, pamr_by_pixel(image, maps, 3, dilations), atol=2e-6)


def test_pamr_resizes_between_corners():
    torch.manual_seed(0)
    image, maps = torch.rand(3, 12, 17), torch.randn(2, 5, 4)
    full = F.interpolate(maps[None], (12, 17), mode="bilinear", align_corners=True)[0]
    assert torch.equal(pamr(image, maps, 2), pamr(image, full, 2))
    torch.testing.assert_close(pamr(image, maps, 0), full)


def test_pamr_leaves_its_inputs_alone():
    torch.manual_seed(0)
    image, maps = torch.rand(3, 8, 9), torch.randn(2, 8, 9)
    kept = image.clone(), maps.clone()
    pamr(image, maps, 2, (1,))
    assert torch.equal(image, kept[0])
    assert torch.equal(maps, kept[1])


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_pamr_by_rows_is_the_same(rows):
    torch.manual_seed(0)
    image, maps = torch.rand(3, 50, 12), torch.randn(2, 50, 12)
    blocks = list(
        pamr_rows(
            lambda a, b: image[:, a:b], lambda a, b: maps[:, a:b], image.shape[1], 3, (1, 4), rows
        )
    )
    assert [start for start, _, _ in blocks] == list(range(0, 50, rows))
    found = torch.cat([part for _, _, part in blocks], 1)
    torch.testing.assert_close(found, pamr(image, maps, 3, (1, 4)), atol=1e-6, rtol=0)


# --- edge snapping ------------------------------------------------------------------


def on_patches(truth, noise=0.0, patch=RADIUS, seed=0):
    """Label as an encoder does: scores of patches, interpolated, the best."""
    scores = F.avg_pool2d(F.one_hot(torch.from_numpy(truth)).permute(2, 0, 1)[None].float(), patch)
    torch.manual_seed(seed)
    scores += noise * torch.randn_like(scores)
    return F.interpolate(scores, size=truth.shape, mode="bilinear")[0].argmax(0)


def iou(labels, truth, label=1):
    mine, true = np.asarray(labels) == label, np.asarray(truth) == label
    return (mine & true).sum() / (mine | true).sum()


def blob(seed, parts=2):
    rng = np.random.default_rng(seed)
    fields = [ndimage.gaussian_filter(rng.standard_normal((SIDE, SIDE)), 24) for _ in range(parts)]
    return np.argmax(fields, 0).astype(np.int64)


def disk():
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return (np.hypot(rows - 121, columns - 133) < 70).astype(np.int64)


def picture(truth, contrast, noise, seed=0, blur=1.0):
    rng = np.random.default_rng(seed)
    grey = 0.5 + contrast * (ndimage.gaussian_filter(truth.astype(float), blur) - 0.5)
    grey = grey + noise * rng.standard_normal(truth.shape)
    return torch.from_numpy(np.repeat(grey[None], 3, 0).clip(0, 1).astype(np.float32))


def vessels(seed, width):
    """Curved lines over the whole image; also how far each pixel is from a centre line."""
    rng = np.random.default_rng(seed)
    line = np.zeros((SIDE, SIDE), bool)
    along = np.linspace(0, 1, 4 * SIDE, endpoint=False)
    for turn in (False, True, False):
        across = rng.uniform(0.3, 0.7) + 0.15 * np.sin(
            rng.uniform(4, 12) * along + rng.uniform(0, 6)
        )
        place = (along * SIDE).astype(int), (across * SIDE).astype(int)
        line[place[::-1] if turn else place] = True
    away = ndimage.distance_transform_edt(~line)
    return (away < width / 2).astype(np.int64), away


SCENES = {"disk": disk(), "blob": blob(1), "other": blob(7)}


@pytest.mark.parametrize(("contrast", "noise"), [(0.5, 0.02), (-0.3, 0.1), (0.15, 0.03)])
@pytest.mark.parametrize("scene", SCENES)
def test_borders_move_to_edges(scene, contrast, noise):
    truth = SCENES[scene]
    ids = on_patches(truth)
    found = snap_edges(picture(truth, contrast, noise), ids, RADIUS, 1.0)
    wrong, left = (ids != torch.from_numpy(truth)).sum(), (found != torch.from_numpy(truth)).sum()
    assert left < 0.75 * wrong
    assert iou(found, truth) > iou(ids, truth)


def test_less_strength_changes_less():
    truth = blob(1)
    image, ids = picture(truth, 0.3, 0.05), on_patches(truth)
    changed = [int((snap_edges(image, ids, RADIUS, s) != ids).sum()) for s in (0.0, 0.4, 0.7, 1.0)]
    assert changed[0] == 0
    assert 0 < changed[1] < changed[2] < changed[3]


@pytest.mark.parametrize("contrast", [0.5, 0.2, -0.4, 0.0])
@pytest.mark.parametrize("dilated", [0, 1, 3])
@pytest.mark.parametrize("width", [2, 3, 5])
def test_thin_structures_stay(width, dilated, contrast):
    truth, away = vessels(width, width)
    ids = torch.from_numpy((away < width / 2 + dilated).astype(np.int64))
    for noise in (0.02, 0.1):
        found = snap_edges(picture(truth, contrast, noise, blur=0.6), ids, RADIUS, 1.0)
        assert int(found.sum()) <= int(ids.sum())
        assert iou(found, truth) >= iou(ids, truth)


@pytest.mark.parametrize(("noise", "allowed"), [(0.0, 0.0), (0.05, 1e-4), (0.3, 2e-3)])
def test_without_edges_nothing_moves(noise, allowed):
    ids = on_patches(blob(3, 4), noise=0.3)
    image = picture(np.zeros((SIDE, SIDE)), 0.0, noise)
    assert (snap_edges(image, ids, RADIUS, 1.0) != ids).float().mean() <= allowed


def test_only_near_borders_and_only_to_what_is_near():
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.choice([0, 3, 65535, 700], (8, 8)))
    ids = coarse.repeat_interleave(40, 0).repeat_interleave(40, 1)
    stripes = torch.from_numpy(np.indices((320, 320)).sum(0) // 9 % 2).float()
    image = (stripes * 0.5 + torch.rand(3, 320, 320) * 0.3).float()
    image += 0.2 * (F.pad(ids, (9, 0))[:, :320] == 3)
    found = snap_edges(image, ids, 8, 1.0)
    assert (found != ids).any()
    for label in found.unique().tolist():
        reached = ndimage.maximum_filter((ids == label).numpy(), 17, mode="constant")
        assert reached[(found == label).numpy()].all()


@pytest.fixture
def all_for_the_corner(monkeypatch):
    """Evidence everywhere for the label of the first pixel and against all others."""

    def evidence(tile, share):
        return torch.full(tile.smooth.shape[1:], 1.0 if share[0, 0, 0] == 1 else -1.0)

    monkeypatch.setattr(edge_snap._Tile, "_evidence", evidence)
    monkeypatch.setattr(_reach, "_TILE", 10_000)


def test_narrow_parts_are_not_eaten(all_for_the_corner):
    ids = (torch.arange(SIDE) >= 128).long().repeat(SIDE, 1)
    ids[:, 132:136] = 2
    found = snap_edges(torch.rand(3, SIDE, SIDE), ids, RADIUS, 1.0)
    assert torch.equal(found == 2, ids == 2)
    assert (found[:, 137:140] == 0).all()


@pytest.mark.parametrize("radius", [16, 23])
def test_not_farther_than_the_radius(radius, all_for_the_corner):
    ids = (torch.arange(SIDE) >= 130).long().repeat(SIDE, 1)
    found = snap_edges(torch.rand(3, SIDE, SIDE), ids, radius, 1.0)
    assert (found[:, : 130 + radius - radius // 4] == 0).all()
    assert (found[:, 130 + radius :] == 1).all()


@pytest.mark.parametrize("reach", [0, 1, 2, 5, 6, 11, 30])
def test_squares(reach):
    torch.manual_seed(0)
    planes, side = torch.rand(2, 19, 40), (1, 2 * reach + 1, 2 * reach + 1)
    inside = ndimage.uniform_filter(np.ones((2, 19, 40)), side, mode="constant")
    means = ndimage.uniform_filter(planes.double().numpy(), side, mode="constant") / inside
    np.testing.assert_allclose(box(planes, reach), means, atol=1e-6)
    mask = planes[0] < 0.02
    grown = ndimage.maximum_filter(mask.numpy(), side[1:], mode="constant")
    np.testing.assert_array_equal(spread(mask, reach), grown)


@pytest.mark.parametrize("radius", [1, 5, 6, 16, 21])
def test_tiles_do_not_show(radius, monkeypatch):
    truth = blob(2, 5)[:237, :]
    image, ids = picture(truth, 0.12, 0.03), on_patches(blob(2, 5), noise=0.2)[:237]
    monkeypatch.setattr(_reach, "_TILE", 10_000)
    whole = snap_edges(image, ids, radius, 1.0)
    monkeypatch.setattr(_reach, "_TILE", 1)
    assert (whole != ids).any() or radius == 1
    assert torch.equal(snap_edges(image, ids, radius, 1.0), whole)


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (3, 5), (70, 2), (33, 49)])
@pytest.mark.parametrize("radius", [0, 1, 3, 16, 200])
def test_any_size(size, radius):
    torch.manual_seed(0)
    image, ids = torch.rand(3, *size), torch.randint(0, 65536, size)
    kept = ids.clone()
    found = snap_edges(image, ids, radius, 1.0)
    assert found.shape == size
    assert found.dtype == torch.int64
    assert torch.equal(ids, kept)
    assert torch.isin(found, ids).all()


def test_one_label_is_not_looked_at(monkeypatch):
    def fail(*_):
        raise AssertionError

    monkeypatch.setattr(edge_snap._Tile, "of", fail)
    ids = torch.full((600, 600), 7)
    assert torch.equal(snap_edges(torch.rand(3, 600, 600), ids, RADIUS, 1.0), ids)
    ids[300, 300] = 8
    with pytest.raises(AssertionError):
        snap_edges(torch.rand(3, 600, 600), ids, RADIUS, 1.0)
