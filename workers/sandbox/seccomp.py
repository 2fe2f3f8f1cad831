"""Which calls of the kernel a confined process may make; Linux on x86-64 and ARM.

A filter in the kernel's own little language (BPF) answers the others with an error. It needs no
privilege, is inherited by every thread, and cannot be taken off again. Refused are new processes,
programs and connections, the memory, signals and turns of other processes, limits that were set,
and what lies beside files: namespaces, keys, shared memory, rings. Landlock asks no rule about the
rights, times and marks of a file, by whatever name: to change them is said to be done, and is not,
because libraries that copy files would stop at an error. Kernels before 6.2 ask no rule about
emptying files either.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Sequence

NO_NEW_PRIVILEGES, SET_FILTER, ALL_THREADS = 38, 1, 1
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
LOAD, EQUAL, ANY_BIT, AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
CLONE_THREAD, OTHER_ABI = 0x00010000, 0x40000000
KINDS = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""The kernel's mark of the architecture, and its column in the tables below."""

ABSENT = -1
REFUSED: dict[str, tuple[int, int]] = {
    "fork": (57, ABSENT), "vfork": (58, ABSENT), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "socket": (41, 198), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "mount_setattr": (442, 442), "open_by_handle_at": (304, 265),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "shmget": (29, 194),
    "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180), "memfd_create": (319, 279),
    "memfd_secret": (447, 447), "setrlimit": (160, 164), "setpriority": (141, 140),
    "personality": (135, 92), "truncate": (76, 45), "openat2": (437, 437),
    "inotify_init": (253, ABSENT), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
}  # fmt: skip
SAID_TO_BE_DONE: dict[str, tuple[int, int]] = {
    "chmod": (90, ABSENT), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, ABSENT), "fchown": (93, 55), "lchown": (94, ABSENT), "fchownat": (260, 54),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "removexattrat": (466, 466), "utime": (132, ABSENT), "utimes": (235, ABSENT),
    "futimesat": (261, ABSENT), "utimensat": (280, 88), "file_setattr": (469, 469),
}  # fmt: skip
OPENS = {"open": (2, ABSENT, 1), "openat": (257, 56, 2)}
"""The last: which argument holds the flags."""
FCNTL, IOCTL = (72, 25), (16, 29)
OWNERS = (8, 10, 15)
"""``fcntl`` that says whom a file sends which signal: F_SETOWN, F_SETSIG, F_SETOWN_EX."""
OWNERS_OF_DEVICES = (0x8901, 0x8902)
"""``ioctl`` that does: FIOSETOWN, SIOCSPGRP."""
CLONE, CLONE3 = (56, 220), (435, 435)
OWN_PROCESS = {"kill": (62, 129), "tgkill": (234, 131)}
"""Allowed towards itself alone."""
AFFINITY = (203, 122)
"""Allowed to the thread that asks; its number is 0 then."""
PRLIMIT = (302, 261)
SECCOMP, CAPSET = (317, 277), (126, 91)
CAPABILITIES_V3 = 0x20080522


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def confine_calls() -> bool:
    """Whether the kernel took the filter; from then on it holds for good."""
    known = KINDS.get(platform.machine()) if platform.system() == "Linux" else None
    if known is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    column = known[1]
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _drop_capabilities(libc, CAPSET[column])
    code = b"".join(_filter(known[0], column))
    program = Program(len(code) // 8, code)
    number = ctypes.c_long(SECCOMP[column])
    return bool(libc.syscall(number, SET_FILTER, ALL_THREADS, ctypes.byref(program)) == 0)


def _filter(architecture: int, column: int) -> list[bytes]:
    return [
        *_of_this_machine(architecture),
        *_answered([table[column] for table in REFUSED.values()], _no(errno.EPERM)),
        *_answered([table[column] for table in SAID_TO_BE_DONE.values()], _no(0)),
        # glibc falls back to clone, whose flags a filter can read.
        *_answered([CLONE3[column]], _no(errno.ENOSYS)),
        *_only(CLONE[column], _line(LOAD, ARGUMENTS), _line(ANY_BIT, CLONE_THREAD, 1, 0)),
        *(line for table in OWN_PROCESS.values() for line in _own(table[column], os.getpid())),
        *_own(AFFINITY[column], 0),
        # Limits may be read (no new ones are given), and of the process itself.
        *_only(
            PRLIMIT[column],
            _line(LOAD, ARGUMENTS + 16),
            _line(EQUAL, 0, 0, 2),
            _line(LOAD, ARGUMENTS + 20),
            _line(EQUAL, 0, 1, 0),
        ),
        *_never(FCNTL[column], OWNERS),
        *_never(IOCTL[column], OWNERS_OF_DEVICES),
        *(line for table in OPENS.values() for line in _empties_nothing(table[column], table[2])),
        _yes(),
    ]


def _of_this_machine(architecture: int) -> list[bytes]:
    return [
        _line(LOAD, ARCHITECTURE),
        _line(EQUAL, architecture, 1, 0),
        _no(errno.EPERM),
        _line(LOAD, NUMBER),
        _line(AT_LEAST, OTHER_ABI, 0, 1),
        _no(errno.EPERM),
    ]


def _answered(numbers: Iterable[int], answer: bytes) -> list[bytes]:
    """The same answer to each of these calls."""
    known = [number for number in numbers if number != ABSENT]
    return [line for number in known for line in (_line(EQUAL, number, 0, 1), answer)]


def _only(number: int, *tests: bytes) -> list[bytes]:
    """Allow the call where the last test leaps over the refusal."""
    if number == ABSENT:
        return []
    inside = [*tests, _no(errno.EPERM), _yes()]
    return [_line(EQUAL, number, 0, len(inside)), *inside]


def _own(number: int, process: int) -> list[bytes]:
    return _only(number, _line(LOAD, ARGUMENTS), _line(EQUAL, process, 1, 0))


def _never(number: int, commands: Sequence[int]) -> list[bytes]:
    """All but these in the second argument."""
    refused = [line for one in commands for line in (_line(EQUAL, one, 0, 1), _no(errno.EPERM))]
    inside = [_line(LOAD, ARGUMENTS + 8), *refused, _yes()]
    return [_line(EQUAL, number, 0, len(inside)), *inside]


def _empties_nothing(number: int, place: int) -> list[bytes]:
    """A file opened to be read may not be emptied by the way."""
    flags = _line(LOAD, ARGUMENTS + 8 * place)
    empties = _line(ANY_BIT, os.O_TRUNC, 0, 2)
    return _only(number, flags, empties, _line(ANY_BIT, os.O_WRONLY | os.O_RDWR, 1, 0))


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """One instruction; ``yes`` and ``no`` say how many lines to leap over."""
    return struct.pack("HBBI", code, yes, no, value)


def _no(error: int) -> bytes:
    return _line(RETURN, ERRNO | error)


def _yes() -> bytes:
    return _line(RETURN, ALLOW)


def _drop_capabilities(libc: ctypes.CDLL, number: int) -> None:
    """A worker that runs as root must not lend its powers."""
    header = struct.pack("Ii", CAPABILITIES_V3, 0)
    libc.syscall(ctypes.c_long(number), header, bytes(24))
