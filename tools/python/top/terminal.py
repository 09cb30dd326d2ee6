"""The terminal while a view is shown: another screen, no cursor, keys at once."""

import contextlib
import select
import sys
import termios
import tty

ENTER = "\x1b[?1049h\x1b[?25l"
LEAVE = "\x1b[?25h\x1b[?1049l"


@contextlib.contextmanager
def screen():
    """Leaves the terminal as it was, whatever happens."""
    descriptor = sys.stdin.fileno() if sys.stdin.isatty() else None
    before = termios.tcgetattr(descriptor) if descriptor is not None else None
    try:
        if descriptor is not None:
            tty.setcbreak(descriptor)
        sys.stdout.write(ENTER)
        yield
    finally:
        sys.stdout.write(LEAVE)
        sys.stdout.flush()
        if before is not None:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def wait_for_key(seconds):
    """The key that was pressed within the time, or an empty string."""
    if not sys.stdin.isatty():
        select.select([], [], [], seconds)
        return ""
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return sys.stdin.read(1) if ready else ""
