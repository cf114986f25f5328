// SPDX-License-Identifier: Apache-2.0
// A fatal signal says its last words before it does what it does: the host's report then tells more than a number.
#ifndef TANDEM_MAIN_CRASH_H
#define TANDEM_MAIN_CRASH_H

// Takes the fatal signals that nobody has taken yet (a sanitizer has). Threads without a stack for signals, all but this one, die of an
// overflow of their stack in silence.
void crash_open(void);

#endif
