# SPDX-License-Identifier: Apache-2.0
#
# Directives one line at a time: what is accepted, what is refused with which message, and where a line may
# stand. With TLSPLUS_SO pointing at a stock mod_ssl.so the same table shows that the outcomes are mod_ssl's.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(is_tlsplus library_compresses);
use TLSplus::Server;
use TLSplus::Test;

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test']);

# Where: S the main server, V <VirtualHost>, D <Directory>, P <Proxy>.
# Answer: "ok", "ok" and the id of a warning, or what refuses the line: an id of ours, or httpd's words.
# "plus" after the answer: the stock module answers otherwise, and is not asked.
my $TABLE = <<'TABLE';
S | SSLEngine off                                   | ok
V | SSLEngine OFF                                   | ok
V | SSLEngine optional                              | ok TP0102
V | SSLEngine yes                                   | TP0100
V | SSLEngine 127.0.0.1:443                         | TP0101
V | SSLEngine on on                                 | takes one argument
D | SSLEngine on                                    | not allowed in <Directory> context

S | SSLCertificateFile run/a.pem                    | ok
V | SSLCertificateFile @ROOT@/run/a.pem             | ok
S | SSLCertificateFile run/gone                     | TP0201
S | SSLCertificateFile run/empty                    | TP0204
S | SSLCertificateFile run                          | TP0203
S | SSLCertificateFile /dev/null                    | TP0203
S | SSLCertificateFile pkcs11:token=none            | ok
S | SSLCertificateFile PKCS11:token=none            | TP0201
S | SSLCertificateFile engine:none                  | TP0201
D | SSLCertificateFile run/a.pem                    | not allowed in <Directory> context
S | SSLCertificateKeyFile pkcs11:none               | ok
S | SSLCertificateKeyFile run/gone                  | TP0201
S | SSLCertificateChainFile run/a.pem               | ok
S | SSLCertificateChainFile pkcs11:none             | TP0201
D | SSLCertificateKeyFile run/a.pem                 | not allowed in <Directory> context
D | SSLCertificateChainFile run/a.pem               | not allowed in <Directory> context

S | SSLProtocol                                     | ok
V | SSLProtocol all -TLSv1 -tlsv1.1                 | ok
S | SSLProtocol -all                                | ok
S | SSLProtocol TLSv1.2 TLSv1.3                     | ok TP0106
S | SSLProtocol -SSLv2 -SSLv3 TLSv1.2               | ok
S | SSLProtocol SSLv2                               | TP0104
S | SSLProtocol TLSv1.4                             | TP0103
S | SSLProtocol ""                                  | TP0103
S | SSLProtocol "all -TLSv1"                        | TP0103
S | SSLProtocol --TLSv1                             | TP0103
D | SSLProtocol all                                 | not allowed in <Directory> context

S | SSLCipherSuite HIGH                             | ok
V | SSLCipherSuite SSL HIGH                         | ok
V | SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256   | ok
S | SSLCipherSuite ssl HIGH                         | TP0107
S | SSLCipherSuite tlsv1.3 HIGH                     | TP0107
S | SSLCipherSuite TLSv1.2 HIGH                     | TP0107
S | SSLCipherSuite ""                               | TP0151
S | SSLCipherSuite SSL HIGH HIGH                    | TP0151
D | SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256   | TP0108
D | SSLCipherSuite HIGH                             | ok
P | SSLCipherSuite HIGH                             | ok

S | SSLHonorCipherOrder on                          | ok
V | SSLHonorCipherOrder OFF                         | ok
S | SSLHonorCipherOrder 1                           | must be On or Off
D | SSLHonorCipherOrder on                          | not allowed in <Directory> context
S | SSLCompression off                              | ok
S | SSLCompression on                               | TP0113
S | SSLCompression yes                              | must be On or Off
D | SSLCompression off                              | not allowed in <Directory> context
V | SSLInsecureRenegotiation on                     | ok
S | SSLInsecureRenegotiation maybe                  | must be On or Off
D | SSLInsecureRenegotiation off                    | not allowed in <Directory> context
V | SSLSessionTickets off                           | ok
S | SSLSessionTickets yes                           | must be On or Off
D | SSLSessionTickets off                           | not allowed in <Directory> context
V | SSLStrictSNIVHostCheck on                       | ok
S | SSLStrictSNIVHostCheck yes                      | must be On or Off
D | SSLStrictSNIVHostCheck on                       | not allowed in <Directory> context
V | SSLClientHelloVars on                           | ok plus
S | SSLClientHelloVars yes                          | must be On or Off plus
D | SSLClientHelloVars on                           | not allowed in <Directory> context plus

