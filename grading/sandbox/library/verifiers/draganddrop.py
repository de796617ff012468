"""What a learner dragged where.

The input sends JSON, a list of {draggable: place}. A place is the name of a
target, a point [x, y], or, where draggables hold targets of their own,
{target: {draggable: place}}.

The right answer is {draggable: place}, or a list of groups

    {"draggables": [...], "targets": [...], "rule": ...}

with the rules exact (each draggable on the target at its place in the list),
unordered_equal (the targets are all taken, by whichever draggable), anyof (each
draggable is on one of the targets), and these with "+number": then each
draggable is used as many times as it is listed, else at least once.
"""

import json
import math

RADIUS = 10  # how far off a point may be, where the answer does not say


def grade(user_input, correct_answer):
    """Whether everything is where it should be, and nothing else was dragged."""
    dragged = [(name, _place(place)) for name, place in _entries(json.loads(user_input))]
    groups = _groups(correct_answer)
    known = {name for group in groups for name in group["draggables"]}
    return all(name in known for name, _ in dragged) and all(_right(dragged, group) for group in groups)


def _entries(sent):
    if isinstance(sent, dict):
        sent = sent["draggables"]
    return [entry for one in sent for entry in one.items()]


def _groups(correct_answer):
    if isinstance(correct_answer, dict):
        return [
            {"draggables": [name], "targets": [place], "rule": "exact"}
            for name, place in correct_answer.items()
        ]
    return correct_answer


def _place(place):
    """A target within a draggable is written target[draggable][target]."""
    if not isinstance(place, dict):
        return place
    ((target, holder),) = place.items()
    ((draggable, outer),) = holder.items()
    return "%s[%s][%s]" % (_place(outer), draggable, target)


def _right(dragged, group):
    mine = [(name, place) for name, place in dragged if name in group["draggables"]]
    used = [name for name, _ in mine]
    listed, targets, rule = group["draggables"], group["targets"], group["rule"]
    if sorted(used) != sorted(listed) if "number" in rule else set(used) != set(listed):
        return False
    if "anyof" in rule:
        return all(any(_same(place, target) for target in targets) for _, place in mine)
    if len(mine) != len(targets):
        return False
    if "unordered_equal" in rule:
        return _pairs([place for _, place in mine], list(targets))
    if len(set(listed)) == len(targets):
        places = dict(mine)
        return all(_same(places[name], target) for name, target in zip(listed, targets))
    return all(_same(place, target) for (_, place), target in zip(mine, targets))


def _pairs(places, targets):
    """Whether each place can have a target of its own."""
    taken = {}

    def find(place, tried):
        for k, target in enumerate(targets):
            if k not in tried and _same(place, target):
                tried.add(k)
                if k not in taken or find(taken[k], tried):
                    taken[k] = place
                    return True
        return False

    return all(find(place, set()) for place in places)


def _same(a, b):
    """Whether two places are the same, points as far as their radius goes."""
    (a, reach), (b, other) = _point(a), _point(b)
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return math.hypot(a[0] - b[0], a[1] - b[1]) <= (max(reach, other) or RADIUS)


def _point(place):
    """A place without its radius, and the radius, 0 when it has none."""
    if isinstance(place, (list, tuple)):
        if len(place) == 1:
            return place[0], 0
        if isinstance(place[0], (list, tuple)):
            return place[0], place[1]
    return place, 0
