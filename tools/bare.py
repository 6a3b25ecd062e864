"""Runs the two commands of the README on a minimal Debian with python3, make and git.

    make bare               runs `make run`, then `make test`
    tools/bare.py run       only `make run`
    tools/bare.py test      only `make test`

A Debian is bootstrapped into a temporary folder, HEAD is cloned into it, and the commands run there
without a locale and with no variable but those that say how to reach the package registries. What
this machine knows of them (mirror and proxy of apt, configuration of pip and npm, certificates) is
handed on; nothing else is. All mounts are made in a namespace of their own, which ends with the
run, so nothing of this machine can be touched when the folder is removed.

Exit status: 0 if all is well; 1 if a command failed; 77 if this machine cannot make a bare one (not
root, no debootstrap, no network), with a sentence that says why.

Variables: BARE_SUITE, the Debian to use (else this machine's own, or bookworm); BARE_CACHE, a
folder for the bootstrapped system (.make/bare); BARE_FOLDER, where the temporary folder is made
(/var/tmp; it takes up to 10 GB); BARE_PORT, the port of `make run` (8501). TORCH_PIP_ARGS,
PYTEST_ARGS, PYTEST_WORKERS and BROWSER_WORKERS reach the commands.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CANNOT_RUN = 77
PACKAGES = "python3,make,git"
CLONE = Path("/srv/musicgen")
HANDED_ON = Path("/srv/host")
"""Where files of this machine that a configuration names lie on the bare one."""

RUN_LIMIT_S = 3600
TEST_LIMIT_S = 7200
CACHE_DAYS = 30

_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
}
_PASSED = re.compile(
    r"pip_\w+|npm_config_\w+|(https?|ftp|all|no)_proxy|ssl_cert_file|requests_ca_bundle"
    r"|curl_ca_bundle|node_extra_ca_certs|torch_pip_args|pytest_\w+",
    re.IGNORECASE,
)
_NPM_SETTING = re.compile(
    r"\s*(//|(@[\w.-]+:)?registry\b|ca(file)?\b|(https?-?|no-?)?proxy\b|strict-ssl\b)"
)
_LOCAL = re.compile(r"(file://)?((?:/[\w.+@-]+)+)")


class CannotRunError(Exception):
    """This machine cannot make a bare one."""


def passed_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that say how to reach the registries, and what the Makefile reads."""
    return {name: value for name, value in environment.items() if _PASSED.fullmatch(name)}


def npm_settings(text: str) -> str:
    """Those lines of an npmrc that say where the registry is and how it is reached."""
    return "".join(f"{line}\n" for line in text.splitlines() if _NPM_SETTING.match(line))


def local_paths(text: str) -> Iterator[tuple[Path, Path]]:
    """Files and folders of this machine that a configuration names, each with what it needs.

    A package index in a folder refers to files next to it, so it needs the folder around it.
    """
    for match in _LOCAL.finditer(text):
        path = Path(match[2])
        if path.exists() and len(path.parts) > 2:
            is_index = bool(match[1]) and path.is_dir() and len(path.parts) > 3
            yield path, path.parent if is_index else path


def moved(text: str) -> str:
    """A configuration that finds on the bare machine what it names on this one."""
    found = {str(path) for path, _needed in local_paths(text)}

    def move(match: re.Match[str]) -> str:
        prefix = match[1] or ""
        return f"{prefix}{HANDED_ON}{match[2]}" if match[2] in found else match[0]

    return _LOCAL.sub(move, text)


def bare(names: Sequence[str]) -> int:
    """Makes the namespace and the folder, runs `inside` in them, and removes the folder."""
    check_machine()
    place = Path(os.environ.get("BARE_FOLDER", "/var/tmp"))  # noqa: S108 - mkdtemp makes it safe
    folder = Path(tempfile.mkdtemp(prefix="musicgen-bare-", dir=place))
    namespace = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command = [*namespace, sys.executable, __file__, "--inside", str(folder), *names]
    try:
        return run_until_told(command)
    finally:
        remove(folder)


def run_until_told(command: Sequence[str]) -> int:
    """The exit status of a command, which ends with this program, whatever ends it.

    Whoever stops `make` sends a signal to it alone, to a group, or, from a script, one that a
    program in the background would not hear.
    """

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        finally:
            process.kill()


def check_machine() -> None:
    """Raises CannotRunError unless this machine can bootstrap a Debian."""
    if os.geteuid() != 0:
        raise CannotRunError("only root can make a bare machine. Try: sudo make bare")
    subprocess.run([ROOT / "tools" / "apt-install", "debootstrap"], check=False)
    for program in ("debootstrap", "unshare", "chroot", "tar", "git"):
        if shutil.which(program) is None:
            raise CannotRunError(f"there is no {program} here. Install it first")
    probe = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"]
    if subprocess.run(probe, check=False, capture_output=True).returncode:
        raise CannotRunError("no mounts can be made here, as in most containers")


