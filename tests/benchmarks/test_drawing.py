import torch
from benchmarks.drawing import main


def test_every_family_learns_and_draws():
    options = ["--families", "gan", "autoregressive", "--size", "200k", "--steps", "1", "--rounds", "1"]
    with torch.random.fork_rng():
        found = main(options).markdown()
    assert found.count("plain PyTorch loop, the same module") == 2
    rows = [line for line in found.splitlines() if line.startswith(("| gan |", "| autoregressive |"))]
    assert len(rows) == 2
    assert all(float(cell.replace(",", "")) > 0 for row in rows for cell in row.split("|")[3:5])
