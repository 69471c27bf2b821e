"""What training code reports is checked before anything is written down."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from sweeper.engine.reported import checked_choice, checked_scores, checked_table
from sweeper.errors import TrialError
from sweeper.protocol import (
    Decoding,
    DecodingTable,
    Estimate,
    ImageScores,
    NetworkScores,
    SplitScores,
)


def test_a_choice_is_what_json_gives_back():
    chosen = {"decode.cut": 0.1, "decode.sizes": (3, 5), "decode.by": {"a": None}, "on": True}
    assert checked_choice(chosen) == {
        "decode.cut": 0.1,
        "decode.sizes": [3, 5],
        "decode.by": {"a": None},
        "on": True,
    }


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (None, "None is not a mapping from dotted paths"),
        ({"cut": np.float32(0.5)}, r"chosen cut is .*0.5.* \(float32\), which is not a JSON value"),
        ({"cut": math.nan}, r"chosen cut is nan \(float\), which is not a JSON value"),
        ({"cut": {1, 2}}, r"chosen cut is \{1, 2\} \(set\)"),
        ({3: 0.5}, "a choice names 3, which is not a dotted path"),
        ({"decode..cut": 0.5}, r"'decode\.\.cut', which is not a dotted path"),
        ({"": 0.5}, "'', which is not a dotted path"),
        ({"cut": "x" * 5000}, "chosen cut has 5002 characters; 4000 at most"),
    ],
)
def test_a_choice_that_is_none(chosen, words):
    with pytest.raises(TrialError, match=words):
        checked_choice(chosen)


def table(**changes) -> DecodingTable:
    scores = {"aji": np.float64(0.5)}
    tried = [Decoding(settings={"cut": 0.5}, scores=scores)]
    whole = DecodingTable(
        tried=tried,
        chosen=0,
        default=scores,
        honest=scores,
        optimistic=scores,
        choose_by="aji",
        goal="maximize",
        criterion="mean AJI",
        num_images=1,
        num_planned=1,
    )
    return dataclasses.replace(whole, **changes)


def test_scores_become_plain_numbers():
    checked = checked_table(table())
    assert type(checked.tried[0].scores["aji"]) is float
    assert type(checked.honest["aji"]) is float
    assert checked == table()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "gave None, which is not a DecodingTable"),
        (table(goal="up"), "gave the goal 'up'"),
        (table(tried=[]), "chose 0 of 0 decodings"),
        (table(chosen=1), "chose 1 of 1 decodings"),
        (table(honest={"dice": 0.5}), "gave scores without aji, which decides"),
        (table(default={"aji": math.inf}), "gave a score aji of inf"),
        (table(default={"aji": "high"}), "aji is 'high', which is not a number"),
        (table(tried=[Decoding(settings={"cut": {1}}, scores={"aji": 1})]), "not a JSON value"),
    ],
)
def test_a_table_that_contradicts_itself(answer, words):
    with pytest.raises(TrialError, match=words):
        checked_table(answer)


def network_scores(aji=0.5, low=0.4, num_images=1):
    image = ImageScores(name="a", scores={"aji": aji})
    estimates = {"aji": Estimate(value=0.5, low=low, high=0.6)}
    split = SplitScores(
        name="val", images=[image] * num_images, mean=estimates, pooled=estimates, levels={}
    )
    return NetworkScores(
        splits=[split], headline=[], names={}, worst_by="aji", interval="", judgement=[]
    )


def test_scores_of_a_network_become_plain_numbers():
    checked = checked_scores(network_scores(aji=np.float32(0.5)))
    assert type(checked.splits[0].images[0].scores["aji"]) is float
    assert checked_scores(network_scores(low=None)) == network_scores(low=None)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "which is no NetworkScores"),
        (network_scores(num_images=0), "scores of no images"),
        (dataclasses.replace(network_scores(), splits=[]), "scores of no images"),
        (network_scores(aji=math.nan), "gave a score aji of nan"),
        (network_scores(low=-math.inf), "gave a score aji of -inf"),
        (network_scores(aji="high"), "aji is 'high', which is not a number"),
    ],
)
def test_scores_of_a_network_that_contradict_themselves(answer, words):
    with pytest.raises(TrialError, match=words):
        checked_scores(answer)
