// SPDX-License-Identifier: Apache-2.0
//
// Revocation lists that change on disk: which of them come into force, what is said of the others,
// and what hosts, backends and sessions have of it.
#include "ssl_engine/reload/live_lists.h"

#include "ssl_engine/openssl/authority/revocation.h"
#include "ssl_engine/reload/list_judgement.h"
#include "ssl_engine/reload/publication.h"
#include "ssl_engine/reload/renewed_snapshot.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using std::chrono::hours;

struct Lists : World {
  Identity other_root = issue({.name = "Other Root", .ca = true});
  Identity client = issue({.name = "client", .issuer = &root});

  struct Order {
    std::uint64_t number = 1;
    std::vector<std::string> revoked = {};
    hours made{-1};
    hours due{24};
    const Identity* by = nullptr;
  };
  std::string list(const Order& order) {
    const WallTime now = clock.wall();
    std::vector<RevokedSerial> revoked;
    for (const std::string& serial : order.revoked) revoked.push_back({serial, now, {}});
    const Identity& by = order.by == nullptr ? root : *order.by;
    const auto made = make_crl(revoked, {order.number, now + order.made, now + order.due},
                               {by.certificate.get(), by.key.get()});
    ck_assert(static_cast<bool>(made));
    return *made;
  }
  std::string serial() const { return serial_of(*client.certificate); }

  RevocationLists in_force(const std::string& pem) const {
    RevocationLists lists{.path = "list.pem"};
    lists.lists = found(pem);
    return lists;
  }
  static std::vector<RevocationList> found(const std::string& pem) {
    std::vector<std::string> defects;
    return read_lists(as_bytes(pem), defects);
  }
  ListJudgement judge(const std::string& before, const std::string& now, bool is_folder = false) {
    RevocationLists lists = in_force(before);
    lists.is_folder = is_folder;
    X509* const authorities[] = {root.certificate.get(), other_root.certificate.get()};
    return judge_lists(lists, found(now), authorities, clock.wall());
  }
};

std::string numbers(const ListJudgement& judgement) {
  std::string all;
  for (const RevocationList& list : judgement.lists) all += number_of(*list.crl) + " ";
  return all;
}

void expect_refusal(const ListJudgement& judgement, std::string_view part) {
  ck_assert_uint_eq(judgement.refusals.size(), 1);
  expect_part(judgement.refusals.front(), part);
  ck_assert(!judgement.changes());
}

START_TEST(a_newer_list_takes_the_place_of_an_older_one) {
  Lists all;
  const auto judgement = all.judge(all.list({.number = 9}), all.list({.number = 10}));
  expect_text(numbers(judgement), "10 ");
  ck_assert(judgement.changes() && judgement.refusals.empty());
  // The same number again, with other entries: authorities do that.
  const auto same = all.judge(all.list({.number = 9}), all.list({.number = 9, .revoked = {"0a"}}));
  ck_assert(same.changes());
}
END_TEST

START_TEST(the_same_list_changes_nothing) {
  Lists all;
  const std::string list = all.list({});
  const auto judgement = all.judge(list, list);
  ck_assert(!judgement.changes() && judgement.refusals.empty());
  ck_assert_uint_eq(judgement.lists.size(), 1);
}
END_TEST

START_TEST(what_is_no_newer_list_is_refused) {
  Lists all;
  const std::string before = all.list({.number = 5});
  const Identity forged = issue({.name = "Test Root", .ca = true});
  expect_refusal(all.judge(before, all.list({.number = 4})), "number 4 after number 5");
  expect_refusal(all.judge(before, all.list({.number = 6, .due = hours(-1)})), "has expired");
  expect_refusal(all.judge(before, all.list({.number = 6, .made = hours(1)})), "not valid before");
  expect_refusal(all.judge(before, all.list({.number = 6, .by = &forged})), "is not signed by");
  expect_refusal(all.judge(before, all.list({.number = 6, .by = &all.other_root})),
                 "there is no list of \"CN=Test Root\" any more");
  expect_refusal(all.judge(before, ""), "there is no list of");
  // Nobody need look again at what no time mends.
  ck_assert(!all.judge(before, all.list({.number = 4, .due = hours(-1)})).awaits_its_day);
  ck_assert(!all.judge(before, all.list({.number = 6, .by = &forged})).awaits_its_day);
  ck_assert(!all.judge(before, "").awaits_its_day);
  ck_assert(all.judge(before, all.list({.number = 6, .due = hours(-1)})).awaits_its_day);
  ck_assert(all.judge(before, all.list({.number = 6, .made = hours(1)})).awaits_its_day);
}
END_TEST

