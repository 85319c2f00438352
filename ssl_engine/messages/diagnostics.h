// SPDX-License-Identifier: Apache-2.0
//
// Tp, Diagnostic: the catalogue of everything that can go wrong: a stable id, how bad it is, what
// it says, why it happens and what to do. Log lines, configtest and doc/messages.md all come from
// it. An id is never reused and never renumbered. A new one is a line here and a row in the
// diagnostics_<area>.cpp of its block; t/unit/messages/diagnostics_test.cpp holds the two together.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/error.h"
#include "ssl_engine/base/file.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/base/rate_limit.h"

namespace tlsplus {

enum class Tp : MessageId {
  // 1..99 start-up and identity of the module: diagnostics_startup.cpp
  beside_mod_ssl = 1,
  loaded_twice = 2,
  httpd_too_old = 3,
  openssl_too_old = 4,
  start_refused = 5,
  listening = 6,
  deadline_unkept = 7,
  running = 8,
  key_log_on = 9,
  key_log_failed = 10,

  // 100..199 directives, one at a time: diagnostics_config.cpp; 122 and 129 were never written
  engine_value = 100,
  engine_address = 101,
  engine_optional = 102,
  protocol_unknown = 103,
  protocol_sslv2 = 104,
  protocol_not_built_in = 105,
  protocol_replaces = 106,
  cipher_selector_unknown = 107,
  cipher_suites_in_directory = 108,
  path_invalid = 109,
  directory_missing = 110,
  number_negative = 111,
  number_not_exact = 112,
  compression_unavailable = 113,
  sni_policy_value = 114,
  random_when = 115,
  random_builtin_bytes = 116,
  random_egd = 117,
  pass_phrase_dialog_value = 118,
  session_cache_value = 119,
  conf_command_unknown = 120,
  crypto_device_unsupported = 121,
  option_unknown = 123,
  options_dropped = 124,
  handshake_timeout_value = 125,
  directive_removed = 126,
  directive_renamed = 127,
  random_connect_ignored = 130,
  random_source_unreadable = 131,
  random_source_short = 132,
  random_program_failed = 133,
  random_program_slow = 134,
  random_not_seeded = 135,
  random_mixed = 136,
  random_builtin = 137,
  crypto_device_failed = 138,
  fips_without_provider = 139,
  fips_contradiction = 140,
  fips_on = 141,
  fips_off = 142,
  no_algorithms = 143,
  ocsp_check_value = 145,
  plain_http_value = 150,
  cipher_list_split = 151,
  conf_command_split = 152,
  lookalikes = 153,
  groups_value = 154,
  peer_name_value = 155,
  extra_trust_value = 156,

  // 200..299 certificates, private keys, pass phrases: diagnostics_certificate.cpp
  certificate_not_configured = 200,
  file_missing = 201,
  file_unreadable = 202,
  file_not_regular = 203,
  file_empty = 204,
  file_too_large = 205,
  certificate_not_recognised = 206,
  certificate_wrong_kind = 207,
  key_wrong_kind = 208,
  key_not_found = 209,
  key_mismatch = 210,
  key_not_decodable = 211,
  certificate_not_decodable = 212,
  pem_damaged = 213,
  key_algorithm_unsupported = 214,
  key_too_weak = 215,
  signature_too_weak = 216,
  certificate_refused = 217,
  keys_superfluous = 218,
  certificates_same_type = 219,
  certificate_expired = 220,
  certificate_not_yet_valid = 221,
  certificate_expires_soon = 222,
  certificate_is_ca = 223,
  name_not_covered = 224,
  alias_not_covered = 225,
  chain_intermediate_missing = 226,
  chain_order_repaired = 227,
  chain_superfluous = 228,
  chain_duplicate = 229,
  chain_root_dropped = 230,
  chain_expired = 231,
  chain_ignored = 232,
  key_readable_by_others = 233,
  dh_parameters_small = 234,
  uri_unsupported = 235,
  uri_failed = 236,
  key_not_recognised = 237,
  certificate_purpose = 238,
  chain_gap = 239,
  pass_phrase_needs_terminal = 240,
  pass_phrase_wrong = 241,
  pass_phrase_program_not_started = 242,
  pass_phrase_program_failed = 243,
  pass_phrase_program_silent = 244,
  pass_phrase_program_hung = 245,
  key_not_checked = 246,
  pass_phrase_not_given = 247,
  encryption_unsupported = 248,
  chain_not_recognised = 249,
  parameters_ignored = 250,
  token_hung = 251,
  token_helper_failed = 252,
  token_pin_refused = 253,
  token_key_unproven = 254,
  token_missing_after_restart = 255,
  token_key_lost = 256,
  token_key_back = 257,
  token_key_away = 258,
  pin_file_unreadable = 259,
  dh_parameters_refused = 260,
  group_unusable = 261,
  signature_forgeable = 262,
  certificate_without_names = 263,
  eddsa_alone = 264,
  validity_too_long = 265,
  key_owned_by_children = 266,
  certificate_from_nobody = 270,
  srp_unavailable = 280,
  srp_file_damaged = 281,
  srp_users_read = 282,
  srp_no_users = 283,
  srp_users_left_out = 284,
  srp_file_exposed = 285,
  srp_seed_unused = 286,
  srp_ciphers_off = 287,
  srp_versions_off = 288,
  srp_not_in_tls13 = 289,
  srp_user_unknown = 290,
  srp_password_wrong = 291,

