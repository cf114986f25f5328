// SPDX-License-Identifier: Apache-2.0
// What unit tests and fuzzers of terms need: the tables opened once, in order.
#ifndef TANDEM_TEST_SUPPORT_H
#define TANDEM_TEST_SUPPORT_H

void support_open(void);    // may be called any number of times

#endif
