"""Where the cells of a feature map lie on the film."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grid:
    """Middles of what the cells of a map see, along a side of the input, alike for both sides.

    A map divided evenly over the film would show its cells elsewhere: in a ResNet half a cell too far down and to the
    right, since its pooling is padded at the top and left; without padding (LeNet), towards the edges. Araujo, Norris &
    Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", doi 10.23915/distill.00021.

    Attributes:
        start: middle of what the first cell sees; the input itself has cells of 1 whose first lies at a half.
        step: from one cell to the next.
    """

    start: float = 0.5
    step: float = 1.0

    def after(self, kernel: int, stride: int = 1, padding: int = 0) -> Grid:
        """The grid of the map that a convolution or pooling leaves."""
        return Grid(self.start + ((kernel - 1) / 2 - padding) * self.step, self.step * stride)

    def over(self, side: float) -> Grid:
        """The same with the input's side, in pixels, as the unit."""
        return Grid(self.start / side, self.step / side)
