from dataclasses import dataclass

import pytest
import torch
from emotalk.inference.contract import EmoTalkError
from emotalk.training.batch_parts import part_of

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Pair:
    sounds: torch.Tensor
    faces: torch.Tensor


@pytest.mark.parametrize("parts", [1, 2, 3, 6])
def test_the_parts_together_are_the_batch(parts):
    batch = Pair(torch.arange(12).reshape(6, 2), torch.arange(6))
    shared = [part_of(batch, part, parts, CPU) for part in range(parts)]
    assert torch.equal(torch.cat([part.sounds for part in shared]), batch.sounds)
    assert torch.equal(torch.cat([part.faces for part in shared]), batch.faces)
    as_mapping = [part_of(vars(batch), part, parts, CPU)["faces"] for part in range(parts)]
    assert torch.equal(torch.cat(as_mapping), batch.faces)


def test_a_batch_that_cannot_be_shared_out_is_refused():
    with pytest.raises(EmoTalkError, match="make the recipe's batch_size a multiple of 4"):
        part_of({"faces": torch.zeros(6, 2)}, 0, 4, CPU)
