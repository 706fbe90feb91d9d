from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JoinRequest(_message.Message):
    __slots__ = ("node", "address", "request", "secret", "protocol_min", "protocol_max", "version")
    NODE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_MIN_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_MAX_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    node: str
    address: str
    request: bytes
    secret: bytes
    protocol_min: int
    protocol_max: int
    version: str
    def __init__(self, node: _Optional[str] = ..., address: _Optional[str] = ..., request: _Optional[bytes] = ..., secret: _Optional[bytes] = ..., protocol_min: _Optional[int] = ..., protocol_max: _Optional[int] = ..., version: _Optional[str] = ...) -> None: ...

class JoinAnswer(_message.Message):
    __slots__ = ("joined", "refused")
    JOINED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    joined: Joined
    refused: JoinRefused
    def __init__(self, joined: _Optional[_Union[Joined, _Mapping]] = ..., refused: _Optional[_Union[JoinRefused, _Mapping]] = ...) -> None: ...

class Joined(_message.Message):
    __slots__ = ("cluster", "timing", "raft_id", "certificate", "authority_certificate", "authority_key", "members")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    RAFT_ID_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_KEY_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    timing: str
    raft_id: int
    certificate: bytes
    authority_certificate: bytes
    authority_key: bytes
    members: _containers.RepeatedCompositeFieldContainer[Neighbour]
    def __init__(self, cluster: _Optional[str] = ..., timing: _Optional[str] = ..., raft_id: _Optional[int] = ..., certificate: _Optional[bytes] = ..., authority_certificate: _Optional[bytes] = ..., authority_key: _Optional[bytes] = ..., members: _Optional[_Iterable[_Union[Neighbour, _Mapping]]] = ...) -> None: ...

class Neighbour(_message.Message):
    __slots__ = ("node", "raft_id", "address")
    NODE_FIELD_NUMBER: _ClassVar[int]
    RAFT_ID_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    node: str
    raft_id: int
    address: str
    def __init__(self, node: _Optional[str] = ..., raft_id: _Optional[int] = ..., address: _Optional[str] = ...) -> None: ...

class JoinRefused(_message.Message):
    __slots__ = ("reason", "hint")
    REASON_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    reason: str
    hint: str
    def __init__(self, reason: _Optional[str] = ..., hint: _Optional[str] = ...) -> None: ...
