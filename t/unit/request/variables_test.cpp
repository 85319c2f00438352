// SPDX-License-Identifier: Apache-2.0
//
// Names of variables and what certificates answer to them. The expected texts are what mod_ssl
// 2.4.71 with OpenSSL 3.0 answered for certificates of the same content.
#include "ssl_engine/request/variables.h"

#include "t/unit/tls_pair.h"
#include "t/unit/variables_query.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using namespace std::string_literals;

GENERAL_NAME* other_name(const char* oid, int type, std::string_view bytes) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_TYPE* value = ASN1_TYPE_new();
  ASN1_STRING* string = ASN1_STRING_type_new(type);
  ASN1_STRING_set(string, bytes.data(), static_cast<int>(bytes.size()));
  ASN1_TYPE_set(value, type, string);
  GENERAL_NAME_set0_othername(name, OBJ_txt2obj(oid, 1), value);
  return name;
}

GENERAL_NAME* ia5_name(int kind, std::string_view bytes) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* string = ASN1_IA5STRING_new();
  ASN1_STRING_set(string, bytes.data(), static_cast<int>(bytes.size()));
  GENERAL_NAME_set0_value(name, kind, string);
  return name;
}

constexpr const char* kUpn = "1.3.6.1.4.1.311.20.2.3";
constexpr const char* kSrv = "1.3.6.1.5.5.7.8.7";

void add_alt_names(X509& certificate) {
  const Handle<GENERAL_NAMES, GENERAL_NAMES_free> names(sk_GENERAL_NAME_new_null());
  for (GENERAL_NAME* name : {
           ia5_name(GEN_EMAIL, "a@b.c"),
           ia5_name(GEN_DNS, "x.test"),
           other_name(kUpn, V_ASN1_UTF8STRING, "me@x"),
           other_name(kSrv, V_ASN1_IA5STRING, "_http.x.test"),
           ia5_name(GEN_URI, "http://u/"),
           ia5_name(GEN_DNS, "ev\0il\n\xe9.test"s),
           ia5_name(GEN_EMAIL, "b\x01\x7f\xe9"),
           other_name(kUpn, V_ASN1_IA5STRING, "wrong type"),
           other_name(kSrv, V_ASN1_UTF8STRING, "wrong type"),
           other_name(kUpn, V_ASN1_UTF8STRING, "z\xc3\xa9\n"),
       }) {
    sk_GENERAL_NAME_push(names.get(), name);
  }
  X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT);
}

const std::vector<NameEntry> kIssuer = {{NID_organizationName, "TLSplus test"},
                                        {NID_commonName, "DER root"}};

CertificateWish plain_wish() {
  CertificateWish wish;
  wish.subject = {
      {NID_countryName, "FR", V_ASN1_PRINTABLESTRING},
      {NID_stateOrProvinceName, "Sp"},
      {NID_localityName, "Lo"},
      {NID_organizationName, "Caf\xc3\xa9, Co"},
      {NID_organizationalUnitName, "u1"},
      {NID_organizationalUnitName, "u2"},
      {NID_commonName, "Client One"},
      {NID_title, "ti"},
      {NID_givenName, "gi", V_ASN1_UTF8STRING, true},
      {NID_surname, "su"},
      {NID_initials, "in"},
      {NID_description, "desc"},
      {NID_pkcs9_emailAddress, "c@x.test", V_ASN1_IA5STRING},
      {NID_serialNumber, "SN77"},
      {NID_userId, "uu"},
      {NID_x500UniqueIdentifier, "bits", V_ASN1_BIT_STRING},
      {NID_domainComponent, "dc1", V_ASN1_IA5STRING},
  };
  wish.issuer = kIssuer;
  wish.serial = "\x03\xea";
  wish.extend = add_alt_names;
  return wish;
}

/// Every string type there is, with content that has to be converted or escaped.
CertificateWish odd_wish() {
  CertificateWish wish;
  wish.subject = {
      {NID_commonName, "\0K\0\xe9\0\x41\x20\xac"s, V_ASN1_BMPSTRING},
      {NID_organizationName, "caf\xe9", V_ASN1_T61STRING},
      {NID_organizationalUnitName, "\0\0\0K\0\1\xf6\0"s, V_ASN1_UNIVERSALSTRING},
      {NID_localityName, ""},
      {NID_commonName, "a\x01\n\"#+,;<=>\\ "},
      {NID_commonName, " lead#"},
      {NID_commonName, "#x"},
      {NID_commonName, "nul\0in"s},
      {NID_commonName, "/slash=eq"},
      {NID_commonName,
       "\xff\xfe"
       "bad",
       V_ASN1_IA5STRING},
      {NID_organizationalUnitName, "B\xc3", V_ASN1_BMPSTRING},
      {NID_title, "77", V_ASN1_NUMERICSTRING},
      {NID_commonName, "zz", V_ASN1_UTF8STRING, true},
  };
  wish.issuer = kIssuer;
  wish.serial = ""s;
  return wish;
}

