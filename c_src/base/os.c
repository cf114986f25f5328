// SPDX-License-Identifier: Apache-2.0
#include "base/os.h"

bool os_process_is_ours = true;
