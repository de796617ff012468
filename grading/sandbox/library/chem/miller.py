"""Miller indices of planes in crystals."""

import json
import math
import re
from fractions import Fraction

_STEP = 20  # points are read to the nearest 1/20
_FINEST = 10  # largest denominator of an intercept

# Corners to measure from, for planes through the origin: the first off the plane.
_CORNERS = ((1, 1, 1), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 0, 0), (0, 1, 0))


def miller(points):
    """The indices "(h,k,l)" of the plane through three points.

    Coordinates are in edges of the cell. None when the points fix no plane.
    """
    points = [[Fraction(math.floor(float(x) * _STEP + 0.5), _STEP) for x in point] for point in points]
    normal = _normal(points)
    if not any(normal):
        return None
    distance = _dot(normal, points[0])
    if distance == 0:
        distance = -next(filter(None, (_dot(normal, corner) for corner in _CORNERS)))
    inverse = [_inverse_intercept(n, distance) for n in normal]
    common = math.lcm(*(fraction.denominator for fraction in inverse))
    return "(%s)" % ",".join(str(int(fraction * common)) for fraction in inverse)


def grade(user_input, correct_answer):
    """Whether lattice and plane are the right ones, seen from either side.

    user_input is JSON, {"lattice": ..., "points": [[x, y, z], ...]};
    correct_answer is {"lattice": ..., "miller": "(h,k,l)"}.
    """
    answer = json.loads(user_input)
    if answer["lattice"] != correct_answer["lattice"] or len(answer["points"]) < 3:
        return False
    found = miller(answer["points"])
    if found is None:
        return False
    indices, right = _numbers(found), _numbers(correct_answer["miller"])
    return right in (indices, [-index for index in indices])


def _numbers(indices):
    return [int(number) for number in re.findall(r"-?\d+", indices.replace(" ", ""))]


def _normal(points):
    a, b = ([x - y for x, y in zip(point, points[0])] for point in points[1:3])
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def _dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def _inverse_intercept(n, distance):
    if n == 0:
        return Fraction(0)
    intercept = Fraction(distance / n).limit_denominator(_FINEST)
    return 1 / intercept if intercept else Fraction(0)
