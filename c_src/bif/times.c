// SPDX-License-Identifier: Apache-2.0
// Natives about time and unique integers. The native unit is the nanosecond; the offset between monotonic and system time
// is fixed when the engine first tells it, as on a BEAM that doesn't warp.
#include "base/clock.h"
#include "bif/bif.h"
#include "term/number.h"

#include <stdatomic.h>
#include <time.h>

#define NS_PER_SECOND 1000000000LL

// The first years that the calendar functions take: local time, universal time. The last is that of the C library.
enum { LOCAL_YEAR = 1902, UNIVERSAL_YEAR = 1600, LAST_YEAR = INT32_MAX - 1 };

enum { DAY_SECONDS = 86400, MARCH_DAYS = 719468 };

static int64_t system_now(void)
{
    return clock_monotonic() + clock_offset();
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

// Parts of a second that a unit names; 0: not a name.
static int64_t unit_of(term t)
{
    if (t == ATOM_native || t == ATOM_nanosecond || t == ATOM_nano_seconds || t == ATOM_perf_counter)
        return NS_PER_SECOND;
    if (t == ATOM_microsecond || t == ATOM_micro_seconds)
        return 1000000;
    if (t == ATOM_millisecond || t == ATOM_milli_seconds)
        return 1000;
    return t == ATOM_second || t == ATOM_seconds;
}

// Rounds down. NONE, with the reason: too large a number.
static term scaled(struct heap *h, int64_t ns, term parts, term *why)
{
    term product = number_multiply(h, integer_from_i64(h, ns), parts, why);
    if (product != NONE && ns < 0)
        product = number_subtract(h, product, small(NS_PER_SECOND - 1), why);
    return product == NONE ? NONE : number_div(h, product, small(NS_PER_SECOND), why);
}

static term in_unit(struct proc *p, int64_t ns, term unit)
{
    struct heap *h = proc_heap(p);
    int64_t parts = unit_of(unit);
    if (parts)
        return integer_from_i64(h, floor_div(ns, NS_PER_SECOND / parts));
    if (!is_integer(unit) || unit == small(0) || integer_is_negative(unit))
        return fail_badarg(p);
    term why, whole = scaled(h, ns, unit, &why);
    return whole == NONE ? fail_error(p, why) : whole;
}

static term bif_monotonic_time(struct proc *p, term *args)
{
    (void)args;
    return integer_from_i64(proc_heap(p), clock_monotonic());
}

static term bif_monotonic_time_unit(struct proc *p, term *args)
{
    return in_unit(p, clock_monotonic(), args[0]);
}

static term bif_system_time(struct proc *p, term *args)
{
    (void)args;
    return integer_from_i64(proc_heap(p), system_now());
}

static term bif_system_time_unit(struct proc *p, term *args)
{
    return in_unit(p, system_now(), args[0]);
}

static term bif_time_offset(struct proc *p, term *args)
{
    (void)args;
    return integer_from_i64(proc_heap(p), clock_offset());
}

static term bif_time_offset_unit(struct proc *p, term *args)
{
    return in_unit(p, clock_offset(), args[0]);
}

static term bif_os_system_time(struct proc *p, term *args)
{
    (void)args;
    return integer_from_i64(proc_heap(p), clock_system());
}

static term bif_os_system_time_unit(struct proc *p, term *args)
{
    return in_unit(p, clock_system(), args[0]);
}

static term bif_time_unit(struct proc *p, term *args)
{
    (void)p;
    (void)args;
    return small(NS_PER_SECOND);
}

static term stamp(struct proc *p, int64_t us)
{
    return tuple3(proc_heap(p), small(us / 1000000000000), small(us / 1000000 % 1000000), small(us % 1000000));
}

static term bif_timestamp(struct proc *p, term *args)
{
    (void)args;
    return stamp(p, system_now() / 1000);
}

static term bif_os_timestamp(struct proc *p, term *args)
{
    (void)args;
    return stamp(p, clock_system() / 1000);
}

// Each call gives a later time than the one before.
static term bif_now(struct proc *p, term *args)
{
    static _Atomic int64_t last;
    (void)args;
    int64_t now = system_now() / 1000, before = atomic_load(&last), next;
    do
        next = now > before ? now : before + 1;
    while (!atomic_compare_exchange_weak(&last, &before, next));
    return stamp(p, next);
}

// Unique integers.

static term bif_unique_integer(struct proc *p, term *args)
{
    static _Atomic int64_t next = 1;
    (void)args;
    return integer_from_i64(proc_heap(p), atomic_fetch_add_explicit(&next, 1, memory_order_relaxed));
}

static term bif_unique_integer_options(struct proc *p, term *args)
{
    term list = args[0];
    while (is_list(list) && (head(list) == ATOM_positive || head(list) == ATOM_monotonic))
        list = tail(list);
    return is_nil(list) ? bif_unique_integer(p, args) : fail_badarg(p);
}

// Calendar time.

static term date_term(struct heap *h, const struct tm *t)
{
    return tuple3(h, small(t->tm_year + 1900), small(t->tm_mon + 1), small(t->tm_mday));
}

static term time_term(struct heap *h, const struct tm *t)
{
    return tuple3(h, small(t->tm_hour), small(t->tm_min), small(t->tm_sec));
}

static term date_time(struct heap *h, const struct tm *t)
{
    return tuple2(h, date_term(h, t), time_term(h, t));
}

static struct tm local_tm(time_t seconds)
{
    struct tm t;
    localtime_r(&seconds, &t);
    return t;
}

static struct tm universal_tm(time_t seconds)
{
    struct tm t;
    gmtime_r(&seconds, &t);
    return t;
}

static term bif_date(struct proc *p, term *args)
{
    (void)args;
    struct tm t = local_tm(time(NULL));
    return date_term(proc_heap(p), &t);
}

static term bif_time(struct proc *p, term *args)
{
    (void)args;
    struct tm t = local_tm(time(NULL));
    return time_term(proc_heap(p), &t);
}

static term bif_localtime(struct proc *p, term *args)
{
    (void)args;
    struct tm t = local_tm(time(NULL));
    return date_time(proc_heap(p), &t);
}

static term bif_universaltime(struct proc *p, term *args)
{
    (void)args;
    struct tm t = universal_tm(time(NULL));
    return date_time(proc_heap(p), &t);
}

static bool three_numbers(term t, int numbers[3])
{
    if (!is_tuple_of(t, 3))
        return false;
    for (size_t i = 0; i < 3; i++) {
        sword value = is_small(element(t, i)) ? small_value(element(t, i)) : -1;
        if (value < 0 || value > LAST_YEAR)
            return false;
        numbers[i] = (int)value;
    }
    return true;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

// {{Year, Month, Day}, {Hour, Minute, Second}} that exists, from a year on.
static bool tm_of(term t, int first_year, struct tm *tm)
{
    int date[3], clock[3];
    if (!is_tuple_of(t, 2) || !three_numbers(element(t, 0), date) || !three_numbers(element(t, 1), clock))
        return false;
    *tm = (struct tm){.tm_year = date[0] - 1900,
                      .tm_mon = date[1] - 1,
                      .tm_mday = date[2],
                      .tm_hour = clock[0],
                      .tm_min = clock[1],
                      .tm_sec = clock[2],
                      .tm_isdst = -1};
    return date[0] >= first_year && date[1] >= 1 && date[1] <= 12 && date[2] >= 1 &&
           date[2] <= month_days(date[0], date[1]) && clock[0] < 24 && clock[1] < 60 && clock[2] < 60;
}

static term bif_localtime_to_universaltime(struct proc *p, term *args)
{
    struct tm tm;
    if (!tm_of(args[0], LOCAL_YEAR, &tm) || (!is_bool(args[1]) && args[1] != ATOM_undefined))
        return fail_badarg(p);
    tm.tm_isdst = args[1] == ATOM_true ? 1 : args[1] == ATOM_false ? 0 : -1;
    tm = universal_tm(mktime(&tm));
    return date_time(proc_heap(p), &tm);
}

static term bif_universaltime_to_localtime(struct proc *p, term *args)
{
    struct tm tm;
    if (!tm_of(args[0], LOCAL_YEAR, &tm))
        return fail_badarg(p);
    tm = local_tm(timegm(&tm));
    return date_time(proc_heap(p), &tm);
}

static term bif_universaltime_to_posixtime(struct proc *p, term *args)
{
    struct tm tm;
    return tm_of(args[0], UNIVERSAL_YEAR, &tm) ? integer_from_i64(proc_heap(p), timegm(&tm)) : fail_badarg(p);
}

// Years begin in March here. Below zero the divisions cut towards zero, so that far dates come out as on the BEAM.
static int64_t days_before(int64_t year)
{
    return 365 * year + year / 4 - year / 100 + year / 400;
}

// Years may have more digits than the C library's calendar.
static term bif_posixtime_to_universaltime(struct proc *p, term *args)
{
    int64_t seconds;
    if (!integer_to_i64(args[0], &seconds))
        return fail_badarg(p);
    int64_t days = floor_div(seconds, DAY_SECONDS) + MARCH_DAYS,
            second = (seconds % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS;
    int64_t year = (days * 10000 + 14780) / 3652425;    // the mean year has 365.2425 days
    if (days < days_before(year))
        year--;
    int64_t day = days - days_before(year);
    int64_t month = (100 * day + 52) / 3060;
    struct heap *h = proc_heap(p);
    term date = tuple3(h, integer_from_i64(h, year + (month + 2) / 12), small((month + 2) % 12 + 1),
                       small(day - (306 * month + 5) / 10 + 1));
    return tuple2(h, date, tuple3(h, small(second / 3600), small(second / 60 % 60), small(second % 60)));
}

static const struct native_row rows[] = {
    {"erlang", "monotonic_time", 0, bif_monotonic_time, 0},
    {"erlang", "monotonic_time", 1, bif_monotonic_time_unit, 0},
    {"erlang", "system_time", 0, bif_system_time, 0},
    {"erlang", "system_time", 1, bif_system_time_unit, 0},
    {"erlang", "time_offset", 0, bif_time_offset, 0},
    {"erlang", "time_offset", 1, bif_time_offset_unit, 0},
    {"erlang", "timestamp", 0, bif_timestamp, 0},
    {"erlang", "now", 0, bif_now, 0},
    {"erlang", "unique_integer", 0, bif_unique_integer, 0},
    {"erlang", "unique_integer", 1, bif_unique_integer_options, 0},
    {"erlang", "date", 0, bif_date, 0},
    {"erlang", "time", 0, bif_time, 0},
    {"erlang", "localtime", 0, bif_localtime, 0},
    {"erlang", "universaltime", 0, bif_universaltime, 0},
    {"erlang", "localtime_to_universaltime", 2, bif_localtime_to_universaltime, 0},
    {"erlang", "universaltime_to_localtime", 1, bif_universaltime_to_localtime, 0},
    {"erlang", "universaltime_to_posixtime", 1, bif_universaltime_to_posixtime, 0},
    {"erlang", "posixtime_to_universaltime", 1, bif_posixtime_to_universaltime, 0},
    {"os", "system_time", 0, bif_os_system_time, 0},
    {"os", "system_time", 1, bif_os_system_time_unit, 0},
    {"os", "timestamp", 0, bif_os_timestamp, 0},
    {"os", "perf_counter", 0, bif_monotonic_time, 0},
    {"erts_internal", "time_unit", 0, bif_time_unit, 0},
    {"erts_internal", "perf_counter_unit", 0, bif_time_unit, 0},
};

const struct native_table natives_times = {rows, COUNT_OF(rows)};