S | SSLSessionCacheTimeout 0                        | ok
V | SSLSessionCacheTimeout 3600                     | ok
S | SSLSessionCacheTimeout abc                      | ok TP0112
S | SSLSessionCacheTimeout 300s                     | ok TP0112
S | SSLSessionCacheTimeout 99999999999              | ok TP0112
S | SSLSessionCacheTimeout -1                       | TP0111
S | SSLSessionCacheTimeout 4294967295               | TP0111
D | SSLSessionCacheTimeout 300                      | not allowed in <Directory> context

S | SSLOpenSSLConfCmd Options -SessionTicket        | ok
V | SSLOpenSSLConfCmd curves P-256                  | ok
S | SSLOpenSSLConfCmd -curves P-256                 | TP0120
S | SSLOpenSSLConfCmd Nonsense x                    | TP0120
S | SSLOpenSSLConfCmd DHParameters run/gone         | TP0201
S | SSLOpenSSLConfCmd DHParameters run/empty        | TP0204
S | SSLOpenSSLConfCmd ChainCAPath run               | ok
S | SSLOpenSSLConfCmd ChainCAPath run/a.pem         | TP0110
S | SSLOpenSSLConfCmd Options                       | TP0152
D | SSLOpenSSLConfCmd curves P-256                  | not allowed in <Directory> context

S | SSLVHostSNIPolicy AuthOnly                      | ok
S | SSLVHostSNIPolicy loose                         | TP0114
V | SSLVHostSNIPolicy strict                        | cannot occur within <VirtualHost> section
D | SSLVHostSNIPolicy strict                        | not allowed in <Directory> context

S | SSLRandomSeed startup builtin                   | ok
S | SSLRandomSeed Connect BUILTIN                   | ok
S | SSLRandomSeed startup file:run/a.pem 512        | ok
S | SSLRandomSeed startup run                       | ok
S | SSLRandomSeed connect exec:run/empty 0          | ok
S | SSLRandomSeed startup run/a.pem abc             | ok TP0112
S | SSLRandomSeed startup FILE:run/a.pem            | TP0201
S | SSLRandomSeed startup exec:run/gone             | TP0201
S | SSLRandomSeed startup file:                     | TP0201
S | SSLRandomSeed startup egd:run/a.pem             | TP0117
S | SSLRandomSeed startup builtin 0                 | TP0116
S | SSLRandomSeed startup run/a.pem -1              | TP0111
S | SSLRandomSeed never builtin                     | TP0115
S | SSLRandomSeed startup                           | takes two or three arguments
V | SSLRandomSeed startup builtin                   | cannot occur within <VirtualHost> section
D | SSLRandomSeed startup builtin                   | not allowed in <Directory> context

S | SSLPassPhraseDialog BuiltIn                     | ok
S | SSLPassPhraseDialog |x                          | ok
S | SSLPassPhraseDialog exec:run/a.pem              | ok
S | SSLPassPhraseDialog |                           | TP0118
S | SSLPassPhraseDialog exec:                       | TP0118
S | SSLPassPhraseDialog EXEC:run/a.pem              | TP0118
S | SSLPassPhraseDialog exec:run/gone               | TP0201
V | SSLPassPhraseDialog builtin                     | cannot occur within <VirtualHost> section
D | SSLPassPhraseDialog builtin                     | not allowed in <Directory> context

S | SSLSessionCache NoneNotNull                     | ok
S | SSLSessionCache shmcb:run/cache(512000)         | ok
S | SSLSessionCache nonsense:x                      | TP0600
S | SSLSessionCache SHMCB:run/cache(512000)         | TP0600
S | SSLSessionCache shmcb:run/cache(10)             | TP0601
S | SSLSessionCache :x                              | TP0119
V | SSLSessionCache none                            | cannot occur within <VirtualHost> section
D | SSLSessionCache none                            | not allowed in <Directory> context

