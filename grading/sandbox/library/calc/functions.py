"""The functions of expressions that numpy does not have."""

import math

import numpy


def sec(x):
    return 1 / numpy.cos(x)


def csc(x):
    return 1 / numpy.sin(x)


def cot(x):
    return 1 / numpy.tan(x)


def sech(x):
    return 1 / numpy.cosh(x)


def csch(x):
    return 1 / numpy.sinh(x)


def coth(x):
    return 1 / numpy.tanh(x)


def arcsec(x):
    return numpy.arccos(1 / x)


def arccsc(x):
    return numpy.arcsin(1 / x)


def arccot(x):
    """Keeps to (-pi/2, pi/2]."""
    quarter = numpy.pi / 2
    return (-quarter if numpy.real(x) < 0 else quarter) - numpy.arctan(x)


def arcsech(x):
    return numpy.arccosh(1 / x)


def arccsch(x):
    return numpy.arcsinh(1 / x)


def arccoth(x):
    return numpy.arctanh(1 / x)


def factorial(x):
    """Takes whole numbers only."""
    if isinstance(x, numpy.integer):
        x = int(x)
    if not isinstance(x, int):
        raise TypeError("'%s' object cannot be interpreted as an integer" % type(x).__name__)
    return math.factorial(x)
