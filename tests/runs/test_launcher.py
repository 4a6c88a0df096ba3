import os
import signal
import subprocess
import sys

import pytest

from mtl.errors import StorageError, WorkerLost
from mtl.runs.launcher import LocalLauncher, child_environment
from mtl.runs.presence import Claim


def worker_of(store, run_id):
    claim = Claim.read(store.folder(run_id))
    return claim and claim.process


def log_of(store, run_id):
    return (store.folder(run_id) / "worker.log").read_text()


def test_a_run_started_cold_finishes_and_is_reaped(store, toy_config, launcher, ending):
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    assert launcher.alive(run_id)
    assert ending.code() == 0
    assert not launcher.alive(run_id)
    assert store.status(run_id).state == "finished"
    assert store.status(run_id).step == 3
    assert store.newest_snapshot(run_id).name == "step-00000003"
    assert "toy assembled" in log_of(store, run_id)
    with pytest.raises(ChildProcessError):
        os.waitpid(worker_of(store, run_id).pid, os.WNOHANG)


def test_a_worker_that_dies_before_it_takes_its_run_ends_once(store, toy_config, environment, ending):
    launcher = LocalLauncher(environment, [sys.executable, "-c", "import os; os._exit(9)"])
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    assert ending.code() == 9
    launcher.close()


def test_a_program_that_is_not_there_is_a_typed_error(store, toy_config, environment, ending):
    launcher = LocalLauncher(environment, ["/nowhere/python"])
    launcher.warm()
    run_id = store.create(toy_config(3))
    with pytest.raises(WorkerLost):
        launcher.start(store.folder(run_id), ending)
    assert not ending.codes
    assert "No process could be started" in log_of(store, run_id)


def test_a_log_that_cannot_be_written_is_a_typed_error(store, toy_config, launcher, ending):
    run_id = store.create(toy_config(3))
    (store.folder(run_id) / "worker.log").mkdir()
    with pytest.raises(StorageError):
        launcher.start(store.folder(run_id), ending)
    assert not launcher.alive(run_id)


def test_kill_lets_a_worker_save_and_stop(store, toy_config, launcher, ending, until):
    run_id = store.create(toy_config(10_000))
    launcher.start(store.folder(run_id), ending)
    until(lambda: store.status(run_id).step > 3)
    assert launcher.kill(run_id, grace=20)
    now = store.status(run_id)
    assert (now.state, now.reason) == ("stopped", "signal")
    assert store.newest_snapshot(run_id).name == f"step-{now.step:08d}"
    assert ending.code() == 0


@pytest.mark.parametrize("stuck", ["python", "interpreter"])
def test_kill_ends_a_worker_that_ignores_everything(store, toy_config, launcher, ending, until, stuck):
    run_id = store.create(toy_config(10, stuck=stuck))
    launcher.start(store.folder(run_id), ending)
    until(lambda: store.status(run_id).step == 2)
    assert launcher.kill(run_id, grace=0.5)
    assert not worker_of(store, run_id).alive()
    now = store.status(run_id)
    assert (now.state, now.reason, now.step) == ("interrupted", "killed", 2)
    assert ending.code() == -signal.SIGKILL


def test_there_is_nothing_to_kill_of_a_run_that_does_not_run(launcher):
    assert not launcher.kill("a" * 22)


def test_close_lets_runs_save_and_leaves_no_process(store, toy_config, launcher, ending, until):
    run_id = store.create(toy_config(10_000))
    launcher.start(store.folder(run_id), ending)
    launcher.warm()
    standby = launcher._standby.process
    until(lambda: store.status(run_id).step > 3)
    launcher.close()
    assert not standby.alive()
    assert not worker_of(store, run_id).alive()
    now = store.status(run_id)
    assert (now.state, now.reason) == ("interrupted", "server_stopped")
    assert store.newest_snapshot(run_id).name == f"step-{now.step:08d}"
    launcher.warm()
    assert launcher._standby is None
    with pytest.raises(WorkerLost):
        launcher.start(store.folder(run_id), ending)


def test_secrets_do_not_reach_the_worker_and_the_rest_does():
    kept = {"PATH": "/bin", "HF_HOME": "/hf", "HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://x", "OMP_NUM_THREADS": "2"}
    kept |= {"TOKENIZERS_PARALLELISM": "false", "MONKEY": "1", "KEYBOARD": "us"}
    dropped = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"]
    dropped += ["OPENAI_API_KEY", "my_secret", "DB_PASSWORD", "GITHUB_TOKENS"]
    child = child_environment(kept | dict.fromkeys(dropped, "hush"))
    assert "hush" not in child.values()
    assert kept.items() <= child.items()
    assert child["HF_HUB_DISABLE_IMPLICIT_TOKEN"] == "1"  # nor from the file where a login left it


def test_the_environment_arrives_in_the_process(store, environment, toy_config, ending):
    program = "import os; print(os.environ.get('HF_TOKEN'), os.environ.get('HF_HOME'), os.getpgrp() == os.getpid())"
    launcher = LocalLauncher(environment | {"HF_TOKEN": "hush", "HF_HOME": "/hf"}, [sys.executable, "-c", program])
    run_id = store.create(toy_config(3))
    launcher.start(store.folder(run_id), ending)
    ending.code()
    assert log_of(store, run_id) == "None /hf True\n"
    launcher.close()


def test_the_standard_library_is_all_that_the_page_imports_for_its_runs(environment):
    program = "import sys, mtl.runs.queue, mtl.runs.launcher; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= sys.stdlib_module_names | {"mtl", "__main__"}
