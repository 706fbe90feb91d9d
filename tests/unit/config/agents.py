"""Metadata of two agents, as the real ones describe themselves."""

from clusterd.model.agent import AgentMetadata, AgentName, OperationAdvice, Parameter

VIP = AgentMetadata(
    name=AgentName("ocf", "clusterd", "VIP"),
    parameters=(
        Parameter(name="ip", required=True, unique_group="address"),
        Parameter(name="prefix", kind="integer"),
        Parameter(name="nic"),
        Parameter(name="preferred", kind="boolean", default="yes"),
        Parameter(name="secret", kind="integer", private=True),
    ),
    operations=(
        OperationAdvice(name="start", timeout=25.0),
        OperationAdvice(name="stop", timeout=26.0),
        OperationAdvice(name="monitor", timeout=27.0, interval=12.0),
        OperationAdvice(name="monitor", timeout=28.0, interval=33.0, depth=10),
        OperationAdvice(name="meta-data", timeout=5.0),
    ),
)

DUMMY = AgentMetadata(
    name=AgentName("ocf", "clusterd", "Dummy"),
    parameters=(Parameter(name="fail_start", kind="integer", default="0"),),
    operations=(
        OperationAdvice(name="start", timeout=20.0),
        OperationAdvice(name="stop", timeout=20.0),
        OperationAdvice(name="monitor", timeout=20.0, interval=10.0),
    ),
)

METADATA = {str(each.name): each for each in (VIP, DUMMY)}