  // 300..399 policy and virtual hosts: protocols, ciphers, names, addresses: diagnostics_policy.cpp
  protocol_none = 300,
  protocol_hole = 301,
  protocol_unusable = 302,
  cipher_list_empty = 303,
  cipher_list_only_anonymous = 304,
  cipher_list_names_anonymous = 305,
  cipher_suites_unknown = 306,
  ciphers_need_other_key = 307,
  ciphers_partly_unusable = 308,
  conf_command_failed = 309,
  context_failed = 310,
  engine_off_on_443 = 311,
  engine_on_80 = 312,
  engine_mixed = 313,
  names_duplicate = 314,
  name_shadowed = 315,
  endpoint_without_listen = 316,
  listen_without_host = 317,
  host_without_name = 318,
  fallback_certificate = 319,
  password_in_clear = 320,
  keepalive_off_for_many = 321,
  kernel_tls_unused = 322,
  require_ssl_opens = 323,
  engine_forgotten = 330,
  host_without_port = 331,
  old_versions_served = 332,
  insecure_renegotiation_on = 333,
  redirect_to_itself = 334,
  h2_without_module = 335,
  cipher_word_unknown = 336,
  cipher_word_elsewhere = 337,
  directory_ciphers_empty = 338,
  signatures_need_other_key = 339,

  // 400..499 connections and handshakes: diagnostics_connection.cpp
  handshake_failed = 400,
  handshake_cut_off = 401,
  handshake_deadline = 402,
  handshake_let_go = 403,
  plain_http_on_tls = 404,
  tls_on_plain_http = 405,
  records_failed = 406,
  not_ready = 407,
  handshake_broken_here = 408,
  silent_deadline = 409,
  silent_let_go = 410,

  // 500..599 requests, variables, access: diagnostics_request.cpp
  user_name_empty = 500,
  requirement_not_parsed = 501,
  require_ssl_argument = 502,
  tls_required = 503,
  requirement_unmet = 504,
  requirement_not_evaluated = 505,
  login_made_up = 506,
  subject_is_no_user = 507,
  require_argument = 508,
  client_not_verified = 509,
  environment_not_exported = 540,
  client_cert_too_large = 541,
  misdirected = 550,
  strict_sni = 551,
  no_host_name = 552,
  service_unavailable = 553,
  answer_broken_off = 554,
  server_name_absent = 560,
  server_name_unknown = 561,

