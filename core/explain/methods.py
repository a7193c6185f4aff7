"""METHODS: the frozen table of explanation methods. Loading it loads no torch."""

from __future__ import annotations

from dataclasses import dataclass

from core.table import Table


@dataclass(frozen=True, slots=True)
class Method:
    """An explanation method.

    Attributes:
        name: key in the table, and of the function in the family's module.
        title: how it is written on screen.
        family: module of :mod:`core.explain` that computes it, e.g. ``"cam"``.
        needs: what it is computed from; nothing but the one pass that gave the probabilities.
        says: what its map shows, in one line for people.
        paper: where it was published.
        adds_up: whether the map's cells add up to (the positive part of) the logit where the head is a pooled one:
            then value times number of cells is in logits, and maps of two networks can be compared by it.
        by_class: whether the map depends on the class; one that does not is no evidence for any.
    """

    name: str
    title: str
    family: str
    needs: str
    says: str
    paper: str
    adds_up: bool = False
    by_class: bool = True


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
        adds_up=True,
    ),
    Method(
        "elementwise",
        "Element-wise Grad-CAM",
        "cam",
        _BOTH,
        "Adds up whatever raises the class, each feature at each place. LayerCAM's map where no feature is negative.",
        "Gildenblat and contributors 2021, GradCAMElementWise in pytorch-grad-cam",
        adds_up=True,
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
)

DEFAULT = "grad_cam"
