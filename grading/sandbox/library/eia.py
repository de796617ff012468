"""Preferred values of electronic components."""

import math

E3 = [10, 22, 47]
E6 = [10, 15, 22, 33, 47, 68]
E12 = [10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82]
E24 = [10, 11, 12, 13, 15, 16, 18, 20, 22, 24, 27, 30, 33, 36, 39, 43, 47, 51, 56, 62, 68, 75, 82, 91]
# The finer series follow the formula, but for one value.
E192 = [920 if step == 185 else round(100 * 10 ** (step / 192)) for step in range(192)]
E96 = E192[::2]
E48 = E192[::4]


def iseia(value, valid_types=(E3, E6, E12, E24)):
    """Whether a value, of any power of ten, is in one of the series."""
    if value == 0:
        return True
    digits = abs(value) * 10.0 ** (2 - math.floor(math.log10(abs(value))))
    near = round(digits)
    written = {near, near // 10} if near % 10 == 0 else {near}
    found = [number in series for series in valid_types for number in written]
    return abs(digits - near) < 1e-6 and any(found)