START_TEST(where_all_have_expired_the_newest_counts) {
  Lists all;
  const auto judgement = all.judge(all.list({.number = 5, .made = hours(-9), .due = hours(-8)}),
                                   all.list({.number = 6, .made = hours(-8), .due = hours(-7)}));
  expect_text(numbers(judgement), "6 ");
}
END_TEST

START_TEST(each_list_of_a_file_is_judged_by_itself) {
  Lists all;
  const std::string before =
      all.list({.number = 5}) + all.list({.number = 3, .by = &all.other_root});
  const auto mixed =
      all.judge(before, all.list({.number = 4}) + all.list({.number = 7, .by = &all.other_root}));
  ck_assert_uint_eq(mixed.lists.size(), 2);
  ck_assert_uint_eq(mixed.taken.size(), 1);
  ck_assert_uint_eq(mixed.refusals.size(), 1);
  expect_part(mixed.refusals.front(), "Test Root");
  // Old and new one behind the other: the new one counts, and nobody is blamed.
  const auto both =
      all.judge(all.list({.number = 5}), all.list({.number = 4}) + all.list({.number = 6}));
  expect_text(numbers(both), "6 ");
  const std::string kept = all.list({.number = 5});
  const auto beside = all.judge(kept, all.list({.number = 4}) + kept);
  ck_assert(!beside.changes() && beside.refusals.empty());
}
END_TEST

START_TEST(others_may_come_but_not_in_the_place_of_known_ones) {
  Lists all;
  const std::string before = all.list({.number = 5});
  const std::string other = all.list({.number = 1, .by = &all.other_root});
  ck_assert_uint_eq(all.judge(before, before + other).lists.size(), 2);
  ck_assert_uint_eq(all.judge(before, other).lists.size(), 1);
  ck_assert_uint_eq(all.judge(before, other, true).lists.size(), 2);
  ck_assert_uint_eq(all.judge(before, other, true).refusals.size(), 1);
}
END_TEST

/// Two hosts and a backend that look things up in one list, and a host that does not.
struct Site3 : Lists {
  std::shared_ptr<const Snapshot> snapshot;
  std::string list_file = folder.write("list.pem", list({.number = 5}));

  Site3() {
    const std::string ca = folder.write("ca.pem", pem(*root.certificate));
    for (const char* const name : {"a.test", "b.test", "plain.test"}) {
      const std::string file = complete(std::string(name) + ".pem", leaf(name));
      site.add_tls(name, site.keep(file), {});
      ServerConfig& config = site.last();
      config.ca_file = {site.keep(ca), site.place("SSLCACertificateFile")};
      if (std::string_view(name) == "plain.test") continue;
      config.crl_file = {site.keep(list_file), site.place("SSLCARevocationFile")};
      config.crl_check = {{RevocationCheck::leaf, false}, site.place("SSLCARevocationCheck")};
    }
    ProxyConfig& proxy = site.add_proxy();
    proxy.engine = {true, site.place("SSLProxyEngine")};
    proxy.ca_file = {site.keep(ca), site.place("SSLProxyCACertificateFile")};
    proxy.crl_file = {site.keep(list_file), site.place("SSLProxyCARevocationFile")};
    proxy.crl_check = {{RevocationCheck::leaf, false}, site.place("SSLProxyCARevocationCheck")};
    snapshot = build_well();
  }
  const Host& host(int index) const { return snapshot->host(static_cast<std::uint32_t>(index)); }
  bool lets_in(const TrustStore& trust) const {
    const Handle<X509_STORE_CTX, X509_STORE_CTX_free> walk(X509_STORE_CTX_new());
    ck_assert_int_eq(
        X509_STORE_CTX_init(walk.get(), trust.store.get(), client.certificate.get(), nullptr), 1);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(walk.get()), kTestNow);
    return X509_verify_cert(walk.get()) == 1;
  }
  void renew(std::span<const RevocationListsPtr> replaced) {
    auto renewed = renewed_snapshot(*snapshot, {{replaced.begin(), replaced.end()}, {}}, contexts);
    ck_assert(static_cast<bool>(renewed));
    snapshot = std::move(*renewed);
  }
};

