// SPDX-License-Identifier: Apache-2.0
//
// Answers of responders, honest and not: what each is judged to be, and that no octets at all can
// do more than be refused.
#include "ssl_engine/openssl/ocsp/ocsp_judge.h"

#include "t/unit/der_mutation.h"
#include "t/unit/ocsp_answers.h"

namespace {

using namespace tlsplus;  // NOLINT(*-build-using-namespace)
using namespace std::chrono_literals;
using test::expect_part;
using test::expect_text;
using test::Identity;
using test::ocsp_answer;
using test::OcspOrder;

const WallTime kNow{std::chrono::seconds(test::kTestNow)};

struct World {
  Identity root = test::issue({.name = "Root", .ca = true});
  Identity other = test::issue({.name = "Other", .ca = true});
  Identity client = test::issue({.name = "client", .issuer = &root});
  Identity neighbour = test::issue({.name = "neighbour", .issuer = &root});
  Identity responder = delegate({});
  Identity next = test::issue({.name = "Next", .ca = true, .issuer = &root});

  [[nodiscard]] Identity delegate(test::CertificateOrder order) const {
    if (order.name.empty()) order.name = "Responder";
    if (order.usage.empty()) order.usage = "OCSPSigning";
    if (order.issuer == nullptr) order.issuer = &root;
    return test::issue(order);
  }
  [[nodiscard]] OcspOrder good() const { return {.about = &client, .issuer = &root}; }
  [[nodiscard]] OcspVerdict judge(const OcspOrder& order, const OcspRules& rules = {},
                                  const OcspQuestion* asked = nullptr, WallTime now = kNow) const {
    return judge_ocsp(ocsp_answer(order), *client.certificate, *root.certificate, asked, rules,
                      now);
  }
};

const OcspAnswer& believed(const OcspVerdict& verdict) {
  const auto* problem = std::get_if<OcspProblem>(&verdict);
  ck_assert_msg(problem == nullptr, "%s", problem == nullptr ? "" : problem->words.c_str());
  return *std::get_if<OcspAnswer>(&verdict);
}
const OcspAnswer& believed(OcspVerdict&&) = delete;

void expect_fault(const OcspVerdict& verdict, OcspFault fault, std::string_view part = {}) {
  const auto* problem = std::get_if<OcspProblem>(&verdict);
  ck_assert_msg(problem != nullptr, "believed instead of: %s", words_of(fault).data());
  ck_assert_msg(problem->fault == fault, "\"%s\" instead of \"%s\"", problem->words.c_str(),
                words_of(fault).data());
  expect_part(problem->words, words_of(fault));
  expect_part(problem->words, part);
}

START_TEST(says_what_the_issuer_says) {
  const World world;
  OcspOrder order = world.good();
  const OcspVerdict good = world.judge(order);
  ck_assert(believed(good).status == OcspStatus::good);
  ck_assert(believed(good).this_update == kNow - 60s);
  ck_assert(believed(good).next_update == kNow + 3600s);
  ck_assert(!believed(good).revoked_at);
  ck_assert(!believed(good).nonce_echoed);

  order.status = V_OCSP_CERTSTATUS_REVOKED;
  order.reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE;
  const OcspVerdict revoked = world.judge(order);
  ck_assert(believed(revoked).status == OcspStatus::revoked);
  ck_assert(believed(revoked).revoked_at == kNow - 60s);
  expect_text(revocation_reason(believed(revoked).reason), "keyCompromise");

  order.status = V_OCSP_CERTSTATUS_UNKNOWN;
  order.reason = OCSP_REVOKED_STATUS_NOSTATUS;
  order.next_update = 0;
  const OcspVerdict unknown = world.judge(order);
  ck_assert(believed(unknown).status == OcspStatus::unknown);
  ck_assert(!believed(unknown).next_update);
  expect_text(revocation_reason(believed(unknown).reason), "");
}
END_TEST

START_TEST(knows_the_certificate_under_every_digest) {
  const World world;
  for (const EVP_MD* digest : {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
    OcspOrder order = world.good();
    order.name_digest = digest;
    order.besides = &world.neighbour;
    const OcspVerdict verdict = world.judge(order);
    ck_assert(believed(verdict).status == OcspStatus::good);
    order.about = nullptr;
    expect_fault(world.judge(order), OcspFault::wrong_certificate);
  }
}
END_TEST

START_TEST(revoked_counts_among_several_statements) {
  const World world;
  OcspOrder order = world.good();
  order.besides = &world.client;
  const OcspVerdict verdict = world.judge(order);
  ck_assert(believed(verdict).status == OcspStatus::revoked);
}
END_TEST

START_TEST(the_same_serial_of_another_issuer_is_another_certificate) {
  const World world;
  OcspOrder order = world.good();
  order.issuer = &world.other;
  expect_fault(world.judge(order), OcspFault::wrong_certificate);
}
END_TEST

START_TEST(what_a_responder_says_instead_of_an_answer_has_its_own_fault) {
  const World world;
  const std::pair<int, OcspFault> statuses[] = {
      {OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, OcspFault::malformed},
      {OCSP_RESPONSE_STATUS_INTERNALERROR, OcspFault::internal_error},
      {OCSP_RESPONSE_STATUS_TRYLATER, OcspFault::try_later},
      {OCSP_RESPONSE_STATUS_SIGREQUIRED, OcspFault::sig_required},
      {OCSP_RESPONSE_STATUS_UNAUTHORIZED, OcspFault::unauthorized},
      {77, OcspFault::not_ocsp}};
  for (const auto& [status, fault] : statuses) {
    OcspOrder order = world.good();
    order.response_status = status;
    expect_fault(world.judge(order), fault);
  }
}
END_TEST

START_TEST(believes_the_issuer_and_its_direct_delegate) {
  const World world;
  OcspOrder order = world.good();
  for (const bool by_key : {false, true}) {
    for (const bool with_certificate : {false, true}) {
      order.by_key = by_key;
      order.with_certificate = with_certificate;
      order.signer = nullptr;
      const OcspVerdict by_issuer = world.judge(order);
      ck_assert(believed(by_issuer).status == OcspStatus::good);
      order.signer = &world.responder;
      const OcspVerdict by_delegate = world.judge(order);
      if (with_certificate) {
        ck_assert(believed(by_delegate).status == OcspStatus::good);
      } else {
        expect_fault(by_delegate, OcspFault::signer_not_allowed);
      }
    }
  }
}
END_TEST

START_TEST(believes_nobody_else) {
  const World world;
  const Identity without_purpose = test::issue({.name = "Responder", .issuer = &world.root});
  const Identity for_clients = world.delegate({.usage = "clientAuth"});
  const Identity for_anything = world.delegate({.usage = "anyExtendedKeyUsage"});
  const Identity of_another = world.delegate({.issuer = &world.other});
  const Identity of_a_child = world.delegate({.issuer = &world.next});
  const Identity encrypts_only =
      world.delegate({.extensions = {{NID_key_usage, "critical,keyEncipherment"}}});
  const Identity with_critical =
      world.delegate({.extensions = {{NID_netscape_comment, "critical,whatever"}}});
  for (const Identity* signer :
       {&without_purpose, &for_clients, &for_anything, &of_another, &of_a_child, &encrypts_only,
        &world.client, &world.other, &world.next}) {
    OcspOrder order = world.good();
    order.signer = signer;
    expect_fault(world.judge(order), OcspFault::signer_not_allowed,
                 subject_of(*signer->certificate));
    // Everybody in the answer, where the administrator wants that.
    const OcspVerdict any = world.judge(order, {.check_signer = false});
    ck_assert(believed(any).status == OcspStatus::good);
    // But not without a signature, nor from outside of the answer.
    order.with_certificate = false;
    expect_fault(world.judge(order, {.check_signer = false}), OcspFault::signer_not_allowed);
  }
}
END_TEST

START_TEST(a_delegate_has_its_own_dates) {
  const World world;
  const Identity expired = world.delegate(
      {.begin = test::kTestNow - 10 * test::kDay, .end = test::kTestNow - test::kDay});
  const Identity early = world.delegate({.begin = test::kTestNow + test::kDay});
  for (const Identity* signer : {&expired, &early}) {
    OcspOrder order = world.good();
    order.signer = signer;
    expect_fault(world.judge(order), OcspFault::signer_expired, "CN=Responder");
  }
}
END_TEST

START_TEST(a_renewed_delegate_is_found_behind_its_namesakes) {
  const World world;
  const Identity pinned_before = world.delegate({});
  std::vector<Cert> pinned;
  pinned.push_back(share(*pinned_before.certificate));
  OcspOrder order = world.good();
  order.signer = &world.responder;
  const OcspVerdict verdict = world.judge(order, {.pinned = pinned});
  ck_assert(believed(verdict).status == OcspStatus::good);
}
END_TEST

START_TEST(not_every_namesake_is_tried) {
  const World world;
  std::vector<Identity> namesakes;
  namesakes.reserve(8);
  for (int i = 0; i < 8; ++i) namesakes.push_back(world.delegate({}));
  OcspOrder order = world.good();
  order.signer = &world.responder;
  for (std::size_t i = 0; i < 7; ++i) order.others.push_back(&namesakes[i]);
  const OcspVerdict verdict = world.judge(order);
  ck_assert(believed(verdict).status == OcspStatus::good);
  order.others.push_back(&namesakes[7]);
  expect_fault(world.judge(order), OcspFault::bad_signature);
}
END_TEST

START_TEST(a_pinned_responder_needs_nothing_else) {
  const World world;
  const Identity stranger = test::issue({.name = "Stranger"});
  std::vector<Cert> pinned;
  pinned.push_back(share(*world.neighbour.certificate));
  OcspOrder order = world.good();
  order.signer = &stranger;
  order.with_certificate = false;
  expect_fault(world.judge(order, {.pinned = pinned}), OcspFault::signer_not_allowed);
  pinned.push_back(share(*stranger.certificate));
  const OcspVerdict verdict = world.judge(order, {.pinned = pinned});
  ck_assert(believed(verdict).status == OcspStatus::good);
}
END_TEST

START_TEST(a_wrong_signature_is_refused_whoever_is_named) {
  const World world;
  Identity impostor = test::issue({.name = "Root", .ca = true});
  OcspOrder order = world.good();
  order.signer = &impostor;
  expect_fault(world.judge(order), OcspFault::signer_not_allowed, "CN=Root");
  order.with_certificate = false;
  expect_fault(world.judge(order), OcspFault::bad_signature);

  Bytes answer = ocsp_answer(world.good());
  for (std::size_t back = 1; back < 60;
       ++back) {  // within the signature, certificates are left out
    order = world.good();
    order.with_certificate = false;
    answer = ocsp_answer(order);
    answer[answer.size() - back] ^= 1U;
    const OcspVerdict verdict =
        judge_ocsp(answer, *world.client.certificate, *world.root.certificate, nullptr, {}, kNow);
    const auto* problem = std::get_if<OcspProblem>(&verdict);
    ck_assert(problem != nullptr);
  }
}
END_TEST

START_TEST(holds_the_dates_against_the_clock) {
  const World world;
  const OcspOrder order = world.good();  // from -60 to +3600
  const auto at = [&](std::chrono::seconds offset, const OcspRules& rules = {}) {
    return world.judge(order, rules, nullptr, kNow + offset);
  };
  const auto is_fine = [](const OcspVerdict& verdict) {
    return std::holds_alternative<OcspAnswer>(verdict);
  };
  ck_assert(is_fine(at(-360s)));
  expect_fault(at(-361s), OcspFault::not_yet_valid, "2025-12-31 23:59:00");
  ck_assert(is_fine(at(3900s)));
  expect_fault(at(3901s), OcspFault::expired, "2026-01-01 01:00:00");
  ck_assert(is_fine(at(3600s, {.skew = 0s})));
  expect_fault(at(3601s, {.skew = 0s}), OcspFault::expired);
  ck_assert(is_fine(at(40s, {.max_age = 100s})));
  expect_fault(at(41s, {.max_age = 100s}), OcspFault::too_old);
  OcspOrder forever = order;
  forever.next_update = 0;
  ck_assert(is_fine(world.judge(forever, {}, nullptr, kNow + 24h * 365)));
  OcspOrder reversed = order;
  reversed.next_update = order.this_update - 1;
  expect_fault(world.judge(reversed), OcspFault::not_ocsp, "before");
}
END_TEST

START_TEST(compares_nonces) {
  const World world;
  const auto asked =
      ocsp_question(*world.client.certificate, *world.root.certificate, NonceUse::prefer);
  ck_assert(static_cast<bool>(asked));
  ck_assert_uint_eq(asked->nonce.size(), 32);
  const std::string nonce(as_text(asked->nonce));
  OcspOrder order = world.good();
  for (const NonceUse use : {NonceUse::prefer, NonceUse::require}) {
    const OcspRules rules{.nonce = use};
    order.nonce = nonce;
    const OcspVerdict echoed = world.judge(order, rules, &*asked);
    ck_assert(believed(echoed).nonce_echoed);
    order.nonce.back() = static_cast<char>(order.nonce.back() ^ 1);
    expect_fault(world.judge(order, rules, &*asked), OcspFault::nonce_wrong);
    order.nonce = nonce.substr(1);
    expect_fault(world.judge(order, rules, &*asked), OcspFault::nonce_wrong);
    order.nonce.clear();
    const OcspVerdict without = world.judge(order, rules, &*asked);
    if (use == NonceUse::prefer) {
      ck_assert(!believed(without).nonce_echoed);
    } else {
      expect_fault(without, OcspFault::nonce_missing);
    }
  }
  expect_fault(world.judge(order, {.nonce = NonceUse::require}), OcspFault::nonce_missing);
}
END_TEST

START_TEST(does_not_pass_over_what_is_critical) {
  const World world;
  OcspOrder order = world.good();
  order.critical = "1.2.3.4";
  expect_fault(world.judge(order), OcspFault::not_ocsp, "critical");
}
END_TEST

START_TEST(survives_every_octet_that_is_changed_or_missing) {
  const World world;
  OcspOrder order = world.good();
  order.signer = &world.responder;
  order.nonce = std::string(32, 'n');
  const Bytes answer = ocsp_answer(order);
  const auto judged = [&](ByteView octets) {
    return judge_ocsp(octets, *world.client.certificate, *world.root.certificate, nullptr, {},
                      kNow);
  };
  const OcspVerdict whole = judged(answer);
  ck_assert(believed(whole).status == OcspStatus::good);
  for (std::size_t size = 0; size < answer.size(); ++size) {
    // A copy of its own, so that a sanitizer sees a read behind the end.
    const Bytes cut(answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>(size));
    expect_fault(judged(cut), OcspFault::not_ocsp);
  }
  for (std::size_t at = 0; at < answer.size(); ++at) {
    for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
      Bytes changed = answer;
      changed[at] = static_cast<Byte>(changed[at] ^ change);
      // Some octets mean nothing, such as those of a certificate's name for its algorithm.
      const OcspVerdict verdict = judged(changed);
      if (const auto* fine = std::get_if<OcspAnswer>(&verdict)) {
        ck_assert(fine->status == OcspStatus::good);
        ck_assert(fine->this_update == kNow - 60s);
      }
    }
  }
  Bytes more = answer;
  more.push_back(0);
  expect_fault(judged(more), OcspFault::not_ocsp);
}
END_TEST

START_TEST(survives_answers_that_are_put_together_anew) {
  const World world;
  OcspOrder order = world.good();
  order.nonce = std::string(32, 'n');
  OcspOrder by_delegate = order;
  by_delegate.signer = &world.responder;
  by_delegate.status = V_OCSP_CERTSTATUS_REVOKED;
  by_delegate.besides = &world.neighbour;
  const auto text_of = [](const OcspOrder& wish) {
    const Bytes answer = ocsp_answer(wish);
    return std::string(as_text(answer));
  };
  test::DerMutator mutator({text_of(order), text_of(by_delegate)}, 7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string octets = mutator.next();
    const OcspVerdict verdict = judge_ocsp(as_bytes(octets), *world.client.certificate,
                                           *world.root.certificate, nullptr, {}, kNow);
    if (const auto* fine = std::get_if<OcspAnswer>(&verdict)) {
      ck_assert(fine->status != OcspStatus::unknown);
    }
  }
}
END_TEST

START_TEST(asks_about_the_certificate_and_its_issuer) {
  const World world;
  for (const NonceUse nonce : {NonceUse::off, NonceUse::prefer}) {
    const auto asked = ocsp_question(*world.client.certificate, *world.root.certificate, nonce);
    ck_assert(static_cast<bool>(asked));
    const unsigned char* at = asked->der.data();
    const Handle<OCSP_REQUEST, OCSP_REQUEST_free> request(
        d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(asked->der.size())));
    ck_assert(request != nullptr && OCSP_request_onereq_count(request.get()) == 1);
    const Handle<OCSP_CERTID, OCSP_CERTID_free> id(
        OCSP_cert_to_id(EVP_sha1(), world.client.certificate.get(), world.root.certificate.get()));
    ck_assert(OCSP_id_cmp(OCSP_onereq_get0_id(OCSP_request_onereq_get0(request.get(), 0)),
                          id.get()) == 0);
    ck_assert(asked->nonce.empty() == (nonce == NonceUse::off));
    ck_assert_int_eq(OCSP_REQUEST_get_ext_count(request.get()), nonce == NonceUse::off ? 0 : 1);
  }
}
END_TEST

