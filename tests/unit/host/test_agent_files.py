"""Finding agents and asking them what they are."""

from pathlib import Path

import pytest

from clusterd.host.agent_files import (
    AgentUnreadable,
    command_line,
    find_agent,
    list_agents,
    read_metadata,
)
from clusterd.model.agent import AgentName

NAME = AgentName("ocf", "test", "Agent")


def an_agent(folder: Path, text: str, mode: int = 0o755) -> Path:
    """Write `test/Agent` below a folder of the path list."""
    file = folder / "test" / "Agent"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_first_folder_that_has_it_wins(tmp_path: Path) -> None:
    """OCF RA API 1.1, path list."""
    folders = [tmp_path / "a", tmp_path / "b", tmp_path / "c"]
    second = an_agent(folders[1], "")
    an_agent(folders[2], "")

    assert find_agent(NAME, folders) == second
    assert find_agent(NAME, folders[:1]) is None


@pytest.mark.parametrize(
    "name",
    [
        AgentName("ocf", "..", "passwd"),
        AgentName("ocf", "test", "../../etc/passwd"),
        AgentName("ocf", ".hidden", "Agent"),
        AgentName("systemd", "", "sshd"),
    ],
)
def test_a_name_never_leads_out_of_the_folder(name: AgentName) -> None:
    """It comes from the configuration; the file is run as root."""
    assert find_agent(name, [Path("/etc")]) is None


def test_only_executable_files_are_listed(tmp_path: Path) -> None:
    """Each name once, sorted, hidden ones left out."""
    an_agent(tmp_path / "a", "")
    an_agent(tmp_path / "b", "")
    (tmp_path / "a" / "test" / ".hidden").write_text("")
    (tmp_path / "a" / "test" / "notes").write_text("")
    (tmp_path / "a" / "test" / "folder").mkdir()

    assert list_agents([tmp_path / "b", tmp_path / "a"]) == (NAME,)


def test_an_agent_on_the_kit_gets_the_interpreter_that_has_it(tmp_path: Path) -> None:
    """`python3` of the system may not have our package."""
    plain = an_agent(tmp_path / "a", "#!/usr/bin/env python3\nimport os\n")
    ours = an_agent(tmp_path / "b", "#!/usr/bin/env python3\nimport clusterd.ocf\n")

    assert command_line(plain, "start") == (str(plain), "start")
    assert command_line(ours, "start")[1:] == (str(ours), "start")


def test_metadata_is_what_the_agent_prints(tmp_path: Path) -> None:
    """Without anything of our environment."""
    text = "#!/bin/sh\necho \"<x $1='$OCF_RESOURCE_TYPE' home='$HOME'/>\""
    an_agent(tmp_path, text)

    assert read_metadata(NAME, [tmp_path]) == "<x meta-data='Agent' home=''/>\n"


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        pytest.param("#!/bin/sh\nexit 0", 0o644, "not executable", id="mode"),
        pytest.param("#!/bin/sh\necho oh >&2; exit 3", 0o755, "with 3: oh", id="fails"),
        pytest.param("#!/nowhere/sh\n", 0o755, "No such file", id="no interpreter"),
        pytest.param("#!/bin/sh\nsleep 60 & wait", 0o755, "than 0.2 s", id="hangs"),
    ],
)
def test_an_agent_that_does_not_answer_says_why(
    tmp_path: Path, text: str, mode: int, why: str
) -> None:
    """A hanging one is killed with its children."""
    an_agent(tmp_path, text, mode)

    with pytest.raises(AgentUnreadable, match=why):
        read_metadata(NAME, [tmp_path], limit=0.2)


def test_a_missing_agent_says_where_it_was_looked_for(tmp_path: Path) -> None:
    """The likely mistake is a wrong folder."""
    with pytest.raises(AgentUnreadable, match=f"not found in {tmp_path}"):
        read_metadata(NAME, [tmp_path])
