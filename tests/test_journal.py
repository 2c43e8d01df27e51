"""A journal gives back every write, or those before the first that is torn or damaged."""

import errno
import os
import struct
import time
import zlib

import numpy as np
import pytest

from napari_ovseg.annotate import _records
from napari_ovseg.annotate.box import whole
from napari_ovseg.annotate.draft import Draft
from napari_ovseg.annotate.journal import Journal, replay
from napari_ovseg.errors import InputError
from napari_ovseg.labels import Owner


def empty(shape):
    return np.zeros(shape, np.uint16), np.zeros(shape, np.uint8)


def random_box(rng, shape):
    ends = [np.sort(rng.choice(n + 1, 2, replace=False)) for n in shape]
    return tuple(slice(int(a), int(b)) for a, b in ends)


def written(path, shape, count, seed=0):
    """Write a journal of random boxes; what the label map held after 0, 1, 2 ... of them."""
    rng, (ids, owner) = np.random.default_rng(seed), empty(shape)
    states, journal = [(ids.copy(), owner.copy())], Journal(path)
    for _ in range(count):
        box = random_box(rng, shape)
        ids[box] = rng.integers(0, 65536, ids[box].shape)
        owner[box] = rng.integers(0, 3, ids[box].shape)
        journal.append(box, ids[box], owner[box])
        states.append((ids.copy(), owner.copy()))
    assert journal.close()
    return states


def replayed(path, shape):
    ids, owner = empty(shape)
    return replay(path, ids, owner), ids, owner


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("shape", [(9, 7), (3, 5, 6), (2, 2, 4, 5)])
def test_every_write_comes_back(tmp_path, shape):
    states = written(tmp_path / "j.bin", shape, 20)
    count, *state = replayed(tmp_path / "j.bin", shape)
    assert count == 20
    assert same(state, states[-1])
    assert replay(tmp_path / "j.bin", *state) == 20  # once more does no harm
    assert same(state, states[-1])


def test_what_a_draft_writes_is_what_comes_back(tmp_path):
    draft = Draft(empty((6, 8))[0])
    journal = Journal(tmp_path / "j.bin")
    draft.listeners.append(lambda box: journal.append(box, draft.ids[box], draft.owner[box]))
    everywhere = whole((6, 8))
    draft.propose(everywhere, np.arange(48).reshape(6, 8))
    draft.claim((slice(1, 3), slice(2, 5)), np.ones((2, 3), bool), Owner.LOCKED)
    draft.propose(everywhere, np.full((6, 8), 9))
    draft.undo()
    draft.undo()
    draft.redo()
    journal.close()
    count, *state = replayed(tmp_path / "j.bin", (6, 8))
    assert count == 6
    assert same(state, (draft.ids, draft.owner))


def test_a_journal_that_is_there_goes_on_behind_its_last_whole_record(tmp_path):
    path = tmp_path / "j.bin"
    written(path, (9, 7), 3)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-1])
    journal = Journal(path)
    ids, owner = empty((9, 7))
    journal.append(whole((9, 7)), ids + 5, owner + 1)
    journal.close()
    assert path.stat().st_size != size
    count, ids, owner = replayed(path, (9, 7))
    assert count == 3
    assert (ids == 5).all()
    assert (owner == 1).all()


def test_a_journal_torn_at_any_byte_gives_the_records_before(tmp_path):
    path, torn = tmp_path / "j.bin", tmp_path / "torn.bin"
    states = written(path, (5, 6), 6)
    data = path.read_bytes()
    ends = [end for _, end in _records.records(path)]
    assert ends[-1] == len(data)
    for size in range(len(data) + 1):
        torn.write_bytes(data[:size])
        count, *state = replayed(torn, (5, 6))
        assert count == sum(end <= size for end in ends)
        assert same(state, states[count])
    torn.write_bytes(data + bytes(4096))  # as a file system may leave it
    assert replayed(torn, (5, 6))[0] == 6


def test_a_flipped_bit_ends_the_journal_before_its_record(tmp_path):
    path, bad = tmp_path / "j.bin", tmp_path / "bad.bin"
    states = written(path, (5, 6), 4)
    data = path.read_bytes()
    ends = [end for _, end in _records.records(path)]
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        bad.write_bytes(flipped)
        count, *state = replayed(bad, (5, 6))
        assert count == (0 if place < 8 else sum(end <= place for end in ends))
        assert same(state, states[count])


