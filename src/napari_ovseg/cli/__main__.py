"""``python -m napari_ovseg.cli``."""

import sys

from napari_ovseg.cli import main

sys.exit(main())
