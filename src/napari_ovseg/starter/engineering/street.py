"""Crude things of the street and the park, as tables of pieces (see `pieces`)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
    "traffic sign": ("traffic sign", "road sign", "stop sign", "sign", "signpost"),
    "traffic light": ("traffic light", "traffic lights", "stoplight", "signal light"),
    "bench": ("bench", "park bench", "wooden bench", "seat in a park"),
    "hydrant": ("hydrant", "fire hydrant", "red hydrant", "water hydrant"),
    "umbrella": ("umbrella", "parasol", "sunshade", "umbrellas"),
    "kite": ("kite", "kites", "flying kite", "coloured kite"),
    "fence": ("fence", "railing", "wooden fence", "metal fence"),
    "bag": ("bag", "handbag", "backpack", "suitcase"),
    "ball": ("ball", "balls", "sports ball", "football", "round ball"),
}

TABLES: dict[str, tuple[str, ...]] = {
    "traffic sign": (
        """
bar metal .04 0 0 0 -.6
poly red -.29 -.58 -.12 -.41 .12 -.41 .29 -.58 .29 -.83 .12 -1 -.12 -1 -.29 -.83
?ring white .02 0 -.7 .24
row white 4 -.16 .16 -.7 .05 .14
""",
        """
bar metal .04 0 0 0 -.6
oval rim 0 -.72 .28 .28
oval plate 0 -.72 .22 .22
?box mark 0 -.72 .3 .07
?box mark .03 -.72 .08 .24
""",
        """
?bar metal .04 0 0 0 -.6
poly red 0 -1 .36 -.42 -.36 -.42
poly white 0 -.9 .27 -.47 -.27 -.47
?box black 0 -.62 .06 .18
""",
        """
bar metal .04 -.2 0 -.2 -.5
?bar metal .04 .2 0 .2 -.5
box plate 0 -.72 .9 .54
box plate*.8 0 -.72 .84 .48
?row mark 5 -.28 .28 -.8 .08 .1
?row mark 4 -.24 .24 -.62 .09 .1
""",
    ),
    "traffic light": (
        """
bar metal .04 0 0 0 -.5
box black 0 -.76 .19 .46
oval red 0 -.9 .055 .055
oval yellow*.3 0 -.76 .055 .055
oval green*.3 0 -.62 .055 .055
""",
        """
box yellow 0 -.5 .45 1
oval red*.3 0 -.82 .14 .14
oval yellow*.4 0 -.5 .14 .14
oval green*1.6 0 -.18 .14 .14
""",
    ),
    "bench": (
        """
row metal 2 -.75 .75 -.45 .07 .9
box wood*1.1 0 -.95 1.9 .1
box wood 0 -.78 1.9 .1
box wood*.9 0 -.45 1.9 .1
?bar metal .06 -.85 -.65 -.6 -.65
""",
    ),
    "hydrant": (
        """
box body*.7 0 -.05 .5 .1
box body 0 -.42 .32 .7
oval body 0 -.8 .2 .18
box body*.8 0 -.55 .62 .16
oval body*.6 0 -.42 .11 .11
""".replace("body", "red"),
    ),
    "umbrella": (
        """
bar dark .025 0 -.9 0 0
poly cloth -.6 -.5 -.55 -.68 -.35 -.86 0 -.95 .35 -.86 .55 -.68 .6 -.5
poly other -.2 -.5 0 -.95 .2 -.5
?poly other -.6 -.5 -.55 -.68 0 -.95 -.4 -.5
?poly other .6 -.5 .55 -.68 0 -.95 .4 -.5
""",
    ),
    "kite": (
        """
poly cloth 0 -1 .33 -.65 0 -.3
poly other 0 -1 -.33 -.65 0 -.3
bar other .03 0 -.3 .08 -.2 -.05 -.1 .06 0
""",
    ),
    "fence": (
        """
row wood 12 -2 2 -.5 .2 1
box wood*.8 0 -.75 4.2 .1
box wood*.8 0 -.25 4.2 .1
""",
        """
row metal 26 -2 2 -.5 .03 1
box metal 0 -.97 4.1 .05
box metal 0 -.1 4.1 .05
""",
    ),
    "bag": (
        """
ring strap .05 0 -.7 .24
box body 0 -.34 .95 .68
box body*.8 0 -.5 .95 .3
?oval lamp 0 -.36 .06 .05
""",
        """
box body 0 -.45 .7 .85
box body*.8 0 -.3 .5 .4
ring body*.6 .05 0 -.88 .1
bar body*.6 .05 -.3 -.8 -.36 -.1
""",
    ),
    "ball": (
        """
oval skin 0 -.5 .5 .5
bar black .03 -.5 -.5 .5 -.5
bar black .03 0 -1 0 0
bar black .02 -.4 -.8 -.24 -.5 -.4 -.2
bar black .02 .4 -.8 .24 -.5 .4 -.2
""",
        """
oval white 0 -.5 .5 .5
poly black -.15 -.6 0 -.7 .15 -.6 .1 -.42 -.1 -.42
poly black -.45 -.7 -.3 -.75 -.32 -.55 -.48 -.5
poly black .45 -.7 .3 -.75 .32 -.55 .48 -.5
poly black -.1 -.08 .1 -.08 .2 -.2 0 -.28 -.2 -.2
""",
        """
oval skin 0 -.5 .5 .5
?oval skin*1.3 .12 -.65 .2 .2
?bar white .04 .3 -.85 .18 -.5 .3 -.15
""",
    ),
}
"""Tables by category, alternatives of the same thing beside each other."""