struct World {
  Pkey key = new_key("ec");
  Pkey rsa = new_key("rsa");
  Cert plain = make_certificate(plain_wish(), *key, *key);
  Cert odd = make_certificate(odd_wish(), *rsa, *key);
  SslCtx context{SSL_CTX_new(TLS_server_method())};
  Ssl ssl{SSL_new(context.get())};

  TlsView view() const {
    TlsView tls;
    tls.ssl = ssl.get();
    tls.peer = plain.get();
    tls.own = odd.get();
    return tls;
  }
};

const World& world() {
  static const World made;
  return made;
}

struct Row {
  const char* name;
  const char* value;
};

// ---- names ----

const Row kNames[] = {
    {"SSL_CLIENT_M_SERIAL", "03EA"},
    {"ssl_client_m_serial", "03EA"},
    {"SSL_CLIENT_M_SERIALX", kNone},
    {"SSL_CLIENT_M_SERIA", kNone},
    {"SSL_CLIENT_", kNone},
    {"SSL_", kNone},
    {"", kNone},
    {"SSL_FOO", kNone},
    {"SSL_CLIENT_S_DN_", kNone},
    {"SSL_CLIENT_S_DNX", kNone},
    {"SSL_CLIENT_S_DN_RAW", kNone},
    {"SSL_CLIENT_S_DN_CN", "Client One"},
    {"ssl_CLIENT_S_DN_CN", "Client One"},
    {"SSL_client_S_dn_CN", "Client One"},
    {"SSL_CLIENT_s_DN_CN", kNone},
    {"SSL_CLIENT_S_DN_cn", kNone},
    {"SSL_CLIENT_S_DN_CNX", kNone},
    {"SSL_CLIENT_S_DN_DC", kNone},
    {"SSL_CLIENT_S_DN_emailAddress", kNone},
    {"SSL_CLIENT_S_DN_CN_0", "Client One"},
    {"SSL_CLIENT_S_DN_CN_1", kNone},
    {"SSL_CLIENT_S_DN_OU", "u1"},
    {"SSL_CLIENT_S_DN_OU_", "u1"},
    {"SSL_CLIENT_S_DN_OU_0", "u1"},
    {"SSL_CLIENT_S_DN_OU_1", "u2"},
    {"SSL_CLIENT_S_DN_OU_01", "u2"},
    {"SSL_CLIENT_S_DN_OU_2", kNone},
    {"SSL_CLIENT_S_DN_OU_x", kNone},
    {"SSL_CLIENT_S_DN_OU_1x", kNone},
    {"SSL_CLIENT_S_DN_OU_1_", kNone},
    {"SSL_CLIENT_S_DN_OU_-1", kNone},
    {"SSL_CLIENT_S_DN_OU_+1", kNone},
    {"SSL_CLIENT_S_DN_OU_ 1", kNone},
    {"SSL_CLIENT_S_DN_OU_99999999999999999999", kNone},
    {"SSL_CLIENT_S_DN_OU_RAW", "u1"},
    {"SSL_CLIENT_S_DN_OU__RAW", "u1"},
    {"SSL_CLIENT_S_DN_OU_1_RAW", "u2"},
    {"SSL_CLIENT_S_DN_OU_raw", kNone},
    {"SSL_CLIENT_S_DN_OU_RAW_1", kNone},
    {"SSL_CLIENT_S_DN_OU_RAW_RAW", kNone},
    {"SSL_CLIENT_S_DN_OU_1_RAWX", kNone},
    {"SSL_CLIENT_S_DN_OURAW", kNone},
    {"SSL_CLIENT_S_DN_ST", "Sp"},
    {"SSL_CLIENT_S_DN_SP", "Sp"},
    {"SSL_CLIENT_S_DN_sp", kNone},
    {"SSL_CLIENT_S_DN_Email", "c@x.test"},
    {"SSL_CLIENT_S_DN_EMAIL", kNone},
    {"SSL_CLIENT_S_DN_SerialNumber", "SN77"},
    {"SSL_CLIENT_S_DN_SERIALNUMBER", kNone},
    {"SSL_CLIENT_S_DN_UID", "uu"},
    {"SSL_CLIENT_S_DN_T", "ti"},
    {"SSL_CLIENT_S_DN_G", "gi"},
    {"SSL_CLIENT_S_DN_S", "su"},
    {"SSL_CLIENT_S_DN_I", "in"},
    {"SSL_CLIENT_S_DN_D", "desc"},
    {"SSL_CLIENT_S_DN_L", "Lo"},
    {"SSL_CLIENT_S_DN_C", "FR"},
    {"SSL_CLIENT_S_DN_O", "Caf\xc3\xa9, Co"},
    {"SSL_CLIENT_S_DN_O_RAW", "Caf\xe9, Co"},
    {"SSL_CLIENT_I_DN_O", "TLSplus test"},
    {"SSL_CLIENT_i_DN_O", kNone},
    {"SSL_CLIENT_I_DN_O_0_RAW", "TLSplus test"},
    {"SSL_CLIENT_SAN_DNS_0", "x.test"},
    {"ssl_client_san_dns_0", "x.test"},
    {"SSL_CLIENT_SAN_DNS_1", "ev\\00il\\0A\xc3\xa9.test"},
    {"SSL_CLIENT_SAN_DNS_2", kNone},
    {"SSL_CLIENT_SAN_DNS", kNone},
    {"SSL_CLIENT_SAN_DNS_", kNone},
    {"SSL_CLIENT_SAN_DNS_0000", "x.test"},
    {"SSL_CLIENT_SAN_DNS_00000", kNone},
    {"SSL_CLIENT_SAN_DNS_1x", kNone},
    {"SSL_CLIENT_SAN_DNS_-1", kNone},
    {"SSL_CLIENT_SAN_URI_0", kNone},
    {"SSL_CLIENT_SAN_Email_0", "a@b.c"},
    {"SSL_CLIENT_SAN_EMAIL_0", "a@b.c"},
    {"SSL_CLIENT_SAN_Email_1", "b\\01\\7F\xc3\xa9"},
    {"SSL_CLIENT_SAN_OTHER_msUPN_0", "me@x"},
    {"SSL_CLIENT_SAN_other_msUPN_0", "me@x"},
    {"SSL_CLIENT_SAN_OTHER_msupn_0", kNone},
    {"SSL_CLIENT_SAN_OTHER_msUPN_1", kNone},
    {"SSL_CLIENT_SAN_OTHER_msUPN_2", "z\xc3\xa9\\0A"},
    {"SSL_CLIENT_SAN_OTHER_dnsSRV_0", "_http.x.test"},
    {"SSL_CLIENT_SAN_OTHER_dnsSRV_1", kNone},
    {"SSL_SERVER_SAN_DNS_0", kNone},
    {"SSL_CLIENT_CERT_CHAIN_0", kNone},
    {"SSL_CLIENT_CERT_CHAIN_", kNone},
    {"SSL_CLIENT_CERT_CHAIN_x", kNone},
    {"SSL_SERVER_CERT_CHAIN_0", kNone},
    {"SSL_SERVER_CERT_RFC4523_CEA", kNone},
    {"SSL_SERVER_VERIFY", kNone},
    {"SSL_VERSION_INTERFACE", "mod_ssl/2.4.71"},
    {"ssl_version_INTERFACE", "mod_ssl/2.4.71"},
    {"SSL_VERSION_interface", kNone},
    {"SSL_VERSION_MODULE", "mod_tlsplus/" TLSPLUS_VERSION},
    {"HTTPS", "on"},
    {"https", "on"},
};

