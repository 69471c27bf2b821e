from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from trainables.problems import find_problems


class Circle(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["circle"]
    radius: float = Field(gt=0)


class Box(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["box"]
    sides: tuple[int, int] = (1, 1)
    look: Literal["plain", "circle"] = "plain"


class Weights(BaseModel):
    model_config = ConfigDict(extra="forbid")
    magnitude: float = 1.0
    gradient: float = 2.0

    @model_validator(mode="after")
    def _something_is_learnt(self) -> "Weights":
        if self.magnitude == self.gradient == 0:
            raise ValueError("all weights are 0.")
        return self


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    shape: Annotated[Circle | Box, Field(discriminator="kind")]
    weights: Weights = Weights()
    clip: float | None = None


CIRCLE = {"kind": "circle", "radius": 1.0}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"shape": CIRCLE}, []),
        ({}, ["shape: is missing"]),
        ({"shape": {"radius": 1.0}}, ["shape.kind: is missing"]),
        ({"shape": {"kind": "disc"}}, ["shape.kind: should be 'circle', 'box', not 'disc'"]),
        ({"shape": {"kind": "circle"}}, ["shape.radius: is missing"]),
        (
            {"shape": {"kind": "circle", "radius": -1}},
            ["shape.radius: should be greater than 0, not -1"],
        ),
        (
            {"shape": {"kind": "circle", "radius": 1, "sides": [1, 2]}},
            ["shape.sides: unknown name, known are kind, radius"],
        ),
        (
            {"shape": {"kind": "box", "sides": [1, "x"]}},
            [
                "shape.sides.1: should be a valid integer, unable to parse string as an integer, "
                "not 'x'"
            ],
        ),
        (
            {"shape": {"kind": "box", "look": "shiny"}},
            ["shape.look: should be 'plain' or 'circle', not 'shiny'"],
        ),
        (
            {"shape": CIRCLE, "weights": {"magnitud": 1}},
            ["weights.magnitud: unknown name, did you mean 'magnitude'?"],
        ),
        (
            {"shape": CIRCLE, "weights": {"qqq": 1}},
            ["weights.qqq: unknown name, known are gradient, magnitude"],
        ),
        (
            {"shape": CIRCLE, "weights": {"magnitude": 0, "gradient": 0}},
            ["weights: all weights are 0"],
        ),
        (
            {"shape": CIRCLE, "weight": {}, "clip": "a"},
            [
                "clip: should be a valid number, unable to parse string as a number, not 'a'",
                "weight: unknown name, did you mean 'weights'?",
            ],
        ),
    ],
)
def test_each_mistake_is_named_where_the_user_wrote_it(config, expected) -> None:
    assert sorted(str(problem) for problem in find_problems(Settings, config)) == expected
