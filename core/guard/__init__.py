"""Is this a film that the network knows? A verdict before the reading, with reasons.

::

    seen        an X-ray → a few numbers about the image itself; how it lies, where its lungs are
    known       features of training films → how far a film is from them; kept as an aid of the checkpoint
    standard    features → what they are measured in
    population  what the orientation network looks at → the odds that a film is of another population
    checks      CHECKS: what is looked at, and from which figure on it matters
    verdict     accepted, caution, refused or unknown, and why
    making      films → the statistics of one network, its limits, and what the guard is worth
    negatives   images that are no chest films, made by code or shipped by installed packages, to measure all this on

Left-right mirroring is not looked for: the lungs alone do not tell.
"""

from core.guard.checks import CHECKS, Check
from core.guard.known import Known, known_of, name_of
from core.guard.seen import Seen, see, with_aids
from core.guard.verdict import Reason, Verdict, judge

__all__ = ["CHECKS", "Check", "Known", "Reason", "Seen", "Verdict", "judge", "known_of", "name_of", "see", "with_aids"]
