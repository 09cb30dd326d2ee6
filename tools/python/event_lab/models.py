"""The servers that are compared: models of the lab's own, and peers for the same work."""

import dataclasses
import pathlib
import shutil
import subprocess

PEERS = pathlib.Path(__file__).resolve().parent.parent.parent / "lab_servers" / "peers"
# What select(2) can watch, and what of it is left beside a server's own descriptors.
FD_SETSIZE = 1024
SELECT_CAPACITY = FD_SETSIZE - 32


@dataclasses.dataclass(frozen=True)
class Model:
    name: str
    family: str  # by which plots colour it: threads, scan, epoll, io_uring, peer
    command: tuple = ()
    unavailable: str = ""  # why it cannot run here
    capacity: int = 1 << 30  # connections
    spins: bool = False  # makes system calls without being asked for anything
    rearms: bool = False  # makes system calls that its loop does not count
    cores: int = 1
    slow_start: bool = False

    def within(self, levels, beside=0):
        """The numbers of connections, those it cannot watch replaced by the most that it can."""
        most = self.capacity - beside
        return sorted({min(level, most) for level in levels})


OWN = (
    ("threads", "threads", {}),
    ("busy", "threads", {"spins": True}),
    ("select", "scan", {"capacity": SELECT_CAPACITY}),
    ("poll", "scan", {}),
    ("epoll", "epoll", {}),
    ("epoll-et", "epoll", {}),
    ("epoll-oneshot", "epoll", {"rearms": True}),
    ("kqueue", "epoll", {}),
    ("io_uring", "io_uring", {}),
    ("io_uring-single", "io_uring", {}),
    ("io_uring-files", "io_uring", {}),
    ("io_uring-sqpoll", "io_uring", {"cores": 2}),
)


def own_models(build):
    program = build / "tools" / "lab_server"
    missing = "" if program.exists() else "not built (cmake --build build/release --target lab)"
    for name, family, extra in OWN:
        yield Model(name, family, (str(program), name), missing, **extra)


def remarks(build):
    """What this build has to say about its models, a line each."""
    program = build / "tools" / "lab_server"
    done = subprocess.run([program, "--remarks"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def library_peers(build):
    for library, package in (("libuv", "libuv1-dev"), ("libevent", "libevent-dev")):
        program = build / "tools" / f"{library}_echo"
        missing = "" if program.exists() else f"not built with {library} ({package})"
        yield Model(library, "peer", (str(program),), missing)


def compiled(scratch, compiler, arguments):
    """Runs a peer's compiler; why that failed, or nothing."""
    if shutil.which(compiler) is None:
        return f"{compiler} is not installed"
    done = subprocess.run([compiler, *arguments], cwd=scratch, capture_output=True, text=True)
    return "" if done.returncode == 0 else f"{compiler}: {done.stderr.strip()[:120]}"


def runtime_peers(scratch):
    node = "" if shutil.which("node") else "node is not installed"
    yield Model("node.js", "peer", ("node", str(PEERS / "echo.js")), node)
    python = "" if shutil.which("python3") else "python3 is not installed"
    yield Model("asyncio", "peer", ("python3", str(PEERS / "echo.py")), python)
    go = compiled(scratch, "go", ["build", "-o", str(scratch / "echo_go"), str(PEERS / "echo.go")])
    yield Model("go", "peer", (str(scratch / "echo_go"),), go, slow_start=True)
    java = compiled(scratch, "javac", ["-d", str(scratch), str(PEERS / "Echo.java")])
    yield Model("java nio", "peer", ("java", "-cp", str(scratch), "Echo"), java, slow_start=True)


def all_models(build, scratch):
    """Every model; what a peer has to be compiled into goes to the folder `scratch`."""
    return [*own_models(build), *library_peers(build), *runtime_peers(scratch)]
