import pytest
import torch

from armillary.core.errors import ConfigError
from armillary.models.images.code_prior import CodePrior, GridPositions
from armillary.models.images.conditioning import CaptionEncoder, Conditioning
from armillary.models.layers.block import BlockConfig

D, N_CODES, ROWS, COLUMNS = 12, 30, 3, 4
SHAPE = BlockConfig(d_model=32, n_heads=2, d_ff=64, n_layers=2)


def made(**changes):
    torch.manual_seed(0)
    return CodePrior(N_CODES, ROWS, COLUMNS, d_condition=D, block=SHAPE.replace(**changes))


def condition(n, seq=5):
    real = torch.arange(seq) < torch.arange(1, n + 1).clamp(max=seq)[:, None]
    return Conditioning(torch.randn(n, D), torch.randn(n, seq, D), real)


def codes_of(n):
    return torch.randint(N_CODES, (n, ROWS * COLUMNS))


def drawn_by(prior, wanted, nothing, seed=0, **options):
    generators = [torch.Generator().manual_seed(seed + row) for row in range(len(wanted.vector))]
    return prior.draw(wanted, nothing, generators, **options)


def test_each_code_is_scored_and_none_is_likely_at_first():
    prior, codes, wanted = made(), codes_of(3), condition(3)
    scores = prior(codes, wanted)
    assert scores.shape == (3, ROWS * COLUMNS, N_CODES)
    entropy = torch.nn.functional.cross_entropy(scores.flatten(0, 1), codes.flatten())
    assert prior.loss(codes, wanted).item() == pytest.approx(entropy.item(), rel=1e-5)
    assert entropy.item() == pytest.approx(torch.tensor(float(N_CODES)).log().item(), rel=0.2)


@pytest.mark.parametrize("changed", [0, 4, ROWS * COLUMNS - 1])
def test_a_code_changes_the_scores_after_it_alone(changed):
    prior, codes, wanted = made(), codes_of(2), condition(2)
    other = codes.clone()
    other[:, changed] = (codes[:, changed] + 1) % N_CODES
    moved = (prior(codes, wanted) - prior(other, wanted)).abs().amax((0, 2))
    assert (moved[: changed + 1] == 0).all()
    assert (moved[changed + 1 :] > 1e-4).all()


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("with_tokens", [True, False])
def test_code_by_code_gives_the_scores_of_one_call(norm_first, with_tokens):
    prior, codes, wanted = made(norm_first=norm_first), codes_of(3), condition(3)
    if not with_tokens:
        wanted = Conditioning(wanted.vector)
    with torch.no_grad():
        scores, drawing = prior.begin(wanted)
        found = [scores] + [prior.go_on(column, drawing) for column in codes[:, :-1].T]
        assert torch.allclose(torch.stack(found, 1), prior(codes, wanted), atol=1e-5)
    assert drawing.n_read == ROWS * COLUMNS


def test_vector_and_real_tokens_have_a_say_and_padding_has_none():
    prior, codes, wanted = made(), codes_of(3), condition(3)
    before = prior(codes, wanted)

    def moved(**changes):
        parts = {"vector": wanted.vector, "tokens": wanted.tokens, "real": wanted.real} | changes
        return (prior(codes, Conditioning(**parts)) - before).abs().amax((1, 2)).min()

    other, real = torch.randn_like(wanted.tokens), wanted.real[..., None]
    assert moved(vector=torch.randn(3, D)) > 1e-3
    assert moved(tokens=torch.where(real, other, wanted.tokens)) > 1e-3
    assert moved(tokens=torch.where(real, wanted.tokens, other)) < 1e-5


def test_a_cell_is_told_by_its_row_and_column():
    positions = GridPositions(ROWS, COLUMNS, 8)
    cells = positions(0, ROWS * COLUMNS)
    assert torch.equal(positions(5, 3), cells[5:8])
    assert torch.equal(cells[6], positions.rows.weight[1] + positions.columns.weight[2])
    assert torch.allclose(cells[0] + cells[COLUMNS + 1], cells[1] + cells[COLUMNS])


def test_drawing_repeats_with_its_seed_and_leaves_torch_as_it_was():
    prior, wanted, nothing = made(dropout=0.2), condition(4), condition(4)
    before = torch.get_rng_state()
    first, again, other = (drawn_by(prior, wanted, nothing, s, guidance=2.0) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())
    assert prior.training
    assert first.shape == (4, ROWS * COLUMNS)


def test_the_likeliest_code_at_temperature_0_and_of_one_candidate():
    prior, wanted = made(), condition(3)
    drawn = drawn_by(prior, wanted, wanted, temperature=0.0)
    assert torch.equal(prior(drawn, wanted).argmax(2), drawn)
    assert torch.equal(drawn_by(prior, wanted, wanted, 5, top_k=1), drawn)


def test_guidance_goes_beyond_what_is_wanted():
    prior, wanted, nothing = made(), condition(3), condition(3)
    drawn = drawn_by(prior, wanted, nothing, temperature=0.0, guidance=3.0)
    with_it, without = prior(drawn, wanted), prior(drawn, nothing)
    assert torch.equal((without + 3 * (with_it - without)).argmax(2), drawn)
    assert torch.equal(
        drawn_by(prior, wanted, nothing, temperature=0.0, guidance=0.0),
        drawn_by(prior, nothing, nothing, temperature=0.0),
    )


@pytest.mark.parametrize(("option", "value"), [("temperature", -1.0), ("top_k", 0)])
def test_what_nothing_can_be_drawn_with_is_refused(option, value):
    wanted = condition(1)
    with pytest.raises(ConfigError, match=f"{option} takes"):
        drawn_by(made(), wanted, wanted, **{option: value})


def test_grids_are_learnt_by_heart_and_drawn_for_their_captions():
    prior = made()
    encoder = CaptionEncoder(9, 3, BlockConfig(d_model=D, n_heads=2, d_ff=24, n_layers=1))
    captions = torch.cartesian_prod(*[torch.arange(2)] * 3) + torch.tensor([0, 2, 4])  # 8 of three words
    grids = codes_of(8)
    optimizer = torch.optim.Adam([*encoder.parameters(), *prior.parameters()], lr=5e-3)
    for _ in range(60):
        loss = prior.loss(grids, encoder(captions))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    order = torch.tensor([5, 2, 7, 0, 1, 6, 3, 4])
    with torch.no_grad():
        wanted = encoder(captions[order])
    drawn = drawn_by(prior, wanted, wanted, top_k=3, temperature=0.5)
    assert loss < 0.1
    assert torch.equal(drawn, grids[order])
