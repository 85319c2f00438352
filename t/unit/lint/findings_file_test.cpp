// SPDX-License-Identifier: Apache-2.0
//
// Files that are not what their directive wants: each mistake has its own id, the line that
// made it, and no mistake hides another.
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

constexpr const char* kRequest =
    "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n";

struct FileCase {
  const char* name;
  std::function<std::string(World&, const Identity&)> content;
  Tp id;
  const char* part;  // of the evidence
};

const FileCase kCertificates[] = {
    {"request", [](World&, const Identity&) { return std::string(kRequest); },
     Tp::certificate_wrong_kind, "a certificate request"},
    {"key", [](World&, const Identity& leaf) { return pem(*leaf.key); }, Tp::certificate_wrong_kind,
     "holds a private key"},
    {"key as DER", [](World&, const Identity& leaf) { return der(*leaf.key); },
     Tp::certificate_wrong_kind, "holds a private key"},
    {"text", [](World&, const Identity&) { return std::string("hello\n"); },
     Tp::certificate_not_recognised, "it begins with \"hello"},
    {"UTF-16", [](World&, const Identity&) { return std::string("\xff\xfe-\0-\0", 6); },
     Tp::certificate_not_recognised, "UTF-16"},
    {"DER cut short",
     [](World&, const Identity& leaf) { return der(*leaf.certificate).substr(0, 200); },
     Tp::certificate_not_recognised, "cut short: 200 of"},
    {"DER with rubbish behind",
     [](World&, const Identity& leaf) { return der(*leaf.certificate) + "rubbish"; },
     Tp::certificate_not_recognised, "damaged"},
    {"PEM cut short",
     [](World&, const Identity& leaf) { return pem(*leaf.certificate).substr(0, 200); },
     Tp::pem_damaged, "BEGIN CERTIFICATE in line 1 has no END line"},
    {"PEM joined without a line break",
     [](World&, const Identity& leaf) {
       std::string text = pem(*leaf.certificate);
       text.pop_back();
       return text + pem(*leaf.certificate);
     },
     Tp::pem_damaged, "in one: put a line break between them"},
    {"PEM with line breaks that were escaped",
     [](World&, const Identity& leaf) {
       std::string text;
       for (const char c : pem(*leaf.certificate)) {
         if (c == '\n') {
           text += "\\n";
         } else {
           text += c;
         }
       }
       return text;
     },
     Tp::certificate_not_recognised, "its line breaks are written as \\n"},
    {"PEM with a hole",
     [](World&, const Identity& leaf) {
       std::string text = pem(*leaf.certificate);
       text.replace(100, 2, "\x01\x02");
       return text;
     },
     Tp::pem_damaged, "line 1 is not base64"},
    {"END of another",
     [](World&, const Identity& leaf) {
       std::string text = pem(*leaf.certificate);
       text.replace(text.find("END CERT"), 8, "END CRAP");
       return text;
     },
     Tp::pem_damaged, "is closed by END CRAPIFICATE"},
    {"base64 of something else",
     [](World&, const Identity&) {
       return std::string("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
     },
     Tp::certificate_not_decodable, "CERTIFICATE in line 1: OpenSSL cannot decode it"},
    {"SSH key",
     [](World&, const Identity&) {
       return std::string(
           "-----BEGIN OPENSSH PRIVATE KEY-----\nMAA=\n-----END OPENSSH PRIVATE KEY-----\n");
     },
     Tp::certificate_wrong_kind, "an SSH key"},
};

START_TEST(certificate_files) {
  const FileCase& row = kCertificates[_i];
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto file = world.folder.write("a.pem", row.content(world, leaf));
  world.site.add_tls("a.test", file, world.key("a.key", leaf));
  const auto built = world.build();
  ck_assert_ptr_null(built.snapshot.get());
  expect_ids(built.findings, {row.id});
  const Error& error = built.findings.front().error;
  expect_part(error.what, row.part);
  expect_part(error.what, file);
  expect_text(error.where.directive, "SSLCertificateFile");
  expect_text(error.where.file, "site.conf");
  ck_assert_int_eq(error.where.line, world.site.line() - 1);
  expect_text(built.findings.front().vhost, "a.test:443");
}
END_TEST

const FileCase kKeys[] = {
    {"certificate", [](World&, const Identity& leaf) { return pem(*leaf.certificate); },
     Tp::key_wrong_kind, "holds a certificate"},
    {"request", [](World&, const Identity&) { return std::string(kRequest); }, Tp::key_wrong_kind,
     "a certificate request"},
    {"text", [](World&, const Identity&) { return std::string("hello\n"); }, Tp::key_not_recognised,
     "it begins with \"hello"},
    {"cut short", [](World&, const Identity& leaf) { return pem(*leaf.key).substr(0, 120); },
     Tp::pem_damaged, "has no END line"},
    {"not a key inside",
     [](World&, const Identity&) {
       return std::string("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
     },
     Tp::key_not_decodable, "PRIVATE KEY in line 1"},
    {"DER cut short", [](World&, const Identity& leaf) { return der(*leaf.key).substr(0, 50); },
     Tp::key_not_recognised, "cut short: 50 of"},
};

START_TEST(key_files) {
  const FileCase& row = kKeys[_i];
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto file = world.folder.write("a.key", row.content(world, leaf));
  world.site.add_tls("a.test", world.certificate("a.pem", leaf), file);
  const auto findings = world.findings();
  expect_ids(findings, {row.id});
  expect_part(findings.front().error.what, row.part);
  expect_text(findings.front().error.where.directive, "SSLCertificateKeyFile");
  ck_assert_int_eq(findings.front().error.where.line, world.site.line());
}
END_TEST

struct PathCase {
  const char* name;
  std::function<std::string(World&)> path;
  Tp id;
  const char* part;
};

const PathCase kPaths[] = {
    {"missing", [](World& world) { return world.folder.path("nothing"); }, Tp::file_missing,
     "no such file"},
    {"directory", [](World& world) { return world.folder.path(); }, Tp::file_not_regular,
     "is a directory"},
    {"empty", [](World& world) { return world.folder.write("empty", ""); }, Tp::file_empty, ""},
    {"huge",
     [](World& world) {
       auto file = world.folder.write("huge", "x");
       std::filesystem::resize_file(file, 5U << 20U);
       return file;
     },
     Tp::file_too_large, "5242880 bytes"},
    {"pipe",
     [](World& world) {
       auto file = world.folder.path("pipe");
       require(mkfifo(file.c_str(), 0600) == 0, "named pipe");
       return file;
     },
     Tp::file_not_regular, "is a named pipe"},
};

START_TEST(paths) {
  const PathCase& row = kPaths[_i];
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto path = row.path(world);
  world.site.add_tls("a.test", path, {});
  world.site.add_tls("b.test", world.certificate("a.pem", leaf), path);
  world.site.last().certificate_chain_file =
      Setting<std::string_view>(world.site.keep(path), world.site.place("SSLCertificateChainFile"));
  const auto findings = world.findings();
  std::vector<std::string> directives;
  for (const Finding& finding : findings) {
    if (finding.error.id != static_cast<MessageId>(row.id)) continue;
    expect_part(finding.error.what, row.part);
    directives.push_back(finding.error.where.directive);
  }
  const std::vector<std::string> wanted{"SSLCertificateFile", "SSLCertificateChainFile",
                                        "SSLCertificateKeyFile"};
  ck_assert_msg(directives == wanted, "%s", rendered(findings).c_str());
}
END_TEST

START_TEST(an_unreadable_file_shows_owner_and_mode) {
  if (geteuid() == 0) return;  // root reads everything
  World world;
  world.site.add_tls("a.test", world.folder.write("a.pem", "x", 0000), {});
  const auto findings = world.findings();
  expect_part(only(findings, Tp::file_unreadable).error.what, "mode 0000");
}
END_TEST

START_TEST(every_mistake_is_told_at_once) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto certificate = world.certificate("a.pem", leaf);
  world.site.add_tls("a.test", world.folder.path("none"), {});
  world.site.add_tls("b.test", {}, {});
  world.site.add_tls("c.test", certificate, {});
  world.site.add_tls("d.test", certificate, world.folder.write("d.key", "hello"));
  const auto findings = world.findings();
  std::vector<std::string> hosts;
  for (const Finding& finding : findings) {
    if (severity_of(finding.error) <= Level::error) hosts.push_back(finding.vhost);
  }
  const std::vector<std::string> wanted{"a.test:443", "b.test:443", "c.test:443", "d.test:443"};
  ck_assert_msg(hosts == wanted, "%s", rendered(findings).c_str());
  (void)only(findings, Tp::file_missing);
  (void)only(findings, Tp::certificate_not_configured);
  (void)only(findings, Tp::key_not_found);
  (void)only(findings, Tp::key_not_recognised);
}
END_TEST

START_TEST(what_many_hosts_inherit_is_told_once) {
  World world;
  const Origin& where = world.site.place("SSLCertificateFile");
  const auto path = world.site.keep(world.folder.path("none"));
  for (const char* name : {"a.test", "b.test", "c.test"}) {
    world.site.add_tls(name, {}, {});
    world.site.last().certificate_files.add(path, where);
  }
  const auto findings = world.findings();
  expect_ids(findings, {Tp::file_missing});
  expect_part(findings.front().error.what, "so for 2 more virtual hosts");
  expect_text(findings.front().vhost, "a.test:443");
}
END_TEST

START_TEST(no_certificate_names_engine_and_host) {
  World world;
  const HostInput& host = world.site.add_tls("a.test", {}, {});
  const int defined = host.defined_at.line;
  world.site.last().certificate_key_files.add("/k", world.site.place("SSLCertificateKeyFile"));
  const auto findings = world.findings();
  const Finding& finding = only(findings, Tp::certificate_not_configured);
  expect_text(finding.error.where.directive, "SSLEngine");
  expect_part(finding.error.what, "site.conf:" + std::to_string(defined));
  expect_part(finding.error.what, "SSLCertificateKeyFile");
}
END_TEST

START_TEST(commands_may_bring_the_certificate) {
  World world;
  const Identity leaf = world.leaf("a.test");
  world.site.add_tls("a.test", {}, {});
  ServerConfig& config = world.site.last();
  config.conf_commands.add({"Certificate", world.site.keep(world.certificate("a.pem", leaf))},
                           world.site.place("SSLOpenSSLConfCmd"));
  config.conf_commands.add({"PrivateKey", world.site.keep(world.key("a.key", leaf))},
                           world.site.place("SSLOpenSSLConfCmd"));
  const auto snapshot = world.build_well();
  ck_assert_uint_eq(snapshot->host(1).certificates.size(), 1);
  ck_assert(snapshot->host(1).certificates.front()->has_key());
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("findings_file");
  TCase* tests = tcase_create("files");
  tcase_add_loop_test(tests, certificate_files, 0, std::size(kCertificates));
  tcase_add_loop_test(tests, key_files, 0, std::size(kKeys));
  tcase_add_loop_test(tests, paths, 0, std::size(kPaths));
  tcase_add_test(tests, an_unreadable_file_shows_owner_and_mode);
  tcase_add_test(tests, every_mistake_is_told_at_once);
  tcase_add_test(tests, what_many_hosts_inherit_is_told_once);
  tcase_add_test(tests, no_certificate_names_engine_and_host);
  tcase_add_test(tests, commands_may_bring_the_certificate);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
