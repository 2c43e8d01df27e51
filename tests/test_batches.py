"""What the starter's training draws, and what patches are told."""

import numpy as np
import torch

from drawn import batch_of, meant
from napari_ovseg.starter import sampling
from napari_ovseg.starter.instrument import record
from napari_ovseg.starter.losses import contrastive_loss, dense_loss, shares_of, told
from napari_ovseg.starter.model import SIDE
from napari_ovseg.starter.sampling import Bank
from napari_ovseg.starter.words import categories, phrases, words


def test_words_are_plain_and_every_category_has_some():
    for name, group in words().items():
        assert group[0] == name or name in group
        assert len(set(group)) == len(group)
        assert all(p == " ".join(p.split()) and p.isprintable() for p in group)


def test_a_batch_says_what_it_shows(bank):
    batch = batch_of(bank)
    assert batch.images.shape == (4, SIDE, SIDE, 3)
    assert batch.images.dtype == np.uint8
    assert batch.ids.max() < len(categories())
    assert batch.true.diagonal().all()  # a caption is true of its own picture
    assert batch.means.shape == (len(categories()), len(batch.phrases))
    assert np.allclose(batch.means.sum(1), 1)
    for shown, kin in zip(batch.ids, batch.kin, strict=True):
        assert kin[np.unique(shown)].all()  # a family draws what it has words for


def test_a_window_is_shown_as_the_picture_it_is_a_part_of():
    flat = (
        np.full((40, 40, 3), 0.2, np.float32)
        + np.float32(0.01) * np.eye(40, dtype=np.float32)[..., None]
    )
    whole = np.tile(np.linspace(0, 1, 40, dtype=np.float32)[:, None, None], (1, 40, 3))

    def spread(whole):
        return [record(np.random.default_rng(seed), flat, 0, whole).std() for seed in range(20)]

    assert np.median(spread(whole)) < 20 < np.median(spread(None))  # of 255


def test_a_bank_shows_what_it_is_told_to_more_often(bank, monkeypatch):
    monkeypatch.setitem(sampling.SHARES, "superalloy", 1e6)
    rng = np.random.default_rng(0)
    scenes = [scene for _ in range(12) if (scene := bank.scene(rng, 32)).family == "microscopy"]
    shown = {categories()[i] for scene in scenes for i in np.unique(scene.ids)}
    assert shown <= {"matrix", "secondary precipitate", "tertiary precipitate"}
    assert scenes


def test_batches_do_not_depend_on_who_draws_them(bank):
    again = Bank(seed=3, variants=1, quiet=True)
    for field in (
        "images",
        "ids",
        "captions",
        "true",
        "phrases",
        "spoken",
        "means",
        "kin",
        "asked",
    ):
        assert np.array_equal(getattr(batch_of(bank, 5), field), getattr(batch_of(again, 5), field))


def test_shares_of_patches():
    ids = torch.zeros(1, 16, 16, dtype=torch.uint8)
    ids[0, :8, :8] = 2
    ids[0, 8:, 8:12] = 1
    shares = shares_of(ids, 8, 3)
    assert shares.shape == (1, 4, 3)
    assert shares[0].tolist() == [[0, 0, 1], [1, 0, 0], [1, 0, 0], [0.5, 0.5, 0]]


def test_losses_fall_where_words_fit():
    texts, scale = torch.eye(4), torch.tensor(20.0)
    all_four = meant(torch.eye(4)[None])
    fits = dense_loss(texts[None], texts, all_four, scale)
    assert fits < 1e-3 < dense_loss(texts[None].flip(1), texts, all_four, scale)
    # What is of another family costs nothing there.
    near, alone = torch.tensor([[[0.0, 1.0, 0, 0.9]]]), torch.eye(4)[None, 1:2]
    asked = [True, True, False, False]
    strange = meant(alone, [True, True, True, False], asked)
    assert dense_loss(near, texts, strange, scale) < dense_loss(
        near, texts, meant(alone, asked=asked), scale
    )
    true = torch.eye(4)
    fits = contrastive_loss(texts, texts, true, torch.tensor(20.0))
    assert fits < 1e-3 < contrastive_loss(texts, texts.flip(0), true, torch.tensor(20.0))


def test_what_is_not_asked_is_to_be_the_rest():
    asked = [True, False, True, False]
    answers = meant(torch.eye(4)[None], asked=asked).answers
    assert answers[0].tolist() == [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]]
    texts, scale = torch.eye(4), torch.tensor(20.0)
    of_one, rest = torch.eye(4)[None, 1:2], meant(torch.eye(4)[None, 1:2], asked=asked)
    like_rest, like_asked = (of_one + 0.3 * texts[[place]] for place in (0, 2))
    assert dense_loss(like_rest, texts, rest, scale) < dense_loss(like_asked, texts, rest, scale)


def test_a_category_is_the_rest_only_where_it_has_no_other_word():
    means = torch.tensor([[0.5, 0.5, 0], [1.0, 0, 0]])  # a coating, which is background, too
    shares, kin = torch.eye(2)[None], torch.ones(1, 2, dtype=torch.bool)
    asked = torch.tensor([[True, True, False]])
    assert told(shares, means, kin, asked).answers[0].tolist() == [[0, 1, 0], [1, 0, 0]]


def test_a_batch_asks_for_some_of_what_it_shows(bank):
    batch = batch_of(bank)
    assert phrases()[batch.spoken[0]] == "background"
    assert batch.asked[:, 0].all()
    assert batch.asked.shape == (4, len(batch.phrases))
    of_kin = np.stack([batch.means[kin].any(0) for kin in batch.kin])
    assert not (batch.asked & ~of_kin)[:, 1:].any()
