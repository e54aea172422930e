"""Syncs of the disk, counted by strace on the living servers."""

import re
import shutil
import signal
import subprocess
from collections import Counter
from typing import NamedTuple

from tests.bench.measurement import Measurement
from tests.bench.servers import MAILS_A_REPORT, Server

STRACE = shutil.which("strace")
SYNC = re.compile(r"^(\d+) .*\bf(?:data)?sync\(", re.MULTILINE)
MISSING = "strace is not installed: no syncs were counted."
REFUSED = "strace may not attach to a process here: no syncs were counted."


class Counts(NamedTuple):
    answering: int
    sending: int


class Syncs(Measurement):
    """Of reports one after the other, each followed by its mails."""

    heading = "syncs of the disk"
    once = True

    def round(self) -> None:
        if STRACE is None:
            self.notes = [MISSING]
            return
        for server in self._bench.servers:
            server.wait_until_all_is_done()
        counts = [self._syncs(STRACE, server) for server in self._bench.servers]
        found = [count for count in counts if count]
        if len(found) < len(counts):
            self.notes = [REFUSED]
            return
        reports = self._bench.options.size
        for name, of, (ours, theirs) in (
            ("a report until its receipt", reports, (each.answering for each in found)),
            ("a mail, its erasure included", reports * MAILS_A_REPORT, (each.sending for each in found)),
            ("a report with its three mails", reports, (each.answering + each.sending for each in found)),
        ):
            self.figure(f"syncs of {name}", "outbox", "").add(ours / of, theirs / of)

    def _syncs(self, strace: str, server: Server) -> Counts | None:
        """None where strace may not look."""
        trace = self._bench.folder / f"syncs-{server.processes[0]}"
        watched = [option for process in server.processes for option in ("-p", str(process))]
        command = [strace, "-f", "-e", "trace=fsync,fdatasync", "-o", str(trace), *watched]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracing:
            try:
                if not _has_attached(tracing, len(server.processes)):
                    return None
                self._report(server)
            finally:
                tracing.send_signal(signal.SIGINT)
        threads, senders = map(int, SYNC.findall(trace.read_text(encoding="utf-8"))), server.sending_threads()
        by_sender = Counter(thread in senders for thread in threads)
        return Counts(answering=by_sender[False], sending=by_sender[True])

    def _report(self, server: Server) -> None:
        visitor = server.visitor()
        server.sink.reset()
        for number in range(self._bench.options.size):
            visitor.reports()
            server.wait_for_mails_of(number + 1)
        visitor.leaves()
        server.wait_until_all_is_done()


def _has_attached(tracing: "subprocess.Popen[str]", processes: int) -> bool:
    assert tracing.stderr is not None
    return all("attached" in tracing.stderr.readline() for _ in range(processes))