START_TEST(who_looks_up_in_a_replaced_list_has_the_new_one) {
  Site3 all;
  ck_assert_uint_eq(all.snapshot->lists().size(), 1);
  const auto before = all.snapshot;
  ck_assert(all.lets_in(*all.host(1).trust) && all.lets_in(*all.snapshot->proxy(0).trust));
  LiveLists live(*all.snapshot);
  ck_assert(live.look(*all.snapshot, all.clock.wall()).replaced.empty());
  all.folder.write("list.pem", all.list({.number = 6, .revoked = {all.serial()}}));
  LiveLists::Look look = live.look(*all.snapshot, all.clock.wall());
  ck_assert_uint_eq(look.replaced.size(), 1);
  ck_assert_uint_eq(look.taken.size(), 1);
  expect_part(look.taken.front().what, "number 6, 1 entries");
  expect_text(look.taken.front().where.directive, "SSLCARevocationFile");
  all.renew(look.replaced);

  ck_assert(!all.lets_in(*all.host(1).trust));
  ck_assert(!all.lets_in(*all.snapshot->proxy(0).trust));
  ck_assert(all.lets_in(*all.host(3).trust));
  // Those who shared share, and what was not touched is the same.
  ck_assert_ptr_eq(all.host(1).trust.get(), all.host(2).trust.get());
  ck_assert_ptr_eq(all.host(3).trust.get(), before->host(3).trust.get());
  ck_assert_ptr_eq(all.host(1).context, before->host(1).context);
  ck_assert(is_same_trust(all.host(1).trust.get(), before->host(1).trust.get()));
  ck_assert(!is_same_trust(all.host(1).trust.get(), all.host(3).trust.get()));
  // Sessions of before are good only where nothing has changed.
  ck_assert(all.host(1).session_id_context != before->host(1).session_id_context);
  ck_assert(all.host(3).session_id_context == before->host(3).session_id_context);
  ck_assert(all.snapshot->proxy(0).session_digest != before->proxy(0).session_digest);
  ck_assert(all.snapshot->proxy(0).digest == before->proxy(0).digest);
  ck_assert(live.look(*all.snapshot, all.clock.wall()).replaced.empty());
}
END_TEST

START_TEST(a_start_with_the_new_list_binds_sessions_alike) {
  Site3 all;
  LiveLists live(*all.snapshot);
  all.folder.write("list.pem", all.list({.number = 6}));
  const auto look = live.look(*all.snapshot, all.clock.wall());
  all.renew(look.replaced);
  const auto started = all.build_well();
  ck_assert(started->host(1).session_id_context == all.host(1).session_id_context);
}
END_TEST

