"""Docker from Debian's packages, for a machine of root's that has no daemon and pulls no images.

The packages are installed into a Debian of their own, which a mount and a PID namespace enter by
pivot_root: overlayfs does not work below a chroot, and nothing is installed on the machine itself.
The daemon leaves the machine's firewall alone, so containers reach one another, and the ports that
they publish are reached from here, but they reach nothing else.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.processes.stack import until

from . import stand_ins

RELEASE = "trixie"
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_AUTHORITIES = Path("usr/local/share/ca-certificates")
_PROGRAMS = ("apt-get", "dpkg", "nsenter", "setpriv", "tar", "unshare")
_PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "iptables")
# Whatever ends this process ends the engine too.
_NAMESPACES = (
    *("setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--kill-child"),
    *("--mount", "--pid", "--propagation", "private"),
)
_ENTER = """
root=$1 data=$2 checkouts=$3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/var/lib/docker" "$root$checkouts" "$root/run/outside"
mount --bind "$data" "$root/var/lib/docker"
mount --bind "$checkouts" "$root$checkouts"
cd "$root"
pivot_root . run/outside
umount -l /run/outside
exec dockerd --iptables=false --ip6tables=false --ip-forward=false --bridge=none \
    --exec-opt native.cgroupdriver=cgroupfs
"""


def what_is_lacking() -> str:
    """Why this way cannot be gone, as the rest of a sentence; empty where it can."""
    if os.geteuid() != 0:
        return "only root can start one"
    if not Path("/etc/debian_version").exists() or not _KEYS.exists():
        return "one can be set up on Debian only"
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    return f"{', '.join(missing)} would be needed to set one up" if missing else ""


def checkouts(cache: Path) -> Path:
    return cache / "checkouts"


@contextmanager
def running(cache: Path) -> Iterator[Path]:
    """A folder with the client, `docker`. The engine stops in the end; its images stay."""
    _set_up(cache)
    log = cache / "dockerd.log"
    folders = (cache / "root", cache / "data", checkouts(cache))
    for folder in folders:
        folder.mkdir(exist_ok=True)
    with log.open("w") as output:
        # In a session of its own: Ctrl-C is for us, who stop it after its containers.
        namespaces = subprocess.Popen(
            [*_NAMESPACES, "sh", "-euc", _ENTER, "sh", *folders],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        client = _client(cache, namespaces.pid)
        until(lambda: _answers(client, namespaces, log), seconds=60, what="the engine answers")
        stand_ins.make(client, debian=cache / "debian.tar")
        yield client.parent
    finally:
        _stop(namespaces)


def _set_up(cache: Path) -> None:
    """Once: a bare Debian, as a layer for images, and the same with Docker."""
    if (cache / "root").exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    for half_made in cache.glob("new*"):
        shutil.rmtree(half_made)
    new = cache / "new"
    _run(*_debootstrap(cache), "--variant=minbase", "--include=ca-certificates", RELEASE, str(new))
    shutil.copytree(Path("/", _AUTHORITIES), new / _AUTHORITIES, dirs_exist_ok=True)
    _run("chroot", str(new), "update-ca-certificates")
    _run("tar", "--directory", str(new), "--create", "--file", str(cache / "debian.tar"), ".")
    shutil.copy("/etc/resolv.conf", new / "etc" / "resolv.conf")
    _run("chroot", str(new), "apt-get", "update")
    _run("chroot", str(new), "apt-get", "install", "-y", "--no-install-recommends", *_PACKAGES)
    new.rename(cache / "root")
    shutil.rmtree(cache / "new-tools", ignore_errors=True)


def _debootstrap(cache: Path) -> list[str]:
    """The command, from a package that is unpacked and not installed where there is none."""
    keys = ["--force-check-gpg", f"--keyring={_KEYS}"]
    if installed := shutil.which("debootstrap"):
        return [installed, *keys]
    tools = cache / "new-tools"
    tools.mkdir()
    _run("apt-get", "update")
    _run("apt-get", "download", "debootstrap", cwd=tools)
    [package] = tools.glob("*.deb")
    _run("dpkg", "--extract", str(package), str(tools))
    scripts = f"DEBOOTSTRAP_DIR={tools}/usr/share/debootstrap"
    return ["env", scripts, "sh", f"{tools}/usr/sbin/debootstrap", *keys]


def _client(cache: Path, namespaces: int) -> Path:
    """A `docker` for PATH, which runs the engine's own within its mounts."""
    client = cache / "bin" / "docker"
    client.parent.mkdir(exist_ok=True)
    enter = f'nsenter --target {namespaces} --mount --wdns="$PWD"'
    client.write_text(f'#!/bin/sh\nexec {enter} docker "$@"\n')
    client.chmod(0o755)
    return client


def _answers(client: Path, namespaces: subprocess.Popen[bytes], log: Path) -> bool:
    assert namespaces.poll() is None, f"The engine ended: {log.read_text()[-2000:]}"
    return subprocess.run([client, "info"], cwd="/", capture_output=True).returncode == 0


def _stop(namespaces: subprocess.Popen[bytes]) -> None:
    """The daemon is told, and stops what still runs; with it everything in its namespace ends."""
    if namespaces.poll() is not None:
        return
    children = Path(f"/proc/{namespaces.pid}/task/{namespaces.pid}/children").read_text()
    for daemon in children.split():
        os.kill(int(daemon), signal.SIGTERM)
    try:
        namespaces.wait(timeout=60)
    except subprocess.TimeoutExpired:
        namespaces.kill()
        namespaces.wait()


def _run(*command: str, cwd: Path | None = None) -> None:
    # Below a chroot, TMPDIR would name a folder that is not there.
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "TMPDIR": "/tmp"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    said = f"{done.stdout}\n{done.stderr}"[-3000:]
    assert done.returncode == 0, f"{' '.join(command)}: {said}"
