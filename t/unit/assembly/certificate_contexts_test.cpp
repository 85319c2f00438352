// SPDX-License-Identifier: Apache-2.0
//
// Which hosts share a context with certificates in it, which go without, and that a client
// cannot tell the difference.
#include "ssl_engine/assembly/certificate_contexts.h"

#include "t/unit/connection_pair.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

std::string host_name(std::size_t number) {
  return "h" + std::to_string(number) + ".test";
}

START_TEST(hosts_with_the_same_policy_and_certificates_share) {
  World world;
  const auto one = world.complete("one.pem", world.leaf("one.test"));
  const auto other = world.complete("other.pem", world.leaf("other.test"));
  world.site.add_tls("one.test", one, {});
  world.site.add_tls("one.test", one, {});
  world.site.add_tls("other.test", other, {});
  world.site.add_tls("one.test", one, {});
  world.site.last().session_tickets = Setting<bool>(false, world.site.place("SSLSessionTickets"));
  const auto built = world.build();
  ck_assert_ptr_nonnull(built.snapshot.get());
  const auto ready = [&](std::uint32_t host) {
    return built.snapshot->host(host).ready_context.get();
  };
  ck_assert_ptr_null(ready(0));  // does not speak TLS
  ck_assert_ptr_nonnull(ready(1));
  ck_assert_ptr_eq(ready(1), ready(2));
  ck_assert_ptr_nonnull(ready(3));
  ck_assert_ptr_ne(ready(1), ready(3));  // another certificate
  ck_assert_ptr_nonnull(ready(4));
  ck_assert_ptr_ne(ready(1), ready(4));  // another policy
  ck_assert_ptr_ne(ready(1), built.snapshot->host(1).context);
  const X509* leaf = SSL_CTX_get0_certificate(ready(3));
  ck_assert_int_eq(X509_cmp(leaf, built.snapshot->host(3).certificates[0]->leaf().open().get()), 0);
  ck_assert_ptr_null(SSL_CTX_get0_certificate(built.snapshot->host(3).context));
}
END_TEST

START_TEST(none_where_a_module_wants_to_see_every_context) {
  World world;
  world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
  world.site.input.context_per_host = true;
  ck_assert_ptr_null(world.build_well()->host(1).ready_context.get());
}
END_TEST

START_TEST(the_last_of_many_hosts_is_served_as_the_first) {
  Setup setup;  // two hosts
  constexpr std::size_t kHosts = kMostReadyContexts + 2;
  for (std::size_t number = 2; number < kHosts; ++number) {
    const std::string name = host_name(number);
    setup.world.site.add_tls(name, setup.world.complete(name + ".pem", setup.world.leaf(name)), {});
  }
  setup.start();
  const auto& hosts = setup.snapshot->hosts();
  ck_assert_ptr_nonnull(hosts[kMostReadyContexts].ready_context.get());
  ck_assert_ptr_null(hosts[kMostReadyContexts + 1].ready_context.get());
  ck_assert_ptr_null(hosts[hosts.size() - 1].ready_context.get());
  for (const std::size_t number : {kMostReadyContexts - 1, kHosts - 1}) {
    setup.client = Client();
    setup.connect();
    const std::string name = host_name(number);
    SSL_set_tlsext_host_name(setup.client.ssl.get(), name.c_str());
    setup.talk();
    ck_assert_int_eq(static_cast<int>(setup.server->phase()), static_cast<int>(Phase::established));
    expect_text(setup.client.name_shown(), name);
  }
  // Of these two only the last one's certificate had to be opened, for all connections to come.
  ck_assert_uint_eq(setup.engine.certificates.count(), 1);
  setup.client = Client();
  setup.connect();
  SSL_set_tlsext_host_name(setup.client.ssl.get(), host_name(kHosts - 1).c_str());
  setup.talk();
  ck_assert_uint_eq(setup.engine.certificates.count(), 1);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("ready_contexts");
  TCase* tests = tcase_create("core");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, hosts_with_the_same_policy_and_certificates_share);
  tcase_add_test(tests, none_where_a_module_wants_to_see_every_context);
  tcase_add_test(tests, the_last_of_many_hosts_is_served_as_the_first);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
