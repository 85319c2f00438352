// SPDX-License-Identifier: Apache-2.0
//
// Which names a server's certificate is taken for, and the words for those that it is not.
#include "ssl_engine/trust/peer_name.h"

#include "ssl_engine/openssl/errors.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

constexpr auto kNames = NameCheck::names;
constexpr auto kCommon = NameCheck::common_name;

/// Common names in place of the one that issue() gives, of a string type.
Cert with_common_names(const std::vector<std::pair<int, std::string>>& names,
                       const std::vector<std::string>& alternative = {}) {
  const Identity made = issue({.name = "x", .names = alternative});
  X509_NAME* const subject = X509_NAME_new();
  for (const auto& [type, name] : names) {
    X509_NAME_add_entry_by_NID(subject, NID_commonName, type,
                               reinterpret_cast<const unsigned char*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
  }
  X509_set_subject_name(made.certificate.get(), subject);
  X509_NAME_free(subject);
  X509_sign(made.certificate.get(), made.key.get(), EVP_sha256());
  return reread(*made.certificate);
}

const struct {
  std::vector<std::string> alternative;
  const char* common;
  const char* host;
  bool by_names;
  bool by_common_name;
} kRows[] = {
    {{"a.test"}, "other", "a.test", true, false},
    {{"b.test", "a.test"}, "other", "A.TEST", true, false},
    {{"A.Test"}, "other", "a.test", true, false},
    {{"a.test"}, "other", "a.test.", true, false},
    {{"a.test"}, "other", "b.test", false, false},
    {{"a.test"}, "other", "sub.a.test", false, false},
    {{"a.test"}, "other", "test", false, false},
    // The CNs count beside alternative names, as with mod_ssl.
    {{"a.test"}, "b.test", "b.test", true, true},
    {{}, "b.test", "b.test", true, true},
    {{}, "B.Test", "b.test.", true, true},
    {{"b.test"}, "a.test", "b.test", true, false},
    // A wildcard is the whole left-most label, and one label.
    {{"*.a.test"}, "other", "b.a.test", true, false},
    {{"*.a.test"}, "other", "B.A.Test", true, false},
    {{"*.a.test"}, "other", "xn--bcher-kva.a.test", true, false},
    {{"*.a.test"}, "other", "c.b.a.test", false, false},
    {{"*.a.test"}, "other", "a.test", false, false},
    {{"*.a.test"}, "other", ".a.test", false, false},
    {{"*.a.test"}, "other", "*.a.test", false, false},
    {{}, "*.a.test", "b.a.test", true, true},
    {{"*"}, "other", "localhost", false, false},
    {{"*"}, "*", "*", false, false},
    {{"b*.a.test"}, "other", "bc.a.test", false, false},
    {{"*b.a.test"}, "other", "cb.a.test", false, false},
    {{"b.*.test"}, "other", "b.a.test", false, false},
    {{"*.*.test"}, "other", "b.a.test", false, false},
    {{"xn--*.a.test"}, "other", "xn--bcher-kva.a.test", false, false},
    // IDNA: what is on the wire is what is compared.
    {{"xn--bcher-kva.test"}, "other", "XN--BCHER-KVA.test", true, false},
    // Addresses
    {{"IP:192.0.2.1"}, "other", "192.0.2.1", true, false},
    {{"IP:192.0.2.1"}, "other", "192.0.2.2", false, false},
    {{"IP:2001:db8::1"}, "other", "2001:DB8:0::1", true, false},
    {{"IP:2001:db8::1"}, "other", "[2001:db8::1]", true, false},
    {{"IP:2001:db8::1"}, "other", "2001:db8::2", false, false},
    {{"192.0.2.1"}, "other", "192.0.2.1", true, false},
    {{}, "192.0.2.1", "192.0.2.1", true, true},
    {{"*.0.2.1"}, "*.0.2.1", "192.0.2.1", false, false},
    {{"IP:192.0.2.1"}, "other", "192.0.2.1.a.test", false, false},
    {{"a.test"}, "other", "", false, false},
    {{"a.test"}, "other", ".", false, false},
};

START_TEST(a_certificate_is_for_the_names_it_has) {
  const auto& row = kRows[_i];
  const Identity made = issue({.name = row.common, .names = row.alternative});
  X509& cert = *made.certificate;
  ck_assert_msg(fault_of_name(cert, row.host, kNames).empty() == row.by_names, "row %d: %s", _i,
                row.host);
  ck_assert_msg(fault_of_name(cert, row.host, kCommon).empty() == row.by_common_name,
                "row %d, by CN: %s", _i, row.host);
  ck_assert(fault_of_name(cert, row.host, NameCheck::none).empty());
  ck_assert_uint_eq(first_openssl_error(), 0);
}
END_TEST

START_TEST(a_nul_ends_no_name) {
  const std::string trick("a.test\0.evil.test", 17);
  const Cert common = with_common_names({{V_ASN1_UTF8STRING, trick}});
  ck_assert(!fault_of_name(*common, "a.test", kNames).empty());
  ck_assert(!fault_of_name(*common, "a.test", kCommon).empty());
  ck_assert(!fault_of_name(*common, trick, kNames).empty());
  expect_text(fault_of_name(*common, "a.test", kCommon),
              "\"a.test\" is not among its names: common name a.test\\x00.evil.test");
}
END_TEST

START_TEST(every_common_name_counts_in_every_string_type) {
  const std::string wide("\0a\0.\0t\0e\0s\0t", 12);
  const Cert cert = with_common_names({{V_ASN1_PRINTABLESTRING, "first.test"},
                                       {V_ASN1_BMPSTRING, wide},
                                       {V_ASN1_UTF8STRING, "last.test"}});
  for (const char* host : {"first.test", "a.test", "last.test"}) {
    expect_text(fault_of_name(*cert, host, kNames), "");
  }
  expect_text(fault_of_name(*cert, "first.test", kCommon), "");
  expect_text(fault_of_name(*cert, "last.test", kCommon),
              "\"last.test\" is not among its names: common name first.test");
  ck_assert(!fault_of_name(*cert, "b.test", kCommon).empty());
}
END_TEST

START_TEST(the_words_have_the_names) {
  const auto fault = [](const Identity& made, const char* host, NameCheck check) {
    return fault_of_name(*made.certificate, host, check);
  };
  const Identity two = issue({.name = "c.test", .names = {"a.test", "*.b.test", "IP:192.0.2.1"}});
  expect_text(fault(two, "x.test", kNames),
              "\"x.test\" is not among its names: a.test, *.b.test, 192.0.2.1; common name c.test");
  expect_text(fault(two, "x.test", kCommon),
              "\"x.test\" is not among its names: common name c.test");
  const Cert without = with_common_names({});
  expect_text(fault_of_name(*without, "x.test", kNames), "\"x.test\" is not among its names: none");
  expect_text(fault_of_name(*without, "x\n\"", kNames),
              "\"x\\n\\\"\" is not among its names: none");
  CertificateOrder many{.name = "c"};
  for (int i = 0; i < 300; ++i) many.names.push_back("n" + std::to_string(i) + ".test");
  expect_text(fault(issue(many), "x.test", kNames),
              "\"x.test\" is not among its names: n0.test, n1.test, n2.test, n3.test, n4.test, "
              "n5.test, n6.test, n7.test, 292 more; common name c");
  const Identity lengthy = issue({.name = "c", .names = {std::string(5000, 'a')}});
  ck_assert_uint_lt(fault(lengthy, "x.test", kNames).size(), 200);
}
END_TEST

const struct {
  std::time_t begin;
  std::time_t end;
  const char* words;
} kDates[] = {
    {-kDay, kDay, ""},
    {0, kDay, ""},
    {-kDay, 0, ""},  // both ends belong to it
    {-9 * kDay, -3 * kDay, "valid until 2025-12-29 00:00:00 UTC, 3 days ago"},
    {-9 * kDay, -1, "valid until 2025-12-31 23:59:59 UTC, less than a day ago"},
    {kDay, 9 * kDay, "valid from 2026-01-02 00:00:00 UTC, in 1 day"},
};

START_TEST(its_time_is_held_against_the_clock) {
  const auto& row = kDates[_i];
  const Identity made =
      issue({.name = "a", .begin = kTestNow + row.begin, .end = kTestNow + row.end});
  expect_text(fault_of_dates(*made.certificate, FakeClock().wall()), row.words);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("peer_name");
  TCase* tests = tcase_create("peer_name");
  tcase_add_loop_test(tests, a_certificate_is_for_the_names_it_has, 0, std::size(kRows));
  tcase_add_test(tests, a_nul_ends_no_name);
  tcase_add_test(tests, every_common_name_counts_in_every_string_type);
  tcase_add_test(tests, the_words_have_the_names);
  tcase_add_loop_test(tests, its_time_is_held_against_the_clock, 0, std::size(kDates));
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
