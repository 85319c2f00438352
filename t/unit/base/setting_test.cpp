// SPDX-License-Identifier: Apache-2.0
//
// Unset is not a value: what merging makes of it, for single settings and the three kinds of list.
// The positional rule is mod_ssl's for SSLCertificateFile.
#include "ssl_engine/base/setting.h"

#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;

const Origin kMain{"SSLEngine", "httpd.conf", 3};
const Origin kHost{"SSLEngine", "site.conf", 14};

START_TEST(unset_has_no_value_and_no_place) {
  const Setting<int> unset;
  ck_assert(!unset.is_set());
  ck_assert_int_eq(unset.value_or(7), 7);
  ck_assert(unset.where() == Where{});
  ck_assert_ptr_null(unset.origin());
}
END_TEST

START_TEST(set_to_zero_is_set) {
  const Setting<int> zero(0, kHost);
  ck_assert(zero.is_set());
  ck_assert_int_eq(zero.value_or(7), 0);
  ck_assert(zero.where() == (Where{"SSLEngine", "site.conf", 14}));
}
END_TEST

START_TEST(the_inner_value_wins_with_its_place) {
  const Setting<bool> unset;
  const Setting<bool> main(true, kMain);
  const Setting<bool> host(false, kHost);
  using S = Setting<bool>;
  ck_assert(!S::merge(unset, unset).is_set());
  ck_assert_ptr_eq(S::merge(main, unset).origin(), &kMain);
  ck_assert(*S::merge(main, unset));
  ck_assert_ptr_eq(S::merge(main, host).origin(), &kHost);
  ck_assert(!*S::merge(main, host));
  ck_assert_ptr_eq(S::merge(unset, host).origin(), &kHost);
}
END_TEST

template <ListMerge Rule>
std::string merged(std::string_view parent, std::string_view child) {
  using List = SettingList<std::string_view, Rule>;
  List outer;
  List inner;
  for (const auto word : words(parent)) outer.add(word, kMain);
  for (const auto word : words(child)) inner.add(word, kHost);
  std::vector<std::string> shown;
  const List both = List::merge(outer, inner);
  for (const auto& entry : both.entries()) {
    // Each value must have kept the place it came from.
    const auto& side = entry.origin == &kHost ? child : parent;
    ck_assert(side.find(entry.value) != std::string_view::npos);
    shown.emplace_back(entry.value);
  }
  return join(shown, " ");
}

const struct {
  std::string_view parent;
  std::string_view child;
  std::string_view append;
  std::string_view replace;
  std::string_view positional;
} kLists[] = {
    {"", "", "", "", ""},
    {"a", "", "a", "a", "a"},
    {"", "x", "x", "x", "x"},
    {"a", "x", "a x", "x", "x"},
    {"a b", "x", "a b x", "x", "x b"},
    {"a", "x y", "a x y", "x y", "x y"},
    {"a b c", "x y z", "a b c x y z", "x y z", "x y z"},
    {"a b c d", "x", "a b c d x", "x", "x b c d"},
    {"a b c d", "w x y z", "a b c d w x y z", "w x y z", "w x y d z"},
};

START_TEST(lists_merge_by_their_rule) {
  const auto& row = kLists[_i];
  expect_text(merged<ListMerge::append>(row.parent, row.child), row.append);
  expect_text(merged<ListMerge::replace>(row.parent, row.child), row.replace);
  expect_text(merged<ListMerge::positional_3>(row.parent, row.child), row.positional);
}
END_TEST

struct Two {
  Setting<int> first;
  SettingList<int, ListMerge::append> second;
  static constexpr auto fields() { return std::tuple(&Two::first, &Two::second); }
};

START_TEST(merge_fields_merges_every_field) {
  Two parent;
  Two child;
  parent.first = Setting<int>(1, kMain);
  parent.second.add(2, kMain);
  child.second.add(3, kHost);
  const Two both = merge_fields(parent, child);
  ck_assert_int_eq(*both.first, 1);
  ck_assert_uint_eq(both.second.size(), 2);
  ck_assert_int_eq(both.second.entries()[1].value, 3);
  ck_assert(both.second.entries()[1].where() == kHost.where());
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("setting");
  TCase* const tests = tcase_create("setting");
  tcase_add_test(tests, unset_has_no_value_and_no_place);
  tcase_add_test(tests, set_to_zero_is_set);
  tcase_add_test(tests, the_inner_value_wins_with_its_place);
  tcase_add_loop_test(tests, lists_merge_by_their_rule, 0, std::ssize(kLists));
  tcase_add_test(tests, merge_fields_merges_every_field);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
