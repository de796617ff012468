"""Compares an answer with the formula an author expects, as authors' own code may.

Finds expect, given, typeset and options, and leaves right and message.
"""

import symmath

result = symmath.symmath_check(expect or "", given, typeset, options)
right, message = result["ok"], result["msg"]
