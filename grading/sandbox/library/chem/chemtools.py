"""Shapes of molecules, as the VSEPR input draws them.

Atoms have a place: c0 is the center, p0, p1, ... stand around it where all
places are alike, a0, a1, ... on the axis and e0, e1, ... around the axis where
they are not. An octahedron's places around the axis are themselves two axes:
e10 and e11, e20 and e21.
"""

import json
import re


def vsepr_parse_user_answer(user_input):
    """What the input sent: {"geometry": ..., "atoms": {place: symbol}}."""
    return json.loads(user_input)


def vsepr_build_correct_answer(geometry, atoms):
    """An answer to compare with."""
    return {"geometry": geometry, "atoms": atoms}


def vsepr_grade(user_input, correct_answer, convert_to_peripheral=False):
    """Whether the atoms stand as they should, however the molecule is turned.

    convert_to_peripheral treats the learner's places around the center as all
    alike.
    """
    if user_input["geometry"] != correct_answer["geometry"]:
        return False
    theirs, right = _places(user_input["atoms"]), _places(correct_answer["atoms"])
    if convert_to_peripheral:
        around = [symbol for place, symbols in theirs.items() if place != "c" for symbol in symbols]
        theirs = {"c": theirs.get("c", []), "p": sorted(around)}
        right.setdefault("p", [])
        return theirs == {"c": right.get("c", []), "p": right["p"]} and set(right) <= {"c", "p"}
    right = _round(right, "a")
    return any(_round(theirs, axis) == right for axis in ("a", "e1", "e2") if axis == "a" or axis in theirs)


def _places(atoms):
    """The sorted symbols at each kind of place: c, p, a, e, or e1 and e2."""
    kinds = {}
    for place, symbol in atoms.items():
        kind = re.match(r"e\d(?=\d)|[a-z]", place).group()
        kinds.setdefault(kind, []).append(symbol)
    return {kind: sorted(symbols) for kind, symbols in kinds.items()}


def _round(places, axis):
    """Places seen with one axis upright: what is on it, and around it."""
    axes = [kind for kind in places if kind[0] in "ae"]
    around = sorted(symbol for kind in axes if kind != axis for symbol in places[kind])
    seen = {kind: symbols for kind, symbols in places.items() if kind not in axes}
    return {**seen, "a": places.get(axis, []), "e": around}
