"""What agents say about themselves, well and badly."""

import pytest

from clusterd.agents.metadata import SIZE_MAX, MetadataError, parse_metadata
from clusterd.model.agent import AgentMetadata, AgentName, OperationAdvice, Parameter

NAME = AgentName("ocf", "clusterd", "Thing")

GOOD = """<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<!-- a comment -->
<resource-agent name="Thing" version="2.14">
  <version>1.1</version>
  <longdesc lang="en">
    A thing.
  </longdesc>
  <shortdesc lang="en">Thing &amp; more</shortdesc>
  <parameters>
    <parameter name="ip" unique="1" required="1">
      <shortdesc lang="en">The address</shortdesc>
      <content type="string"/>
    </parameter>
    <parameter name="port" unique-group="endpoint" reloadable="1">
      <content type="integer" default="80"/>
    </parameter>
    <parameter name="password"/>
  </parameters>
  <actions>
    <action name="start" timeout="20"/>
    <action name="stop" timeout="1min"/>
    <action name="monitor" timeout="200ms" interval="10s" depth="10" role="Master"/>
    <action name="meta-data"/>
  </actions>
</resource-agent>
"""


def parse(text: str | bytes) -> AgentMetadata:
    """Parse as the metadata of `ocf:clusterd:Thing`."""
    return parse_metadata(text, NAME)


def refused(text: str | bytes) -> MetadataError:
    """Return what is said about unusable metadata."""
    with pytest.raises(MetadataError) as caught:
        parse(text)
    return caught.value


def wrapped(body: str) -> str:
    """Return metadata with this body; the body is line 2."""
    return f"<resource-agent name='x'>\n{body}\n</resource-agent>"


def test_all_that_matters_is_read() -> None:
    """Old and new spellings: bare seconds, Master, unique, a DOCTYPE."""
    found = parse(GOOD)

    assert found == AgentMetadata(
        name=NAME,
        version="2.14",
        summary="Thing & more",
        description="A thing.",
        parameters=(
            Parameter(
                name="ip", required=True, unique_group="ip", summary="The address"
            ),
            Parameter(
                name="port",
                kind="integer",
                default="80",
                unique_group="endpoint",
                reloadable=True,
            ),
            Parameter(name="password", private=True),
        ),
        operations=(
            OperationAdvice(name="start", timeout=20.0),
            OperationAdvice(name="stop", timeout=60.0),
            OperationAdvice(
                name="monitor", timeout=0.2, interval=10.0, depth=10, role="promoted"
            ),
            OperationAdvice(name="meta-data", timeout=0.0),
        ),
    )


def test_marked_secrets_replace_guessed_ones() -> None:
    """An agent that marks anything as private has thought about it."""
    found = parse(
        wrapped("<parameter name='user'/><parameter name='key' private='1'/>")
    )

    assert [each.private for each in found.parameters] == [False, True]


def test_bytes_and_their_encoding_are_read() -> None:
    """Agents print bytes; the XML declaration says which."""
    text = "<?xml version='1.0' encoding='iso-8859-1'?><resource-agent version='é'/>"

    assert parse(text.encode("iso-8859-1")).version == "é"


def test_a_bomb_is_refused_before_it_is_parsed() -> None:
    """Ten lines of entities would take all memory of the node."""
    fault = refused(
        '<?xml version="1.0"?>\n<!DOCTYPE x [\n<!ENTITY a "aaaa">\n'
        '<!ENTITY b "&a;&a;&a;&a;">\n]>\n<resource-agent>&b;</resource-agent>'
    )

    assert (fault.line, fault.message) == (3, "entities are not allowed")


def test_no_file_is_read_for_an_entity() -> None:
    """Metadata must not be a way to print /etc/shadow into the log."""
    refused(
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
        "<resource-agent><longdesc>&a;</longdesc></resource-agent>"
    )


def test_hidden_entities_are_refused_as_well() -> None:
    """UTF-16 hides the sign from a search for bytes."""
    text = '<!DOCTYPE x [<!ENTITY a "a">]><resource-agent>&a;</resource-agent>'

    assert refused(text.encode("utf-16")).message == "not text in UTF-8"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("", 1, "printed nothing", id="nothing"),
        pytest.param("  \n ", 1, "printed nothing", id="blanks"),
        pytest.param("usage: x {start|stop}", 1, "not well-formed", id="usage text"),
        pytest.param("<a>\n<b></a>", 2, "not well-formed", id="open element"),
        pytest.param("<html/>", 1, "`<html>`", id="another document"),
        pytest.param(wrapped("<parameter/>"), 2, "without `name`", id="no name"),
        pytest.param(wrapped("<action/>"), 2, "without `name`", id="no action"),
        pytest.param(
            wrapped("<action name='start' timeout='soon'/>"), 2, "`soon`", id="no time"
        ),
        pytest.param(
            wrapped("<action name='start' timeout='5y'/>"), 2, "`5y`", id="odd unit"
        ),
        pytest.param(
            wrapped("<action name='monitor' depth='x'/>"), 2, "`x`", id="no depth"
        ),
        pytest.param("x" * (SIZE_MAX + 1), 1, "at most", id="too long"),
        pytest.param(wrapped("<a/>" * 20_001), 1, "elements", id="too many"),
    ],
)
def test_unusable_metadata_says_why_and_where(text: str, line: int, words: str) -> None:
    """The author of an agent reads this."""
    fault = refused(text)

    assert fault.line == line
    assert words in fault.message
    assert "`ocf:clusterd:Thing`" in str(fault)


def test_deep_nesting_is_an_error_and_not_a_crash() -> None:
    """libxml2 has a limit; reaching it must not end the process."""
    assert "not well-formed" in refused("<a>" * 100_000).message
