"""One settled contract and one back-test for the tests that only look at them."""

import pytest

from capitation.contract import ContractResult, settle
from capitation.dataset import LinkedDataset
from capitation.design import ContractDesign
from capitation.shadow.back_test import BackTest, back_test


@pytest.fixture(scope="module")
def result(rand_hie: LinkedDataset, quick: ContractDesign) -> ContractResult:
    return settle(rand_hie, quick)


@pytest.fixture(scope="module")
def tested(rand_hie: LinkedDataset, quick: ContractDesign) -> BackTest:
    return back_test(rand_hie, quick)
