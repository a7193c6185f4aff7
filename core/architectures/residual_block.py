"""The block of the residual VGG."""

from __future__ import annotations

from torch import Tensor, nn


class ResidualVggBlock(nn.Module):
    """Two convolutions beside one, each path batch-normed, rectified and pooled by 2, then summed.

    Args:
        inputs: channels that come in.
        outputs: channels that leave.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.main = nn.Sequential(*_layer(inputs, outputs), *_layer(outputs, outputs), nn.MaxPool2d(2))
        self.shortcut = nn.Sequential(*_layer(inputs, outputs), nn.MaxPool2d(2))

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inputs, h, w]`` → ``[N, outputs, h // 2, w // 2]``."""
        total: Tensor = self.main(x) + self.shortcut(x)
        return total


def _layer(inputs: int, outputs: int) -> tuple[nn.Conv2d, nn.BatchNorm2d, nn.ReLU]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)  # the batch norm after it has the bias
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
