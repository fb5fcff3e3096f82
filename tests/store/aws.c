// SPDX-License-Identifier: Apache-2.0
#include "store/aws.h"

#include "service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static outcome open_at(const char *endpoint, struct aws **out, struct why *why)
{
    const struct aws_options options = {"s3", "", endpoint, "films.s3", clock_system(), 0};
    return aws_open(&options, out, why);
}

static void endpoints_are_an_origin_and_nothing_more(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint;
        outcome result;
    } cases[] = {
        {"", OK},
        {"http://127.0.0.1:4568", OK},
        {"https://minio.example/", OK},
        {"http://[::1]:9000", OK},
        {"ftp://a", INVALID},
        {"http://a/path", INVALID},
        {"http://a?b", INVALID},
        {"http://me@a", INVALID},
        {"a b", INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct aws *aws = NULL;
        struct why why = {""};
        assert_int_equal(open_at(cases[i].endpoint, &aws, &why), cases[i].result);
        assert_int_equal(why.text[0] == '\0', cases[i].result == OK);
        aws_close(&aws);
    }
}

static void without_credentials_nothing_is_opened(void **state)
{
    (void)state;
    struct aws *aws = NULL;
    struct why why = {""};
    assert_int_equal(unsetenv("AWS_ACCESS_KEY_ID"), 0);
    assert_int_equal(open_at("", &aws, &why), DENIED);
    assert_non_null(strstr(why.text, "AWS_ACCESS_KEY_ID"));
    assert_null(aws);
    credentials_set();
}

static void a_service_that_keeps_failing_is_given_up_with_its_status(void **state)
{
    (void)state;
    char script[500], endpoint[64];
    if (!service_script("s3.mjs", script, sizeof script)) {
        print_message("# SKIPPED: s3rver is not installed: tools/setup test\n");
        skip();
    }
    const char *const command[] = {"node", script, "1", NULL}; // every request fails
    struct service broken = service_start(command);
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", broken.port);
    struct aws *aws = NULL;
    struct why why = {""};
    autobuffer body = buffer_init(1 << 20);
    struct aws_answer answer = {.tries = 77};
    const struct aws_request request = {.method = "GET", .path = "/films/k", .query = ""};
    assert_ok(open_at(endpoint, &aws, &why_));
    assert_int_equal(aws_call(aws, &request, NULL, &body, &answer, &why), UNAVAILABLE);
    assert_non_null(strstr(why.text, "127.0.0.1"));
    assert_int_equal(body.len, 0);
    assert_int_equal(answer.tries, 77);
    aws_close(&aws);
    service_stop(&broken);
}

static void a_service_that_takes_a_request_and_never_answers_is_given_up(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    const int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(silent >= 0);
    assert_int_equal(bind(silent, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(silent, 16), 0); // the kernel connects; nobody ever reads
    assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &len), 0);
    char endpoint[64];
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", ntohs(address.sin_port));
    struct aws *aws = NULL;
    struct why why = {""};
    autobuffer body = buffer_init(1 << 20);
    struct aws_answer answer = {.tries = 77};
    const struct aws_request request = {.method = "GET", .path = "/films/k", .query = ""};
    const struct aws_options options = {"s3", "", endpoint, "films.s3", clock_system(), 50};
    assert_ok(aws_open(&options, &aws, &why_));
    assert_int_equal(aws_call(aws, &request, NULL, &body, &answer, &why), TIMED_OUT);
    assert_non_null(strstr(why.text, "did not answer in time"));
    assert_int_equal(answer.tries, 77);
    aws_close(&aws);
    (void)close(silent);
}

int main(void)
{
    credentials_set();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_an_origin_and_nothing_more),
        cmocka_unit_test(without_credentials_nothing_is_opened),
        cmocka_unit_test(a_service_that_keeps_failing_is_given_up_with_its_status),
        cmocka_unit_test(a_service_that_takes_a_request_and_never_answers_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
