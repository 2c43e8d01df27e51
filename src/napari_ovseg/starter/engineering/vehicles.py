"""Crude vehicles, as tables of pieces (see `pieces`)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
    "car": ("car", "cars", "automobile", "parked car", "vehicle", "taxi"),
    "bus": ("bus", "coach", "double-decker bus", "city bus"),
    "truck": ("truck", "lorry", "van", "delivery truck"),
    "train": ("train", "railway carriage", "tram", "locomotive"),
    "bicycle": ("bicycle", "bike", "bicycles", "parked bike"),
    "motorcycle": ("motorcycle", "motorbike", "scooter", "moped"),
    "boat": ("boat", "boats", "ship", "sailing boat", "canoe"),
    "aeroplane": ("aeroplane", "airplane", "plane", "jet", "aircraft"),
}

_WHEELS = """
oval black -.9 -.22 .22 .22
oval metal -.9 -.22 .12 .12
oval black .9 -.22 .22 .22
oval metal .9 -.22 .12 .12
"""
_CYCLE = """
ring black .04 -.5 -.33 .31
ring black .04 .52 -.33 .31
bar metal .006 -.8 -.33 -.2 -.33
bar metal .006 -.5 -.64 -.5 -.02
bar metal .006 -.72 -.55 -.28 -.11
bar metal .006 -.72 -.11 -.28 -.55
bar metal .006 .22 -.33 .82 -.33
bar metal .006 .52 -.64 .52 -.02
bar metal .006 .3 -.55 .74 -.11
bar metal .006 .3 -.11 .74 -.55
bar frame .03 -.5 -.33 -.05 -.31 -.2 -.8 -.5 -.33
bar frame .035 -.18 -.72 .38 -.76 -.05 -.31
bar frame .035 .36 -.86 .52 -.33
bar black .035 .37 -.86 .36 -.95 .46 -.98
box black -.22 -.86 .26 .06
oval black -.05 -.31 .06 .06
"""

TABLES: dict[str, tuple[str, ...]] = {
    "car": (
        """
poly body -1.1 -.6 -.7 -.97 .5 -.97 .9 -.6
poly pane -.9 -.62 -.64 -.91 -.1 -.91 -.1 -.62
poly pane -.02 -.62 -.02 -.91 .45 -.91 .76 -.62
poly body -1.5 -.2 -1.5 -.55 -1.2 -.63 .9 -.63 1.4 -.5 1.5 -.38 1.5 -.2
box body*.45 0 -.2 2.8 .09
bar body*.6 .015 -.06 -.6 -.06 -.22
box lamp 1.42 -.45 .12 .09
box red -1.44 -.5 .1 .1
?box body*.5 -.3 -.52 .12 .03
"""
        + _WHEELS,
        """
poly body -1.4 -.2 -1.4 -.6 -1.3 -.97 .4 -.97 .9 -.6 1.4 -.5 1.4 -.2
poly pane -1.2 -.62 -1.15 -.9 -.7 -.9 -.7 -.62
poly pane -.62 -.62 -.62 -.9 -.05 -.9 -.05 -.62
poly pane .03 -.62 .03 -.9 .35 -.9 .72 -.62
box black 0 -.2 2.6 .09
bar body*.6 .015 -.02 -.6 -.02 -.22
box red -1.36 -.55 .08 .16
"""
        + _WHEELS,
        """
row black 2 -.45 .45 -.12 .18 .24
poly body -.55 -.58 -.42 -.97 .42 -.97 .55 -.58
poly pane -.46 -.6 -.37 -.92 .37 -.92 .46 -.6
box body 0 -.4 1.2 .42
box body*.5 0 -.24 1.2 .12
?row lamp 2 -.47 .47 -.48 .17 .1
?row red 2 -.48 .48 -.46 .15 .14
box black 0 -.42 .5 .1
?box white 0 -.25 .28 .08
""",
    ),
    "bus": (
        """
box body 0 -.53 2.9 .9
box trim 0 -.22 2.9 .2
row pane 7 -1.22 1.22 -.68 .36 .3
?box white 1.2 -.9 .4 .08
"""
        + _WHEELS.replace(" .22 .22", " .14 .14").replace(" .12 .12", " .07 .07"),
        """
box body 0 -.53 2.4 .92
row pane 6 -1.02 1.02 -.82 .34 .18
row pane 6 -1.02 1.02 -.48 .34 .2
box body*.6 0 -.65 2.4 .06
"""
        + _WHEELS.replace(" .22 .22", " .13 .13").replace(" .12 .12", " .07 .07"),
        """
