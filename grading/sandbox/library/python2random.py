"""The random module as Python 2 had it.

The generator is the same (MT19937), but Python 3 reads other numbers from it.
Learners keep the questions they were given, so the same seed must go on giving
the same numbers.
"""

import math
import random as modern
import types

WIDEST = 1 << 53  # more than one random() can tell apart


class Random(modern.Random):
    """A generator whose numbers follow from its seed as in Python 2."""

    def seed(self, a=None, version=1):
        """Seeds by the size of a whole number, by the hash of anything else."""
        if a is not None and not isinstance(a, int):
            a = hash(a) & (1 << 64) - 1
        super().seed(a, version=1)
        self.gauss_next = None

    def _below(self, n):
        if n < WIDEST:
            return int(self.random() * n)
        bits = int(1.00001 + math.log(n - 1, 2.0))
        while True:
            drawn = self.getrandbits(bits)
            if drawn < n:
                return drawn

    # Python 3's own methods ask for these two.
    _randbelow = _below
    _randbelow_with_getrandbits = _below

    def randrange(self, start, stop=None, step=1):
        first = _whole(start, "arg 1")
        if stop is None:
            if first <= 0:
                raise ValueError("empty range for randrange()")
            return self._below(first)
        last = _whole(stop, "stop")
        stride = _whole(step, "step")
        if stride == 0:
            raise ValueError("zero step for randrange()")
        count = -((first - last) // stride) if stride != 1 else last - first
        if count <= 0:
            raise ValueError("empty range for randrange() (%d,%d, %d)" % (first, last, last - first))
        return first + stride * self._below(count)

    def randint(self, a, b):
        return self.randrange(a, b + 1)

    def choice(self, seq):
        return seq[int(self.random() * len(seq))]

    def shuffle(self, x, random=None, int=int):
        draw = self.random if random is None else random
        for last in range(len(x) - 1, 0, -1):
            other = int(draw() * (last + 1))
            x[last], x[other] = x[other], x[last]

    def sample(self, population, k):
        size = len(population)
        if not 0 <= k <= size:
            raise ValueError("sample larger than population")
        if not hasattr(population, "__getitem__"):
            population = tuple(population)
        # A small population is copied and eaten up; of a large one the places
        # already taken are remembered. The bound decides which numbers come out.
        bound = 21
        if k > 5:
            bound += 4 ** math.ceil(math.log(k * 3, 4))
        if size <= bound or hasattr(population, "keys"):
            left = list(population)
            drawn = []
            for remaining in range(size, size - k, -1):
                place = int(self.random() * remaining)
                drawn.append(left[place])
                left[place] = left[remaining - 1]
            return drawn
        taken = {}
        while len(taken) < k:
            place = int(self.random() * size)
            if place not in taken:
                taken[place] = population[place]
        return list(taken.values())

    def uniform(self, a, b):
        return a + (b - a) * self.random()

    def triangular(self, low=0.0, high=1.0, mode=None):
        u = self.random()
        if high == low:
            return low
        peak = 0.5 if mode is None else (mode - low) / (high - low)
        if u > peak:
            u, peak, low, high = 1.0 - u, 1.0 - peak, high, low
        return low + (high - low) * (u * peak) ** 0.5

    def normalvariate(self, mu=0.0, sigma=1.0):
        scale = 4 * math.exp(-0.5) / math.sqrt(2.0)
        while True:
            u = self.random()
            v = 1.0 - self.random()
            z = scale * (u - 0.5) / v
            if z * z / 4.0 <= -math.log(v):
                return mu + z * sigma

    def lognormvariate(self, mu=0.0, sigma=1.0):
        return math.exp(self.normalvariate(mu, sigma))

    def expovariate(self, lambd=1.0):
        return -math.log(1.0 - self.random()) / lambd

    def gauss(self, mu=0.0, sigma=1.0):
        z, self.gauss_next = self.gauss_next, None
        if z is None:
            angle = self.random() * 2.0 * math.pi
            radius = math.sqrt(-2.0 * math.log(1.0 - self.random()))
            z = math.cos(angle) * radius
            self.gauss_next = math.sin(angle) * radius
        return mu + z * sigma

    def paretovariate(self, alpha):
        return 1.0 / pow(1.0 - self.random(), 1.0 / alpha)

    def weibullvariate(self, alpha, beta):
        return alpha * pow(-math.log(1.0 - self.random()), 1.0 / beta)


def _whole(number, name):
    whole = int(number)
    if whole != number:
        raise ValueError("non-integer %s for randrange()" % name)
    return whole


def module(seed):
    """A module named random that draws from one generator with this seed."""
    made = types.ModuleType("random", __doc__)
    # What Python 2 did not have yet, so that libraries find what they import.
    for name in dir(modern):
        if not name.startswith("__"):
            setattr(made, name, getattr(modern, name))
    generator = Random(seed)
    for name in dir(generator):
        if not name.startswith("_") and callable(getattr(generator, name)):
            setattr(made, name, getattr(generator, name))
    made.Random = Random
    made._inst = generator
    return made
