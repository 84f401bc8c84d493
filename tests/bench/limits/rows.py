"""One line of the result: what was looked at, what was seen, the mark, and whether it is met (None: no verdict).
Where `always` is set the mark holds on the busiest machine too, and missing it is a failure of the run."""
from dataclasses import dataclass


@dataclass
class Row:
    what: str
    seen: str
    at_most: str
    met: object
    always: bool = False

    def text(self):
        verdict = {True: "met", False: "missed", None: ""}[self.met]
        return f"{self.what:24}{self.seen:76}{self.at_most:>12}  {verdict}".rstrip()
