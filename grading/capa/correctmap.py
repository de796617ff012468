class CorrectMap:
    """The results of a problem, as hint functions know them: an entry an input."""

    def __init__(self, entries=None):
        self.cmap = dict(entries or {})

    def __getitem__(self, answer_id):
        return self.cmap[answer_id]

    def __iter__(self):
        return iter(self.cmap)

    def __contains__(self, answer_id):
        return answer_id in self.cmap

    def keys(self):
        return list(self.cmap)

    def get_dict(self):
        return self.cmap

    def set(self, answer_id=None, correctness=None, npoints=None, msg="", hint="", hintmode=None,
            queuestate=None, answervariable=None, **other):
        if answer_id is not None:
            self.cmap[answer_id] = dict(
                other, correctness=correctness, npoints=npoints, msg=msg, hint=hint, hintmode=hintmode,
                queuestate=queuestate, answervariable=answervariable)

    def set_dict(self, entries):
        self.cmap = {key: entry if isinstance(entry, dict) else {"correctness": entry}
                     for key, entry in entries.items()}

    def update(self, other):
        self.cmap.update(other.get_dict())

    def get_property(self, answer_id, name, default=None):
        return self.cmap.get(answer_id, {}).get(name, default)

    def set_property(self, answer_id, name, value):
        self.cmap.setdefault(answer_id, {})[name] = value

    def get_correctness(self, answer_id):
        return self.get_property(answer_id, "correctness")

    def is_correct(self, answer_id):
        if answer_id not in self.cmap:
            return None
        return self.get_correctness(answer_id) in ("correct", "partially-correct")

    def is_partially_correct(self, answer_id):
        if answer_id not in self.cmap:
            return None
        return self.get_correctness(answer_id) == "partially-correct"

    def is_queued(self, answer_id):
        return self.get_property(answer_id, "queuestate") is not None

    def get_npoints(self, answer_id):
        points = self.get_property(answer_id, "npoints")
        if points is not None:
            return points
        return 1 if self.is_correct(answer_id) else 0

    def get_msg(self, answer_id):
        return self.get_property(answer_id, "msg", "")

    def get_hint(self, answer_id):
        return self.get_property(answer_id, "hint", "")

    def get_hintmode(self, answer_id):
        return self.get_property(answer_id, "hintmode")

    def set_hint_and_mode(self, answer_id, hint, hintmode):
        self.set_property(answer_id, "hint", hint)
        self.set_property(answer_id, "hintmode", hintmode)
