from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RaftMessageKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RAFT_MESSAGE_KIND_UNSPECIFIED: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_PROP: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_APP: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_APP_RESP: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_VOTE: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_VOTE_RESP: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_SNAP: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_HEARTBEAT: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_HEARTBEAT_RESP: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_TRANSFER_LEADER: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_TIMEOUT_NOW: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_READ_INDEX: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_READ_INDEX_RESP: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_PRE_VOTE: _ClassVar[RaftMessageKind]
    RAFT_MESSAGE_KIND_PRE_VOTE_RESP: _ClassVar[RaftMessageKind]

class EntryKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENTRY_KIND_NORMAL: _ClassVar[EntryKind]
    ENTRY_KIND_CONF_CHANGE: _ClassVar[EntryKind]
    ENTRY_KIND_CONF_CHANGE_V2: _ClassVar[EntryKind]
RAFT_MESSAGE_KIND_UNSPECIFIED: RaftMessageKind
RAFT_MESSAGE_KIND_PROP: RaftMessageKind
RAFT_MESSAGE_KIND_APP: RaftMessageKind
RAFT_MESSAGE_KIND_APP_RESP: RaftMessageKind
RAFT_MESSAGE_KIND_VOTE: RaftMessageKind
RAFT_MESSAGE_KIND_VOTE_RESP: RaftMessageKind
RAFT_MESSAGE_KIND_SNAP: RaftMessageKind
RAFT_MESSAGE_KIND_HEARTBEAT: RaftMessageKind
RAFT_MESSAGE_KIND_HEARTBEAT_RESP: RaftMessageKind
RAFT_MESSAGE_KIND_TRANSFER_LEADER: RaftMessageKind
RAFT_MESSAGE_KIND_TIMEOUT_NOW: RaftMessageKind
RAFT_MESSAGE_KIND_READ_INDEX: RaftMessageKind
RAFT_MESSAGE_KIND_READ_INDEX_RESP: RaftMessageKind
RAFT_MESSAGE_KIND_PRE_VOTE: RaftMessageKind
RAFT_MESSAGE_KIND_PRE_VOTE_RESP: RaftMessageKind
ENTRY_KIND_NORMAL: EntryKind
ENTRY_KIND_CONF_CHANGE: EntryKind
ENTRY_KIND_CONF_CHANGE_V2: EntryKind

class RaftMessage(_message.Message):
    __slots__ = ("kind", "to", "sender", "term", "log_term", "index", "entries", "commit", "vote", "snapshot", "reject", "reject_hint", "context")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    LOG_TERM_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    VOTE_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    REJECT_FIELD_NUMBER: _ClassVar[int]
    REJECT_HINT_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    kind: RaftMessageKind
    to: int
    sender: int
    term: int
    log_term: int
    index: int
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    commit: int
    vote: int
    snapshot: Snapshot
    reject: bool
    reject_hint: int
    context: bytes
    def __init__(self, kind: _Optional[_Union[RaftMessageKind, str]] = ..., to: _Optional[int] = ..., sender: _Optional[int] = ..., term: _Optional[int] = ..., log_term: _Optional[int] = ..., index: _Optional[int] = ..., entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ..., commit: _Optional[int] = ..., vote: _Optional[int] = ..., snapshot: _Optional[_Union[Snapshot, _Mapping]] = ..., reject: _Optional[bool] = ..., reject_hint: _Optional[int] = ..., context: _Optional[bytes] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("term", "index", "kind", "data")
    TERM_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    term: int
    index: int
    kind: EntryKind
    data: bytes
    def __init__(self, term: _Optional[int] = ..., index: _Optional[int] = ..., kind: _Optional[_Union[EntryKind, str]] = ..., data: _Optional[bytes] = ...) -> None: ...

class HardState(_message.Message):
    __slots__ = ("term", "vote", "commit")
    TERM_FIELD_NUMBER: _ClassVar[int]
    VOTE_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    term: int
    vote: int
    commit: int
    def __init__(self, term: _Optional[int] = ..., vote: _Optional[int] = ..., commit: _Optional[int] = ...) -> None: ...

class ConfState(_message.Message):
    __slots__ = ("voters", "learners", "voters_outgoing", "learners_next", "auto_leave")
    VOTERS_FIELD_NUMBER: _ClassVar[int]
    LEARNERS_FIELD_NUMBER: _ClassVar[int]
    VOTERS_OUTGOING_FIELD_NUMBER: _ClassVar[int]
    LEARNERS_NEXT_FIELD_NUMBER: _ClassVar[int]
    AUTO_LEAVE_FIELD_NUMBER: _ClassVar[int]
    voters: _containers.RepeatedScalarFieldContainer[int]
    learners: _containers.RepeatedScalarFieldContainer[int]
    voters_outgoing: _containers.RepeatedScalarFieldContainer[int]
    learners_next: _containers.RepeatedScalarFieldContainer[int]
    auto_leave: bool
    def __init__(self, voters: _Optional[_Iterable[int]] = ..., learners: _Optional[_Iterable[int]] = ..., voters_outgoing: _Optional[_Iterable[int]] = ..., learners_next: _Optional[_Iterable[int]] = ..., auto_leave: _Optional[bool] = ...) -> None: ...

class Snapshot(_message.Message):
    __slots__ = ("index", "term", "conf_state", "data")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    CONF_STATE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    index: int
    term: int
    conf_state: ConfState
    data: bytes
    def __init__(self, index: _Optional[int] = ..., term: _Optional[int] = ..., conf_state: _Optional[_Union[ConfState, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...