START_TEST(finds_responders_and_the_wish_for_a_staple) {
  const World world;
  const Identity plain = test::issue({.name = "plain"});
  ck_assert(ocsp_responders(*plain.certificate).empty());
  ck_assert(!wants_staple(*plain.certificate));
  const Identity full = test::issue(
      {.name = "full",
       .extensions = {{NID_info_access,
                       "OCSP;URI:ldap://x.test/,OCSP;URI:http://a.test/o,OCSP;DNS:x.test,"
                       "caIssuers;URI:http://i.test/,OCSP;URI:HTTPS://b.test"},
                      {NID_tlsfeature, "status_request"}}});
  ck_assert(ocsp_responders(*full.certificate) ==
            (std::vector<std::string>{"http://a.test/o", "HTTPS://b.test"}));
  ck_assert(wants_staple(*full.certificate));
  const Identity other =
      test::issue({.name = "other", .extensions = {{NID_tlsfeature, "status_request_v2"}}});
  ck_assert(!wants_staple(*other.certificate));
}
END_TEST

Suite* suite() {
  Suite* made = suite_create("ocsp_judge");
  TCase* judging = tcase_create("judging");
  tcase_add_test(judging, says_what_the_issuer_says);
  tcase_add_test(judging, knows_the_certificate_under_every_digest);
  tcase_add_test(judging, revoked_counts_among_several_statements);
  tcase_add_test(judging, the_same_serial_of_another_issuer_is_another_certificate);
  tcase_add_test(judging, what_a_responder_says_instead_of_an_answer_has_its_own_fault);
  tcase_add_test(judging, believes_the_issuer_and_its_direct_delegate);
  tcase_add_test(judging, believes_nobody_else);
  tcase_add_test(judging, a_delegate_has_its_own_dates);
  tcase_add_test(judging, a_renewed_delegate_is_found_behind_its_namesakes);
  tcase_add_test(judging, not_every_namesake_is_tried);
  tcase_add_test(judging, a_pinned_responder_needs_nothing_else);
  tcase_add_test(judging, a_wrong_signature_is_refused_whoever_is_named);
  tcase_add_test(judging, holds_the_dates_against_the_clock);
  tcase_add_test(judging, compares_nonces);
  tcase_add_test(judging, does_not_pass_over_what_is_critical);
  suite_add_tcase(made, judging);
  TCase* hostile = tcase_create("hostile");
  tcase_set_timeout(hostile, 60);
  tcase_add_test(hostile, survives_every_octet_that_is_changed_or_missing);
  tcase_add_test(hostile, survives_answers_that_are_put_together_anew);
  suite_add_tcase(made, hostile);
  TCase* asking = tcase_create("asking");
  tcase_add_test(asking, asks_about_the_certificate_and_its_issuer);
  tcase_add_test(asking, finds_responders_and_the_wish_for_a_staple);
  suite_add_tcase(made, asking);
  return made;
}

}  // namespace

int main() {
  return test::run_suite(suite());
}