START_TEST(a_name_means_what_mod_ssl_reads_in_it) {
  const TlsView tls = world().view();
  expect_text(asked(kNames[_i].name, tls), kNames[_i].value);
}
END_TEST

// ---- certificates ----

const Row kCertificate[] = {
    {"SSL_CLIENT_M_VERSION", "3"},
    {"SSL_CLIENT_V_START", "Jan  1 00:00:00 2026 GMT"},
    {"SSL_CLIENT_V_END", "Jan  1 00:00:00 2027 GMT"},
    {"SSL_CLIENT_V_REMAIN", "365"},
    {"SSL_CLIENT_A_SIG", "ecdsa-with-SHA256"},
    {"SSL_CLIENT_A_KEY", "id-ecPublicKey"},
    {"SSL_SERVER_A_KEY", "rsaEncryption"},
    {"SSL_CLIENT_CERT_RFC4523_CEA",
     "{ serialNumber 1002, issuer rdnSequence:\"CN=DER root,O=TLSplus test\" }"},
    {"SSL_CLIENT_I_DN", "CN=DER root,O=TLSplus test"},
    {"SSL_CLIENT_S_DN",
     "DC=dc1,x500UniqueIdentifier=#03050062697473,UID=uu,serialNumber=SN77,emailAddress=c@x.test,"
     "description=desc,initials=in,SN=su,GN=gi+title=ti,CN=Client One,OU=u2,OU=u1,"
     "O=Caf\xc3\xa9\\, Co,L=Lo,ST=Sp,C=FR"},
    {"SSL_SERVER_M_SERIAL", "00"},
    {"SSL_SERVER_S_DN",
     "title=77+CN=zz,OU=\xe4\x8b\x83,CN=\xc3\xbf\xc3\xbe"
     "bad,CN=/slash=eq,CN=nul\\00in,CN=\\#x,CN=\\ lead#,CN=a\\01\\0A\\\"#\\+\\,\\;\\<=\\>\\\\\\ ,"
     "L=,OU=K\xf0\x9f\x98\x80,O=caf\xc3\xa9,CN=K\xc3\xa9"
     "A\xe2\x82\xac"},
    {"SSL_SERVER_S_DN_CN",
     "K\xc3\xa9"
     "A\xe2\x82\xac"},
    {"SSL_SERVER_S_DN_CN_RAW",
     "K\xe9"
     "A\\U20AC"},
    {"SSL_SERVER_S_DN_OU_RAW", "K\\W0001F600"},
    {"SSL_SERVER_S_DN_O_RAW", "caf\xe9"},
    {"SSL_SERVER_S_DN_CN_1", "a\\01\\0A\"#+,;<=>\\\\ "},
    {"SSL_SERVER_S_DN_CN_4", "nul\\00in"},
    {"SSL_SERVER_S_DN_CN_6",
     "\xc3\xbf\xc3\xbe"
     "bad"},
    {"SSL_SERVER_S_DN_CN_6_RAW",
     "\xff\xfe"
     "bad"},
    {"SSL_SERVER_S_DN_CN_7", "zz"},
    {"SSL_SERVER_S_DN_L", ""},
    {"SSL_SERVER_S_DN_T", "77"},
};