START_TEST(children_get_what_the_parent_has) {
  Site3 all;
  const RevocationLists before = *all.snapshot->lists()[0];
  RevocationLists parent = before;
  parent.taken_at = all.clock.wall();
  parent.lists = Lists::found(all.list({.number = 8, .revoked = {"0a", "0b"}}));
  parent.lists.push_back(before.lists.front());
  const std::string record = lists_record(parent);
  const auto child = read_lists_record(as_bytes(record), before);
  ck_assert(static_cast<bool>(child));
  ck_assert((*child)->digest() == parent.digest());
  ck_assert((*child)->taken_at == parent.taken_at);
  ck_assert_uint_eq(entries_of(*(*child)->lists[0].crl), 2);
  // One that is known is not made again.
  ck_assert_ptr_eq((*child)->lists[1].crl.get(), before.lists[0].crl.get());
  // Whatever part of it comes, and whatever else: an answer, and no more.
  for (std::size_t size = 0; size < record.size(); ++size) {
    const auto part = read_lists_record(as_bytes(record).first(size), before);
    ck_assert(!part || (*part)->lists.size() < parent.lists.size());
  }
  for (std::size_t at = 0; at < record.size(); ++at) {
    std::string damaged = record;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x81);
    (void)read_lists_record(as_bytes(damaged), before);
  }
}
END_TEST

START_TEST(a_refusal_is_told_at_the_second_look_and_once) {
  Site3 all;
  LiveLists live(*all.snapshot);
  const auto look = [&] { return live.look(*all.snapshot, all.clock.wall()); };
  (void)look();
  all.folder.write("list.pem", "half of something");
  ck_assert(look().refused.empty());
  ck_assert_uint_eq(live.refused(), 1);
  const auto told = look();
  ck_assert_uint_eq(told.refused.size(), 1);
  ck_assert_uint_eq(told.refused.front().id, static_cast<MessageId>(Tp::list_not_replaced));
  for (int i = 0; i < 20; ++i) ck_assert(look().refused.empty());
  std::filesystem::remove(all.list_file);
  ck_assert(look().refused.empty());
  ck_assert_uint_eq(look().refused.size(), 1);
  ck_assert_uint_eq(live.refused(), 1);
  all.folder.write("list.pem", all.list({.number = 7}));
  const auto mended = look();
  ck_assert_uint_eq(mended.replaced.size(), 1);
  ck_assert(mended.refused.empty());
  ck_assert_uint_eq(live.refused(), 0);
}
END_TEST

START_TEST(a_list_of_days_to_come_is_taken_when_they_have_come) {
  Site3 all;
  LiveLists live(*all.snapshot);
  const auto look = [&] { return live.look(*all.snapshot, all.clock.wall()); };
  (void)look();
  all.folder.write("list.pem", all.list({.number = 7, .made = hours(2), .due = hours(48)}));
  for (int i = 0; i < 3; ++i) ck_assert(look().replaced.empty());
  all.clock.advance(hours(3));
  ck_assert_uint_eq(look().replaced.size(), 1);
}
END_TEST

START_TEST(so_is_one_that_lies_beside_the_one_in_force) {
  Site3 all;
  LiveLists live(*all.snapshot);
  const auto look = [&] { return live.look(*all.snapshot, all.clock.wall()); };
  const std::string today = all.list({.number = 6});
  all.folder.write("list.pem", today);
  all.renew(look().replaced);
  all.folder.write("list.pem", today + all.list({.number = 7, .made = hours(2), .due = hours(48)}));
  for (int i = 0; i < 3; ++i) ck_assert(look().replaced.empty());
  ck_assert_uint_eq(live.refused(), 0);
  all.clock.advance(hours(3));
  ck_assert_uint_eq(look().replaced.size(), 1);
}
END_TEST

START_TEST(what_could_not_be_put_in_force_comes_again) {
  Site3 all;
  LiveLists live(*all.snapshot);
  const auto look = [&] { return live.look(*all.snapshot, all.clock.wall()); };
  (void)look();
  all.folder.write("list.pem", all.list({.number = 7}));
  const auto first = look();
  ck_assert_uint_eq(first.replaced.size(), 1);
  live.again(first.replaced);
  ck_assert_uint_eq(look().replaced.size(), 1);
}
END_TEST

