"""What a node may hold that must exist only once, and how it would let go.

Both sides of the lease inequality ask here: the node, for what its guard has to
take away, and the coordinator, for how long that can take. They must agree.
"""

from clusterd.model.exclusive import release_in_force
from clusterd.model.names import NodeName, ResourceName, history_name
from clusterd.model.resource import Release
from clusterd.state.activity import may_be_active
from clusterd.state.replicated import Replicated


def holdings(state: Replicated, node: NodeName) -> dict[ResourceName, Release]:
    """Return every exclusive primitive that may be active on `node`.

    One that was never looked for there counts: nobody can say that it is not.
    """
    status = state.status
    names = {each.name for each in state.configuration.primitives()}
    names |= {
        history_name(each.instance)
        for each in status.history.values()
        if each.node == node
    }
    found: dict[ResourceName, Release] = {}
    for name in sorted(names):
        history = status.of(node, name)
        release = release_in_force(state.configuration, name, history)
        if release is not None and (history is None or may_be_active(history)):
            found[name] = release
    return found
