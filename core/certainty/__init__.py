"""How sure is a network, really? From what it said of validation films, before any test film is looked at.

::

    noise      how often a recorded kind is another than the true one
    sets       classes among which the true one is, at a level: conformal prediction
    deferral   when a film needs a human reader
    wording    three levels of confidence, and how often each was right
    fitted     all of it for one checkpoint
    measured   what it is worth on test films: coverage, risk and coverage
    phrases    sets and several readings, in words
    spread     one film mirrored and shifted: does the answer stay (loads torch)

Only NumPy is needed, and only arithmetic is done: a reading costs no second pass.
"""

from core.certainty.deferral import HUMAN, TARGET, TARGETS, Target
from core.certainty.fitted import LEVEL, LEVELS, TOLD, Certainty, certainty_of, fit
from core.certainty.measured import Coverage, Right, Risk, coverage, kept, risk, said
from core.certainty.phrases import UNPROMISED, either, set_in_words, votes
from core.certainty.sets import Sets
from core.certainty.wording import WORDINGS, Wording

__all__ = [
    "HUMAN",
    "LEVEL",
    "LEVELS",
    "TARGET",
    "TARGETS",
    "TOLD",
    "UNPROMISED",
    "WORDINGS",
    "Certainty",
    "Coverage",
    "Right",
    "Risk",
    "Sets",
    "Target",
    "Wording",
    "certainty_of",
    "coverage",
    "either",
    "fit",
    "kept",
    "risk",
    "said",
    "set_in_words",
    "votes",
]