S | SSLCryptoDevice BuiltIn                         | ok
S | SSLCryptoDevice nonsense                        | TP0121
V | SSLCryptoDevice builtin                         | cannot occur within <VirtualHost> section
D | SSLCryptoDevice builtin                         | not allowed in <Directory> context
S | SSLFIPS off                                     | ok
S | SSLFIPS on                                      | TP0139 plus
S | SSLFIPS yes                                     | must be On or Off
V | SSLFIPS off                                     | cannot occur within <VirtualHost> section
D | SSLFIPS off                                     | not allowed in <Directory> context
S | TLSPlusGroups X25519:P-256                      | ok plus
V | TLSPlusGroups ?X25519MLKEM768:?nosuch:P-384     | ok plus
S | TLSPlusGroups P-256:secp256r1                   | ok plus
V | TLSPlusGroups X25519:nosuchgroup                | TP0154 plus
S | TLSPlusGroups ?nosuchgroup                      | TP0154 plus
S | TLSPlusGroups X25519::P-256                     | TP0154 plus
S | TLSPlusGroups X25519 P-256                      | takes one argument plus
D | TLSPlusGroups X25519                            | not allowed in <Directory> context plus
S | TLSPlusPlainHTTP explain                        | ok plus
V | TLSPlusPlainHTTP Redirect                       | ok plus
V | TLSPlusPlainHTTP 308                            | TP0150 plus
V | TLSPlusPlainHTTP                                | takes one argument plus
D | TLSPlusPlainHTTP redirect                       | not allowed in <Directory> context plus
S | TLSPlusReload on                                | ok plus
S | TLSPlusReload off                               | ok plus
S | TLSPlusReload 60                                | ok plus
S | TLSPlusReload 0                                 | TP0915 plus
S | TLSPlusReload 86401                             | TP0915 plus
S | TLSPlusReload 5s                                | TP0915 plus
S | TLSPlusReload often                             | TP0915 plus
S | TLSPlusKeepLastCertificate on                   | ok plus
S | TLSPlusKeepLastCertificate OFF                  | ok plus
S | TLSPlusKeepLastCertificate never                | must be On or Off plus
V | TLSPlusKeepLastCertificate on                   | cannot occur within <VirtualHost> section plus
S | TLSPlusExpiryWarning off                        | ok plus
S | TLSPlusExpiryWarning 25%                        | ok plus
S | TLSPlusExpiryWarning 30d                        | ok plus
S | TLSPlusExpiryWarning 51%                        | TP0957 plus
S | TLSPlusExpiryWarning 0d                         | TP0957 plus
S | TLSPlusExpiryWarning 30                         | TP0957 plus
S | TLSPlusExpiryWarning %                          | TP0957 plus
V | TLSPlusExpiryWarning off                        | cannot occur within <VirtualHost> section plus
S | TLSPlusNotifyCmd off                            | ok plus
S | TLSPlusNotifyCmd /bin/true with words           | ok plus
S | TLSPlusNotifyCmd bin/true                       | TP0958 plus
D | TLSPlusNotifyCmd /bin/true                      | not allowed in <Directory> context plus
V | TLSPlusReload on                                | cannot occur within <VirtualHost> section plus
D | TLSPlusReload on                                | not allowed in <Directory> context plus
S | TLSPlusHandshakeTimeout 5                       | ok plus
S | TLSPlusHandshakeTimeout 0                       | TP0125 plus
S | TLSPlusHandshakeTimeout 20s                     | TP0125 plus
V | TLSPlusHandshakeTimeout 5                       | cannot occur within <VirtualHost> section plus
D | TLSPlusHandshakeTimeout 5                       | not allowed in <Directory> context plus

S | SSLOptions                                      | ok
D | SSLOptions +StdEnvVars -exportcertdata          | ok
V | SSLOptions StdEnvVars ExportCertData            | ok TP0124
D | SSLOptions ""                                   | TP0123
D | SSLOptions + StdEnvVars                         | TP0123
D | SSLOptions +CompatEnvVars                       | TP0123
S | SSLUserName SSL_CLIENT_S_DN_CN                  | ok
D | SSLUserName nonsense                            | ok
D | SSLUserName ""                                  | takes one argument
S | SSLClientCertHeader on                          | ok plus
V | SSLClientCertHeader off                         | ok plus
D | SSLClientCertHeader on                          | ok plus
D | SSLClientCertHeader yes                         | must be On or Off plus

