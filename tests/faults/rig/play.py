"""One sweep under test: started, resumed, looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from checks import Curves, check_the_rest, curves_of
from processes import RIG, Command, kill_all, left_behind, part_of
from stage import Moment, Stage

from sweeper.paths import Home, TrialPaths

__all__ = ["Play"]

_MOST_RESUMES = 4


@dataclass(frozen=True, kw_only=True)
class Play:
    """See the module's docstring.

    Attributes:
        home: Its home folder.
        stage: Where its processes and the test meet.
        name: Of the sweep.
        space: Name of the space file.
        settings: For `--set`.
        store: MLflow's address; None: the store in `home`.
        door: Goes before every command.
        commands: All that were started.
    """

    home: Path
    stage: Stage
    name: str = "walk"
    space: str = "walk.yaml"
    settings: Sequence[str] = ()
    store: str | None = None
    door: Sequence[str] = ()
    commands: list[Command] = field(default_factory=list, repr=False)

    def start(self, moment: Moment | None = None) -> Command:
        """Starts the sweep, which is to stop at a moment."""
        if moment is not None:
            self.stage.ask_for(moment)
        words = [word for setting in self.settings for word in ("--set", setting)]
        where = ["--tracking-uri", self.store] if self.store else []
        named = ["--name", self.name]
        return self.command("run", self.space, *named, *words, *where, staged=True)

    def resume(self, *arguments: str) -> Command:
        return self.command("resume", self.name, *arguments)

    def resume_to_the_end(self) -> list[int]:
        """Resumes as often as it takes.

        Returns:
            The exit codes; the last one is 0.
        """
        codes: list[int] = []
        while not codes or codes[-1]:
            command = self.resume()
            codes.append(command.wait())
            assert "Traceback" not in command.printed, command.printed
            assert len(codes) < _MOST_RESUMES, command.printed
        return codes

    def victims(self, name: str, driver: Command, trial: int = 1) -> list[psutil.Process]:
        """The processes that die together; `trial` says which worker."""
        match name:
            case "driver":
                return [psutil.Process(driver.pid)]
            case "worker":
                return [psutil.Process(self.stage.worker_of(trial))]
            case "raylet":
                return [part_of(driver.pid, "raylet")]
            case "machine":
                process = psutil.Process(driver.pid)
                return [process, *process.children(recursive=True)]
        raise ValueError(name)

    def audit(self) -> None:
        """Fails unless everything is there once."""
        command = self.command("audit", self.name)
        assert command.wait() == 0, command.printed
        assert "all in order" in command.printed, command.printed
        check_the_rest(self.home, self.stage, self.store, self.name)

    @property
    def curves(self) -> Curves:
        return curves_of(self.home, self.name)

    @property
    def log(self) -> str:
        return Home.at(self.home).sweep(self.name).log.read_text(encoding="utf-8")

    def trial(self, number: int) -> TrialPaths:
        return Home.at(self.home).sweep(self.name).trial(number)

    def command(self, *arguments: str, staged: bool = False) -> Command:
        """Any command of sweeper on this home."""
        script = [str(RIG / "staged_driver.py")] if staged else ["-m", "sweeper"]
        words = [*script, *arguments, "--home", str(self.home)]
        command = Command(words, stage=self.stage, door=self.door)
        self.commands.append(command)
        return command

    def close(self) -> None:
        """Ends whatever is left of it."""
        kill_all(left_behind(self.stage))
        for command in self.commands:
            command.wait()
