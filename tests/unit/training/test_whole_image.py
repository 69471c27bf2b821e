import pytest
import torch
from torch import Tensor, nn

from trainables.whole_image import predict_whole


class Blur(nn.Module):
    """Sees two pixels in each direction, and says how large the piece was that it got."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(2)])
        self.largest_px = 0

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        self.largest_px = max(self.largest_px, *x.shape[-2:])
        blurred = self.layers(x)
        return {"np": blurred, "hv": torch.cat([x, -x], dim=1)}


@pytest.mark.parametrize(
    ("shape", "tile_px"), [((37, 50), 16), ((16, 16), 16), ((8, 33), 16), ((17, 5), 12)]
)
def test_tiles_give_what_the_whole_image_gives(shape: tuple[int, int], tile_px: int) -> None:
    torch.manual_seed(0)
    model = Blur()
    image = torch.randn(1, 1, *shape)
    with torch.inference_mode():
        expected = predict_whole(model, image, tile_px=1000)
        model.largest_px = 0
        found = predict_whole(model, image, tile_px=tile_px, margin_px=3)
    assert model.largest_px <= tile_px
    assert found["np"].shape == (1, 1, *shape)
    assert found["hv"].shape == (1, 2, *shape)
    assert torch.equal(found["hv"], expected["hv"])
    torch.testing.assert_close(found["np"], expected["np"])


def test_half_precision_comes_back_as_single() -> None:
    class Half(nn.Module):
        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"np": x.bfloat16()}

    assert predict_whole(Half(), torch.ones(1, 1, 4, 4))["np"].dtype is torch.float32
