// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "record_test.h"
#include "report.h"

static struct report report;
static char happened[256], todo[256];

static void make(void)
{
    memset(&report, 0, sizeof report);
    record_fill(&report.merged);
    report.wishes = (struct tune_wishes){.margin = 10, .largest = 65536};
}

static enum report_verdict judge(void)
{
    memset(&report.data, 0, sizeof report.data);
    cr_assert_null(tune_add(&report.data, &report.merged));
    tune_plans(&report.data, &report.wishes, TUNE_TABLE, report.plans);
    report.chosen = tune_choose(report.plans, TUNE_TABLE);
    return report_judge(&report, happened, todo, sizeof happened);
}

static char *page(void)
{
    static char *text; // of the stream, which gcc would believe to live on
    static size_t length;
    FILE *out = open_memstream(&text, &length);
    judge();
    report_write(out, &report);
    fclose(out);
    return text;
}

Test(report, headline_is_about_what_is_worst, .init = make)
{
    cr_assert_eq(judge(), REPORT_FITS);
    report.merged.figures.pools[1].requested_bytes = 100;
    cr_assert_eq(judge(), REPORT_WASTE);
    cr_assert_str_eq(happened, "No pool was ever empty, but 25% of the memory handed out was not asked for");
    cr_assert_str_eq(todo, "Use the 3 pools below: 2% waste, 18K reserved.");
    report.merged.figures.pools[0].err = 1200;
    report.merged.figures.pools[0].fell_back = 1200;
    cr_assert_eq(judge(), REPORT_EMPTY);
    cr_assert_str_eq(happened,
                     "MALLOC_64 was empty 1.2K times: 97.3% of all requests went to the next malloc");
    report.merged.figures.pools[0].failed = 1;
    cr_assert_eq(judge(), REPORT_FAILS);
    cr_assert_str_eq(happened, "1 request got no memory, most of all from MALLOC_64");
}

Test(report, a_measurement_says_what_to_copy, .init = make)
{
    report.merged.figures.pools[0].count = COUNT_UNLIMITED;
    cr_assert_eq(judge(), REPORT_MEASURED);
    cr_assert_str_eq(happened, "3 pools of 18KB would serve 100% of the requests: copy them");
    report.merged.steps[SIZE_STEPS - 1] = (struct stats_step){2, 0};
    judge();
    cr_assert_str_eq(happened, "3 pools of 18KB would serve 94.44% of the requests: copy them");
    char *text = page();
    const char *proposal = strstr(text, "<pre id=conf>"), *tiles = strstr(text, "class=tiles");
    cr_assert(proposal && tiles && proposal < tiles);
    cr_assert_null(strstr(proposal + 1, "<pre id=conf>"));
    free(text);
    report.merged.figures.pools[1].count = 3;
    report.merged.figures.pools[1].avail = 3;
    cr_assert_neq(judge(), REPORT_MEASURED);
}

Test(report, names_from_outside_cannot_write_html, .init = make)
{
    strcpy(report.merged.program, "<script>alert(1)</script>&\"");
    strcpy(report.merged.origin, "pools: <b>");
    strcpy(report.merged.figures.pools[0].name, "A<i>");
    strcpy(report.merged.figures.pools[1].desc, "<u>");
    char *text = page();
    cr_assert_null(strstr(text, "<script>alert"));
    cr_assert_null(strstr(text, "pools: <b>"));
    cr_assert_null(strstr(text, "A<i>"));
    cr_assert_null(strstr(text, "<u>"));
    cr_assert(strstr(text, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;"));
    free(text);
}

Test(report, page_stands_alone, .init = make)
{
    char *text = page();
    cr_assert_null(strstr(text, "://"));
    cr_assert_null(strstr(text, " src="));
    cr_assert_null(strstr(text, " href="));
    cr_assert_null(strstr(text, "@import"));
    cr_assert_null(strstr(text, "nan"));
    cr_assert_null(strstr(text, "inf\""));
    free(text);
}

Test(report, a_single_size_makes_a_page_as_well, .init = make)
{
    memset(report.merged.steps, 0, sizeof report.merged.steps);
    report.merged.steps[0] = (struct stats_step){1, 0};
    char *text = page();
    cr_assert_null(strstr(text, "nan"));
    cr_assert_null(strstr(text, "inf"));
    free(text);
}

Test(report, counts_are_short)
{
    cr_assert_str_eq(report_count(999), "999");
    cr_assert_str_eq(report_count(1000), "1.0K");
    cr_assert_str_eq(report_count(123456), "123K");
    cr_assert_str_eq(report_count(1999999), "2.0M");
}
