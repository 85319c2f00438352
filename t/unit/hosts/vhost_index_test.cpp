// SPDX-License-Identifier: Apache-2.0
//
// Names to hosts: the first host in order that matches, as httpd itself chooses (vhost.c).
#include "ssl_engine/hosts/vhost_index.h"

#include "t/unit/unit.h"

namespace tlsplus::test {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

NameTable sample() {
  NameTable table;
  table.add_host(10, {"a.example", "www.a.example"});
  table.add_host(11, {"B.Example", "*.b.example"});
  table.add_host(12, {"x.b.example", "c?.example"});
  table.add_host(13, {"*.sub.b.example", "*.c.example", "a.example"});
  table.add_host(14, {"*"});
  return table;
}

static const struct {
  const char* name;
  std::uint32_t host;
} kLookups[] = {
    {"a.example", 10},       {"A.EXAMPLE", 10},   {"a.example.", 10},
    {"www.a.example", 10},   {"b.example", 11},   {"y.b.example", 11},
    {"x.b.example", 11},      // exact in 12, but 11 comes first and its wildcard matches
    {"y.sub.b.example", 11},  // a star spans dots, as in ServerAlias
    {"c1.example", 12},      {"d.c.example", 13}, {"c12.example", 14},
    {"nobody", 14},          {"", kNone},
};

START_TEST(first_match_in_order_wins) {
  const auto found = sample().find(kLookups[_i].name);
  ck_assert_msg(found.value_or(kNone) == kLookups[_i].host, "%s", kLookups[_i].name);
}
END_TEST

START_TEST(unknown_names_are_nobodys) {
  NameTable table;
  table.add_host(1, {"a.example", "*.b.example"});
  ck_assert(!table.find("b.example"));
  ck_assert(!table.find("example"));
  ck_assert(!table.find(std::string(300, 'a')));
  ck_assert(!table.find(std::string_view("a.example\0", 10)));
}
END_TEST

static const struct {
  const char* text;
  const char* pattern;
  bool matches;
} kPatterns[] = {
    {"abc", "abc", true},
    {"abc", "a*", true},
    {"abc", "*c", true},
    {"abc", "a?c", true},
    {"abc", "a*b*c", true},
    {"abc", "", false},
    {"", "*", true},
    {"", "?", false},
    {"aab", "*ab", true},
    {"abab", "*ab", true},
    {"abc", "ab", false},
    {"abc", "*d", false},
    {"mississippi", "m*iss*ip*i", true},
};

START_TEST(patterns_match_as_httpds_do) {
  const auto& row = kPatterns[_i];
  ck_assert_msg(matches_pattern(row.text, row.pattern) == row.matches, "%s against %s", row.text,
                row.pattern);
}
END_TEST

START_TEST(addresses_are_told_apart) {
  VhostIndex index;
  const int first = 0;
  const int second = 0;
  index.table({&first, 443}).add_host(1, {"a.example"});
  ck_assert_ptr_nonnull(index.find({&first, 443}));
  ck_assert_ptr_null(index.find({&first, 8443}));
  ck_assert_ptr_null(index.find({&second, 443}));
}
END_TEST

// `<VirtualHost 192.0.2.1:443 192.0.2.2:443>` beside another host at each of both: who comes first
// is a matter of the address.
START_TEST(a_host_may_be_at_several_addresses) {
  VhostIndex index;
  const int first = 0;
  const int second = 0;
  NameTable& one = index.table({&first, 443});
  one.add_host(1, {"both.example", "a.example"});
  one.add_host(2, {"a.example", "b.example"});
  NameTable& two = index.table({&second, 443});
  two.add_host(3, {"b.example", "both.example"});
  two.add_host(1, {"both.example", "a.example"});
  const struct {
    const void* list;
    const char* name;
    std::uint32_t host;
  } asked[] = {{&first, "both.example", 1},  {&first, "a.example", 1},  {&first, "b.example", 2},
               {&second, "both.example", 3}, {&second, "a.example", 1}, {&second, "b.example", 3}};
  for (const auto& row : asked) {
    ck_assert_msg(index.find({row.list, 443})->find(row.name).value_or(kNone) == row.host, "%s",
                  row.name);
  }
}
END_TEST

START_TEST(a_host_without_names_is_nobodys_and_keeps_its_place) {
  NameTable table;
  table.add_host(1, {});
  table.add_host(2, {"a.example"});
  table.add_address_name(1, "address.example");
  ck_assert_uint_eq(table.find("a.example").value_or(kNone), 2);
  ck_assert_uint_eq(table.find("address.example").value_or(kNone), 1);
  ck_assert(!table.find("b.example"));
}
END_TEST

// `<VirtualHost a.example:443>`: httpd looks there once no ServerName and no ServerAlias matches.
START_TEST(names_of_addresses_come_last) {
  NameTable table;
  table.add_host(3, {"first.example"});
  table.add_host(4, {"second.example"});
  table.add_host(7, {"third.example", "*.both.example"});
  table.add_address_name(7, "Address.example");
  table.add_address_name(4, "address.example");
  table.add_address_name(3, "x.both.example");
  table.add_address_name(9, "stranger.example");
  ck_assert_uint_eq(table.find("address.example").value_or(0), 4);
  ck_assert_uint_eq(table.find("ADDRESS.example.").value_or(0), 4);
  ck_assert_uint_eq(table.find("x.both.example").value_or(0), 7);
  ck_assert(!table.find("stranger.example").has_value());
}
END_TEST

Suite* vhost_index_suite() {
  Suite* suite = suite_create("vhost_index");
  TCase* tests = tcase_create("names");
  tcase_add_loop_test(tests, first_match_in_order_wins, 0, std::size(kLookups));
  tcase_add_test(tests, unknown_names_are_nobodys);
  tcase_add_loop_test(tests, patterns_match_as_httpds_do, 0, std::size(kPatterns));
  tcase_add_test(tests, addresses_are_told_apart);
  tcase_add_test(tests, a_host_may_be_at_several_addresses);
  tcase_add_test(tests, a_host_without_names_is_nobodys_and_keeps_its_place);
  tcase_add_test(tests, names_of_addresses_come_last);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::vhost_index_suite());
}
