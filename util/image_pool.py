"""The history of generated images that a discriminator is shown (Shrivastava et al. 2017)."""
from typing import Any

import torch


class ImagePool:
    """Keeps the last `pool_size` generated images and mixes them into what it is asked about.

    pool_size: how many images; 0 hands every query straight back.
    seed: of the draws, which come from the pool's own generator.
    """

    def __init__(self, pool_size: int, seed: int = 0) -> None:
        self.pool_size = pool_size
        self.images: list[torch.Tensor] = []
        self._generator = torch.Generator().manual_seed(seed)

    def query(self, images: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) → (N, C, H, W), detached: while the pool fills, the images themselves; later, each
        is swapped with even odds for a random image of the pool, whose place it takes.
        """
        images = images.detach()
        if self.pool_size == 0:
            return images
        return torch.stack([self._exchange(image) for image in images])

    def _exchange(self, image: torch.Tensor) -> torch.Tensor:
        if len(self.images) < self.pool_size:
            self.images.append(image.clone())
            return image
        if torch.rand((), generator=self._generator) < 0.5:
            return image
        place = int(torch.randint(self.pool_size, (), generator=self._generator))
        old, self.images[place] = self.images[place], image.clone()
        return old

    def state_dict(self) -> dict[str, Any]:
        return {"images": [image.cpu() for image in self.images], "generator": self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        self.images = [image.to(device) for image in state["images"]]
        self._generator.set_state(state["generator"].cpu())
