"""Mistakes in the space and beside it.

A row: old text, new text, then the messages without the name of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

TABLE = {
    # parameters
    "misspelt type": (
        "type: int",
        "type: itn",
        ["9: space.model.width.type: unknown type 'itn'; did you mean int?"],
    ),
    "unknown type": (
        "type: int",
        "type: uniform",
        ["9: space.model.width.type: unknown type 'uniform'; known: float, int, choice, fixed"],
    ),
    "no type": (
        "type: int, ",
        "",
        ["9: space.model.width.type: is missing: one of float, int, choice, fixed"],
    ),
    "misspelt key hides a missing one": (
        "high: 32",
        "hihg: 32",
        ["9: space.model.width.hihg: unknown key; did you mean high?"],
    ),
    "a value instead of a parameter": (
        "{type: fixed, value: mean}",
        "mean",
        [
            "12: space.loss.norm: must be a mapping of keys to values, not 'mean'; a value that "
            "does not vary is {type: fixed, value: ...}"
        ],
    ),
    "a group instead of dots": (
        "loss.norm: {type: fixed, value: mean}",
        "loss: {norm: {type: fixed, value: mean}}",
        [
            "10: space.loss.kind: lies inside of loss, which is in the space too",
            "11: space.loss.gamma: lies inside of loss, which is in the space too",
            "12: space.loss: is a group; write names with dots instead, such as loss.norm",
        ],
    ),
    "not a path": (
        "loss.norm:",
        "loss..norm:",
        ["12: space.loss..norm: 'loss..norm' is not a dotted path of settings such as optim.lr"],
    ),
    "low above high": (
        "low: 8",
        "low: 64",
        ["9: space.model.width.low: low 64 is not below high 32"],
    ),
    "low equal to high": (
        "low: 8",
        "low: 32",
        ["9: space.model.width.low: low 32 is not below high 32"],
    ),
    "wider than any number": (
        "{type: fixed, value: mean}",
        "{type: float, low: -1e308, high: 1e308}",
        ["12: space.loss.norm.high: the range is wider than a number can tell"],
    ),
    "step too fine": (
        "{type: fixed, value: mean}",
        "{type: float, low: 0, high: 1, step: 1e-6}",
        [
            "12: space.loss.norm.step: step 1e-06 is too fine for the range from 0 to 1; "
            "leave it out"
        ],
    ),
    "log of zero": (
        "low: 1e-4",
        "low: 0",
        ["8: space.optim.lr.low: a log scale needs low above 0, not 0"],
    ),
    "log with a step": (
        "log: true",
        "log: true, step: 1e-4",
        ["8: space.optim.lr.step: a log scale can't have steps; leave out log or step"],
    ),
    "step that does not fit": (
        "step: 8",
        "step: 7",
        ["9: space.model.width.step: steps of 7 from 8 do not end at 32; the last is 29"],
    ),
    "step too large": (
        "step: 8",
        "step: 80",
        ["9: space.model.width.step: step 80 is larger than the range from 8 to 32"],
    ),
    "choice of nothing": (
        "values: [dice, focal]",
        "values: []",
        ["10: space.loss.kind.values: must not be empty"],
    ),
    "choice twice": (
        "values: [dice, focal]",
        "values: [dice, focal, dice]",
        ['10: space.loss.kind.values.2: "dice" stands twice'],
    ),
    "choice of equals": (
        "{type: fixed, value: mean}",
        "{type: choice, values: [0, false]}",
        ["12: space.loss.norm.values.1: 0 and false can't be told apart"],
    ),
    # conditions
    "misspelt parent": (
        "when: {loss.kind: focal}",
        "when: {loss.knid: focal}",
        ["11: space.loss.gamma.when.loss.knid: no parameter of the space; did you mean loss.kind?"],
    ),
    "impossible value": (
        "when: {loss.kind: focal}",
        "when: {loss.kind: [focal, bce]}",
        ["11: space.loss.gamma.when.loss.kind: loss.kind can't be 'bce'; it is one of dice, focal"],
    ),
    "never true": (
        "when: {loss.kind: focal}",
        "when: {loss.kind: []}",
        ["11: space.loss.gamma.when.loss.kind: an empty list never comes true"],
    ),
    "continuous parent": (
        "when: {loss.kind: focal}",
        "when: {optim.lr: 1e-3}",
        [
            "11: space.loss.gamma.when.optim.lr: optim.lr is continuous; a condition needs a "
            "choice, an int or a step"
        ],
    ),
    "circle": (
        "values: [dice, focal]",
        "values: [dice, focal], when: {model.width: 8}}\n"
        "  model.width: {type: int, low: 8, high: 16, when: {loss.kind: dice}",
        ["9: space.model.width: stands twice, in lines 9 and 11"],
    ),
    "its own parent": (
        "step: 8",
        "step: 8, when: {model.width: 8}",
        ["9: space.model.width.when: conditions run in a circle: model.width -> model.width"],
    ),
    # places
    "in space and fixed": (
        "{schedule: cosine}",
        "{schedule: cosine, lr: 1}",
        ["8: space.optim.lr: is in fixed too; a setting either varies or not"],
    ),
    "inside of a value": (
        "optim: {schedule: cosine}",
        "model: unet",
        ["9: space.model.width: fixed.model is a value, so nothing can lie inside of it"],
    ),
    "inside of a parameter": (
        "loss.norm:",
        "optim:",
        [
            "8: space.optim.lr: lies inside of optim, which is in the space too",
            "12: space.optim: is in fixed too; a setting either varies or not",
        ],
    ),
    "in space and data": (
        "loss.norm:",
        "data.size_px:",
        ["12: space.data.size_px: is in data too; a setting either varies or not"],
    ),
    "epochs in the space": (
        "loss.norm:",
        "epochs:",
        ["12: space.epochs: the number of epochs is budget.epochs; it can't vary"],
    ),
    "data in the space": (
        "loss.norm:",
        "data:",
        ["12: space.data: can't vary as a whole; write data.SETTING"],
    ),
    "epochs in fixed": (
        "optim: {schedule: cosine}",
        "epochs: 5",
        ["6: fixed.epochs: the number of epochs is budget.epochs"],
    ),
    "data in fixed": (
        "optim: {schedule: cosine}",
        "data: {source: folder}",
        ["6: fixed.data: data has a section of its own: move it there"],
    ),
    "dots in fixed": (
        "optim: {schedule: cosine}",
        "optim.schedule: cosine",
        ["6: fixed.optim.schedule: no dots here; write optim: and below it schedule:"],
    ),
    # start
    "start outside": (
        "optim.lr: 1e-3",
        "optim.lr: 1",
        ["14: start.0.optim.lr: can't be 1; it is a number from 0.0001 to 0.01"],
    ),
    "start between steps": (
        "optim.lr: 1e-3",
        "model.width: 9",
        ["14: start.0.model.width: can't be 9; it is a whole number from 8 to 32 in steps of 8"],
    ),
    "start of another": (
        "optim.lr: 1e-3",
        "loss.norm: sum",
        ["14: start.0.loss.norm: can't be 'sum'; it is fixed to 'mean'"],
    ),
    "start of a broken parameter is not blamed": (
        "values: [dice, focal]",
        "values: []",
        ["10: space.loss.kind.values: must not be empty"],
    ),
    "start misspelt": (
        "optim.lr: 1e-3",
        "optim.rl: 1e-3",
        ["14: start.0.optim.rl: no parameter of the space; did you mean optim.lr?"],
    ),
    "start not active": (
        "{optim.lr: 1e-3, loss.kind: focal}",
        "{loss.gamma: 2, loss.kind: dice}",
        ["14: start.0.loss.gamma: is used only when loss.kind is focal, and that is 'dice'"],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_mistake(sound: str, messages: Callable[..., list[str]], case: str) -> None:
    old, new, expected = TABLE[case]
    assert sound.count(old) == 1, "the row must change one place"
    assert messages(sound.replace(old, new)) == expected


def test_a_circle_of_two(sound: str, messages: Callable[..., list[str]]) -> None:
    text = sound.replace("step: 8}", "step: 8, when: {loss.kind: dice}}").replace(
        "[dice, focal]}", "[dice, focal], when: {model.width: 8}}"
    )
    (message,) = messages(text)
    assert re.fullmatch(
        r"(9: space.model.width|10: space.loss.kind).when: conditions run in a circle: "
        r"(model.width -> loss.kind -> model.width|loss.kind -> model.width -> loss.kind)",
        message,
    )
