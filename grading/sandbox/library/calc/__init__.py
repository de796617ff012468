"""Expressions as learners type them."""

from calc.calc import (
    DEFAULT_FUNCTIONS,
    DEFAULT_VARIABLES,
    SUFFIXES,
    UndefinedVariable,
    UnmatchedParenthesis,
    evaluator,
)
from calc import functions

__all__ = [
    "DEFAULT_FUNCTIONS",
    "DEFAULT_VARIABLES",
    "SUFFIXES",
    "UndefinedVariable",
    "UnmatchedParenthesis",
    "evaluator",
    "functions",
]