S | SSLLog logs/ssl.log                             | TP0126
D | SSLLog                                          | TP0126
V | SSLLogLevel                                     | TP0126
P | SSLLogLevel debug                               | TP0126
S | SSLMutex file:/run/ssl_mutex                    | TP0127
V | SSLEnable                                       | TP0127
D | SSL_CertFile run/a.pem                          | TP0127

S | SSLVerifyClient none                            | ok
V | SSLVerifyClient OFF                             | ok
S | SSLVerifyClient optional_no_ca                  | ok
S | SSLVerifyClient sometimes                       | TP0700
S | SSLVerifyClient                                 | takes one argument
D | SSLVerifyClient sometimes                       | TP0700
D | SSLVerifyClient require                         | ok
D | SSLVerifyDepth 2                                | ok
D | SSLVerifyDepth -1                               | TP0111
D | SSLRenegBufferSize 0                            | ok
D | SSLRenegBufferSize -1                           | TP0111
S | SSLRenegBufferSize 1000                         | not allowed here
S | SSLVerifyDepth 3                                | ok
S | SSLVerifyDepth -1                               | TP0111
V | SSLVerifyDepth deep                             | ok TP0112
S | SSLCACertificateFile run/a.pem                  | ok
S | SSLCACertificateFile run/gone                   | TP0201
D | SSLCACertificateFile run/a.pem                  | TP0702
D | SSLCACertificateFile run/gone                   | TP0201
S | SSLCACertificatePath run                        | ok
S | SSLCACertificatePath run/a.pem                  | TP0110
D | SSLCACertificatePath run                        | TP0702
S | SSLCADNRequestFile run/a.pem                    | ok
S | SSLCADNRequestPath run/gone                     | TP0110
D | SSLCADNRequestFile run/a.pem                    | not allowed in <Directory> context
S | SSLCARevocationFile run/gone                    | TP0201
S | SSLCARevocationPath run                         | ok
S | SSLCARevocationCheck chain no_crl_for_cert_ok   | ok
S | SSLCARevocationCheck sometimes                  | TP0701
S | SSLCARevocationCheck leaf whatever              | TP0701
D | SSLCARevocationCheck leaf                       | not allowed in <Directory> context

S | SSLStaplingCache shmcb:/tmp/x(32768)            | ok
S | SSLStaplingCache :                              | TP0119
V | SSLStaplingCache shmcb:/tmp/x(32768)            | cannot occur within <VirtualHost> section
S | SSLUseStapling on                               | ok plus
V | SSLUseStapling maybe                            | must be On or Off
S | SSLStaplingResponderTimeout 5                   | ok
S | SSLStaplingResponderTimeout -5                  | TP0111
V | SSLStaplingResponseTimeSkew 60                  | ok
V | SSLStaplingResponseMaxAge 86400                 | ok
V | SSLStaplingResponseMaxAge -1                    | TP0111
V | SSLStaplingStandardCacheTimeout 3600            | ok
V | SSLStaplingErrorCacheTimeout 60                 | ok
V | SSLStaplingReturnResponderErrors off            | ok
V | SSLStaplingFakeTryLater off                     | ok
V | SSLStaplingFakeTryLater on                      | ok TP0869
V | SSLStaplingForceURL http://localhost/           | ok
V | SSLStaplingForceURL nonsense                    | ok TP0871
D | SSLUseStapling off                              | not allowed in <Directory> context
S | TLSPlusStapleStore off                          | ok plus
S | TLSPlusStapleStore run/staples                  | ok plus
S | TLSPlusStapleStore on                           | TP0872 plus
V | TLSPlusStapleStore off                          | cannot occur within <VirtualHost> section plus

