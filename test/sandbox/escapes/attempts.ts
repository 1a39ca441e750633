import { ARCHITECTURES, DENIED_EVERYWHERE } from '../../../sandbox/system-calls.ts'
import type { Outside } from './outside.ts'

/**
 * One try at getting out: Python that prints ESCAPED where it worked. A refusal that Python raises ends it.
 * Where `control` is given, the same inside the walls must print WORKS.
 */
export interface Attempt {
  readonly name: string
  readonly python: string
  readonly control?: string
  /** The same works where there are no walls, so it can fail: a try at something that is not there holds for ever. */
  readonly worksOutside?: boolean
}

const table = ARCHITECTURES[process.arch]
const numbers: Readonly<Record<string, number>> = { ...table?.denied, ...DENIED_EVERYWHERE, clone: table?.clone ?? 0, clone3: 435 }

/** A system call that must be refused. Where its arguments alone would fail it, `errno` is what a filter answers first. */
function refused (name: string, args: string = '0, 0, 0, 0, 0', errno = 1): Attempt {
  return { name: `system call ${name}`, python: `r, e = call(${numbers[name] ?? -1}, ${args}); print("ESCAPED" if r >= 0 or e != ${errno} else "held")` }
}

function read (name: string, path: string): Attempt {
  return { name, python: `data = open(${JSON.stringify(path)}, "rb").read(4096); print("ESCAPED" if data else "held", data[:40])` }
}

// What is written into a file that /dev/null covers goes nowhere.
function write (name: string, path: string): Attempt {
  return { name, python: `f = open(${JSON.stringify(path)}, "ab", buffering=0); f.write(b"1"); print("held" if os.fstat(f.fileno()).st_rdev == NULL else "ESCAPED")` }
}

function reach (name: string, python: string): Attempt {
  return { name, python: `s = ${python}; print("ESCAPED")` }
}

// What the kernel tells of the machine, most of it to the machine's root alone. To read kmsg outside would take its messages from whoever else reads them.
const KERNEL = 'allocinfo config.gz interrupts iomem ioports kallsyms kcore key-users keys kpagecgroup kpagecount kpageflags latency_stats modules mtrr pagetypeinfo sched_debug slabinfo timer_list timer_stats vmallocinfo acpi asound dynamic_debug fs pressure scsi tty/driver'

export function networkAttempts (outside: Outside): Attempt[] {
  const own = 'l = socket.create_server(("127.0.0.1", 0)); socket.create_connection(l.getsockname(), 3); print("WORKS")'
  const worksOutside = true
  return [
    { ...reach('TCP to a port of the machine', `socket.create_connection(("127.0.0.1", ${outside.tcpPort}), 3)`), control: own, worksOutside },
    { ...reach('TCP to it over every address it has', `socket.create_connection(("0.0.0.0", ${outside.tcpPort}), 3)`), worksOutside },
    { ...reach('TCP over IPv6', `socket.create_connection(("::1", ${outside.tcpPort}), 3)`), worksOutside: outside.hasIpv6 },
    reach('TCP to a private network', 'socket.create_connection(("10.0.0.1", 80), 3)'),
    reach('the metadata service of clouds', 'socket.create_connection(("169.254.169.254", 80), 3)'),
    { name: 'UDP to a port of the machine', python: `socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", ${outside.udpPort}))` },
    reach('UDP out', 'socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53))'),
    reach('a name server', 'socket.getaddrinfo("example.com", 80)'),
    reach('multicast', 'socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("224.0.0.1", 9))'),
    reach('a raw socket', 'socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)'),
    reach('a packet socket', 'socket.socket(17, socket.SOCK_RAW)'),
    reach('a socket to the hypervisor', 'socket.socket(40, socket.SOCK_STREAM)'),
    reach('a socket of the kernel\'s ciphers', 'socket.socket(38, socket.SOCK_SEQPACKET)'),
    // Node listens on the name filled up with zeros.
    { ...reach('an abstract socket of the machine', `socket.socket(socket.AF_UNIX).connect("\\0${outside.abstractName}".ljust(108, "\\0"))`), worksOutside },
    { ...reach('a socket file of the machine', `socket.socket(socket.AF_UNIX).connect(${JSON.stringify(outside.unixPath)})`), worksOutside },
    { name: 'changing an interface', python: 'import fcntl, struct; s = socket.socket(); fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", 0)); print("ESCAPED")' },
  ]
}

