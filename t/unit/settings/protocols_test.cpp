// SPDX-License-Identifier: Apache-2.0
//
// What a server can really offer from a set of versions: a range without holes, from the top.
#include "ssl_engine/settings/protocols.h"

#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;

constexpr Protocol kAll[] = {Protocol::ssl3, Protocol::tls1_0, Protocol::tls1_1, Protocol::tls1_2,
                             Protocol::tls1_3};

ProtocolSet set_of(std::string_view names) {
  ProtocolSet versions;
  for (const auto word : words(names)) {
    for (const Protocol p : kAll) {
      if (name_of(p) == word) versions.add(p);
    }
  }
  return versions;
}

std::string names_of(ProtocolSet versions) {
  std::vector<std::string> names;
  for (const Protocol p : kAll) {
    if (versions.has(p)) names.emplace_back(name_of(p));
  }
  return join(names, " ");
}

const struct {
  Protocol protocol;
  const char* name;
  unsigned wire;  // RFC 6101 5.2.1, RFC 2246 6.2.1, RFC 4346 6.2.1, RFC 5246 6.2.1, RFC 8446 4.2.1
} kNames[] = {
    {Protocol::ssl3, "SSLv3", 0x0300},     {Protocol::tls1_0, "TLSv1", 0x0301},
    {Protocol::tls1_1, "TLSv1.1", 0x0302}, {Protocol::tls1_2, "TLSv1.2", 0x0303},
    {Protocol::tls1_3, "TLSv1.3", 0x0304},
};
static_assert(std::size(kNames) == kProtocols.size());

START_TEST(a_version_has_its_name_and_number) {
  const auto& row = kNames[_i];
  expect_text(name_of(row.protocol), row.name);
  ck_assert_uint_eq(wire_version(row.protocol), row.wire);
}
END_TEST

START_TEST(a_set_adds_and_removes) {
  ProtocolSet versions;
  ck_assert(versions.empty());
  versions.remove(Protocol::tls1_2);
  ck_assert(versions.empty());
  for (const Protocol p : kAll) {
    versions.add(p);
    versions.add(p);
    ck_assert(versions.has(p));
  }
  versions.remove(Protocol::tls1_1);
  expect_text(names_of(versions), "SSLv3 TLSv1 TLSv1.2 TLSv1.3");
}
END_TEST

const struct {
  const char* versions;
  const char* lowest;  // nullptr: there is no range
  const char* highest;
  const char* dropped;
} kRanges[] = {
    {"", nullptr, nullptr, ""},
    {"TLSv1.3", "TLSv1.3", "TLSv1.3", ""},
    {"SSLv3", "SSLv3", "SSLv3", ""},
    {"TLSv1.2 TLSv1.3", "TLSv1.2", "TLSv1.3", ""},
    {"TLSv1 TLSv1.2", "TLSv1.2", "TLSv1.2", "TLSv1"},
    {"TLSv1 TLSv1.1 TLSv1.3", "TLSv1.3", "TLSv1.3", "TLSv1 TLSv1.1"},
    {"SSLv3 TLSv1.1 TLSv1.3", "TLSv1.3", "TLSv1.3", "SSLv3 TLSv1.1"},
    {"SSLv3 TLSv1.1 TLSv1.2", "TLSv1.1", "TLSv1.2", "SSLv3"},
    {"TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", "TLSv1", "TLSv1.3", ""},
    {"SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", "SSLv3", "TLSv1.3", ""},
};

START_TEST(the_range_ends_at_the_first_gap) {
  const auto& row = kRanges[_i];
  ProtocolSet dropped = set_of("TLSv1.3");  // must not survive
  const auto range = gap_free(set_of(row.versions), &dropped);
  const auto same = gap_free(set_of(row.versions));
  ck_assert(range == same);
  expect_text(names_of(dropped), row.dropped);
  ck_assert_int_eq(range.has_value(), row.lowest != nullptr);
  if (!range) return;
  expect_text(name_of(range->lowest), row.lowest);
  expect_text(name_of(range->highest), row.highest);
}
END_TEST

START_TEST(the_default_is_what_the_library_has_without_sslv3) {
  const ProtocolSet versions = default_protocols();
  ck_assert(!versions.has(Protocol::ssl3));
  ck_assert(versions.has(Protocol::tls1_2));
  ck_assert(versions.has(Protocol::tls1_3));
  for (const Protocol p : kAll) {
    if (p != Protocol::ssl3) ck_assert_int_eq(versions.has(p), is_built_in(p));
  }
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("protocols");
  TCase* const tests = tcase_create("protocols");
  tcase_add_loop_test(tests, a_version_has_its_name_and_number, 0, std::ssize(kNames));
  tcase_add_test(tests, a_set_adds_and_removes);
  tcase_add_loop_test(tests, the_range_ends_at_the_first_gap, 0, std::ssize(kRanges));
  tcase_add_test(tests, the_default_is_what_the_library_has_without_sslv3);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