S | SSLOCSPDefaultResponder http://localhost/       | ok
S | SSLOCSPDefaultResponder nonsense                | ok
V | SSLOCSPEnable on                                | ok
S | SSLOCSPEnable leaf no_ocsp_for_cert_ok          | ok
S | SSLOCSPEnable off                               | ok
S | SSLOCSPEnable sometimes                         | TP0145
S | SSLOCSPEnable on whatever                       | TP0145
S | SSLOCSPOverrideResponder on                     | ok
S | SSLOCSPOverrideResponder maybe                  | must be On or Off
S | SSLOCSPResponseTimeSkew 60                      | ok
S | SSLOCSPResponseTimeSkew -60                     | TP0111
S | SSLOCSPResponseMaxAge 3600                      | ok
S | SSLOCSPResponseMaxAge -1                        | ok plus
S | SSLOCSPResponseMaxAge -2                        | TP0111
V | SSLOCSPResponderTimeout 5                       | ok
S | SSLOCSPResponderTimeout -5                      | TP0111
S | SSLOCSPUseRequestNonce off                      | ok
S | SSLOCSPUseRequestNonce maybe                    | must be On or Off
S | SSLOCSPProxyURL http://127.0.0.1:3128/          | ok
S | SSLOCSPProxyURL 127.0.0.1:3128                  | TP0890 plus
S | SSLOCSPNoVerify on                              | ok
S | SSLOCSPNoverify off                             | ok
S | SSLOCSPNoVerify maybe                           | must be On or Off
S | SSLOCSPResponderCertificateFile run/a.pem       | ok
S | SSLOCSPResponderCertificateFile run/gone        | TP0201
S | TLSPlusOCSPPrivateResponders on                 | ok plus
S | TLSPlusOCSPPrivateResponders maybe              | must be On or Off plus
S | TLSPlusOCSPCacheTime 0                          | ok plus
V | TLSPlusOCSPCacheTime 86400                      | ok plus
S | TLSPlusOCSPCacheTime 86401                      | TP0891 plus
D | SSLOCSPEnable on                                | not allowed in <Directory> context
D | TLSPlusOCSPCacheTime 1                          | not allowed in <Directory> context plus
V | SSLProxyEngine on                               | ok
P | SSLProxyEngine on                               | ok
S | SSLProxyEngine maybe                            | must be On or Off
S | SSLProxyCipherSuite HIGH:!aNULL                 | ok
P | SSLProxyCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256 | ok
S | SSLProxyCipherSuite TLS HIGH                    | TP0107
V | SSLProxyProtocol all -SSLv3                     | ok
V | SSLProxyProtocol TLSv9                          | TP0103
P | SSLProxyVerify require                          | ok
P | SSLProxyVerify sometimes                        | TP0700
V | SSLProxyVerifyDepth 3                           | ok
P | SSLProxyVerifyDepth -1                          | TP0111
P | SSLProxyCACertificateFile run/a.pem             | ok
S | SSLProxyCACertificateFile run/gone              | TP0201
V | SSLProxyCACertificatePath run                   | ok
V | SSLProxyCACertificatePath run/gone              | TP0110
S | SSLProxyCARevocationFile run/a.pem              | ok
S | SSLProxyCARevocationFile run/gone               | TP0201
P | SSLProxyCARevocationPath run                    | ok
P | SSLProxyCARevocationPath run/gone               | TP0110
P | SSLProxyCARevocationCheck chain no_crl_for_cert_ok | ok
P | SSLProxyCARevocationCheck sometimes             | TP0701
V | SSLProxyMachineCertificateFile run/a.pem        | ok
V | SSLProxyMachineCertificateFile run/gone         | TP0201
V | SSLProxyMachineCertificatePath run              | ok
V | SSLProxyMachineCertificatePath run/gone         | TP0110
P | SSLProxyMachineCertificateChainFile run/a.pem   | ok
P | SSLProxyMachineCertificateChainFile run/gone    | TP0201
S | SSLProxyCheckPeerExpire off                     | ok
V | SSLProxyCheckPeerCN off                         | ok
P | SSLProxyCheckPeerName off                       | ok
P | SSLProxyCheckPeerName maybe                     | must be On or Off
D | SSLProxyCheckPeerName off                       | not allowed in <Directory> context
S | TLSPlusProxyGroups X25519:P-256                 | ok plus
P | TLSPlusProxyGroups ?X25519MLKEM768:?nosuch:P-384 | ok plus
V | TLSPlusProxyGroups nosuch:P-384                 | TP0154 plus
P | TLSPlusProxyGroups ?nosuch                      | TP0154 plus
S | TLSPlusProxyGroups X25519 P-256                 | takes one argument plus
D | TLSPlusProxyGroups X25519                       | not allowed in <Directory> context plus
S | TLSPlusProxyTrust +system                       | ok plus
V | TLSPlusProxyTrust +System +partial-chain        | ok plus
P | TLSPlusProxyTrust off                           | ok plus
S | TLSPlusProxyTrust system                        | TP0156 plus
V | TLSPlusProxyTrust -system                       | TP0156 plus
P | TLSPlusProxyTrust off +system                   | TP0156 plus
P | TLSPlusProxyTrust                               | TP0156 plus
D | TLSPlusProxyTrust +system                       | not allowed in <Directory> context plus
S | TLSPlusProxyName a.test                         | ok plus
V | TLSPlusProxyName off                            | ok plus
P | TLSPlusProxyName a_1.test.                      | ok plus
P | TLSPlusProxyName 10.1.2.3                       | ok plus
P | TLSPlusProxyName [2001:db8::1]                  | ok plus
P | TLSPlusProxyName *.test                         | TP0155 plus
V | TLSPlusProxyName https://a.test:8443/x          | TP0155 plus
S | TLSPlusProxyName a.test:8443                    | TP0155 plus
S | TLSPlusProxyName 10.1.2.300                     | TP0155 plus
S | TLSPlusProxyName fe80::1%eth0                   | TP0155 plus
S | TLSPlusProxyName a..test                        | TP0155 plus
S | TLSPlusProxyName a b                            | takes one argument plus
D | TLSPlusProxyName a.test                         | not allowed in <Directory> context plus
S | TLSPlusProxyRequireName on                      | ok plus
P | TLSPlusProxyRequireName off                     | ok plus
V | TLSPlusProxyRequireName maybe                   | must be On or Off plus
D | TLSPlusProxyRequireName on                      | not allowed in <Directory> context plus
S | TLSPlusProxyHandshakeTimeout 5                  | ok plus
V | TLSPlusProxyHandshakeTimeout 3600               | ok plus
P | TLSPlusProxyHandshakeTimeout 1                  | ok plus
P | TLSPlusProxyHandshakeTimeout 0                  | TP0125 plus
S | TLSPlusProxyHandshakeTimeout 5s                 | TP0125 plus
D | TLSPlusProxyHandshakeTimeout 5                  | not allowed in <Directory> context plus
S | TLSPlusProxyOpenSSLConfCmd Groups P-384         | ok plus
V | TLSPlusProxyOpenSSLConfCmd MinProtocol TLSv1.2  | ok plus
P | TLSPlusProxyOpenSSLConfCmd Options UnsafeLegacyServerConnect | ok plus
P | TLSPlusProxyOpenSSLConfCmd options "-SessionTicket,UnsafeLegacyServerConnect" | ok plus
S | TLSPlusProxyOpenSSLConfCmd NoSuch x             | TP0120 plus
P | TLSPlusProxyOpenSSLConfCmd VerifyMode Peer      | TP0120 plus
P | TLSPlusProxyOpenSSLConfCmd VerifyCAFile run/a.pem | TP0120 plus
P | TLSPlusProxyOpenSSLConfCmd Certificate run/a.pem | TP0120 plus
P | TLSPlusProxyOpenSSLConfCmd DHParameters run/a.pem | TP0120 plus
S | TLSPlusProxyOpenSSLConfCmd Groups               | TP0152 plus
D | TLSPlusProxyOpenSSLConfCmd Groups P-384         | not allowed in <Directory> context plus
S | Mutex default ssl-stapling                      | ok
S | Mutex default ssl-stapling-refresh              | ok
S | SSLUseStapling off                              | ok
S | SSLOCSPEnable off                               | ok
P | SSLProxyEngine off                              | ok
S | SSLProxyVerify none                             | ok
D | SSLProxyVerify none                             | not allowed in <Directory> context
S | SSLRequireSSL                                   | not allowed here
V | SSLRequireSSL                                   | not allowed in <VirtualHost> context
D | SSLRequireSSL                                   | ok
D | SSLRequireSSL off                               | ok TP0502 plus
P | SSLRequireSSL                                   | ok
S | SSLRequire true                                 | not allowed here
V | SSLRequire true                                 | not allowed in <VirtualHost> context
D | SSLRequire true                                 | ok
D | SSLRequire                                      | TP0501
D | SSLRequire 2 <                                  | TP0501
TABLE

