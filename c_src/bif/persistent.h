// SPDX-License-Identifier: Apache-2.0
// The end of persistent terms; everything else about them is natives.
#ifndef TANDEM_BIF_PERSISTENT_H
#define TANDEM_BIF_PERSISTENT_H

void persistent_close(void);    // their values go with the literals

#endif
