"""The starter's training: that it learns, goes on, and ends the same."""

import argparse

import open_clip
import pytest
import torch
from open_clip.model import CLIP
from safetensors.torch import load_file

from drawn import batch_of
from napari_ovseg.backbones._files import STARTER, in_folder
from napari_ovseg.backbones._text import Text
from napari_ovseg.backbones._vision import attention
from napari_ovseg.errors import InputError
from napari_ovseg.starter import train, training
from napari_ovseg.starter.meanings import Meanings, teach_words, unlike
from napari_ovseg.starter.model import MODEL, SIDE, enlarged, new_model, pack
from napari_ovseg.starter.training import Training, loss_of, new_optimisers
from napari_ovseg.starter.words import categories, phrases, words


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
    def encoded(_model, _pixels):
        raise StopIteration(torch.is_autocast_enabled("cpu"))  # more need not be worked out

    monkeypatch.setattr(training, "encode", encoded)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    with pytest.raises(StopIteration) as told:
        loss_of(new_model(), Meanings(MODEL["embed_dim"]), batch_of(bank), dense=0.8)
    assert told.value.args == (fast,)


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


@pytest.fixture
def kept(tmp_path):
    """Options of a training whose checkpoint was written."""
    path = tmp_path / "c.pt"
    values = {"seed": 3, "lr": 1e-3, "device": "cpu", "checkpoint": path, "start": None}
    Training.begin(argparse.Namespace(**values)).save(path)
    return values


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"seed": 4}, "--seed was 3, is 4"),
        ({"lr": 2e-3}, "--lr was 0.001, is 0.002"),
        ({"start": STARTER}, "--start was None, is "),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(kept, other, told):
    """Else the weights to begin with, the seed and the rate would be those of the other."""
    assert Training.begin(argparse.Namespace(**kept, steps=9)).step == 0
    with pytest.raises(InputError, match=told):
        Training.begin(argparse.Namespace(**{**kept, **other}))


def test_a_checkpoint_of_an_earlier_version_is_told(kept):
    state = torch.load(kept["checkpoint"], weights_only=True)
    del state["options"]
    torch.save(state, kept["checkpoint"])
    with pytest.raises(InputError, match="by an earlier version, which kept no options"):
        Training.begin(argparse.Namespace(**kept))


def test_phrases_of_which_a_word_was_never_seen_are_not_learnt(tmp_path):
    tokenize = open_clip.SimpleTokenizer(context_length=32)
    seen = torch.zeros(MODEL["text_cfg"]["vocab_size"], dtype=torch.bool)
    seen[tokenize(["grass cell"]).unique()] = True
    pack(new_model(), seen, tmp_path, {})
    assert in_folder(tmp_path).learnt == ("cell", "grass")


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


@pytest.mark.long
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