my %AROUND = (
    S => ['', ''],
    V => ["<VirtualHost *:\@PORT\@>\n", "\n</VirtualHost>"],
    D => ["<Directory /nowhere>\n", "\n</Directory>"],
    P => ["<Proxy http://nowhere/>\n", "\n</Proxy>"],
);

my $server = TLSplus::Server->new(
    certs   => $certs,
    modules => ['proxy', 'socache_shmcb'],
    files   => {'run/a.pem' => $certs->read('a.crt'), 'run/empty' => ''},
);

for my $row (grep { length } split /\n/, $TABLE) {
    my ($where, $line, $answer) = $row =~ /^(\w) \| (.*\S) +\| (.*)$/ or die "what is this row? $row\n";
    my $plus = $answer =~ s/ plus$//;
    next if $plus && !is_tlsplus();
    $answer = 'ok' if $line eq 'SSLCompression on' && library_compresses();
    my ($before, $after) = @{ $AROUND{$where} };
    $server->configure("$before$line$after\n");
    my $found = $server->configtest;
    my $number = $where eq 'S' ? 1 : 2;
    my $accepted = $answer =~ s/^ok ?//;
    my $name = "$where: $line";
    if (!is_tlsplus()) {
        is $found->{exit} ? 'refused' : 'accepted', $accepted ? 'accepted' : 'refused', $name or diag $found->{text};
    } elsif ($accepted && $answer eq '') {
        ok $found->{exit} == 0 && $found->{text} !~ /TP01/, "$name: accepted" or diag $found->{text};
    } else {
        my $message = $answer =~ /^TP/ ? qr/\b$answer: .*test\.conf:$number\b/ : qr/\Q$answer\E/;
        ok +($found->{exit} == 0) == !!$accepted && $found->{text} =~ $message, "$name: $answer" or diag $found->{text};
    }
}

