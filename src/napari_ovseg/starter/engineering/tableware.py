"""Crude things that lie on a table: vessels, food, books and gadgets, as tables of pieces."""

from __future__ import annotations

WORDS: dict[str, tuple[str, ...]] = {
    "bottle": ("bottle", "bottles", "glass bottle", "plastic bottle", "wine bottle"),
    "cup": ("cup", "cups", "mug", "coffee cup", "glass of water", "wine glass"),
    "bowl": ("bowl", "bowls", "dish", "soup bowl", "plate"),
    "keyboard": ("keyboard", "computer keyboard", "keys", "row of keys"),
    "phone": ("phone", "cell phone", "mobile phone", "remote control"),
    "book": ("book", "books", "open book", "row of books", "notebook"),
    "apple": ("apple", "apples", "red apple", "green apple"),
    "banana": ("banana", "bananas", "yellow banana", "bunch of bananas"),
    "orange": ("orange", "oranges", "orange fruit", "tangerine"),
    "cake": ("cake", "cakes", "birthday cake", "piece of cake"),
    "pizza": ("pizza", "pizzas", "round pizza", "slice of pizza"),
    "sandwich": ("sandwich", "burger", "hot dog", "bread roll"),
    "knife": ("knife", "fork", "spoon", "cutlery", "scissors"),
    "teddy bear": ("teddy bear", "toy", "stuffed animal", "plush toy"),
}

_BOTTLE = """
poly glass -.16 0 -.16 -.55 -.06 -.72 -.06 -.93 .06 -.93 .06 -.72 .16 -.55 .16 0
poly glass*1.4 -.12 -.03 -.12 -.52 -.08 -.55 -.08 -.03
?box label 0 -.3 .32 .26
box cap 0 -.95 .13 .1
"""