export function fileAttempts ({ secretFile, victimPid }: Outside): Attempt[] {
  const climb = '../'.repeat(40)
  return [
    { ...read('a file of the machine', secretFile), worksOutside: true, control: 'open("/workspace/a.txt").read(); print("WORKS")' },
    read('the same through the first process', `/proc/1/root${secretFile}`),
    read('the same through its own root', `/proc/self/root${secretFile}`),
    read('the same through its own folder', `/proc/self/cwd/${climb}${secretFile}`),
    read('climbing from the workspace', `/workspace/${climb}${secretFile}`),
    read('the accounts of the machine', '/etc/shadow'),
    { name: 'a symbolic link in the workspace', python: `os.symlink(${JSON.stringify(secretFile)}, "/workspace/out"); print("ESCAPED", open("/workspace/out").read())` },
    { name: 'a hard link into the workspace', python: `os.link("/proc/1/root${secretFile}", "/workspace/hard"); print("ESCAPED")` },
    { name: 'renaming the workspace away', python: 'os.rename("/workspace", "/workspace2"); print("ESCAPED")' },
    { name: 'a descriptor that was left open', python: 'left = [f for f in os.listdir("/proc/self/fd") if int(f) > 2 and os.path.exists("/proc/self/fd/" + f)]; print("ESCAPED" if left else "held", left)' },
    { name: 'a descriptor of another process', python: 'w = [os.readlink(f"/proc/{p}/fd/{f}") for p in os.listdir("/proc") if p.isdigit() for f in os.listdir(f"/proc/{p}/fd")]; print("ESCAPED" if any(x.startswith("/") and not x.startswith(("/dev/null", "/proc", "/workspace")) for x in w) else "held", w)' },
    { name: 'a device of its own', python: 'os.mknod("/workspace/disk", 0o60600, os.makedev(254, 0)); print("ESCAPED")' },
    { name: 'a mark of deletion made by hand', python: 'os.mknod("/workspace/gone", 0o20600, os.makedev(0, 0)); print("ESCAPED")' },
    { name: 'a redirect of the overlay', python: 'os.makedirs("/workspace/redirected"); os.setxattr("/workspace/redirected", "user.overlay.redirect", b"/"); print("ESCAPED" if os.path.exists("/workspace/redirected/a.txt") else "held")' },
    { name: 'attributes of the trusted kind', python: 'os.setxattr("/workspace/a.txt", "trusted.overlay.opaque", b"y"); print("ESCAPED")' },
    { name: 'capabilities in a file', python: 'import struct; open("/workspace/cap", "w"); os.setxattr("/workspace/cap", "security.capability", struct.pack("<IIIII", 0x02000001, 0xffffffff, 0, 0, 0)); print("ESCAPED")' },
    read('the memory of the machine', '/dev/mem'),
    read('the memory of the kernel', '/proc/kcore'),
    read('the messages of the kernel', '/dev/kmsg'),
    read('the same in /proc', '/proc/kmsg'),
    { name: 'what the kernel tells of the machine', python: `seen = []\nfor name in ${JSON.stringify(KERNEL)}.split():\n  p = "/proc/" + name\n  try:\n    if os.listdir(p) if os.path.isdir(p) else open(p, "rb").read(1): seen.append(name)\n  except OSError: pass\nprint("ESCAPED" if seen else "held", seen)`, worksOutside: true },
    { name: 'what a kernel has in /proc for root alone', python: 'seen = []\nfor at, folders, files in os.walk("/proc"):\n  if at == "/proc": folders[:] = [f for f in folders if not f.isdigit() and f not in ("sys", "self", "thread-self")]\n  for p in (os.path.join(at, f) for f in files if f != "kmsg"):\n    try:\n      if not os.stat(p).st_mode & 4 and open(p, "rb").read(1): seen.append(p)\n    except OSError: pass\nprint("ESCAPED" if seen else "held", seen)', worksOutside: process.getuid?.() === 0 },
    { name: 'something in the folders that cover it', python: 'for p in ("acpi", "fs", "pressure", "tty/driver"):\n  try: open(f"/proc/{p}/x", "w"); print("ESCAPED", p)\n  except OSError: pass\nprint("held")' },
    { name: 'disks', python: 'print("ESCAPED" if [d for d in os.listdir("/dev") if d.startswith(("sd", "vd", "nvme", "loop", "dm", "kvm", "fuse", "net"))] else "held")' },
    read('the tree of devices', '/sys/kernel/notes'),
    { name: 'control groups', python: 'print("ESCAPED" if os.path.exists("/sys/fs/cgroup") and os.listdir("/sys/fs/cgroup") else "held")' },
    write('what the kernel runs at a crash', '/proc/sys/kernel/core_pattern'),
    write('the number of process ids', '/proc/sys/kernel/pid_max'),
    write('the magic key', '/proc/sysrq-trigger'),
    write('a program of the system', '/usr/bin/env'),
    write('the accounts inside', '/etc/passwd'),
    write('the devices inside', '/dev/new'),
    { name: 'its own score when memory runs out', python: 'os.write(os.open("/proc/self/oom_score_adj", os.O_WRONLY), b"-1000"); print("ESCAPED")' },
    { name: 'killing a process of the machine', python: `os.kill(${victimPid}, 9); print("ESCAPED")` },
    { name: 'killing everything', python: 'os.fork() or os.kill(-1, 9); os.wait()' },
    { name: 'the memory of a process of the machine', python: `open("/proc/${victimPid}/mem", "rb"); print("ESCAPED")` },
  ]
}

