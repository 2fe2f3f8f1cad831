"""Which calls of the kernel a confined process may make; Linux on x86-64 and ARM.

A filter in the kernel's own little language (BPF) answers the others with an error. It needs no
privilege, is inherited by every thread, and cannot be taken off again. Refused are new processes,
programs and connections, the memory and the signals of other processes, limits that were set, and
what lies beside files: namespaces, keys, shared memory, rings.
"""

import ctypes
import errno
import os
import platform
import struct

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
    "personality": (135, 92),
}  # fmt: skip
CLONE, CLONE3 = (56, 220), (435, 435)
OWN_PROCESS = {"kill": (62, 129), "tgkill": (234, 131)}
"""Allowed towards itself alone."""
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
    refused = [numbers[column] for numbers in REFUSED.values() if numbers[column] != ABSENT]
    own = os.getpid()
    lines = [
        _line(LOAD, ARCHITECTURE),
        _line(EQUAL, architecture, 1, 0),
        _no(errno.EPERM),
        _line(LOAD, NUMBER),
        _line(AT_LEAST, OTHER_ABI, 0, 1),
        _no(errno.EPERM),
    ]
    for number in refused:
        lines += [_line(EQUAL, number, 0, 1), _no(errno.EPERM)]
    # glibc falls back to clone, whose flags a filter can read.
    lines += [_line(EQUAL, CLONE3[column], 0, 1), _no(errno.ENOSYS)]
    lines += [
        _line(EQUAL, CLONE[column], 0, 4),
        _line(LOAD, ARGUMENTS),
        _line(ANY_BIT, CLONE_THREAD, 1, 0),
        _no(errno.EPERM),
        _yes(),
    ]
    for numbers in OWN_PROCESS.values():
        lines += [
            _line(EQUAL, numbers[column], 0, 4),
            _line(LOAD, ARGUMENTS),
            _line(EQUAL, own, 1, 0),
            _no(errno.EPERM),
            _yes(),
        ]
    lines += [
        # Limits may be read (no new ones are given), and of the process itself.
        _line(EQUAL, PRLIMIT[column], 0, 7),
        _line(LOAD, ARGUMENTS + 16),
        _line(EQUAL, 0, 1, 0),
        _no(errno.EPERM),
        _line(LOAD, ARGUMENTS + 20),
        _line(EQUAL, 0, 1, 0),
        _no(errno.EPERM),
        _yes(),
    ]
    return [*lines, _yes()]


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
