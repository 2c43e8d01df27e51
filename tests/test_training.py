"""The starter's training: what it draws, what it is told, and that it learns the same again."""

import argparse

import numpy as np
import open_clip
import pytest
import torch
from open_clip.model import CLIP
from safetensors.torch import load_file

from napari_ovseg.backbones._files import STARTER
from napari_ovseg.backbones._text import Text
from napari_ovseg.backbones._vision import attention
from napari_ovseg.starter import sampling, train, training
from napari_ovseg.starter.batches import make_batch
from napari_ovseg.starter.instrument import record
from napari_ovseg.starter.losses import contrastive_loss, dense_loss, shares_of, told
from napari_ovseg.starter.meanings import Meanings, teach_words, unlike
from napari_ovseg.starter.model import MODEL, SIDE, enlarged, new_model, pack
from napari_ovseg.starter.sampling import Bank
from napari_ovseg.starter.training import Training, encode, loss_of, new_optimisers
from napari_ovseg.starter.words import categories, phrases, words


@pytest.fixture(scope="module")
def bank():
    return Bank(seed=3, variants=1, quiet=True)


def batch_of(bank, step=0):
    return make_batch(bank, np.random.default_rng([3, 1, step]), count=4, side=SIDE)


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


def meant(shares, kin=None, asked=None):
    """Told of four categories, each by one phrase; all of the family, all asked."""
    every = torch.ones(len(shares), 4, dtype=torch.bool)
    kin, asked = (every if given is None else torch.tensor([given]) for given in (kin, asked))
    return told(shares, torch.eye(4), kin, asked)


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


@pytest.mark.parametrize("dense", [0.0, 0.8])
def test_a_step_teaches_both_towers(bank, dense):
    torch.manual_seed(0)
    model = new_model()
    meanings = Meanings(128)
    optimisers = new_optimisers(model, meanings, 1e-3)
    batch = batch_of(bank)
    losses = []
    for _ in range(4):
        loss = loss_of(model, meanings, batch, dense)
        model.zero_grad()
        meanings.zero_grad()
        loss.backward()
        for optimiser in optimisers:
            optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(p.grad is not None for n, p in model.named_parameters() if n != "logit_bias")


def test_the_text_encoder_copies_what_phrases_mean():
    torch.manual_seed(0)
    model, meanings = new_model(), Meanings(128)
    tokens = open_clip.SimpleTokenizer(context_length=32)(phrases()[:50])
    before = unlike(Text(model)(tokens), meanings(torch.arange(50)))
    optimisers = new_optimisers(model, meanings, 1.5e-3)
    vision, meant = model.visual.proj.clone(), meanings.categories.clone()
    for part in (model, meanings):  # as the last step of the image encoder leaves them
        for parameter in part.parameters():
            parameter.grad = torch.ones_like(parameter)
    seen = teach_words(model, meanings, optimisers, 30, seed=1)
    assert unlike(Text(model)(tokens), meanings(torch.arange(50))) < before - 0.1
    assert torch.equal(model.visual.proj, vision)
    assert torch.equal(meanings.categories, meant)
    assert 500 < seen.sum() < 3000
    shared = phrases().index("background")
    places = [i for i, name in enumerate(categories()) if "background" in words()[name]]
    assert torch.allclose(
        meanings(torch.tensor([shared]))[0], meanings.categories[places].mean(0), atol=1e-5
    )


@pytest.mark.parametrize(("capability", "fast"), [("AVX2", False), ("AVX512", True)])
def test_half_precision_is_for_processors_that_have_it(bank, monkeypatch, capability, fast):
    seen = []

    def encoded(model, pixels):
        seen.append(torch.is_autocast_enabled("cpu"))
        return encode(model, pixels)

    monkeypatch.setattr(training, "encode", encoded)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    loss_of(new_model(), Meanings(MODEL["embed_dim"]), batch_of(bank), dense=0.8)
    assert seen == [fast]


def test_a_training_may_begin_with_a_packed_model(tmp_path):
    args = argparse.Namespace(
        seed=3, lr=1e-3, device="cpu", checkpoint=tmp_path / "none.pt", start=STARTER
    )
    state = Training.begin(args)
    packed = load_file(STARTER / "open_clip_model.safetensors")
    assert torch.equal(state.model.visual.proj.half(), packed["visual.proj"])
    tokens = open_clip.SimpleTokenizer(context_length=32)(["grass", "gravel"])
    known = [categories().index("grass"), categories().index("gravel")]
    assert unlike(Text(state.model)(tokens), state.meanings.categories[known]) < 1e-5


