"""What to do with a member whose log is lost: it comes back as a new one."""

from pathlib import Path

from clusterd.daemon.identity import NodeIdentity
from clusterd.host.storage_fault import CorruptedLog, MissingLog


class LogLost(Exception):
    """This node's log is damaged or gone; the text has every step of the cure."""

    def __init__(
        self, fault: CorruptedLog | MissingLog, identity: NodeIdentity, data: Path
    ) -> None:
        name = identity.name
        mount = "if its file system is only not mounted, mount it. Else, " * isinstance(
            fault, MissingLog
        )
        super().__init__(
            f"{fault.path}: {fault.cause}; {name} may have forgotten what it promised, "
            f"and must not vote; hint: {mount}the other members have all of it: on one "
            f"of them `clusterctl node remove {name}` and `clusterctl cluster token`, "
            f"here `rm -r {data}`, start clusterd, `clusterctl cluster join TOKEN`"
        )
