import os
import signal
import subprocess
import sys

import pytest

from mtl.runs import process
from mtl.runs.process import Process, start_time

ODD_NAME = "import ctypes; ctypes.CDLL(None).prctl(15, b'a) Z 1 (', 0, 0, 0); print('named', flush=True); input()"


@pytest.fixture
def child():
    popen = subprocess.Popen(
        [sys.executable, "-c", "print('up', flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    popen.stdout.readline()
    yield popen
    popen.kill()
    popen.communicate()


def test_this_process_is_alive():
    assert Process.current().alive()
    assert Process.current().pid == os.getpid()


def test_a_later_process_with_the_same_pid_is_not_taken_for_it(child):
    assert Process(child.pid, start_time(child.pid)).alive()
    assert not Process(child.pid, start_time(os.getpid()) + "0").alive()


def test_nothing_is_sent_to_a_later_process_with_the_same_pid(child):
    assert not Process(child.pid, "1").signal(signal.SIGKILL)
    assert child.poll() is None
    assert Process(child.pid, start_time(child.pid)).signal(signal.SIGKILL)
    assert child.wait(5) == -signal.SIGKILL


def test_a_zombie_is_not_alive(child, until):
    known = Process(child.pid, start_time(child.pid))
    child.kill()
    until(lambda: not known.alive(), 5)  # nobody has waited for it: it is a zombie now
    assert child.returncode is None
    assert not known.signal(signal.SIGTERM)


def test_no_process_is_not_alive(child):
    known = Process(child.pid, start_time(child.pid))
    child.kill()
    child.wait()
    assert start_time(child.pid) is None
    assert not known.alive()


@pytest.mark.skipif(not process.HAS_PROC, reason="names are read from /proc only")
def test_a_name_with_parentheses_and_spaces_changes_nothing():
    with subprocess.Popen([sys.executable, "-c", ODD_NAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as popen:
        popen.stdout.readline()
        assert int(start_time(popen.pid)) >= int(start_time(os.getpid()))
        popen.stdin.close()
        popen.kill()


def test_without_proc_ps_says_the_same(child, monkeypatch, until):
    if subprocess.run(["ps", "-o", "lstart=", "-p", "1"], capture_output=True).returncode:
        pytest.skip("there is no ps")
    monkeypatch.setattr(process, "HAS_PROC", False)
    known = Process(child.pid, start_time(child.pid))
    assert known.alive()
    assert known.start_time.count(":") == 2
    child.kill()
    until(lambda: not known.alive(), 5)
