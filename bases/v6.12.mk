# The kernel that series/v6.12 applies to: Debian 13's packaged source.
BASE_TAG     := v6.12.117
BASE_PACKAGE := linux-source-6.12
BASE_VERSION := 6.12.117-1
BASE_SUITE   := trixie
BASE_SHA256  := 9141325315c7f1eca682113d185a8c77c82814aa6e32f7e127e61d6106403835
# The selftests of this series run on the kernel, too.
SELFTESTS_RELEASE := v7.3