export function privilegeAttempts (): Attempt[] {
  const plain = ['ptrace', 'process_vm_readv', 'process_vm_writev', 'pidfd_getfd', 'kcmp', 'keyctl', 'add_key', 'request_key', 'bpf', 'userfaultfd', 'perf_event_open', 'io_uring_setup', 'init_module', 'finit_module', 'kexec_load', 'open_by_handle_at', 'name_to_handle_at', 'fanotify_init', 'acct', 'reboot', 'settimeofday', 'sethostname', 'fsopen', 'open_tree', 'move_mount', 'fsmount', 'mount_setattr', 'unshare', 'setns', 'pivot_root', 'chroot', 'mount', 'umount2', 'swapon', 'quotactl', 'sched_setaffinity']
  return [
    ...plain.map((name) => refused(name)),
    refused('clone', '0x10000000 | 17, 0, 0, 0, 0'),
    refused('clone3', '0, 0, 0, 0, 0', 38),
    { name: 'numbers of another ABI', python: 'pid = os.fork()\nif pid == 0: libc.syscall(0x40000000 + 101, 0, 0, 0, 0); os._exit(0)\nprint("held" if os.WIFSIGNALED(os.waitpid(pid, 0)[1]) or os.uname().machine != "x86_64" else "ESCAPED")' },
    { name: 'becoming root', python: 'os.setresuid(0, 0, 0); print("ESCAPED")' },
    { name: 'another group', python: 'os.setgroups([0]); print("ESCAPED")' },
    { name: 'programs that run as their owner', python: 'import subprocess; r = subprocess.run("for p in /usr/bin/su /usr/bin/mount /usr/bin/passwd /usr/bin/newgrp; do [ -u $p ] && $p --version; done; cat /proc/self/status", shell=True, capture_output=True, text=True).stdout; print("held" if "NoNewPrivs:\\t1" in r and "CapEff:\\t0000000000000000" in r else "ESCAPED")' },
    { name: 'a capability for its children', python: 'r = libc.prctl(47, 2, 21, 0, 0); print("ESCAPED" if r == 0 else "held")' },
    { name: 'taking the filter off', python: 'print("ESCAPED" if "Seccomp:\\t2" not in open("/proc/self/status").read() or libc.prctl(22, 0) == 0 else "held")' },
    { name: 'the first place in the queue', python: 'os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)); print("ESCAPED")' },
    { name: 'typing into the terminal', python: 'import fcntl; fcntl.ioctl(0, 0x5412, b"x"); print("ESCAPED")' },
    { name: 'a terminal to type into', python: 'os.open("/dev/tty", os.O_RDWR); print("ESCAPED")' },
    { name: 'more processes than it may', python: 'import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)); print("ESCAPED")' },
    { name: 'the exec gate from a tool', python: 'socket.socket(socket.AF_UNIX).connect("/weir/gate/exec.sock"); print("ESCAPED")' },
    { name: 'the agent from a tool', python: 'socket.create_connection(("127.0.0.1", 4096), 2); print("ESCAPED")' },
  ]
}

/** What every attempt begins with. */
export const PRELUDE = 'import os, socket, ctypes\nNULL = os.makedev(1, 3)\nlibc = ctypes.CDLL(None, use_errno=True)\ndef call(*a):\n  r = libc.syscall(*[ctypes.c_long(x) for x in a]); return r, ctypes.get_errno()\n'

/** What only differs for the agent: it has its own server and the gate, and Weir's files are there for it to read. */
export const OF_TOOLS_ONLY: readonly string[] = ['the exec gate from a tool', 'the agent from a tool', 'a descriptor of another process']

/** They say nothing: the listener and the process outside tell. */
export const SILENT: readonly string[] = ['UDP to a port of the machine', 'killing everything']

/** All of them. */
export function everyAttempt (outside: Outside): Attempt[] {
  return [...networkAttempts(outside), ...fileAttempts(outside), ...privilegeAttempts()]
}

/** Python that makes every attempt of `/workspace/attempts.json` (names and programs), each in a process of its own, and prints what each said. */
export const ALL_OF_THEM = 'import json, subprocess, sys\nsaid = {}\nfor name, code in json.load(open("/workspace/attempts.json")):\n  said[name] = subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, close_fds=False, text=True).stdout\nprint(json.dumps(said))'
