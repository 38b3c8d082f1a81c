#!/bin/bash
# sparse as the kernel's $(CHECK), with its messages marked among the compiler's.
"${0%/*}/forky.sh" sparse "$@" 2>&1 | sed 's/^/sparse: /' >&2
