"""The fields of constraints."""

from clusterd.config.field import Field, Kind, Shape, words_of
from clusterd.model.constraint import OrderKind
from clusterd.model.resource import Role

_NAME = Field(
    "name", Kind.NAME, "The name in `explain` and `diff`.", unset="made from its parts"
)

CONSTRAINTS = Shape(
    name="constraints",
    title="constraints",
    sentence="Wishes and bans, each kind in a list.",
    fields=(
        Field(
            "location",
            Kind.LIST,
            "Which nodes a resource likes, avoids or requires.",
            shape="location",
        ),
        Field(
            "colocation",
            Kind.LIST,
            "Which resources belong together or apart.",
            shape="colocation",
        ),
        Field("order", Kind.LIST, "Which resource waits for which.", shape="order"),
    ),
)

LOCATION = Shape(
    name="location",
    title="constraints.location[]",
    sentence="A resource and one of `prefers`, `avoids`, `requires`, `node`.",
    fields=(
        _NAME,
        Field("resource", Kind.RESOURCE, "Whose place it is about.", required=True),
        Field("prefers", Kind.NODE, "A node it likes, by `score` (100 if not given)."),
        Field(
            "avoids",
            Kind.NODE,
            "A node it shuns, by `score` (100 if not given; `mandatory` is a ban).",
        ),
        Field(
            "requires",
            Kind.NODE,
            "The only node it may run on; all other nodes listed under `nodes` are "
            "banned.",
        ),
        Field("node", Kind.NODE, "A node, with a signed `score`."),
        Field("score", Kind.SCORE, "How much.", unset="100"),
    ),
)

COLOCATION = Shape(
    name="colocation",
    title="constraints.colocation[]",
    sentence="A resource and one of `with`, `apart-from`.",
    fields=(
        _NAME,
        Field("resource", Kind.RESOURCE, "Who follows.", required=True),
        Field("with", Kind.RESOURCE, "Whom it follows."),
        Field("apart-from", Kind.RESOURCE, "Whom it keeps away from."),
        Field(
            "score",
            Kind.SCORE,
            "How much; `mandatory`: it stops rather than break this.",
            default="mandatory",
        ),
        Field(
            "role",
            Kind.WORD,
            "Only copies of `resource` in this role.",
            words=words_of(Role),
            unset="any",
        ),
        Field(
            "with-role",
            Kind.WORD,
            "Only copies of the other one in this role.",
            words=words_of(Role),
            unset="any",
        ),
    ),
)

ORDER_ACTIONS = ("start", "stop", "promote", "demote")

ORDER = Shape(
    name="order",
    title="constraints.order[]",
    sentence="`first`, then `then`; stopping goes the other way round.",
    fields=(
        _NAME,
        Field("first", Kind.RESOURCE, "Who is waited for.", required=True),
        Field("then", Kind.RESOURCE, "Who waits.", required=True),
        Field(
            "first-action",
            Kind.WORD,
            "The action that must be done before.",
            words=ORDER_ACTIONS,
            default="start",
        ),
        Field(
            "then-action",
            Kind.WORD,
            "The action that waits.",
            words=ORDER_ACTIONS,
            unset="the same as `first-action`",
        ),
        Field(
            "kind",
            Kind.WORD,
            "`optional`: only if both happen anyway; `serialize`: never at the same "
            "time.",
            words=words_of(OrderKind),
            default="mandatory",
        ),
        Field(
            "symmetrical",
            Kind.FLAG,
            "Whether stopping goes the other way round.",
            default="true",
        ),
    ),
)
