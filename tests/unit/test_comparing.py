"""A space file beside its sweep: real files, lines and commands to go on with."""

from __future__ import annotations

import dataclasses
import shlex
import shutil

import pytest

from sweeper import extending
from sweeper.checking import check_space
from sweeper.comparing import compare, note_on_changes, require_new
from sweeper.errors import (
    SpecError,
    SweepExistsError,
    SweepLockedError,
    SweepNotFoundError,
    UserError,
)
from sweeper.extending import require_old, take_over
from sweeper.paths import Home
from sweeper.request import Request
from sweeper.space import enqueue_values
from sweeper.study.lock import drive
from sweeper.study.store import create_sweep, open_spec, open_study
from sweeper.taking_up import take_up
from sweeper.watching import SilentWatcher


class Notes(SilentWatcher):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def folder(tmp_path, toys, monkeypatch):
    """A folder of somebody who has started toy.yaml; the current one."""
    for file in toys.glob("toy*"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWEEPER_HOME", raising=False)
    return tmp_path


@pytest.fixture
def start(folder):
    """Creates the sweep as `run` would, up to the moment at which its first trial has begun."""

    def create(*overrides: str) -> Home:
        home = Home.at(None)
        request = Request.here("toy.yaml", overrides)
        file = request.read()
        checked = check_space(file, home)
        create_sweep(
            home,
            request.rooted(file.spec),
            start=enqueue_values(file.spec),
            attrs={
                "facts": {"data_fingerprint": checked.data.fingerprint},
                **request.attrs(),
            },
        )
        study = open_study(home, file.spec.name)
        study.ask().suggest_float("x", 0.9, 0.9)
        return home

    return create


def edit(folder, *changes: tuple[str, str]) -> None:
    text = (folder / "toy.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "toy.yaml").write_text(text)


def refused(home: Home, *overrides: str) -> SweepExistsError:
    request = Request.here("toy.yaml", overrides)
    with pytest.raises(SweepExistsError) as error:
        require_new(home, request, request.read())
    return error.value


def test_a_name_that_is_free(folder):
    request = Request.here("toy.yaml", ())
    require_new(Home.at(None), request, request.read())


def test_the_same_again(start, folder):
    home = start()
    error = refused(home)
    assert error.message == (
        f"a sweep named 'toy' exists already in {folder / 'sweeps'}\nit is what toy.yaml asks for"
    )
    assert error.hint.splitlines() == [
        "go on as before: sweeper resume toy",
        "      start another: sweeper run toy.yaml --name toy-2",
    ]


def test_what_can_be_taken_over(start, folder):
    home = start()
    edit(folder, ("trials: 8", "trials: 12"), ("high: 1.0, log", "high: 2.0, log"))
    error = refused(home)
    assert error.message.splitlines()[1:] == [
        "it can take this over from toy.yaml:",
        "  toy.yaml:8: space.lr.high: 1.0 -> 2.0 (wider)",
        "  toy.yaml:12: budget.trials: 8 -> 12",
    ]
    assert "with the changes: sweeper run toy.yaml --extend\n" in error.hint


def test_a_sweep_that_runs(start):
    home = start()
    with drive(home.sweep("toy")):
        assert refused(home, "budget.trials=9").hint.splitlines() == [
            "it runs; watch it: sweeper status toy",
            "      stop it, then go on: sweeper stop toy",
            "      with the changes: sweeper run toy.yaml --set budget.trials=9 --extend",
            "      start another: sweeper run toy.yaml --set budget.trials=9 --name toy-2",
        ]
        with pytest.raises(SweepLockedError):
            extend(home, "budget.trials=9")


def test_what_can_not(start, folder):
    home = start()
    edit(folder, ("trials: 8", "trials: 12"), ("high: 1.0}", "high: 0.5}"), ("seed: 7\n", ""))
    error = refused(home)
    assert error.message.splitlines()[1:] == [
        "it can take this over from toy.yaml:",
        "  toy.yaml:11: budget.trials: 8 -> 12",
        "it can't take this over:",
        # What is no longer in the file has no line of its own.
        "  toy.yaml:1: seed: 7 -> 0",
        "    every random draw of the trials so far follows from it",
        "  toy.yaml:6: space.x.high: 1.0 -> 0.5 (narrower)",
        "    trial #0 lies outside, with 0.9",
    ]
    assert "--extend" not in error.hint


def test_lines_of_a_parameter_that_takes_several(start, folder):
    home = start()
    edit(
        folder,
        (
            "  x: {type: float, low: 0.0, high: 1.0}",
            "  x:\n    type: float\n    low: 0.0\n    high: 3.0",
        ),
    )
    assert "  toy.yaml:10: space.x.high: 1.0 -> 3.0 (wider)" in refused(home).message


def test_overrides_are_places_too_and_are_remembered(start, folder):
    home = start("fixed.epoch_s=0.5", "name=my-sweep")
    error = refused(home, "name=my-sweep", "budget.trials=9")
    assert error.message.splitlines()[1:] == [
        "it can take this over from toy.yaml:",
        "  --set budget.trials: 8 -> 9",
        "it can't take this over:",
        "  toy.yaml:5: fixed.epoch_s: 0.5 -> 0.0",
        "    the trials so far were trained with another value",
        "it was started with: sweeper run toy.yaml --set fixed.epoch_s=0.5 --name my-sweep",
    ]
    assert error.hint.endswith("sweeper run toy.yaml --set budget.trials=9 --name my-sweep-2")


def test_commands_can_be_typed(folder, parse_command):
    overrides = ["space.lr={type: float, low: 1e-4, high: 1}", "name=other"]
    command = Request.here("a file.yaml", overrides).command(Home.at("x y"), "--extend")
    words = shlex.split(command.replace(f" --home {folder / 'x y'}", ""))
    assert words[0] == "sweeper"
    parsed = parse_command(words[1:])
    assert str(parsed["space"]) == "a file.yaml"
    assert (parsed["set_"], parsed["name"]) == ([overrides[0]], "other")
    assert parsed["extend"] is True


def test_a_folder_without_a_study_is_only_refused(folder):
    (folder / "sweeps" / "toy").mkdir(parents=True)
    assert "exists already" in refused(Home.at(None)).message


def test_data_is_found_from_where_the_sweep_was_started(start, folder, monkeypatch):
    home = start("data.path=images")
    assert open_spec(home.sweep("toy")).data == {"path": str(folder / "images")}
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert note_on_changes(home, home.sweep("toy"), open_study(home, "toy")) == ""


def note(home: Home) -> str:
    return note_on_changes(home, home.sweep("toy"), open_study(home, "toy"))


def test_resume_says_nothing_when_there_is_nothing_to_say(start, folder):
    home = start()
    assert note(home) == ""
    text = (folder / "toy.yaml").read_text()
    (folder / "toy.yaml").write_text(text.replace("name: toy", "name: other"))
    assert note(home) == ""
    (folder / "toy.yaml").unlink()
    assert note(home) == ""


def test_resume_says_what_has_changed(start, folder):
    home = start("fixed.epoch_s=0.5")
    edit(folder, ("trials: 8", "trials: 12"))
    assert note(home).splitlines() == [
        "going on as before, without what has changed in the space file",
        "it can take this over from toy.yaml:",
        "  toy.yaml:12: budget.trials: 8 -> 12",
        "with the changes: sweeper run toy.yaml --set fixed.epoch_s=0.5 --extend",
    ]
    edit(folder, ("seed: 7", "seed: 8"))
    assert note(home).splitlines()[-2:] == [
        "  toy.yaml:3: seed: 7 -> 8",
        "    every random draw of the trials so far follows from it",
    ]


def test_a_broken_file_is_no_obstacle(start, folder):
    home = start()
    edit(folder, ("trials: 8", "trails: 8"), ("seed: 7", "seed: x"))
    assert note(home) == (
        "going on without toy.yaml, which has mistakes: "
        "toy.yaml:3: seed: must be a whole number, not 'x', which is a text (and 1 more)"
    )
    (folder / "toy.yaml").write_text("a: [")
    assert "which has mistakes: toy.yaml:1" in note(home)


def extend(home: Home, *overrides: str) -> list[str]:
    request = Request.here("toy.yaml", overrides)
    file = request.read()
    notes = Notes()
    require_old(home, request, file)
    with take_up(home, file.spec.name, notes) as held:
        take_over(held, request, file, notes)
    return notes.texts


def test_extending_says_each_change_and_remembers_the_new_request(start, folder):
    home = start()
    edit(folder, ("trials: 8", "trials: 12"), ("high: 1.0, log", "high: 2.0, log"))
    assert extend(home, "pruning=[]") == [
        "taken over: --set pruning: removed: gate on magnitude",
        "taken over: toy.yaml:8: space.lr.high: 1.0 -> 2.0 (wider)",
        "taken over: toy.yaml:12: budget.trials: 8 -> 12",
    ]
    assert note(home) == ""
    assert extend(home, "pruning=[]") == ["toy.yaml asks for nothing new"]
    request = Request.here("toy.yaml", ["pruning=[]"])
    study = open_study(home, "toy")
    assert compare(request, request.read(), home.sweep("toy"), study).changes == []


def test_constraints_are_taken_over_if_the_trials_keep_to_them(start, folder):
    home = start()  # A trial has begun with x = 0.9.
    add = "budget: {trials: 8, epochs: 4}\nconstraints:\n  - "
    edit(folder, ("budget: {trials: 8, epochs: 4}", f"{add}x > lr\n  - x < 0.5"))
    with pytest.raises(UserError) as error:
        extend(home)
    assert error.value.message.splitlines()[1:] == [
        "  toy.yaml:15: constraints.1: added: x < 0.5",
        "    trial #0 breaks it, with x 0.9",
    ]
    edit(folder, ("x < 0.5", "x <= 0.9"))
    assert extend(home)[:2] == [
        "taken over: toy.yaml:14: constraints.0: added: x > lr",
        "taken over: toy.yaml:15: constraints.1: added: x <= 0.9",
    ]
    edit(folder, ("  - x > lr\n", ""))
    assert extend(home)[0] == "taken over: toy.yaml:13: constraints: removed: x > lr"
    assert open_spec(home.sweep("toy")).constraints == ("x <= 0.9",)


def test_one_forbidden_change_forbids_all(start, folder):
    home = start()
    before = {p: p.read_bytes() for p in (folder / "sweeps" / "toy").glob("s*")}
    edit(folder, ("trials: 8", "trials: 12"), ("seed: 7", "seed: 8"), ("epochs: 4", "epochs: 5"))
    with pytest.raises(UserError) as error:
        extend(home)
    assert error.value.exit_code == 2
    assert error.value.message.splitlines() == [
        "'toy' can't take this over; nothing was changed:",
        "  toy.yaml:3: seed: 7 -> 8",
        "    every random draw of the trials so far follows from it",
        "  toy.yaml:12: budget.epochs: 4 -> 5",
        "    scores after other numbers of epochs can't be compared",
    ]
    assert "sweeper run toy.yaml --name toy-2" in error.value.hint
    assert {p: p.read_bytes() for p in (folder / "sweeps" / "toy").glob("s*")} == before


def test_extending_nothing(folder):
    with pytest.raises(SweepNotFoundError, match="no sweep named 'toy'") as error:
        extend(Home.at(None))
    assert error.value.hint == "start it: sweeper run toy.yaml"


def test_a_change_that_the_training_code_refuses_is_not_taken_over(start, folder):
    home = start()
    edit(folder, ("metric: magnitude", "metric: magnitud"))
    with pytest.raises(SpecError, match=r"toy.yaml:11: pruning.0.metric"):
        extend(home)
    assert open_spec(home.sweep("toy")).pruning[0].metric == "magnitude"


def test_other_data_under_the_same_name(start, folder, monkeypatch):
    home = start()
    real = extending.check_space

    def changed(file, place):
        checked = real(file, place)
        return dataclasses.replace(
            checked, data=type(checked.data)(lines=(), fingerprint="other", facts={})
        )

    monkeypatch.setattr(extending, "check_space", changed)
    edit(folder, ("trials: 8", "trials: 12"))
    with pytest.raises(UserError, match="its data is not what it was at the start"):
        extend(home)
    assert open_spec(home.sweep("toy")).budget.trials == 8


def test_torn_journal_and_half_done_change_are_mended_and_told(start, folder, monkeypatch):
    home = start()
    edit(folder, ("trials: 8", "trials: 12"))
    paths = home.sweep("toy")
    with monkeypatch.context() as patch:
        patch.setattr(extending, "extend_sweep", _dying(extending.extend_sweep))
        with pytest.raises(KeyboardInterrupt):
            extend(home)
    whole = paths.journal.read_bytes()
    *_, last = whole.splitlines(keepends=True)
    paths.journal.write_bytes(whole + last[: len(last) // 2])
    assert open_spec(paths).budget.trials == 8
    notes = Notes()
    with take_up(home, "toy", notes):
        pass
    assert notes.texts == [
        f"the last write to the study was cut short; its {len(last) // 2} bytes were dropped",
        "a change of the space that was being taken over is taken over now",
    ]
    assert open_spec(paths).budget.trials == 12
    assert paths.journal.read_bytes().startswith(whole)


def _dying(real):
    """Decides, and dies before it has done anything."""
    from sweeper.study import extension

    def dying(*args, **kwargs):
        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(extension, "finish_extension", die)
            real(*args, **kwargs)

    return dying
