"""Crude furniture and what else stands in a room, as tables of pieces (see `pieces`)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
    "chair": ("chair", "chairs", "wooden chair", "stool", "seat"),
    "table": ("table", "dining table", "desk", "wooden table"),
    "table top": ("table top", "tabletop", "table", "desk surface", "counter", "background"),
    "couch": ("couch", "sofa", "armchair", "settee"),
    "bed": ("bed", "beds", "mattress", "bed with pillows"),
    "toilet": ("toilet", "toilet bowl", "white toilet", "lavatory"),
    "sink": ("sink", "washbasin", "basin", "bathroom sink"),
    "screen": ("screen", "tv", "television", "monitor", "laptop"),
    "refrigerator": ("refrigerator", "fridge", "oven", "cupboard", "cabinet"),
    "clock": ("clock", "wall clock", "watch", "clock face"),
    "vase": ("vase", "vases", "flower vase", "jug"),
    "potted plant": ("potted plant", "plant in a pot", "houseplant", "flower pot"),
}

TABLES: dict[str, tuple[str, ...]] = {
    "chair": (
        """
bar seat*.7 .06 -.22 -.45 -.24 0
bar seat*.8 .06 .26 -.45 .3 0
bar seat .06 -.26 -1 -.3 0
bar seat .06 .2 -.42 .18 0
poly seat*1.1 -.3 -.42 .2 -.42 .32 -.5 -.2 -.5
poly seat -.3 -1 -.22 -.98 -.22 -.5 -.3 -.45
?bar seat .05 -.26 -.95 .22 -.95 .24 -.48
?poly cloth -.26 -.95 .22 -.95 .22 -.66 -.26 -.66
""",
        """
box metal 0 -.25 .06 .45
bar metal .05 -.3 0 0 -.12 .3 0
box cloth 0 -.5 .62 .1
box cloth*.9 0 -.82 .55 .36
""",
        """
row wood*.7 2 -.24 .24 -.24 .07 .48
row wood 2 -.27 .27 -.5 .06 1
box wood*1.1 0 -.48 .64 .08
row wood*.9 4 -.18 .18 -.74 .05 .42
box wood 0 -.96 .6 .1
""",
    ),
    "table": (
        """
row top*.7 2 -.75 .75 -.42 .09 .84
poly top -1 -.8 1 -.8 .8 -1 -.8 -1
box top*.75 0 -.79 2 .07
?row top*.5 2 -.6 .6 -.42 .06 .7
""",
        """
box metal 0 -.4 .1 .75
oval metal 0 -.03 .4 .06
oval top 0 -.9 .9 .16
oval top*.8 0 -.85 .9 .14
oval top*1.1 0 -.9 .88 .13
""",
    ),
    "couch": (
        """
box cloth*.85 0 -.66 2 .6
row cloth 2 -.46 .46 -.42 .92 .3
box cloth*.8 0 -.2 2 .3
row cloth*.95 2 -1 1 -.36 .26 .6
?box cushion -.6 -.62 .4 .36
?box cushion .6 -.6 .36 .36
""",
    ),
    "bed": (
        """
box wood 0 -.75 1.8 .5
poly sheet -.9 -.5 .9 -.5 1.1 -.15 -1.1 -.15
row white 2 -.42 .42 -.58 .7 .2
box sheet*.8 0 -.12 2.2 .24
""",
        """
box wood*.8 -1.2 -.5 .1 1
box sheet*1.1 0 -.42 2.4 .36
box cover .25 -.46 1.9 .38
box white -.95 -.66 .4 .2
box wood 0 -.16 2.4 .18
""",
    ),
    "toilet": (
        """
box white .0 -.8 .62 .42
poly white*.85 -.2 0 .2 0 .24 -.25 -.24 -.25
oval white 0 -.4 .34 .22
oval white*.75 0 -.43 .26 .14
oval pane*1.3 0 -.42 .14 .07
?box metal .2 -.95 .12 .04
""",
        """
oval white 0 -.45 .42 .5
oval white*.9 0 -.4 .33 .36
box white*.95 0 -.92 .8 .2
?oval white*.6 0 -.3 .2 .2
""",
    ),
    "sink": (
        """
?box white*.9 0 -.3 .24 .6
poly white -.6 -.85 .6 -.85 .42 -.5 -.42 -.5
oval white*.8 0 -.84 .52 .09
bar metal .05 0 -.86 0 -1 .1 -.98
""",
        """
box metal 0 -.5 1.5 .9
box metal*.8 0 -.48 1.3 .72
oval black 0 -.42 .08 .06
bar metal*1.3 .07 0 -.95 0 -.65
""",
    ),
    "screen": (
        """
box black*1.3 0 -.06 .7 .06
box black 0 -.15 .1 .2
box black 0 -.6 1.3 .78
box picture 0 -.6 1.22 .7
?poly picture*1.3 -.6 -.92 .1 -.92 -.3 -.3 -.6 -.3
""",
        """
poly metal -.8 0 .8 0 .65 -.22 -.65 -.22
poly dark -.66 -.05 .66 -.05 .56 -.18 -.56 -.18
box dark 0 -.6 1.3 .78
box picture 0 -.6 1.2 .68
?row white 4 -.4 .4 -.7 .16 .1
""",
    ),
    "refrigerator": (
        """
box body 0 -.5 .55 1
bar body*.6 .01 -.27 -.65 .27 -.65
bar metal .02 -.22 -.6 -.22 -.4
bar metal .02 -.22 -.7 -.22 -.85
""",
        """
box body 0 -.5 .95 1
box black 0 -.4 .75 .5
bar metal .04 -.35 -.7 .35 -.7
row black*3 5 -.35 .35 -.85 .08 .07
""",
    ),
    "clock": (
        """
oval rim 0 -.5 .5 .5
oval white 0 -.5 .43 .43
bar black .03 0 -.5 .02 -.83
bar black .04 0 -.5 .2 -.42
ring black .01 0 -.5 .36
""",
    ),
    "vase": (
        """
poly body -.16 0 -.3 -.35 -.24 -.7 -.1 -.85 -.16 -1 .16 -1 .1 -.85 .24 -.7 .3 -.35 .16 0
oval body*.4 0 -.99 .15 .03
?box trim 0 -.5 .5 .08
""",
    ),
    "potted plant": (
        """
bar leaf*.8 .03 0 -.35 -.2 -.7
bar leaf*.8 .03 0 -.35 .2 -.75
oval leaf -.25 -.72 .2 .14
oval leaf*1.2 .22 -.8 .2 .15
oval leaf*.8 0 -.85 .16 .15
oval leaf -.08 -.6 .2 .13
oval leaf*1.1 .15 -.58 .2 .12
?oval bloom .1 -.9 .07 .06
?oval bloom -.2 -.82 .07 .06
poly clay -.24 -.4 .24 -.4 .17 0 -.17 0
box clay*1.1 0 -.4 .52 .08
""",
    ),
}
"""Tables by category, alternatives of the same thing beside each other."""
