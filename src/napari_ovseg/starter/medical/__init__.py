"""Looks of medical instruments: CT, MR, X-rays, ultrasound, cameras for eye, skin and gut."""

from __future__ import annotations

from napari_ovseg.starter.medical import (
    abdomen,
    ct_chest,
    ct_head,
    ct_pelvis,
    endoscopy,
    mr_brain,
    mr_heart,
    mr_joints,
    retina,
    retina_layers,
    skin,
    tissue,
    torso,
    ultrasound,
    ultrasound_heart,
    wounds,
    xray_bones,
    xray_chest,
    xray_teeth,
)

WORDS: dict[str, tuple[str, ...]] = {
    **tissue.WORDS,
    **torso.WORDS,
    **abdomen.WORDS,
    **ct_chest.WORDS,
    **ct_head.WORDS,
    **ct_pelvis.WORDS,
    **mr_brain.WORDS,
    **mr_heart.WORDS,
    **mr_joints.WORDS,
    **xray_bones.WORDS,
    **xray_chest.WORDS,
    **xray_teeth.WORDS,
    **retina.WORDS,
    **retina_layers.WORDS,
    **skin.WORDS,
    **endoscopy.WORDS,
    **wounds.WORDS,
    **ultrasound.WORDS,
    **ultrasound_heart.WORDS,
}
"""Every category of the family, with the words users type for it."""
