// SPDX-License-Identifier: Apache-2.0
// Hashes against those of OTP 25.
#include "heap_tests.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/map.h"
#include "terms.h"

// Terms with erlang:phash2(T, 1 bsl 32) and erlang:phash(T, 1 bsl 32) - 1.
static const struct {
    const char *hex;
    uint32_t phash2, phash;
} portable[] = {
    {"836100", 3175731469u, 0u},
    {"8362ffffffff", 1117813597u, 1680185269u},
    {"8361ff", 715823293u, 2499495045u},
    {"836207ffffff", 4273352567u, 1192343452u},
    {"836208000000", 2562491755u, 2147483672u},
    {"8362f8000000", 874979335u, 2147489128u},
    {"8362f7ffffff", 1418916782u, 3827674397u},
    {"836e0800ffffffffffffff07", 1638133000u, 3114282912u},
    {"836e08010000000000000008", 2316875190u, 2147489128u},
    {"836e08000000000000000008", 2442888721u, 2147483672u},
    {"836e0901000000000000000001", 2563594619u, 1680185269u},
    {"836e11000700000000000000000000000000000004", 777366617u, 1486091977u},
    {"83460000000000000000", 423528920u, 0u},
    {"83468000000000000000", 423528920u, 0u},
    {"83463ff8000000000000", 2023646235u, 1073217536u},
    {"8346d4c249ad2594c37d", 3892675598u, 4048980688u},
    {"8364000161", 97u, 97u},
    {"83640000", 0u, 0u},
    {"8364000474727565", 506293u, 506293u},
    {"83640003e5e4f6", 62518u, 62518u},
    {"837706e697a5e69cac", 251805804u, 251805804u},
    {"836d00000000", 147926629u, 0u},
    {"836d0000000101", 881997586u, 268436142u},
    {"834d0000000103a0", 3354768668u, 3507216108u},
    {"836d0000000c68656c6c6f2c20776f726c64", 2613979454u, 2249210344u},
    {"836d0000001468656c6c6f2c20776f726c643a206c6f6e676572", 2945053954u, 921292239u},
    {"834d000000040101020380", 1381239152u, 1145992775u},
    {"836a", 3468870702u, 1u},
    {"836b000461626364", 1752753207u, 1938728201u},
    {"836b0006616263646566", 3438416548u, 3023779912u},
    {"836c000000016400016164000162", 2356411656u, 4159696707u},
    {"836c00000003620000012c610161026a", 2902664759u, 4082389681u},
    {"836c000000026a6c00000001640001786a6a", 3097654928u, 3353355229u},
    {"836800", 221703996u, 0u},
    {"836803640001616101464000000000000000", 1514185363u, 4065972893u},
    {"837400000000", 844985373u, 1113425984u},
    {"837400000002610264000162640001616101", 2189823606u, 2458264217u},
    {"8374000000017400000001610161026b000103", 2684546645u, 2952987256u},
    {"83740000002861216121610c610c61176117611d611d611e611e61276127611a611a611f611f610b610b6125612561096109"
     "612061206122612261196119611c611c6106610661266126610d610d6128612861146114610f610f610e610e610261026107"
     "6107610161016108610861036103611161116116611661156115610461046124612461186118610a610a61236123611b611b"
     "61136113610561056112611261106110",
     2202532150u, 2470972761u},
    {"8368026c00000002610168026102740000000164000178640001796a6b00017a", 3094773063u, 908972023u},
    {"835864000d6e6f6e6f6465406e6f686f7374000000010000000200000000", 2870503209u, 3341103953u},
    {"8368025864000d6e6f6e6f6465406e6f686f73740000000100000002000000006c000000015864000d6e6f6e6f6465406e6f"
     "686f73740000000100000002000000006a",
     2538111248u, 457681861u},
    {"83716400056c697374736400036d61706102", 840287883u, 904024395u},
};

START_TEST(portable_hashes)
{
    for (size_t i = 0; i < COUNT_OF(portable); i++) {
        term t = term_of_hex(&heap, portable[i].hex);
        ck_assert_msg(term_phash2(t) == portable[i].phash2, "phash2 of %s", portable[i].hex);
        ck_assert_msg(term_phash(t) == portable[i].phash, "phash of %s", portable[i].hex);
    }
}
END_TEST

// Two terms built apart are equal and so are their hashes, at every depth.
START_TEST(equal_terms_hash_alike)
{
    for (size_t i = 0; i < COUNT_OF(portable); i++) {
        term a = term_of_hex(&heap, portable[i].hex), b = term_of_hex(&heap, portable[i].hex);
        ck_assert(term_equal(a, b));
        ck_assert_uint_eq(term_hash(a), term_hash(b));
        ck_assert_uint_eq(term_hash(a), term_hash_salted(a, 0));
        ck_assert_uint_eq(term_hash_salted(a, 2), term_hash_salted(b, 2));
        ck_assert_uint_ne(term_hash(a), term_hash_salted(a, 1));
    }
    ck_assert_uint_eq(term_hash(float_term(&heap, 0.0)), term_hash(float_term(&heap, -0.0)));
}
END_TEST

START_TEST(depth_takes_no_stack)
{
    term list = NIL, tuple = small(1), map = small(1), left = small(1);
    for (int i = 0; i < 1000000; i++) {
        list = cons(&heap, small(1000), list);
        left = cons(&heap, left, NIL);
        tuple = tuple2(&heap, tuple, small(1));
    }
    for (int i = 0; i < 100000; i++)
        map = map_put(&heap, map_empty(&heap), map, small(1));
    term deep[] = {list, left, tuple, map};
    for (size_t i = 0; i < COUNT_OF(deep); i++) {
        ck_assert_uint_eq(term_hash(deep[i]), term_hash(deep[i]));
        ck_assert_uint_eq(term_phash2(deep[i]), term_phash2(deep[i]));
        ck_assert_uint_eq(term_phash(deep[i]), term_phash(deep[i]));
    }
    ck_assert_uint_eq(term_phash2(list), 3203879909u);
    ck_assert_uint_eq(term_phash2(left), 67293092u);
    ck_assert_uint_eq(term_phash2(tuple), 3398763663u);
    ck_assert_uint_eq(term_phash(list), 3412678791u);
    ck_assert_uint_eq(term_phash(left), 1361724737u);
    ck_assert_uint_eq(term_phash(tuple), 108242747u);
}
END_TEST

Suite *hash_suite(void)
{
    Suite *s = suite_create("hash");
    TCase *c = heap_tests(s, "hash");
    tcase_add_test(c, portable_hashes);
    tcase_add_test(c, equal_terms_hash_alike);
    tcase_add_test(c, depth_takes_no_stack);
    tcase_set_timeout(c, 60);
    return s;
}
