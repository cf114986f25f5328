// SPDX-License-Identifier: Apache-2.0
// The end of the engine's environment; everything else about it is natives.
#ifndef TANDEM_BIF_OS_ENVIRONMENT_H
#define TANDEM_BIF_OS_ENVIRONMENT_H

void os_environment_close(void);

#endif
