# SPDX-License-Identifier: Apache-2.0
"""httpd with a module that was built by `configure --enable-sanitizers`.

The server itself is not: the sanitizer's runtime is preloaded (HTTPD_PRELOAD), what it finds goes
into files, and each finding fails the test. A leak counts when the module took part in it."""
import os
import re

PRELOAD = os.environ.get("HTTPD_PRELOAD", "")
# Hand pool memory back to malloc at once: the only way that a use after a pool's end is seen.
CONFIGURATION = "MaxMemFree 1" if PRELOAD else ""
# What OpenSSL keeps for each thread, and frees when the thread ends: a child of prefork is gone before that.
OF_THREADS = re.compile(r" in (RAND_get0_public|RAND_get0_private|ERR_set_mark|ossl_err_get_state_int)\b")
# A frame of ours in a stack: by the source, or by the file when it was built without debug information.
OURS = re.compile(r"[ /]mod_clientcert/|mod_clientcert\.so|mod_faulty\.cc")


def environment(findings, one_process):
    if not PRELOAD:
        return {}
    # Whole stacks, through libraries without frame pointers. Not for httpd -X: it unloads the MPM while it
    # runs in it, and a stack through code that is gone cannot be walked.
    fast = int(one_process)
    return {
        "LD_PRELOAD": PRELOAD,
        "ASAN_OPTIONS": f"log_path={findings.path}/asan:detect_leaks=1"
                        f":fast_unwind_on_malloc={fast}:malloc_context_size=12"
                        ":detect_stack_use_after_return=1:strict_string_checks=1:print_legend=0",
        "LSAN_OPTIONS": "exitcode=0",  # most leaks are the server's own
        "UBSAN_OPTIONS": "print_stacktrace=1",  # its findings end the process, and go to the error log
    }


class Findings:
    """The reports of one server's processes."""

    def __init__(self, root):
        self.path = root / "findings"
        if PRELOAD:
            self.path.mkdir()
            self.path.chmod(0o777)  # the children report as another user
        self._told = {}

    def take(self):
        """The reports that nobody has taken yet, as lines."""
        found = []
        for file in sorted(self.path.glob("*")) if PRELOAD else []:
            report = file.read_text("utf-8", "replace")
            if self._told.get(file) != report:
                self._told[file] = report
                found += relevant(report)
        return found


def relevant(report):
    """A report, without the leaks that are the server's own."""
    if "LeakSanitizer: detected memory leaks" not in report:
        return report.splitlines()
    stacks = [stack for stack in report.split("\n\n") if "leak of" in stack and OURS.search(stack) and not OF_THREADS.search(stack)]
    return "\n".join(stacks).splitlines()