  // 600..699 sessions: caches and tickets: diagnostics_session.cpp
  cache_provider_unknown = 600,
  cache_arguments_refused = 601,
  cache_size_refused = 602,
  cache_off = 603,
  cache_not_opened = 604,
  cache_lock_not_made = 605,
  cache_lock_lost = 606,
  cache_dbm_discouraged = 607,
  cache_busy = 608,
  cache_busy_no_more = 609,
  cache_down = 610,
  cache_up_again = 611,
  cache_folder_closed = 612,
  session_too_large = 613,
  cache_wait_value = 614,
  cache_name_unknown = 615,
  cache_broken = 616,
  cache_works_again = 617,
  cache_sealed_alone = 618,
  ticket_cipher_missing = 620,
  ticket_ring_not_made = 621,
  ticket_key_unreadable = 622,
  ticket_key_short = 623,
  ticket_key_odd_size = 624,
  ticket_key_is_text = 625,
  ticket_key_exposed = 626,
  ticket_keys_same_name = 627,
  ticket_keys_too_many = 628,
  ticket_keys_reloaded = 629,
  ticket_keys_kept = 630,
  ticket_secret_short = 631,
  ticket_secret_and_files = 632,
  ticket_keys_unused = 633,
  ticket_secret_lifetime = 634,
  ticket_rotation_value = 635,

  // 700..799 client certificates: diagnostics_client_auth.cpp
  verify_mode_value = 700,
  crl_check_value = 701,
  ca_in_directory = 702,
  ca_not_found = 703,
  ca_not_decodable = 704,
  ca_without_links = 705,
  ca_expired = 706,
  directory_unreadable = 707,
  crl_not_found = 708,
  crl_not_decodable = 709,
  crl_without_links = 710,
  crl_expired = 711,
  crl_check_without_crl = 712,
  crl_not_checked = 713,
  verify_without_ca = 714,
  ca_names_without_ca = 715,
  directory_certificate = 716,
  directory_ciphers = 717,
  ask_again_crowded = 718,
  ca_is_none = 719,
  client_certificate_refused = 730,
  client_certificate_missing = 731,
  ask_again_http2 = 732,
  ask_again_not_offered = 733,
  ask_again_insecure = 734,
  ask_again_cut_off = 735,
  ask_again_deadline = 736,
  ask_again_refused = 737,
  ask_again_body = 738,
  ask_again_ciphers = 739,
  renegotiations_refused = 740,
  ask_again_body_slow = 741,
  renegotiation_refused = 742,

  // 800..839 settings of TLS to other servers: diagnostics_proxy.cpp
  proxy_not_verified = 800,
  proxy_name_unchecked = 801,
  proxy_verify_without_ca = 802,
  proxy_trust_unused = 803,
  proxy_anchors = 804,
  proxy_without_engine = 805,
  proxy_engine_missing = 806,
  proxy_section_apart = 807,
  proxy_name_required_unchecked = 808,
  system_trust_empty = 809,
  proxy_protocol_unusable = 810,
  machine_key_encrypted = 820,
  machine_key_alone = 821,
  machine_key_mismatch = 822,
  machine_certificate_none = 823,
  machine_file_damaged = 824,
  machine_certificate_expired = 825,
  machine_certificate_not_yet_valid = 826,
  machine_certificate_expires_soon = 827,
  machine_certificate_purpose = 828,
  machine_chain_none = 829,
  machine_chain_leads_nowhere = 830,
  machine_chain_expired = 831,

  // 840..859 connections to other servers: diagnostics_backend.cpp
  backend_handshake_failed = 840,
  backend_cut_off = 841,
  backend_deadline = 842,
  backend_certificate_refused = 843,
  backend_certificate_expired = 844,
  backend_name_wrong = 845,
  backend_protocol_refused = 846,
  backend_wants_certificate = 847,
  backend_wants_other_certificate = 848,
  backend_missed_certificate = 849,
  backend_refused_certificate = 850,
  backend_records_failed = 851,
  backend_answer_cut_off = 852,
  backend_settings_differ = 853,
  proxy_engine_off = 854,
  backend_without_name = 855,
  backend_answer_incomplete = 856,

  // 860..889 stapling: diagnostics_staple.cpp
  staple_not_fetched = 860,
  staple_fetched_again = 861,
  staple_own_revoked = 862,
  staple_issuer_missing = 863,
  staple_promised = 864,
  staple_promised_off = 865,
  staple_store_failed = 866,
  staple_store_not_opened = 867,
  staple_no_responder = 868,
  staple_try_later = 869,
  staple_not_running = 870,
  staple_url_value = 871,
  staple_store_value = 872,

