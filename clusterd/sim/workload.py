"""What users ask, drawn from the seed, and what they are told."""

from collections.abc import Callable
from dataclasses import replace

from clusterd.model.configuration import Configuration
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Role
from clusterd.model.status import Hold, HoldKind, Move
from clusterd.node.effects import Answer
from clusterd.node.inputs import Asked
from clusterd.sim.clocks import WALL_EPOCH
from clusterd.sim.computers import Computer
from clusterd.sim.dice import SeededDice
from clusterd.sim.scenario import PROXIES, VIP, Scenario, configuration, with_role
from clusterd.sim.story import Story
from clusterd.sim.world import World
from clusterd.state.command import (
    CleanUp,
    ClearHold,
    Command,
    Configure,
    SetHold,
    StartMove,
)
from clusterd.state.reply import Accepted, Reply

PAUSE = (0.5, 8.0)
"""Seconds between two wishes."""
IMPATIENCE = 5.0
"""Seconds after which a user asks another node for what must be done."""
OnReply = Callable[[NodeName, Command, Reply], None]


class Workload:
    """Users at random nodes. `on_reply` hears of every answer."""

    def __init__(
        self,
        scenario: Scenario,
        world: World,
        computers: dict[NodeName, Computer],
        story: Story,
        on_reply: OnReply,
    ) -> None:
        self._scenario = scenario
        self._world = world
        self._computers = computers
        self._story = story
        self._on_reply = on_reply
        self._dice = SeededDice(scenario.seed, "workload")
        self._waiting: dict[int, tuple[NodeName, Command, OnReply | None]] = {}
        self._count = 0
        self._is_over = False
        self.wanted = configuration(scenario, self._dice)

    @property
    def count(self) -> int:
        """How much was asked."""
        return self._count

    def begin(self) -> None:
        """Give the cluster its first configuration, then ask for this and that."""
        self.insist(self._configure(self.wanted))
        self._world.after(self._dice.between(*PAUSE), self._wish)

    def end(self) -> None:
        """Take back everything temporary, so that all is wanted everywhere.

        To be called again while the cluster does not come to rest: what somebody
        asked for on a node that was cut off may be carried out late.
        """
        self._is_over = True
        for name in self._scenario.primitives:
            self.wanted = with_role(self.wanted, name, None)
        self.insist(self._configure(self.wanted))
        self.insist(ClearHold(author="end"))
        for node in self._scenario.nodes:
            self.insist(ClearHold(node=node, author="end"))
        for resource in (VIP, PROXIES, *self._scenario.apps):
            for node in self._scenario.nodes:
                self.insist(ClearHold(node=node, resource=resource, author="end"))
        self.insist(CleanUp(author="end"))

    def insist(self, command: Command, on_reply: OnReply | None = None) -> None:
        """Ask one node after another until somebody says that it is done."""
        done = [False]

        def heard(node: NodeName, asked: Command, reply: Reply) -> None:
            if isinstance(reply, Accepted) and not done[0]:
                done[0] = True
                if on_reply is not None:
                    on_reply(node, asked, reply)

        def ask_again() -> None:
            if not done[0]:
                self.ask(self._dice.pick(list(self._computers)), command, heard)
                self._world.after(IMPATIENCE, ask_again)

        ask_again()

    def ask(
        self, node: NodeName, command: Command, on_reply: OnReply | None = None
    ) -> None:
        """Ask one node once; there may never be an answer."""
        self._count += 1
        self._waiting[self._count] = (node, command, on_reply)
        self._story.tell(
            self._world.now, node, f"asked #{self._count} {_words(command)}"
        )
        self._computers[node].feed(Asked(ticket=self._count, command=command))

    def answered(self, answer: Answer) -> None:
        """Take in an answer."""
        waiting = self._waiting.pop(answer.ticket, None)
        if waiting is None:
            return
        node, command, on_reply = waiting
        self._story.tell(
            self._world.now, node, f"answers #{answer.ticket} {answer.reply}"
        )
        self._on_reply(node, command, answer.reply)
        if on_reply is not None:
            on_reply(node, command, answer.reply)

    def _wish(self) -> None:
        if self._is_over:
            return
        node = self._dice.pick(list(self._computers))
        self.ask(node, self._draw())
        self._world.after(self._dice.between(*PAUSE), self._wish)

    def _draw(self) -> Command:
        kinds: list[tuple[int, Callable[[], Command]]] = [
            (4, self._reconfigure),
            (4, self._standby),
            (6, self._online),
            (6, self._move),
            (3, self._some_clean_up),
            (2, self._ban),
        ]
        return self._dice.weighted(kinds)()

    def _configure(self, wanted: Configuration) -> Configure:
        return Configure(
            text=f"# {self._count}",
            configuration=wanted,
            author="sim",
            message=f"wish {self._count}",
            wall=self._wall(),
        )

    def _reconfigure(self) -> Command:
        """Change parameters, roles or everything."""
        dice = self._dice
        if dice.chance(0.4):
            self.wanted = configuration(self._scenario, dice)
        else:
            name = dice.pick((VIP, *self._scenario.apps))
            role = dice.pick((None, None, Role.STOPPED))
            self.wanted = with_role(self.wanted, name, role)
        wanted = self.wanted
        if dice.chance(0.15):
            gone = dice.pick(self._scenario.apps)
            kept = tuple(each for each in wanted.resources if each.name != gone)
            wanted = replace(wanted, resources=kept, constraints=())
        return self._configure(wanted)

    def _standby(self) -> Command:
        return SetHold(hold=self._hold(HoldKind.STANDBY, None))

    def _online(self) -> Command:
        node = self._dice.pick(self._scenario.nodes)
        return ClearHold(kind=HoldKind.STANDBY, node=node, wall=self._wall())

    def _ban(self) -> Command:
        return SetHold(hold=self._hold(HoldKind.BAN, self._resource()))

    def _hold(self, kind: HoldKind, resource: ResourceName | None) -> Hold:
        now = self._wall()
        return Hold(
            kind=kind,
            node=self._dice.pick(self._scenario.nodes),
            resource=resource,
            author=f"user-{self._count}",
            since_wall=now,
            until_wall=now + 15.0 if self._dice.chance(0.5) else None,
        )

    def _move(self) -> Command:
        node = self._dice.pick((None, *self._scenario.nodes))
        move = Move(
            resource=self._resource(),
            node=node,
            source=None if node else self._dice.pick(self._scenario.nodes),
            author=f"user-{self._count}",
            since_wall=self._wall(),
        )
        return StartMove(move=move)

    def _some_clean_up(self) -> Command:
        return CleanUp(
            resource=self._dice.pick((None, self._resource())),
            author=f"user-{self._count}",
            wall=self._wall(),
        )

    def _resource(self) -> ResourceName:
        return self._dice.pick((VIP, *self._scenario.apps))

    def _wall(self) -> float:
        return WALL_EPOCH + self._world.now


def _words(command: Command) -> str:
    match command:
        case Configure(configuration=wanted, message=message):
            names = " ".join(each.name for each in wanted.resources)
            return f"Configure {message}: {names}"
        case SetHold(hold=hold):
            what = [hold.kind.value, hold.resource, hold.node]
            return "SetHold " + " ".join(each for each in what if each)
        case StartMove(move=move):
            return f"StartMove {move.resource} {move.source} -> {move.node}"
        case _:
            return type(command).__name__