TABLES: dict[str, tuple[str, ...]] = {
    "bottle": (
        _BOTTLE,
        _BOTTLE.replace("glass", "green").replace("green*1.4", "green*1.6"),
        _BOTTLE.replace("-.55 -.06 -.72", "-.72 -.07 -.8").replace(
            ".06 -.72 .16 -.55", ".07 -.8 .16 -.72"
        ),
    ),
    "cup": (
        """
?ring body .09 .45 -.5 .22
poly body -.42 -.93 .42 -.93 .36 -.04 -.36 -.04
oval body*.9 0 -.05 .36 .07
oval body*1.1 0 -.92 .42 .1
oval drink*.5 0 -.91 .37 .07
?box trim 0 -.5 .78 .2
""",
        """
oval pane*1.2 0 -.03 .26 .05
bar pane*1.3 .04 0 -.05 0 -.5
poly pane*1.4 -.26 -1 .26 -1 .2 -.6 .06 -.45 -.06 -.45 -.2 -.6
poly drink -.22 -.78 .22 -.78 .18 -.6 .06 -.47 -.06 -.47 -.18 -.6
""",
    ),
    "bowl": (
        """
poly body -1 -.8 1 -.8 .8 -.35 .4 0 -.4 0 -.8 -.35
oval body*1.15 0 -.8 1 .2
oval food 0 -.79 .88 .15
""",
        """
oval body 0 -.5 1.5 .5
oval body*.85 0 -.5 1.1 .34
?oval food -.2 -.55 .6 .22
?oval other .4 -.45 .35 .16
""",
    ),
    "keyboard": (
        """
box body 0 -.5 3 1
row body*1.5 12 -1.3 1.3 -.82 .18 .16
row body*1.5 11 -1.25 1.25 -.6 .18 .16
row body*1.5 11 -1.2 1.2 -.38 .18 .16
row body*1.5 1 0 0 -.16 1.3 .16
""",
    ),
    "phone": (
        """
box black 0 -.5 .5 1
box picture 0 -.5 .44 .86
?oval metal 0 -.04 .04 .02
""",
        """
box dark 0 -.5 .28 1
row metal 3 -.08 .08 -.7 .05 .05
row metal 3 -.08 .08 -.58 .05 .05
row metal 3 -.08 .08 -.46 .05 .05
oval red 0 -.88 .04 .03
""",
    ),
    "book": (
        """
poly cover -.5 -.05 .5 -.05 .62 -1 -.4 -1
poly white -.5 0 .5 0 .5 -.06 -.5 -.06
?box title .05 -.7 .5 .16
""",
        """
poly white -1 -.05 0 -.1 0 -.95 -.85 -.9
poly white*.93 1 -.05 0 -.1 0 -.95 .85 -.9
row dark*1.8 1 -.48 -.48 -.7 .6 .03
row dark*1.8 1 -.48 -.48 -.5 .66 .03
row dark*1.8 1 -.5 -.5 -.3 .7 .03
row dark*1.8 1 .48 .48 -.6 .6 .03
row dark*1.8 1 .5 .5 -.4 .66 .03
""",
        """
box one -.6 -.5 .2 1
box two -.38 -.46 .22 .92
box three -.15 -.48 .2 .96
box four .06 -.42 .2 .84
box five .28 -.47 .22 .94
box six .52 -.44 .24 .88
""",
    ),
    "apple": (
        """
bar wood .05 0 -.85 .06 -1
oval red -.14 -.45 .34 .43
oval red*1.05 .14 -.45 .34 .43
oval red*1.5 -.18 -.62 .1 .12
?poly leaf .05 -.92 .3 -1 .22 -.86
""",
        """
bar wood .05 0 -.85 .06 -1
oval green*1.4 -.14 -.45 .34 .43
oval green*1.5 .14 -.45 .34 .43
""",
    ),
    "banana": (
        """
poly yellow -1 -.9 -.85 -1 -.6 -.5 0 -.28 .6 -.4 1 -.75 1.05 -.6 .7 -.15 0 0 -.7 -.25
poly yellow*.85 -.85 -.55 -.3 -.2 .4 -.2 .95 -.6 .7 -.15 0 0 -.7 -.25
box wood*.5 -.95 -.95 .14 .1
""",
    ),
    "orange": (
        """
oval orange 0 -.5 .5 .5
oval orange*1.2 -.15 -.65 .18 .16
oval leaf*.8 .05 -.9 .05 .03
""",
    ),
    "cake": (
        """
box crust 0 -.3 1.3 .55
box cream 0 -.62 1.3 .14
oval cream*1.05 0 -.68 .65 .14
?row candle 5 -.4 .4 -.85 .05 .28
box cream*.8 0 -.32 1.3 .08
?oval red -.2 -.72 .09 .07
?oval red .2 -.72 .09 .07
""",
    ),
    "pizza": (
        """
oval crust 0 -.5 1.2 .5
oval yellow*.9 0 -.5 1.05 .42
oval red*.9 -.5 -.55 .18 .09
oval red*.9 .3 -.65 .18 .09
oval red*.9 .1 -.3 .18 .09
oval red*.9 .6 -.4 .16 .08
oval leaf -.2 -.7 .08 .05
oval leaf -.3 -.3 .08 .05
""",
    ),
    "sandwich": (
        """
box crust*.9 0 -.15 1.2 .3
box leaf 0 -.36 1.3 .12
box red*.8 0 -.46 1.2 .12
?box yellow 0 -.52 1.25 .08
poly crust -.6 -.52 -.5 -.85 -.2 -1 .2 -1 .5 -.85 .6 -.52
""",
    ),
    "knife": (
        "poly metal*1.2 -.05 -.4 -.06 -.9 .02 -1 .05 -.4\nbox dark 0 -.2 .09 .42",
        "bar metal .04 0 0 0 -.6\nbar metal .03 -.06 -1 -.06 -.7 .06 -.7 .06 -1",
        "bar metal .05 0 0 0 -.7\noval metal*1.2 0 -.84 .1 .16",
    ),
    "teddy bear": (
        """
oval crust*.85 -.22 -.15 .16 .16
oval crust*.85 .22 -.15 .16 .16
oval crust 0 -.36 .3 .32
oval crust*.85 -.32 -.5 .1 .18
oval crust*.85 .32 -.5 .1 .18
oval crust*.8 -.18 -.95 .1 .1
oval crust*.8 .18 -.95 .1 .1
oval crust 0 -.78 .25 .22
oval crust*1.25 0 -.72 .11 .09
oval black 0 -.75 .04 .03
oval black -.1 -.84 .03 .03
oval black .1 -.84 .03 .03
""",
    ),
}
"""Tables by category, alternatives of the same thing beside each other."""
