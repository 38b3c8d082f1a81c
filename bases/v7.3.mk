# The kernel that series/v7.3 applies to: Debian's packaged source.
BASE_TAG     := v7.3.4
BASE_PACKAGE := linux-source-7.3
BASE_VERSION := 7.3.4-1~bpo13+1
BASE_SUITE   := trixie-backports
BASE_SHA256  := 703e369ddd4cce971452f5a593ee55df3a5c10c83caf0fa0df039633ed181ee3
# What else 'make applies' tries: PACKAGE@SUITE.
OTHER_BASES  := linux-source-7.3@experimental linux-source-7.2@sid