START_TEST(a_certificate_reads_as_in_mod_ssl) {
  const TlsView tls = world().view();
  expect_text(asked(kCertificate[_i].name, tls), kCertificate[_i].value);
}
END_TEST

const Row kLegacy[] = {
    {"SSL_CLIENT_I_DN", "/O=TLSplus test/CN=DER root"},
    {"SSL_CLIENT_S_DN",
     "/C=FR/ST=Sp/L=Lo/O=Caf\\xC3\\xA9, Co/OU=u1/OU=u2/CN=Client One/title=ti+GN=gi/SN=su/"
     "initials=in/description=desc/emailAddress=c@x.test/serialNumber=SN77/UID=uu/"
     "x500UniqueIdentifier=bits/DC=dc1"},
    {"SSL_CLIENT_S_DN_O", "Caf\xc3\xa9, Co"},
    {"SSL_CLIENT_CERT_RFC4523_CEA",
     "{ serialNumber 1002, issuer rdnSequence:\"CN=DER root,O=TLSplus test\" }"},
};

START_TEST(the_legacy_format_is_for_whole_names_only) {
  const TlsView tls = world().view();
  VariableQuery query = query_of(tls);
  query.legacy_dn = true;
  expect_text(asked(kLegacy[_i].name, query), kLegacy[_i].value);
}
END_TEST

// ---- without TLS, without certificate ----

START_TEST(without_tls_only_the_versions_answer) {
  VariableQuery query;
  query.interface_version = "mod_ssl/2.4.71";
  for (const std::string_view name : variable_names()) {
    const std::string value = asked(name, query);
    if (name == "HTTPS") {
      ck_assert_str_eq(value.c_str(), "off");
    } else if (name.starts_with("SSL_VERSION_")) {
      ck_assert_str_ne(value.c_str(), kNone);
    } else {
      ck_assert_msg(value == kNone, "%s=%s", std::string(name).c_str(), value.c_str());
    }
  }
  expect_text(asked("SSL_SERVER_S_DN", query), kNone);
  expect_text(asked("SSL_CLIENT_CERT_CHAIN_0", query), kNone);
}
END_TEST

START_TEST(without_a_client_certificate_its_variables_are_absent) {
  TlsView tls = world().view();
  tls.peer = nullptr;
  for (const std::string_view name : variable_names()) {
    if (!name.starts_with("SSL_CLIENT_") || name == "SSL_CLIENT_VERIFY") continue;
    expect_text(asked(name, tls), kNone);
  }
  expect_text(asked("SSL_CLIENT_S_DN", tls), kNone);
  expect_text(asked("SSL_CLIENT_VERIFY", tls), "NONE");
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("variables");
  TCase* t = tcase_create("variables");
  tcase_add_loop_test(t, a_name_means_what_mod_ssl_reads_in_it, 0, std::size(kNames));
  tcase_add_loop_test(t, a_certificate_reads_as_in_mod_ssl, 0, std::size(kCertificate));
  tcase_add_loop_test(t, the_legacy_format_is_for_whole_names_only, 0, std::size(kLegacy));
  tcase_add_test(t, without_tls_only_the_versions_answer);
  tcase_add_test(t, without_a_client_certificate_its_variables_are_absent);
  suite_add_tcase(suite, t);
  world();  // made once, before the tests fork
  return run_suite(suite);
}