  // 890..909 responders about clients' certificates: diagnostics_ocsp.cpp
  ocsp_proxy_value = 890,
  ocsp_cache_time_value = 891,
  ocsp_url_unusable = 892,
  ocsp_override_alone = 893,
  ocsp_without_clients = 894,
  ocsp_responder_file_empty = 895,
  ocsp_lenient = 896,
  ocsp_believes_anybody = 897,
  ocsp_memory_failed = 898,
  client_ocsp_revoked = 900,
  client_ocsp_unknown = 901,
  client_ocsp_no_source = 902,
  client_ocsp_unreachable = 903,
  client_ocsp_stale = 904,
  client_ocsp_unusable = 905,
  client_ocsp_forgiven = 906,
  responder_down = 907,
  responder_back = 908,

  // 910..949 files that are replaced while the server runs: diagnostics_reload.cpp
  list_replaced = 910,
  list_not_replaced = 911,
  list_expired_in_force = 912,
  reload_unavailable = 913,
  reload_failed = 914,
  reload_value = 915,
  certificate_replaced = 930,
  certificate_not_replaced = 931,
  phrase_not_known = 932,

  // 950..969 restarts over files that cannot be used, and the watch over expiry:
  // diagnostics_restart.cpp
  certificate_kept = 950,
  certificate_left_out = 951,
  host_without_certificate = 952,
  file_not_needed = 953,
  phrase_not_asked_for = 954,
  certificate_ending = 955,
  certificate_ending_critical = 956,
  expiry_value = 957,
  notify_program_value = 958,
  notify_failed = 959,
};

struct Diagnostic {
  Tp id;
  Level severity;          // emerg, alert, crit, error fail configtest and start; the rest does not
  std::string_view what;   // one clause, no full stop: "private key does not fit the certificate"
  std::string_view cause;  // a sentence or two for doc/messages
  std::string_view fix;    // one concrete action, imperative; an Error's own hint takes its place
  bool is_survived = false;  // a start or restart goes on for all its severity
};

/// Every row, ordered by id.
std::vector<Diagnostic> catalogue();
/// nullptr if there is no such row; the unit test makes sure that every Tp has one.
const Diagnostic* find_diagnostic(MessageId id) noexcept;

/// An Error with its id. `evidence` is what was seen here and now ("expired 3 days ago"), already
/// escaped where a peer had a hand in it; may be empty.
Error diagnose(Tp id, std::string evidence, Where where = {}, std::string hint = {});

/// What is wrong with a file that was to be read; the evidence is the FileState's. `problem` is not
/// none.
Tp message_of(FileProblem problem) noexcept;

Level severity_of(const Error& error) noexcept;

/// `TPnnnn: <what> - <directive> at <file>:<line> (vhost <vhost>): <evidence>. Fix: <fix>`, one
/// line; parts that are not known are left out, causes follow the evidence. An Error without id
/// is rendered without the first part.
std::string render(const Error& error, std::string_view vhost = {});

/// What it says without id, place and fix: for a sentence about something else.
std::string words_of(const Error& error);
/// Its own fix, or its row's.
std::string fix_of(const Error& error);

/// Logs `error` once, at the severity its id has in the catalogue.
void log_error(LogSink& sink, const Error& error, std::string_view vhost = {}) noexcept;
/// The same for what can come as a flood: no more often than `limit` allows, and with the number of
/// those that it held back. These come at info.
void log_error(LogSink& sink, const Error& error, std::string_view vhost, RateLimit& limit,
               Instant now) noexcept;

/// An error about one virtual host, as configtest and start-up report it.
struct Finding {
  Error error;
  std::string vhost;  // "a.example:443", empty when it concerns the whole server
  static constexpr std::uint32_t kWholeServer = UINT32_MAX;
  std::uint32_t host = kWholeServer;  // the virtual host's position in the configuration
};

/// True if it must stop a start: severity error or worse, but for what a restart goes on with.
bool stops_start(const Error& error) noexcept;
/// True if one of them is.
bool any_fatal(std::span<const Finding> findings) noexcept;

}  // namespace tlsplus
