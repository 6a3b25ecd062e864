"""Products with weights that are laid out once are those of `torch.nn.functional.linear`."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F

from musicgen.models import packed_product
from musicgen.models.packed_product import FEWEST, can_be_packed, prepare_product

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def tried_anew():
    packed_product._is_packed_right.cache_clear()
    yield
    packed_product._is_packed_right.cache_clear()


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("is_transposed", [False, True])
@pytest.mark.parametrize("times", [1, FEWEST])
def test_products_are_those_of_linear(times, is_transposed, precision):
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(96, 40, generator=generator).to(precision)
    weight = weight.T if is_transposed else weight
    product = prepare_product(weight, 5, times)
    for rows in (5, 3):
        values = torch.randn(rows, weight.shape[1], generator=generator).to(precision)
        found, wanted = product(values), F.linear(values, weight)
        assert found.dtype == precision
        torch.testing.assert_close(found.float(), wanted.float(), rtol=1e-2, atol=1e-2)
        if precision == torch.float32:
            torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)


def test_weights_that_change_afterwards_change_no_product():
    weight = torch.ones(32, 32)
    product = prepare_product(weight, 4, FEWEST)
    before = product(torch.ones(4, 32)).clone()
    if can_be_packed(CPU, torch.float32):
        weight += 1.0
    assert torch.equal(product(torch.ones(4, 32)), before)


def test_a_few_products_and_other_types_and_machines_take_the_plain_way(monkeypatch):
    weight = torch.ones(32, 32)
    assert isinstance(prepare_product(weight, 4, FEWEST - 1), partial)
    assert prepare_product(weight, 4, FEWEST - 1).func is F.linear
    assert not can_be_packed(CPU, torch.float64)
    assert not can_be_packed(torch.device("cuda"), torch.float32)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    packed_product._is_packed_right.cache_clear()
    assert prepare_product(weight, 4, FEWEST).func is F.linear


def test_an_operator_that_is_gone_or_says_something_else_is_not_used(monkeypatch):
    def gone(*_arguments):
        raise AttributeError("no such operator")

    monkeypatch.setattr(packed_product, "_multiply", gone)
    assert not can_be_packed(CPU, torch.float32)
    packed_product._is_packed_right.cache_clear()
    monkeypatch.setattr(packed_product, "_multiply", lambda _packed, values: values)
    assert not can_be_packed(CPU, torch.float32)
