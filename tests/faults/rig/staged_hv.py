"""The trainable of 2-D nuclei, which stops after an epoch that it has not saved yet."""

from __future__ import annotations

from stage import here, pause_at

from trainables.hv import HVTrainable


class StagedHV(HVTrainable):
    """Trains as `HVTrainable` does."""

    def setup(self, config, context):
        super().setup(config, context)
        self.number = context.number
        if stage := here():
            stage.note_worker(self.number)

    def step(self):
        metrics = super().step()
        pause_at("step", self.number, int(metrics["epoch"]))
        return metrics