def remove(folder: Path) -> None:
    """Removes the folder, unless something is still mounted in it."""
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    if f" {folder}/" in mounts:
        print(f"Something is still mounted in {folder}: it is left there.", file=sys.stderr)
        return
    shutil.rmtree(folder, ignore_errors=True)


def inside(root: Path, names: Sequence[str]) -> int:
    """Everything that happens in the namespace; the exit status."""
    times: dict[str, float] = {}
    with timed(times, "bootstrap"):
        bootstrap(root)
        root.chmod(0o755)  # as every machine's: those who are not root live there, too
        mount_system(root)
        hand_on_settings(root)
    with timed(times, "clone"):
        clone(root)
    commands: dict[str, Callable[[Path], bool]] = {"run": check_run, "test": check_test}
    passed = {}
    for name in names or commands:
        print(f"\n--- make {name} on the bare machine", flush=True)
        with timed(times, f"make {name}"):
            passed[name] = commands[name](root)
    print("\n--- the bare machine")
    for name, seconds in times.items():
        outcome = {True: "passed", False: "FAILED"}.get(passed.get(name.removeprefix("make "), ""))
        print(f"{name:<12} {seconds:7.0f} s  {outcome or ''}".rstrip())
    return 0 if all(passed.values()) else 1


@contextlib.contextmanager
def timed(times: dict[str, float], name: str) -> Iterator[None]:
    """Notes how many seconds something takes."""
    start = time.monotonic()
    yield
    times[name] = time.monotonic() - start


def bootstrap(root: Path) -> None:
    """A minimal Debian in a folder, from the cache if there is a fresh one."""
    suite = os.environ.get("BARE_SUITE") or own_suite()
    cache = Path(os.environ.get("BARE_CACHE", ROOT / ".make" / "bare")) / f"{suite}.tar"
    if cache.is_file() and time.time() - cache.stat().st_mtime < CACHE_DAYS * 86_400:
        subprocess.run(["tar", "-C", root, "-xpf", cache], check=True)
        return
    print(f"Bootstrapping a minimal Debian ({suite}).", flush=True)
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(root)]
    mirror = own_mirror(suite)
    environment = {**os.environ, **apt_proxies()}
    result = subprocess.run(
        [*command, mirror] if mirror else command,
        env=environment, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    if result.returncode:
        last = (result.stderr + result.stdout).strip().rpartition("\n")[2]
        raise CannotRunError(f"debootstrap failed ({last})")
    cache.parent.mkdir(parents=True, exist_ok=True)
    unfinished = cache.with_suffix(".part")
    subprocess.run(["tar", "-C", root, "-cpf", unfinished, "."], check=True)
    unfinished.replace(cache)


def own_suite() -> str:
    """The release of this Debian; bookworm where this is another system."""
    with contextlib.suppress(OSError):
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
        values = dict(line.split("=", 1) for line in lines if "=" in line)
        if values.get("ID") == "debian" and "VERSION_CODENAME" in values:
            return values["VERSION_CODENAME"]
    return "bookworm"


def own_mirror(suite: str) -> str:
    """Where this machine's apt finds that release; empty for debootstrap's own choice."""
    shown = output(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)"])
    for line in shown.splitlines():
        if line.split()[1:] == [suite, "main"]:
            return line.split()[0]
    return ""


def apt_proxies() -> dict[str, str]:
    """apt's proxies as the variables that debootstrap's wget reads."""
    shown = output(["apt-config", "dump"])
    found = re.findall(r'^Acquire::(https?)::Proxy "(.+)";$', shown, re.IGNORECASE | re.MULTILINE)
    return {f"{kind.lower()}_proxy": address for kind, address in found}


def output(command: Sequence[str]) -> str:
    """What a program prints; empty if it is not here or fails."""
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError:
        return ""
    return result.stdout if result.returncode == 0 else ""


def mount_system(root: Path) -> None:
    """What every running system has: /proc, /dev with terminals, and shared memory."""
    subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
    subprocess.run(["mount", "--rbind", "/dev", root / "dev"], check=True)
    for name in ("resolv.conf", "hosts"):
        with contextlib.suppress(OSError):
            shutil.copyfile(Path("/etc", name), root / "etc" / name)


def hand_on_settings(root: Path) -> None:
    """How this machine reaches its registries, written where the bare one reads it."""
    hand_on_apt(root)
    home, own_home = root / _ENVIRONMENT["HOME"].lstrip("/"), Path.home()
    for source, target in (
        (Path("/etc/xdg/pip/pip.conf"), root / "etc/xdg/pip/pip.conf"),
        (Path("/etc/pip.conf"), root / "etc/pip.conf"),
        (own_home / ".pip/pip.conf", home / ".pip/pip.conf"),
        (own_home / ".config/pip/pip.conf", home / ".config/pip/pip.conf"),
    ):
        hand_on(root, target, read(source))
    global_npm = output(["npm", "config", "get", "globalconfig"]).strip()
    sources = [Path(global_npm), own_home / ".npmrc"] if global_npm else [own_home / ".npmrc"]
    hand_on(root, home / ".npmrc", "".join(npm_settings(read(source)) for source in sources))
    for value in passed_variables(os.environ).values():
        bring(root, value)


def hand_on_apt(root: Path) -> None:
    """apt's sources with their keys, and how it fetches."""
    shutil.rmtree(root / "etc/apt/sources.list.d", ignore_errors=True)
    (root / "etc/apt/sources.list").unlink(missing_ok=True)
    for name in ("sources.list", "sources.list.d", "trusted.gpg", "trusted.gpg.d", "keyrings",
                 "auth.conf", "auth.conf.d"):  # fmt: skip
        source, target = Path("/etc/apt", name), root / "etc/apt" / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, target)
    fetching = re.findall(r"^Acquire::.*$", output(["apt-config", "dump"]), re.MULTILINE)
    (root / "etc/apt/apt.conf.d/90host").write_text("\n".join(fetching) + "\n", encoding="utf-8")


