"""Words of a table of categories."""

import napari_ovseg as ov

WORDS = ov.Vocabulary.parse("nucleus, cell nucleus; beta-actin; 細胞質; background")
