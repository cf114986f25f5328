// SPDX-License-Identifier: Apache-2.0
// What every unit test of terms needs: the tables opened once, in order.
#ifndef TANDEM_TEST_SUPPORT_H
#define TANDEM_TEST_SUPPORT_H

void support_open(void);    // may be called any number of times

#endif