def hand_on(root: Path, target: Path, text: str) -> None:
    """Writes a configuration on the bare machine, with the files it names; nothing if empty."""
    if text.strip():
        bring(root, text)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(moved(text), encoding="utf-8")


def bring(root: Path, text: str) -> None:
    """Brings the files and folders that a text names: copies of files, folders to be read only."""
    for _path, needed in local_paths(text):
        target = root / str(HANDED_ON / str(needed).lstrip("/")).lstrip("/")
        if target.exists():
            continue
        if needed.is_dir():
            target.mkdir(parents=True)
            subprocess.run(["mount", "--bind", needed, target], check=True)
            subprocess.run(["mount", "-o", "remount,bind,ro", target], check=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(needed, target)


def read(path: Path) -> str:
    """The text of a file; empty if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def clone(root: Path) -> None:
    """A fresh clone of HEAD."""
    changes = output(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"])
    if changes:
        print("What is not committed is not tested: only HEAD is cloned.", file=sys.stderr)
    target = root / str(CLONE).lstrip("/")
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, target], check=True)


def bare_command(root: Path, *command: str, **variables: str) -> list[str]:
    """The command line that runs a command in the clone on the bare machine."""
    handed = {name: moved(value) for name, value in passed_variables(os.environ).items()}
    environment = {**_ENVIRONMENT, **handed, **variables}
    pairs = [f"{name}={value}" for name, value in environment.items()]
    return ["chroot", str(root), "/usr/bin/env", "-i", "-C", str(CLONE), *pairs, *command]


def check_run(root: Path) -> bool:
    """Whether `make run` serves a page with its title."""
    port = os.environ.get("BARE_PORT", "8501")
    address = f"http://localhost:{port}"
    command = bare_command(root, "make", "run", f"PORT={port}")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as server:
        try:
            if not is_healthy(server, f"{address}/_stcore/health"):
                return False
            visit = bare_command(root, ".venv/bin/python", "tools/visit.py", address)
            title = subprocess.run(visit, stdout=subprocess.PIPE, text=True, check=False)
            print(f"The page at {address} is called {title.stdout.strip()!r}.", flush=True)
            return title.returncode == 0 and "musicgen" in title.stdout
        finally:
            stop(server)


def is_healthy(server: subprocess.Popen[bytes], address: str) -> bool:
    """Waits until the server answers that it is well; false if it ends or takes too long."""
    end = time.monotonic() + RUN_LIMIT_S
    while time.monotonic() < end and server.poll() is None:
        if fetch(address).strip() == b"ok":
            return True
        time.sleep(1)
    print(f"The server did not answer; its exit status is {server.poll()}.", flush=True)
    return False


def fetch(address: str) -> bytes:
    """What an address answers; empty if it does not."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - http
            return bytes(answer.read())
    except OSError:
        return b""


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process with all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
            return


def check_test(root: Path) -> bool:
    """Whether `make test` passes."""
    command = bare_command(root, "make", "test")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as tests:
        try:
            return tests.wait(TEST_LIMIT_S) == 0
        except subprocess.TimeoutExpired:
            print(f"The tests took more than {TEST_LIMIT_S} seconds.", flush=True)
            return False
        finally:
            stop(tests)


def main(arguments: Sequence[str]) -> int:
    """The exit status."""
    try:
        if arguments[:1] == ["--inside"]:
            return inside(Path(arguments[1]), arguments[2:])
        unknown = set(arguments) - {"run", "test"}
        if unknown:
            print(f"There is no {unknown.pop()} here. Usage: tools/bare.py [run] [test]")
            return 2
        return bare(arguments)
    except CannotRunError as error:
        print(f"The bare machine cannot run: {error}.", file=sys.stderr)
        return CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
