// SPDX-License-Identifier: Apache-2.0
// A private copy of the engine's shared object, so that each engine has globals of its own, and gives them back: the loader takes
// a file that it has loaded already for the same object, and a copy in memory for another one.
#ifndef TANDEM_NIF_IMAGE_H
#define TANDEM_NIF_IMAGE_H

#include "main/guest.h"

struct image {
    void *object;
    guest_main_function *run;
};

enum { IMAGE_WHY_BYTES = 512 };

// On the thread that will run the engine, and lives until the image is closed. False: why.
bool image_open(struct image *i, const char *file, char why[IMAGE_WHY_BYTES]);
void image_close(struct image *i);

#endif
