// SPDX-License-Identifier: Apache-2.0
#include "base/md5.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void hex(const uint8_t digest[MD5_SIZE], char text[2 * MD5_SIZE + 1])
{
    for (int i = 0; i < MD5_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void expect(const char *input, const char *digest)
{
    uint8_t got[MD5_SIZE];
    char text[2 * MD5_SIZE + 1];
    md5(input, strlen(input), got);
    hex(got, text);
    ck_assert_str_eq(text, digest);
}

START_TEST(known_digests)
{
    expect("", "d41d8cd98f00b204e9800998ecf8427e");
    expect("a", "0cc175b9c0f1b6a831c399e269772661");
    expect("abc", "900150983cd24fb0d6963f7d28e17f72");
    expect("message digest", "f96b697d7cb7938d525a2f31aaf161d0");
    expect("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b");
    expect("12345678901234567890123456789012345678901234567890123456789012345678901234567890",
           "57edf4a22be3c955ac49da2e2107b67a");
}
END_TEST

// However the bytes are cut, and whichever block boundary they end at, the digest is the same.
START_TEST(pieces_make_no_difference)
{
    uint8_t input[300], whole[MD5_SIZE], pieces[MD5_SIZE];
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (uint8_t)(i * 7);
    for (size_t size = 0; size <= sizeof input; size++) {
        md5(input, size, whole);
        struct md5 m;
        md5_init(&m);
        for (size_t at = 0; at < size; at += 17)
            md5_update(&m, input + at, size - at < 17 ? size - at : 17);
        md5_final(&m, pieces);
        ck_assert_mem_eq(whole, pieces, MD5_SIZE);
    }
}
END_TEST

Suite *md5_suite(void)
{
    Suite *s = suite_create("md5");
    TCase *c = tcase_create("digest");
    tcase_add_test(c, known_digests);
    tcase_add_test(c, pieces_make_no_difference);
    suite_add_tcase(s, c);
    return s;
}
