"""METHODS: the frozen table of explanation methods. Loading it loads no torch.

Fast ones need the reading alone, or one pass from an earlier layer on. Slow ones ask the network about many altered
films: they report progress, can be stopped, and take all classes from the same passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.table import Table


@dataclass(frozen=True, slots=True)
class Method:
    """An explanation method.

    Attributes:
        name: key in the table, and of the function in the family's module.
        title: how it is written on screen.
        family: module of :mod:`core.explain` that computes it, e.g. ``"cam"``.
        needs: what it is computed from.
        says: what its map shows, in one line for people.
        paper: where it was published.
        adds_up: whether the map's cells, with those that speak against the class, add up to the logit where the head is
            a pooled one: then value times number of cells is in logits, and maps of two networks can be compared by it.
        by_class: whether the map depends on the class; one that does not is no evidence for any.
        signed: whether it leaves out what speaks against the class.
        fast: whether it comes from what the reading left behind; otherwise it takes many passes of the network.
        passes: how many; ``None``: one for each channel of the layer explained.
        back: whether every pass also goes back to the film, once for each class.
        by_layer: whether it explains a layer's map; otherwise the network's input.
        from_layer: whether its passes begin at that layer: at the last one the head alone is asked.
    """

    name: str
    title: str
    family: str
    needs: str
    says: str
    paper: str
    adds_up: bool = False
    by_class: bool = True
    signed: bool = True
    fast: bool = True
    passes: int | None = 0
    back: bool = False
    by_layer: bool = True
    from_layer: bool = False

    def passes_for(self, channels: int, classes: int) -> int:
        """How many passes it takes, there and back counted apart.

        Args:
            channels: of the layer explained.
            classes: that the network knows.
        """
        there = channels if self.passes is None else self.passes
        return there * (1 + classes) if self.back else there


_BOTH = "features and gradients"

METHODS: Table[Method] = Table(
    "method",
    Method(
        "grad_cam",
        "Grad-CAM",
        "cam",
        _BOTH,
        "Places whose features, weighed by their mean influence on the class, speak for it.",
        "Selvaraju et al. 2017, arXiv:1610.02391",
        adds_up=True,
    ),
    Method(
        "grad_cam_pp",
        "Grad-CAM++",
        "cam",
        _BOTH,
        "Like Grad-CAM, but features count only where they raise the class: finds several places rather than one.",
        "Chattopadhay et al. 2018, arXiv:1710.11063",
    ),
    Method(
        "xgrad_cam",
        "XGrad-CAM",
        "cam",
        _BOTH,
        "Like Grad-CAM, with influence averaged where a feature is strong. The same map where the head only pools.",
        "Fu et al. 2020, arXiv:2008.02312",
        adds_up=True,
    ),
    Method(
        "hires_cam",
        "HiResCAM",
        "cam",
        _BOTH,
        "Features times their influence, place by place. The same map as Grad-CAM where the head only pools.",
        "Draelos and Carin 2020, arXiv:2011.08891",
        adds_up=True,
    ),
    Method(
        "layer_cam",
        "LayerCAM",
        "cam",
        _BOTH,
        "Like Grad-CAM, but counts only what raises the class, place by place: wider, and never cancelled out.",
        "Jiang et al. 2021, doi 10.1109/TIP.2021.3089943",
    ),
    Method(
        "elementwise",
        "Element-wise Grad-CAM",
        "cam",
        _BOTH,
        "Adds up whatever raises the class, each feature at each place. LayerCAM's map where no feature is negative.",
        "Gildenblat and contributors 2021, GradCAMElementWise in pytorch-grad-cam",
    ),
    Method(
        "eigen_cam",
        "Eigen-CAM",
        "eigen",
        "features",
        "The main pattern in the features: what stands out to the network, whatever it decides. Same for every class.",
        "Muhammad and Yeasin 2020, arXiv:2008.00299",
        by_class=False,
    ),
    Method(
        "eigen_grad_cam",
        "Eigen-Grad-CAM",
        "eigen",
        _BOTH,
        "The main pattern in the features weighed by their influence on the class: smoother than HiResCAM.",
        "Gildenblat and contributors 2021, EigenGradCAM in pytorch-grad-cam, after arXiv:2008.00299",
    ),
    Method(
        "score_cam",
        "Score-CAM",
        "masked",
        "features, and one pass of the film for each of them",
        "Adds up the features, each weighed by how sure of the class the network is when it sees little else.",
        "Wang et al. 2020, arXiv:1910.01279",
        fast=False,
        passes=None,
    ),
    Method(
        "ablation_cam",
        "Ablation-CAM",
        "ablated",
        "features, and what the network says without each of them",
        "Adds up the features, each weighed by how much the class loses when it is silenced.",
        "Desai and Ramaswamy 2020, doi 10.1109/WACV45572.2020.9093360",
        fast=False,
        passes=None,
        from_layer=True,
    ),
    Method(
        "occlusion",
        "Occlusion sensitivity",
        "masked",
        "many passes of the film, each with a square greyed out",
        "What the class loses when a square there, an eighth of the film wide, is greyed out.",
        "Zeiler and Fergus 2014, arXiv:1311.2901",
        fast=False,
        passes=15**2,
        by_layer=False,
    ),
    Method(
        "rise",
        "RISE",
        "masked",
        "many passes of the film, each behind a random mask",
        "How much more the class gets when a place is seen than on average, over random masks that hide half the film.",
        "Petsiuk et al. 2018, arXiv:1806.07421",
        fast=False,
        passes=1000,
        by_layer=False,
    ),
    Method(
        "integrated_gradients",
        "Integrated gradients",
        "along",
        "gradients by the film",
        "Each pixel's share in what sets the film apart from an even grey: fine and speckled.",
        "Sundararajan et al. 2017, arXiv:1703.01365",
        fast=False,
        passes=32,
        back=True,
        by_layer=False,
    ),
    Method(
        "smooth_grad",
        "SmoothGrad",
        "along",
        "gradients by the film",
        "How strongly the class reacts to each pixel, in either direction, averaged over noisy copies of the film.",
        "Smilkov et al. 2017, arXiv:1706.03825",
        signed=False,
        fast=False,
        passes=32,
        back=True,
        by_layer=False,
    ),
)

DEFAULT = "grad_cam"

FAST: Final = tuple(name for name, method in METHODS.items() if method.fast)
"""What the reading alone suffices for."""
