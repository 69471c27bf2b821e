"""A toy whose trials choose a decoding of their own, and can search again."""

from __future__ import annotations

import itertools
import json

from toy_trainable import Toy

from sweeper.protocol import (
    ConfigError,
    Decoding,
    DecodingTable,
    Estimate,
    ImageScores,
    NetworkScores,
    Problem,
    SplitScores,
)

_KEYS = {"epochs", "x", "lr", "data", "decode", "width"}
_DECODE = {"search", "method", "cut", "depth", "space", "fail"}


class ToyDecoder(Toy):
    """Decodes with `melt` (one setting: cut) or `split` (cut and depth)."""

    @classmethod
    def check_config(cls, config):
        problems = [Problem(where=k, reason="no such setting") for k in config if k not in _KEYS]
        decode = config.get("decode", {})
        problems += [
            Problem(where=f"decode.{key}", reason="no such setting")
            for key in decode
            if key not in _DECODE
        ]
        return problems

    @classmethod
    def searched_inside(cls, config):
        if config.get("decode", {}).get("search", "nested") != "nested":
            return {}
        reason = "decode.search is nested; move it to fixed.decode.space"
        return {"decode.cut": reason, "decode.method": reason}

    @classmethod
    def scored_data(cls, folder):
        return {"source": "folder", "path": str(folder)}

    @classmethod
    def prepare(cls, config, cache_dir):
        summary = super().prepare(config, cache_dir)
        path = config.get("data", {}).get("path")
        if path is None:
            return summary
        return type(summary)(lines=(f"data: {path}",), fingerprint=f"of {path}", facts={})

    def setup(self, config, context):
        super().setup(config, context)
        self.width = config.get("width", 8)
        self.best_cut = 0.25 if "path" in config.get("data", {}) else 0.5

    def step(self):
        metrics = super().step()
        if self.config.get("decode", {}).get("fail") == "chosen":
            self.newest = {"decode.cut": object()}
        elif self.epoch < 3:
            self.newest = {"decode.method": "split", "decode.cut": 0.4, "decode.depth": 2}
        else:
            self.newest = {"decode.method": "melt", "decode.cut": 0.5}
        return {key: value for key, value in metrics.items() if key != "draw"}

    def chosen(self):
        return self.newest

    def save(self, directory):
        super().save(directory)
        (directory / "weights.json").write_text(json.dumps({"width": self.width}))

    def load(self, directory):
        super().load(directory)
        if json.loads((directory / "weights.json").read_text())["width"] != self.width:
            raise ValueError("the weights have another width")

    def search_decodings(self, progress):
        decode = self.config.get("decode", {})
        if decode.get("fail") == "search":
            raise ZeroDivisionError("nothing to divide")
        if decode.get("search") == "fixed":
            where = "decode.search"
            raise ConfigError([Problem(where=where, reason="is fixed: there is nothing to search")])
        cuts = decode.get("space", {}).get("cut", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
        tried = [self._decoding("melt", 0.3, None)]
        wanted = [("melt", cut, None) for cut in cuts]
        wanted += [("split", cut, depth) for cut, depth in itertools.product(cuts, (1, 2, 3))]
        for done, settings in enumerate(wanted, start=1):
            tried.append(self._decoding(*settings))
            progress(done, len(wanted))
        chosen = max(range(len(tried)), key=lambda index: tried[index].scores["aji"])
        optimistic = tried[chosen].scores
        return DecodingTable(
            tried=tried,
            chosen=chosen,
            default=tried[0].scores,
            honest={name: value - 0.02 for name, value in optimistic.items()},
            optimistic=optimistic,
            choose_by="aji",
            goal="maximize",
            criterion="mean AJI over images",
            num_images=10,
            num_planned=len(wanted) + 1,
            notes=("2 images were hopeless",),
        )

    def score_network(self, request):
        """One number an image: the farther from it the cut, the worse."""
        decode = self.config.get("decode", {})
        if decode.get("fail") == "score":
            raise ZeroDivisionError("nothing to divide")
        cut = decode.get("cut", 0.3)
        splits = []
        for original, split in request.splits.items():
            names = ["a", "b", "c"] if original != "test" else []
            images = []
            for number, name in enumerate(names):
                picture = f"{split}_{name}.png" if number < request.num_worst else None
                if picture is not None:
                    (request.folder / picture).write_bytes(b"picture")
                scores = {"aji": 0.5 + 0.1 * number - (cut - self.best_cut) ** 2, "nuclei": 4.0}
                images.append(ImageScores(name=name, scores=scores, picture=picture))
                request.progress(number + 1, len(names))
            if images:
                estimate = Estimate(value=images[1].scores["aji"], low=0.1, high=0.9)
                splits.append(
                    SplitScores(
                        name=split,
                        images=images,
                        mean={"aji": estimate},
                        pooled={"aji": estimate},
                        levels={"aji": "pass"},
                    )
                )
        return NetworkScores(
            splits=splits,
            headline=("aji",),
            names={"aji": "AJI"},
            worst_by="aji",
            interval="made up",
            judgement=["all is well", "mind the step"],
            notes=["a toy"],
        )

    def _decoding(self, method, cut, depth):
        aji = self.epoch / 4 * (0.9 - (cut - self.best_cut) ** 2 - 0.05 * (depth or 0))
        settings = {"decode.method": method, "decode.cut": cut}
        if depth is not None:
            settings["decode.depth"] = depth
        return Decoding(settings=settings, scores={"aji": aji, "dice": aji / 2 + 0.5})
