from pathlib import Path

import pytest

from app import RUNS, parse_flags


def test_without_flags_the_page_is_for_one_person_on_this_machine() -> None:
    flags = parse_flags([], {})
    assert (flags.host, flags.port, flags.runs_dir, flags.slots, flags.shared) == ("127.0.0.1", None, RUNS, 1, False)


def test_a_space_is_shared_and_open_to_its_proxy() -> None:
    flags = parse_flags([], {"SPACE_ID": "someone/lab"})
    assert (flags.host, flags.shared) == ("0.0.0.0", True)
    assert parse_flags(["--no-shared"], {"SPACE_ID": "someone/lab"}).shared is False


def test_the_environment_is_the_default_and_flags_win() -> None:
    environment = {"GRADIO_SERVER_PORT": "7999", "GRADIO_SERVER_NAME": "0.0.0.0"}
    flags = parse_flags([], environment)
    assert (flags.host, flags.port) == ("0.0.0.0", 7999)
    flags = parse_flags(["--host", "::1", "--port", "8000", "--runs-dir", "elsewhere", "--slots", "2"], environment)
    assert (flags.host, flags.port, flags.runs_dir, flags.slots) == ("::1", 8000, Path("elsewhere"), 2)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--port", "0"], {}),
        (["--port", "99999"], {}),
        (["--port", "seven"], {}),
        ([], {"GRADIO_SERVER_PORT": "seven"}),
        (["--slots", "0"], {}),
        (["--slots", "²"], {}),
        (["--nonsense"], {}),
    ],
)
def test_an_impossible_flag_is_refused_in_one_line(arguments, environment, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_flags(arguments, environment)
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