START_TEST(a_list_that_expires_in_force_is_told_once) {
  Site3 all;
  LiveLists live(*all.snapshot);
  const auto look = [&] { return live.look(*all.snapshot, all.clock.wall()); };
  ck_assert(look().refused.empty());
  all.clock.advance(hours(25));
  const auto told = look();
  ck_assert_uint_eq(told.refused.size(), 1);
  ck_assert_uint_eq(told.refused.front().id, static_cast<MessageId>(Tp::list_expired_in_force));
  ck_assert(look().refused.empty());
}
END_TEST

std::size_t resident_kb() {
  std::size_t all = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

// What the parent does and what a child does, one after the other, with what both hold.
START_TEST(two_hundred_replacements_take_no_more_memory_than_a_few) {
  if (getenv("TLSPLUS_SAN") != nullptr) return;  // sanitizers keep what was freed
  Site3 all;
  std::vector<std::string> serials;
  serials.reserve(5000);
  for (int i = 0; i < 5000; ++i) serials.push_back(std::to_string(10000000 + i));
  auto publication = Publication::make("tlsplus-test", 1);
  ck_assert(static_cast<bool>(publication));
  LiveLists live(*all.snapshot);
  auto child = all.snapshot;
  std::size_t settled = 0;
  for (std::uint64_t round = 0; round < 200; ++round) {
    serials[round] = "0f";
    all.folder.write("list.pem", all.list({.number = 10 + round, .revoked = serials}));
    const auto look = live.look(*all.snapshot, all.clock.wall());
    ck_assert_uint_eq(look.replaced.size(), 1);
    all.renew(look.replaced);
    const std::string record = lists_record(*look.replaced.front());
    const Publication::Update update{0, as_bytes(record)};
    ck_assert(static_cast<bool>(publication->publish({&update, 1})));
    const auto edition = publication->read(round);
    ck_assert(edition && edition->records.size() == 1);
    const auto lists = read_lists_record(edition->records[0].content, *child->lists()[0]);
    ck_assert(static_cast<bool>(lists));
    auto renewed = renewed_snapshot(*child, {{*lists}, {}}, all.contexts);
    ck_assert(static_cast<bool>(renewed));
    child = std::move(*renewed);
    ck_assert_uint_eq(entries_of(*child->lists()[0]->lists[0].crl), serials.size());
    if (round == 20) settled = resident_kb();
  }
  ck_assert_uint_lt(resident_kb(), settled + 4096);
  ck_assert_uint_lt(publication->bytes_held(), 4U << 20U);
}
END_TEST

Suite* suite() {
  Suite* all = suite_create("live_lists");
  TCase* tests = tcase_create("lists");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, a_newer_list_takes_the_place_of_an_older_one);
  tcase_add_test(tests, the_same_list_changes_nothing);
  tcase_add_test(tests, what_is_no_newer_list_is_refused);
  tcase_add_test(tests, where_all_have_expired_the_newest_counts);
  tcase_add_test(tests, each_list_of_a_file_is_judged_by_itself);
  tcase_add_test(tests, others_may_come_but_not_in_the_place_of_known_ones);
  tcase_add_test(tests, who_looks_up_in_a_replaced_list_has_the_new_one);
  tcase_add_test(tests, a_start_with_the_new_list_binds_sessions_alike);
  tcase_add_test(tests, children_get_what_the_parent_has);
  tcase_add_test(tests, a_refusal_is_told_at_the_second_look_and_once);
  tcase_add_test(tests, a_list_of_days_to_come_is_taken_when_they_have_come);
  tcase_add_test(tests, so_is_one_that_lies_beside_the_one_in_force);
  tcase_add_test(tests, what_could_not_be_put_in_force_comes_again);
  tcase_add_test(tests, a_list_that_expires_in_force_is_told_once);
  tcase_add_test(tests, two_hundred_replacements_take_no_more_memory_than_a_few);
  suite_add_tcase(all, tests);
  return all;
}

}  // namespace

int main() {
  return run_suite(suite());
}
