"""Method and limits: how to read a heatmap, and what it cannot say."""

import streamlit as st

from core.compare.agreement import ALIKE, APART, CHANCE, GRID, TOP
from core.explain import FAST, METHODS, Method
from core.guard import CHECKS
from core.tasks import TASKS
from core.trust.scores import SCORES
from core.ui.cutoff import SHOWN_FROM
from core.words import percent


def told(method: Method) -> None:
    """One method: what it shows, where it was published, what it is made from and what it costs."""
    passes = f" ({method.passes:,} passes)" if method.passes else ""
    st.markdown(f"**{method.title}.** {method.says} {method.paper}. From {method.needs}{passes}.")


st.header("Method and limits", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    st.subheader("How to read a heatmap", anchor=False)
    st.markdown(f"""
- It shows **where the network found evidence for one class**, not where disease is. In comparisons with radiologists
  every such method drew worse outlines than they did
  ([Saporta et al. 2022](https://doi.org/10.1038/s42256-022-00536-x)).
- **Colours are scaled within one image.** The hottest place is always hottest, however weak the evidence. Two films,
  two classes or two networks can't be compared by colour; compare their probabilities.
- A class below {percent(SHOWN_FROM)} (less among more than three) shows no map unless asked for, for the same reason.
- The map has few cells (7 x 7 for a 224-pixel network) and is smoothed to the film's size: no edge is sharp. Each cell
  lies in the middle of what it sees, which in most networks is not an even division of the film
  ([Araujo et al. 2019](https://doi.org/10.23915/distill.00021)).
- The **contour** encloses what is hotter than the chosen share of the strongest place.
- Heat on a side marker, a border, a tube or text: the network may be reading that, a shortcut, and not a lung.
""")
    st.subheader("The methods", anchor=False)
    st.markdown("**Fast.** At the last layer all come from the one pass that gave the probabilities.")
    for name in FAST:
        told(METHODS[name])
    st.markdown("""
**Slow.** They ask the network about many altered films, say how long it will take, and can be stopped; all classes come
from the same passes. Their maps are kept, so that they are made once.
""")
    for method in METHODS.values():
        if not method.fast:
            told(method)
    st.markdown("""
**Target layer.** Methods that weigh features can explain any stage of the network, and the mean of several, each scaled
first. The last one knows most of the classes and has the fewest cells.

All networks that come with this project but one end in a pooled head: with it Grad-CAM, XGrad-CAM and HiResCAM are one
and the same map. With the classic head of covid-two_block_cnn they differ. LayerCAM and Element-wise Grad-CAM are the
same with any head where no feature is negative.

**One class rather than another** explains the difference of two logits: what speaks for both cancels out.
""")
with right:
    st.subheader("What the numbers are", anchor=False)
    st.markdown("""
A percentage is the network's **calibrated softmax probability**: its share among the classes it knows, which always
add up to 100 %. Calibrated means that its logits are divided by a temperature first, fitted on films held out of
training (Guo et al. 2017, arXiv:1706.04599). It is not the chance that this patient is ill: that depends on how common
the disease is where the patient comes from.
A film of something else, a hand or an adult with heart failure, also gets 100 % shared out: so the guard looks first.
""")
    st.subheader("What is looked at before a reading", anchor=False)
    for check in CHECKS.values():
        saw = check.saw.format(stranger="an adult or a child, whichever the network does not know")
        st.markdown(f"**{saw}.** {check.advice.format(knows='either children or adults')}")
    st.markdown("""
Some of it is reason for a warning, some for no reading; both say so with figure and limit. Left-right mirroring cannot
be known from the lungs: look at the side marker. The outline of the lungs is a guide for the eye, learnt from outlines
on adults' films, and carried over to children's.
""")
    st.subheader("Who the networks have seen", anchor=False)
    for task in TASKS.values():
        st.markdown(f"**{task.question}** {task.population}")
    st.subheader("When maps are compared", anchor=False)
    st.markdown(f"""
- **Spearman's rank correlation** over {GRID} x {GRID} places of the film: 1 when both maps put them in the same order.
- **Overlap**: intersection over union of each map's hottest {percent(TOP)}; {CHANCE:.2f} when they lie independently.
- Maps are called *alike* from a correlation of {ALIKE[0]} and an overlap of {ALIKE[1]}, *different* below {APART[0]} or
  {APART[1]}. Two networks that agree may both be wrong, and for the same wrong reason.
- **One colour scale** is offered where values mean the same: within a method, and between networks only for methods
  whose cells add up to the logit. There 5 logits means: as if the whole film looked like that place.
""")
    st.subheader("How far a map can be believed", anchor=False)
    for score in SCORES.values():
        direction = "Higher" if score.higher else "Lower"
        st.markdown(f"**{score.title}.** {score.says} {direction} is better. {score.paper}.")
    st.markdown("""
Each stands beside the same figure of a random map, of as many cells as the network's last feature map has, and of a
blob at the centre: alone it has no scale.
**Stability** and the **sanity check** (Alvarez-Melis and Jaakkola 2018, arXiv:1806.08049; Adebayo et al. 2018,
arXiv:1810.03292) are rank correlations of the map with the one made of a slightly altered film, and with the one of a
network that forgot what it learnt. All of it is of one film and one class, measured when you ask for it.
""")
    st.subheader("What happens to your films", anchor=False)
    st.markdown("""
They are decoded in this server's memory and stay there, the last few dozen, until others displace them or the server
stops. Nothing is written to disk, logged or sent elsewhere. DICOM names and IDs are never read. Downloads name films by
a digest of their content unless you ask for your file names.
""")