def test_the_weights_of_the_last_steps_are_averaged(bank, tmp_path):
    args = argparse.Namespace(
        seed=3, lr=1e-3, device="cpu", checkpoint=tmp_path / "none.pt", start=None
    )
    state = Training.begin(args)
    steps = []
    for step in range(2):
        state.learn(batch_of(bank, step), dense=0.8, rate=1.0)
        state.average.update_parameters(state.both)
        steps.append([p.detach().clone() for p in state.both.parameters()])
    state.save(args.checkpoint)
    again = Training.begin(args)  # a training that goes on keeps its average, too
    for going_on in (state, again):
        going_on.take_average()
        for taken, first, last in zip(going_on.both.parameters(), *steps, strict=True):
            assert torch.allclose(taken, (first + last) / 2, atol=1e-6)
    assert not torch.equal(*(part[-1] for part in steps))
    again.take_average(first=0.25)
    begun = Training.begin(argparse.Namespace(**{**vars(args), "checkpoint": tmp_path / "no"}))
    parts = (again, begun, state)
    for mixed, before, after in zip(*(part.both.parameters() for part in parts), strict=True):
        assert torch.allclose(mixed, 0.25 * before + 0.75 * after, atol=1e-6)


def test_a_training_without_averages_ends_with_its_last_weights(bank, tmp_path):
    args = argparse.Namespace(
        seed=3, lr=1e-3, device="cpu", checkpoint=tmp_path / "none.pt", start=None
    )
    state = Training.begin(args)
    state.learn(batch_of(bank), dense=0.8, rate=1.0)
    last = state.model.visual.proj.detach().clone()
    state.take_average()
    assert torch.equal(state.model.visual.proj, last)


def test_a_deeper_encoder_begins_with_the_answers_of_the_other():
    torch.manual_seed(0)

    def built(layers):
        return CLIP(**{**MODEL, "vision_cfg": {**MODEL["vision_cfg"], "layers": layers}})

    shallow, deep = built(2), built(4)
    deep.load_state_dict(enlarged(shallow.state_dict(), deep.state_dict()))
    pixels = torch.randn(2, 3, SIDE, SIDE)
    with torch.no_grad():
        assert torch.equal(deep.encode_image(pixels), shallow.encode_image(pixels))
    deep.encode_image(pixels).square().mean().backward()
    added = deep.visual.transformer.resblocks[1]
    assert added.mlp.c_proj.weight.grad.abs().max() > 0  # it can learn


def test_weights_of_smaller_windows_fit_larger_ones():
    small = CLIP(**{**MODEL, "vision_cfg": {**MODEL["vision_cfg"], "image_size": SIDE // 2}})
    large = CLIP(**MODEL)
    large.load_state_dict(enlarged(small.state_dict(), large.state_dict()))
    before, after = (model.visual.positional_embedding for model in (small, large))
    assert torch.equal(after[0], before[0])
    assert len(after) - 1 == 4 * (len(before) - 1)
    assert (after[1] - before[1]).norm() < 0.5 * before[1].norm()  # the same corner


def test_attention_is_the_same_where_a_gradient_is_wanted():
    q, k, v = (torch.randn(2, 3, 5, 4, requires_grad=wanted) for wanted in (True, False, False))
    with torch.no_grad():
        plain = attention(q.detach(), k, v)
    assert torch.allclose(attention(q, k, v), plain, atol=1e-6)


@pytest.mark.soak
def test_a_training_that_was_interrupted_ends_the_same(tmp_path, monkeypatch):
    """Slow: every process draws its own bank."""

    def arguments(name, processes=1):
        return argparse.Namespace(
            seed=3, lr=1e-3, steps=3, batch=4, variants=1, dense=0.8, device="cpu",
            processes=processes, checkpoint=tmp_path / name, text_steps=2, out=tmp_path,
            start=None, lowest=0.01, averaged=0.5, first=0.1,
        )  # fmt: skip

    whole, seen = train.train(arguments("a.pt", processes=2))
    learn = Training.learn

    def interrupted(self, *args):
        if self.step == 2:
            self.save(tmp_path / "b.pt")
            raise KeyboardInterrupt
        return learn(self, *args)

    with monkeypatch.context() as patched:
        patched.setattr(Training, "learn", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train.train(arguments("b.pt"))
    again, _ = train.train(arguments("b.pt"))
    for key, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[key])
    pack(whole, seen, tmp_path / "model", {"steps": 3})
    from napari_ovseg.backbones.open_clip import load_backbone

    assert load_backbone(str(tmp_path / "model"), "cpu").vision.patch == 8