def body(sides, data, axes=None):
    return struct.pack(f"<B{len(sides)}Q", axes or len(sides) // 2, *sides) + data


PIXELS = zlib.compress(bytes(3))
HOSTILE = {
    "nothing": b"",
    "box only": body((0, 1, 0, 1), b""),
    "outside": body((4, 5, 0, 1), PIXELS),
    "around the world": body((2**64 - 1, 2**64 - 1, 0, 1), PIXELS),
    "huge": body((0, 2**63, 0, 2**63), PIXELS),
    "backwards": body((1, 0, 0, 1), PIXELS),
    "no pixel": body((0, 0, 0, 1), zlib.compress(b"")),
    "three axes": body((0, 1, 0, 1, 0, 1), PIXELS),
    "255 axes": body((0, 1, 0, 1), PIXELS, 255),
    "too few pixels": body((0, 2, 0, 1), PIXELS),
    "too many pixels": body((0, 1, 0, 1), zlib.compress(bytes(4))),
    "a bomb": body((0, 1, 0, 1), zlib.compress(bytes(1 << 24))),
    "torn pixels": body((0, 1, 0, 1), PIXELS[:-1]),
    "not packed": body((0, 1, 0, 1), b"not zlib"),
    "no such owner": body((0, 1, 0, 1), zlib.compress(b"\0\0\3")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_record_is_not_written_and_ends_the_journal(tmp_path, name):
    good = body((0, 1, 0, 1), zlib.compress(b"\7\0\1"))
    records = [_records.record(i, b) for i, b in enumerate((good, HOSTILE[name], good))]
    (tmp_path / "j.bin").write_bytes(_records.MAGIC + b"".join(records))
    count, ids, owner = replayed(tmp_path / "j.bin", (4, 4))
    assert count == 1
    assert ids[0, 0] == 7
    assert (ids.sum(), owner.sum()) == (7, 1)


def test_a_hostile_length_is_not_read(tmp_path):
    head = struct.pack("<QQ", 2**63, 0)
    data = _records.MAGIC + struct.pack("<I", zlib.crc32(head)) + head + b"x" * 100
    (tmp_path / "j.bin").write_bytes(data)
    assert replayed(tmp_path / "j.bin", (4, 4))[0] == 0


def test_random_bytes_are_no_records(tmp_path):
    rng = np.random.default_rng(0)
    for _ in range(300):
        (tmp_path / "j.bin").write_bytes(_records.MAGIC + rng.bytes(rng.integers(200)))
        assert replayed(tmp_path / "j.bin", (4, 4))[0] == 0


def test_records_out_of_order_are_not_applied(tmp_path):
    good = body((0, 1, 0, 1), PIXELS)
    records = _records.record(0, good) + _records.record(2, good)
    (tmp_path / "j.bin").write_bytes(_records.MAGIC + records)
    assert replayed(tmp_path / "j.bin", (4, 4))[0] == 1


def test_what_cannot_be_read_is_told(tmp_path):
    assert replayed(tmp_path / "none.bin", (4, 4))[0] == 0
    with pytest.raises(InputError, match="one shape"):
        replay(tmp_path / "none.bin", np.zeros((4, 4), np.uint16), np.zeros((4, 5), np.uint8))
    with pytest.raises(InputError, match="cannot read the journal"):
        replayed(tmp_path, (4, 4))


def test_a_failed_write_is_told_once_and_tried_again(tmp_path, monkeypatch):
    told, path = [], tmp_path / "j.bin"
    journal = Journal(path, told.append)
    ids, owner = empty((4, 4))
    box, real, full = whole((4, 4)), os.fsync, True

    def fsync(handle):
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    for value in (1, 2, 3):
        journal.append(box, ids + value, owner)
        assert not journal.flush()
    assert len(told) == 1
    assert "No space left on device" in str(told[0])
    assert "free some space" in str(told[0])
    full = False
    journal.append(box, ids + 4, owner)
    assert journal.flush()
    full = True
    assert replayed(path, (4, 4))[0] == 4
    journal.append(box, ids + 5, owner)
    assert not journal.close()
    assert len(told) == 2
    assert (replayed(path, (4, 4))[1] >= 4).all()


def test_a_write_that_the_system_breaks_off_leaves_whole_records(tmp_path):
    """No file may have more than so many bytes."""
    resource = pytest.importorskip("resource")
    told, path = [], tmp_path / "j.bin"
    journal = Journal(path, told.append)
    rng, (_, owner) = np.random.default_rng(0), empty((4, 4))
    given = [rng.integers(0, 65536, (4, 4)).astype(np.uint16) for _ in range(9)]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, limits[1]))
    try:
        for ids in given:
            journal.append(whole((4, 4)), ids, owner)
            journal.flush()
        assert 1 <= replayed(path, (4, 4))[0] < 9
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [str(e).count("File too large") for e in told] == [1]
    assert journal.close()
    count, ids, _ = replayed(path, (4, 4))
    assert count == 9
    assert (ids == given[-1]).all()


def test_a_file_that_is_no_journal_is_left_alone(tmp_path):
    told, path = [], tmp_path / "notes.txt"
    path.write_text("not a journal")
    journal = Journal(path, told.append)
    journal.append(whole((4, 4)), *empty((4, 4)))
    assert not journal.close()
    assert "not a journal" in str(told[0])
    assert path.read_text() == "not a journal"


def test_records_of_two_files_keep_their_order(tmp_path, monkeypatch):
    """While the first file cannot be written, nothing is in the second."""
    first, second = tmp_path / "one" / "1.bin", tmp_path / "2.bin"
    (tmp_path / "one").write_text("in the folder's place")
    journal = Journal(first)
    journal.append(whole((4, 4)), *empty((4, 4)))
    journal.path = second
    journal.append(whole((4, 4)), *empty((4, 4)))
    assert not journal.flush()
    assert not second.exists()
    (tmp_path / "one").unlink()
    assert journal.close()
    assert replayed(first, (4, 4))[0] == replayed(second, (4, 4))[0] == 1


def test_a_stroke_costs_its_caller_nothing(tmp_path):
    journal, took = Journal(tmp_path / "j.bin"), []
    ids, owner = empty((100, 100))
    for _ in range(50):
        start = time.perf_counter()
        journal.append(whole((100, 100)), ids, owner)
        took.append(time.perf_counter() - start)
    assert journal.close()
    assert sorted(took)[25] < 0.002
