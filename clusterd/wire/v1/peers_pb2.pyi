from clusterd.wire.v1 import raft_pb2 as _raft_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Frame(_message.Message):
    __slots__ = ("hello", "welcome", "ping", "pong", "renew", "renew_ack", "raft")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    PING_FIELD_NUMBER: _ClassVar[int]
    PONG_FIELD_NUMBER: _ClassVar[int]
    RENEW_FIELD_NUMBER: _ClassVar[int]
    RENEW_ACK_FIELD_NUMBER: _ClassVar[int]
    RAFT_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    welcome: Welcome
    ping: Ping
    pong: Pong
    renew: Renew
    renew_ack: RenewAck
    raft: RaftBatch
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., welcome: _Optional[_Union[Welcome, _Mapping]] = ..., ping: _Optional[_Union[Ping, _Mapping]] = ..., pong: _Optional[_Union[Pong, _Mapping]] = ..., renew: _Optional[_Union[Renew, _Mapping]] = ..., renew_ack: _Optional[_Union[RenewAck, _Mapping]] = ..., raft: _Optional[_Union[RaftBatch, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("node", "instance", "protocol_min", "protocol_max")
    NODE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_MIN_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_MAX_FIELD_NUMBER: _ClassVar[int]
    node: str
    instance: str
    protocol_min: int
    protocol_max: int
    def __init__(self, node: _Optional[str] = ..., instance: _Optional[str] = ..., protocol_min: _Optional[int] = ..., protocol_max: _Optional[int] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("node", "instance", "protocol")
    NODE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    node: str
    instance: str
    protocol: int
    def __init__(self, node: _Optional[str] = ..., instance: _Optional[str] = ..., protocol: _Optional[int] = ...) -> None: ...

class Ping(_message.Message):
    __slots__ = ("stamp",)
    STAMP_FIELD_NUMBER: _ClassVar[int]
    stamp: float
    def __init__(self, stamp: _Optional[float] = ...) -> None: ...

class Pong(_message.Message):
    __slots__ = ("stamp",)
    STAMP_FIELD_NUMBER: _ClassVar[int]
    stamp: float
    def __init__(self, stamp: _Optional[float] = ...) -> None: ...

class Renew(_message.Message):
    __slots__ = ("sender", "session", "sequence", "sent_at", "boot", "instance", "heard", "refusals", "released", "version", "has_filter")
    class HeardEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SENDER_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    BOOT_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    HEARD_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HAS_FILTER_FIELD_NUMBER: _ClassVar[int]
    sender: str
    session: int
    sequence: int
    sent_at: float
    boot: str
    instance: str
    heard: _containers.ScalarMap[str, float]
    refusals: _containers.RepeatedCompositeFieldContainer[Refusal]
    released: int
    version: str
    has_filter: bool
    def __init__(self, sender: _Optional[str] = ..., session: _Optional[int] = ..., sequence: _Optional[int] = ..., sent_at: _Optional[float] = ..., boot: _Optional[str] = ..., instance: _Optional[str] = ..., heard: _Optional[_Mapping[str, float]] = ..., refusals: _Optional[_Iterable[_Union[Refusal, _Mapping]]] = ..., released: _Optional[int] = ..., version: _Optional[str] = ..., has_filter: _Optional[bool] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("node", "session", "ack_age", "index")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    ACK_AGE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    node: str
    session: int
    ack_age: float
    index: int
    def __init__(self, node: _Optional[str] = ..., session: _Optional[int] = ..., ack_age: _Optional[float] = ..., index: _Optional[int] = ...) -> None: ...

class RenewAck(_message.Message):
    __slots__ = ("sender", "session", "sequence", "sent_at", "granted")
    SENDER_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    GRANTED_FIELD_NUMBER: _ClassVar[int]
    sender: str
    session: int
    sequence: int
    sent_at: float
    granted: bool
    def __init__(self, sender: _Optional[str] = ..., session: _Optional[int] = ..., sequence: _Optional[int] = ..., sent_at: _Optional[float] = ..., granted: _Optional[bool] = ...) -> None: ...

class RaftBatch(_message.Message):
    __slots__ = ("messages",)
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[_raft_pb2.RaftMessage]
    def __init__(self, messages: _Optional[_Iterable[_Union[_raft_pb2.RaftMessage, _Mapping]]] = ...) -> None: ...

class Chunk(_message.Message):
    __slots__ = ("data", "total")
    DATA_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    total: int
    def __init__(self, data: _Optional[bytes] = ..., total: _Optional[int] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Question(_message.Message):
    __slots__ = ("body",)
    BODY_FIELD_NUMBER: _ClassVar[int]
    body: bytes
    def __init__(self, body: _Optional[bytes] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("body",)
    BODY_FIELD_NUMBER: _ClassVar[int]
    body: bytes
    def __init__(self, body: _Optional[bytes] = ...) -> None: ...
