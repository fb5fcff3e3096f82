// SPDX-License-Identifier: Apache-2.0
#include "media/leaky_bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// 10 pictures a second, 1000 bit/s: 100 bits a picture. A bucket of 1000 bits, 900 of them there.
static struct leaky_bucket small(void)
{
    return bucket_init(1000, 1000, (struct frame_rate){10, 1});
}

static void pictures_of_the_rate_leave_the_fullness_as_it_is(void **state)
{
    (void)state;
    // 104 bits each: 900 - 104 + 100 = 896, 892, 888 ...; the fifth leaves 884 - 104 = 780
    const uint32_t sizes[] = {13, 13, 13, 13, 13};
    struct leaky_bucket bucket = small();
    const struct bucket_passage passage = bucket_pass(&bucket, sizes, 5);
    assert_int_equal(passage.start_permille, 900);
    assert_int_equal(passage.lowest_bits, 780);
    assert_int_equal(passage.lowest_at, 4);
    assert_int_equal(passage.late, 0);
    const struct bucket_passage next = bucket_pass(&bucket, sizes, 0);
    assert_int_equal(next.start_permille, 880);
    assert_int_equal(next.lowest_bits, 880);
}

static void what_does_not_fit_waits_outside(void **state)
{
    (void)state;
    // 8 bits: 900 - 8 + 100 = 992; - 8 + 100 = 1084, held at 1000; 1000 - 8 = 992, ... 1000
    const uint32_t sizes[] = {1, 1, 1};
    struct leaky_bucket bucket = small();
    assert_int_equal(bucket_pass(&bucket, sizes, 3).lowest_bits, 892);
    assert_int_equal(bucket_pass(&bucket, NULL, 0).start_permille, 1000);
}

static void a_picture_that_is_not_whole_in_time_is_late_and_the_decoder_waits(void **state)
{
    (void)state;
    // 900 - 800 = 100, 200 - 240 = -40: late; from 0: 100 - 80 = 20
    const uint32_t sizes[] = {100, 30, 10};
    struct leaky_bucket bucket = small();
    const struct bucket_passage passage = bucket_pass(&bucket, sizes, 3);
    assert_int_equal(passage.lowest_bits, -40);
    assert_int_equal(passage.lowest_at, 1);
    assert_int_equal(passage.late, 1);
    assert_int_equal(bucket_pass(&bucket, NULL, 0).start_permille, 120);
}

// Each of two chunks keeps the bucket when it starts at nine tenths; the second, behind the first,
// does not: the reason for all this.
static void chunks_that_conform_alone_can_offend_together(void **state)
{
    (void)state;
    const uint32_t first[] = {10, 10, 90}; // 900 - 80 + 100 = 920, 940, 940 - 720 = 220
    const uint32_t second[] = {60, 10};    // 900 - 480 = 420; behind the first 320 - 480 = -160
    struct leaky_bucket bucket = small();
    assert_int_equal(bucket_pass(&bucket, second, 2).lowest_bits, 420);
    bucket = small();
    assert_int_equal(bucket_pass(&bucket, first, 3).lowest_bits, 220);
    const struct bucket_passage joined = bucket_pass(&bucket, second, 2);
    assert_int_equal(joined.start_permille, 320);
    assert_int_equal(joined.lowest_bits, -160);
}

static void at_24000_over_1001_not_a_bit_is_lost_in_a_day(void **state)
{
    (void)state;
    enum { PICTURES = 24000 * 8 };
    // 3,000,000 bit/s come to 125,125 bits a picture; 15,640 bytes are 125,120
    struct leaky_bucket bucket = bucket_init(3000000, 3000000, (struct frame_rate){24000, 1001});
    uint32_t size = 15640;
    for (int i = 0; i < PICTURES; i++)
        (void)bucket_pass(&bucket, &size, 1);
    assert_int_equal(bucket_pass(&bucket, NULL, 0).lowest_bits, 3000000);
    size = 15641; // three bits more than come: dry after (3,000,000 - 125,128) / 3 pictures
    size_t taken = 0;
    while (bucket_pass(&bucket, &size, 1).late == 0)
        taken++;
    assert_int_equal(taken, (3000000 - 125128) / 3 + 1);
}

static void a_bit_too_few_is_too_few_also_in_fractions(void **state)
{
    (void)state;
    // 1000 bit/s at 3 pictures a second: 333 1/3 bits a picture
    struct leaky_bucket bucket = bucket_init(1000, 1000, (struct frame_rate){3, 1});
    const uint32_t sizes[] = {112, 42}; // 900 - 896 = 4; 337 1/3 - 336 = 1 1/3
    assert_int_equal(bucket_pass(&bucket, sizes, 2).lowest_bits, 1);
    const uint32_t more = 42; // 334 2/3 - 336 = -1 1/3: two bits are missing
    assert_int_equal(bucket_pass(&bucket, &more, 1).lowest_bits, -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_of_the_rate_leave_the_fullness_as_it_is),
        cmocka_unit_test(what_does_not_fit_waits_outside),
        cmocka_unit_test(a_picture_that_is_not_whole_in_time_is_late_and_the_decoder_waits),
        cmocka_unit_test(chunks_that_conform_alone_can_offend_together),
        cmocka_unit_test(at_24000_over_1001_not_a_bit_is_lost_in_a_day),
        cmocka_unit_test(a_bit_too_few_is_too_few_also_in_fractions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