row black 2 -.33 .33 -.05 .16 .12
box body 0 -.52 .92 .92
box pane 0 -.62 .82 .42
box black 0 -.92 .6 .1
box trim 0 -.25 .92 .14
row lamp 2 -.34 .34 -.24 .14 .08
?bar black .03 -.45 -.7 -.58 -.66
""",
    ),
    "truck": (
        """
box load -.4 -.58 1.7 .82
box dark 0 -.16 2.5 .08
poly cab .5 -.16 .5 -.85 .9 -.85 1.15 -.5 1.2 -.16
poly pane .62 -.52 .62 -.78 .86 -.78 1 -.52
"""
        + _WHEELS.replace(" .22 .22", " .15 .15").replace(" .12 .12", " .08 .08"),
        """
poly body -1.1 -.15 -1.1 -.95 .5 -.95 .9 -.55 1.15 -.5 1.2 -.15
poly pane .25 -.55 .25 -.85 .48 -.85 .74 -.55
bar body*.7 .015 .2 -.9 .2 -.2
box body*.5 0 -.16 2.3 .07
"""
        + _WHEELS.replace(" .22 .22", " .17 .17"),
    ),
    "train": (
        """
box dark 0 -.08 5 .14
box body 0 -.55 5 .86
box trim 0 -.36 5 .1
row pane 11 -2.3 2.3 -.68 .3 .26
?row door 3 -1.6 1.6 -.5 .25 .7
""",
        """
box dark 0 -.06 1 .12
box body 0 -.5 1 .95
box pane 0 -.68 .76 .3
row lamp 2 -.34 .34 -.28 .14 .08
box trim 0 -.42 1 .08
""",
    ),
    "bicycle": (_CYCLE, _CYCLE.replace("frame .03", "frame .05").replace("black .04", "black .06")),
    "motorcycle": (
        """
oval black -.62 -.32 .32 .32
oval metal -.62 -.32 .18 .18
oval black .65 -.32 .32 .32
oval metal .65 -.32 .18 .18
box metal 0 -.4 .5 .34
bar metal .06 .65 -.32 .42 -.9
oval body .12 -.7 .28 .14
box black -.35 -.68 .55 .12
bar black .05 .42 -.9 .3 -.98
bar metal*.8 .07 -.1 -.25 -.8 -.22
oval body .65 -.6 .2 .06
?poly body -.6 -.75 -.95 -.85 -.8 -.65
""",
    ),
    "boat": (
        """
poly hull -.45 -.18 .5 -.22 .35 0 -.36 0
bar metal .02 0 -.18 0 -1
poly white .03 -.98 .03 -.26 .4 -.26
?poly white*.9 -.03 -.9 -.03 -.26 -.36 -.26
""",
        """
box white -.1 -.6 1.2 .4
box white*.95 -.25 -.86 .7 .24
row pane 4 -.55 .35 -.62 .14 .12
poly hull -1.2 -.4 1.4 -.48 1 0 -1 0
bar hull*.6 .04 -1.2 -.4 1.4 -.48
?bar metal .02 .2 -.8 .2 -1.2
""",
        """
poly hull -1.8 -.9 1.8 -1 1.3 0 -1.4 0
poly hull*.5 -1.6 -.85 1.6 -.92 1.1 -.6 -1.2 -.6
?bar wood .05 -.4 -.7 .9 -.2
""",
    ),
    "aeroplane": (
        """
poly skin*.75 .25 -.5 -.1 -.5 -.5 .5 -.3 .5
poly skin*.75 .25 -.5 -.1 -.5 -.5 -1.5 -.3 -1.5
poly skin*.75 -.9 -.5 -1.1 -.5 -1.3 -.14 -1.15 -.14
poly skin*.75 -.9 -.5 -1.1 -.5 -1.3 -.86 -1.15 -.86
oval skin 0 -.5 1.2 .1
""",
        """
poly tail -1.1 -.55 -1.5 -1 -1.25 -1 -.75 -.55
oval white 0 -.45 1.6 .2
row dark 16 -1 1.1 -.48 .05 .07
poly white*.7 .3 -.42 -.2 -.42 -.7 0 -.45 0
oval metal .05 -.2 .22 .08
?bar tail .04 -1.3 -.42 1.2 -.42
""",
    ),
}
"""Tables by category, alternatives of the same thing beside each other."""
