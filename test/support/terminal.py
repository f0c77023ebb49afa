"""A terminal with a program in it, driven by steps.

argv: JSON {"argv": [...], "env": {...}, "uid": N, "rows": N, "columns": N}. Each line on stdin is a step as JSON, and each is answered by a line:
  {"send": text}  {"until": regular expression, "seconds": N}  {"resize": [rows, columns]}  {"modes": true}  {"wait": seconds}
The modes are those of the terminal, which stay when the program has ended.
"""
import fcntl, json, os, pty, re, select, signal, struct, sys, termios, time

order = json.loads(sys.argv[1])
master, slave = pty.openpty()
if order.get("uid") is not None:
    os.fchown(slave, order["uid"], order["uid"])


def resize(rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


resize(order.get("rows", 24), order.get("columns", 80))
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.closerange(3, 256)
    if order.get("uid") is not None:
        os.setgroups([])
        os.setgid(order["uid"])
        os.setuid(order["uid"])
    os.chdir(order["cwd"])
    try:
        os.execvpe(order["argv"][0], order["argv"], order["env"])
    finally:
        os._exit(99)

seen = ""
status = None


def pump(seconds):
    global seen
    ready, _, _ = select.select([master], [], [], seconds)
    if ready:
        try:
            seen += os.read(master, 65536).decode("utf-8", "replace")
        except OSError:
            time.sleep(seconds)


def ended():
    global status
    if status is None:
        pid, code = os.waitpid(child, os.WNOHANG)
        if pid != 0:
            status = os.waitstatus_to_exitcode(code)
    return status is not None


def step(what):
    global seen
    if "send" in what:
        os.write(master, what["send"].encode())
        return {}
    if "resize" in what:
        resize(*what["resize"])
        return {}
    if "modes" in what:
        flags = termios.tcgetattr(slave)
        return {"modes": repr(flags)}
    end = time.time() + what.get("seconds", 120)
    if "until" in what:
        pattern = re.compile(what["until"], re.S)
        while time.time() < end:
            found = pattern.search(seen)
            if found:
                text, seen = seen[: found.end()], seen[found.end() :]
                return {"text": text}
            pump(0.05)
        return {"missing": what["until"], "text": seen}
    while time.time() < end and not ended():
        pump(0.05)
    pump(0.05)
    text, seen = seen, ""
    return {"status": status, "text": text}


print(json.dumps({"pid": child}), flush=True)
for line in sys.stdin:
    print(json.dumps(step(json.loads(line))), flush=True)
if not ended():
    os.kill(child, signal.SIGKILL)