subtest 'dumps do not look at files' => sub {
    $server->configure("SSLCertificateFile run/gone\nSSLOpenSSLConfCmd DHParameters run/gone\n");
    isnt $server->configtest->{exit}, 0, 'a test does';
    is $server->configtest(arguments => [$_])->{exit}, 0, $_ for '-S', '-M';
    is $server->configtest(arguments => ['-t'], define => ['DUMP_RUN_CFG'])->{exit}, 0, 'DUMP_RUN_CFG';
    for my $line ('SSLOpenSSLConfCmd ChainCAPath run/gone', 'SSLRandomSeed startup run/gone',
        'SSLPassPhraseDialog exec:run/gone')
    {
        $server->configure("$line\n");
        isnt $server->configtest(arguments => ['-S'])->{exit}, 0, "$line: is looked at";
    }
};

subtest '.htaccess' => sub {
    my @CASES = (
        ['Options',    'SSLOptions +StdEnvVars',        200, qr//],
        ['AuthConfig', 'SSLOptions +StdEnvVars',        500, qr/SSLOptions not allowed here/],
        ['AuthConfig', 'SSLUserName SSL_CLIENT_S_DN_CN', 200, qr//],
        ['Options',    'SSLUserName SSL_CLIENT_S_DN_CN', 500, qr/SSLUserName not allowed here/],
        ['All',        'SSLEngine on',                  500, qr/SSLEngine not allowed here/],
        ['All',        'SSLOptions +Nonsense',          500, is_tlsplus() ? qr/TP0123: .*\.htaccess:1\b/ : qr/Nonsense/],
    );
    my $at = 0;
    my $conf = "<VirtualHost *:\@PORT\@>\nServerName a.test\nSSLEngine on\n"
      . "SSLCertificateFile \@CERTS\@/a.crt\nSSLCertificateKeyFile \@CERTS\@/a.key\n";
    $conf .= "<Directory \@ROOT\@/htdocs/$_>\nAllowOverride $CASES[$_][0]\n</Directory>\n" for 0 .. $#CASES;
    my $running = TLSplus::Server->new(certs => $certs, conf => "$conf</VirtualHost>\n");
    for my $case (@CASES) {
        $running->put("htdocs/$at/.htaccess", "$case->[1]\n");
        $running->put("htdocs/$at/x.txt", 'x');
        $at++;
    }
    ok $running->begin, 'starts' or diag $running->said;
    $at = 0;
    for my $case (@CASES) {
        my ($override, $line, $status, $said) = @$case;
        my $mark = $running->mark;
        is $running->get("/$at/x.txt", name => 'a.test')->status, $status, "$line under AllowOverride $override: $status";
        like $running->log($mark), $said, 'and why' if $status != 200;
        $at++;
    }
    ok $running->stop, 'stops cleanly';
};

done_testing;
