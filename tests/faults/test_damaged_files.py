"""Files that are torn, cut or gone after a kill or a loss of power."""

from __future__ import annotations

import shutil

import pytest
from processes import kill_all
from stage import Moment


def flip_a_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def remove(path):
    path.unlink()


matrix = pytest.mark.matrix
DAMAGES = [
    pytest.param("state/state.json", flip_a_byte, id="a byte of the state differs"),
    pytest.param("state/state.json", cut_in_half, id="the state is cut off", marks=matrix),
    pytest.param("state/state.json", remove, id="a file is gone", marks=matrix),
    pytest.param("meta.json", cut_in_half, id="our note is cut off", marks=matrix),
    pytest.param("meta.json", remove, id="our note is gone", marks=matrix),
]


@pytest.fixture
def killed(play):
    """A sweep that was killed, with its workers, in the third and last epoch of its trial 1."""
    driver = play.start(Moment(where="step", trial=1, epoch=3))
    play.stage.wait_until_reached()
    kill_all(play.victims("machine", driver))
    driver.wait()
    play.stage.let_go()
    return play


def damage(play, epoch, name, how):
    how(play.trial(1).checkpoints / f"epoch-{epoch:05d}" / name)


@pytest.mark.parametrize(("name", "how"), DAMAGES)
def test_the_checkpoint_before_a_damaged_one_is_used(killed, undisturbed, name, how):
    damage(killed, 2, name, how)
    resumed = killed.resume()
    assert resumed.wait() == 0, resumed.printed
    assert "#1 goes on after epoch 1" in resumed.printed
    for told in (resumed.printed, killed.log):
        assert "epoch-00002 is damaged" in told
    assert killed.stage.steps_of(1) == [1, 2, 2, 3]
    killed.audit()
    assert killed.curves == undisturbed


@matrix
def test_a_trial_without_a_whole_checkpoint_starts_again(killed, undisturbed):
    damage(killed, 1, "meta.json", cut_in_half)
    damage(killed, 2, "state/state.json", flip_a_byte)
    resumed = killed.resume()
    assert resumed.wait() == 0, resumed.printed
    assert "#1 starts" in resumed.printed
    assert killed.stage.steps_of(1) == [1, 2, 1, 2, 3]
    killed.audit()
    assert killed.curves == undisturbed


def nuls_at_the_end(path):
    """What a file system leaves of a line whose length it wrote and whose bytes it did not."""
    with path.open("ab") as file:
        file.write(bytes(100))


def half_a_line_more(path):
    with path.open("ab") as file:
        file.write(b'{"op_code": 8, "worker_id": "torn')


def two_lines_less(path):
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))


def empty(path):
    path.write_bytes(b"")


SPOOL = [
    pytest.param("outbox.jsonl", half_a_line_more, id="half a report"),
    pytest.param("outbox.jsonl", nuls_at_the_end, id="reports that are nothing but zeros"),
    pytest.param("outbox.jsonl", two_lines_less, id="reports are missing that were sent"),
    pytest.param("outbox.jsonl", empty, id="no reports left"),
    pytest.param("outbox.jsonl", remove, id="no file of reports"),
    pytest.param("sent.json", empty, id="an empty mark"),
    pytest.param("sent.json", cut_in_half, id="half a mark"),
    pytest.param("sent.json", remove, id="no mark"),
]


@matrix
@pytest.mark.parametrize(("name", "how"), SPOOL)
def test_a_damaged_spool_is_filled_from_the_study(killed, undisturbed, name, how):
    for trial in (0, 1):  # one is over, one is not
        how(killed.trial(trial).spool / name)
    killed.resume_to_the_end()
    killed.audit()
    assert killed.curves == undisturbed


@matrix
@pytest.mark.parametrize("how", [half_a_line_more, nuls_at_the_end])
def test_the_torn_end_of_the_journal_is_dropped(killed, undisturbed, how):
    how(killed.home / "walk" / "study.journal")
    killed.resume_to_the_end()
    killed.audit()
    assert killed.curves == undisturbed


@matrix
def test_files_of_ray_and_mlflow_are_not_missed(killed, undisturbed):
    shutil.rmtree(killed.home / "walk" / "ray")
    (killed.home / "mlflow.db").unlink()
    shutil.rmtree(killed.home / "mlartifacts", ignore_errors=True)
    killed.resume_to_the_end()
    killed.audit()
    assert killed.curves == undisturbed
