# SPDX-License-Identifier: Apache-2.0
#
# What the tests of the variables share: certificates with odd content, the names that are asked for
# (right ones and nearly right ones), and how answers are read back.
package TLSplus::Variables;
use v5.36;
use Exporter 'import';
use TLSplus::Process qw(slurp wait_until);

our @EXPORT_OK = qw(odd_certificates lookup_names environment_of log_lines log_format log_entries cgi_program);

# plain: every attribute once or twice, every alternative name; odd: every string type, what must be
# escaped; v1: next to nothing; many: 64 names. Made by TLSplus::DerCerts.
sub odd_certificates ($der) {
    $der->leaf('plain', subject => [
            [[C => 'FR']], [[ST => 'Sp']], [[L => 'Lo']], [[O => "Caf\xc3\xa9, Co"]], [[OU => 'u1']], [[OU => 'u2']],
            [[CN => 'plain.test']], [[T => 'ti'], [G => 'gi']], [[S => 'su']], [[I => 'in']], [[D => 'desc']],
            [[Email => 'c@x.test']], [[SerialNumber => 'SN77']], [[UID => 'uu']], [[x500UniqueIdentifier => 'bits', 'bits']],
            [[DC => 'dc1']],
        ],
        san => [
            [email => 'a@b.c'], [dns => 'plain.test'], [upn => 'me@x'], [srv => '_http.x.test'], [ip => "\x7f\0\0\1"],
            [uri => 'http://u/'], [dns => "ev\0il\n\xe9.test"], [email => "b\x01\x7f\xe9"], [upn => 'wrong type', 'ia5'],
            [srv => 'wrong type', 'utf8'], [upn => "z\xc3\xa9\n"], [dir => [[[CN => 'dir']]]], [dns => ''], [dns => 'last.test'],
        ]);
    $der->leaf('odd', key => 'rsa', serial => "\0", subject => [
            [[CN => "\0K\0\xe9\0\x41\x20\xac", 'bmp']], [[O => "caf\xe9", 't61']], [[OU => "\0\0\0K\0\1\xf6\0", 'universal']],
            [[L => '']], [[CN => "a\x01\n\"#+,;<=>\\ "]], [[CN => ' lead#']], [[CN => '#x']], [[CN => "nul\0in"]],
            [[CN => '/slash=eq']], [['1.2.3.4.5' => 'unk']], [[CN => "\xff\xfebad", 'ia5']], [[OU => "B\xc3", 'bmp']],
            [[ST => "odd\0", 'bmp']], [[T => '77', 'numeric'], [CN => 'zz']], [[D => '']], [[UID => "<script>'\t"]],
        ], san => [[dns => 'odd.test']]);
    $der->leaf('v1', serial => "\x80\x01", version => 1, days => 20.5, subject => []);
    $der->leaf('many', serial => "\0\xff\0\x0a", signature => 'ecdsa-sha384', days => 0.5, start => -0.4,
        subject => [[[CN => 'many.test']], map { [[OU => "unit $_"]] } 1 .. 12],
        san => [map { [dns => "n$_.test"] } 0 .. 63]);
}

my @ATTRIBUTES = qw(C ST SP L O OU CN T I G S D UID Email SerialNumber);

# Names to look up: all there are, in upper and lower case, and what is nearly one. $side: CLIENT, SERVER.
sub lookup_names (@sides) {
    my @names = qw(HTTPS SSL_PROTOCOL SSL_CIPHER SSL_CIPHER_EXPORT SSL_CIPHER_USEKEYSIZE SSL_CIPHER_ALGKEYSIZE
      SSL_COMPRESS_METHOD SSL_SESSION_ID SSL_SESSION_RESUMED SSL_SECURE_RENEG SSL_TLS_SNI SSL_SRP_USER SSL_SRP_USERINFO
      SSL_VERSION_INTERFACE SSL_VERSION_LIBRARY SSL_VERSION_LIBRARY_INTERFACE SSL_VERSION_PRODUCT SSL_CLIENT_VERIFY
      SSL_SERVER_VERIFY SSL_CLIENT_CERT SSL_CLIENT_CERT_CHAIN_0 SSL_CLIENT_CERT_CHAIN_ SSL_SERVER_CERT_CHAIN_0
      SSL_CLIENT_V_REMAIN SSL_CLIENT_S_DN SSL_CLIENT_S_DN_CN SSL_CLIENT_SAN_DNS_0 SSL_CLIENT_CERT_RFC4523_CEA SSL_FOO SSL_ SSL
      SSL_CLIENT SSL_CIPHER_FOO SSL_PROTOCOLX SSL_PROTO);
    push @names, map { lc } qw(SSL_PROTOCOL SSL_CIPHER_USEKEYSIZE SSL_TLS_SNI HTTPS SSL_CLIENT_VERIFY);
    push @names, qw(SSL_VERSION_library ssl_version_LIBRARY SSL_STRONG_CRYPTO SSL_SERVER_KEY_SIZE HTTPS_KEYSIZE);
    for my $x (map { "SSL_$_" } @sides) {
        push @names, map { "${x}_$_" } qw(M_VERSION M_SERIAL V_START V_END V_REMAIN S_DN I_DN A_SIG A_KEY CERT
          CERT_RFC4523_CEA CERT_ V_STARTX S_DN_ S_DNX S_DN_DC S_DN_emailAddress S_DN_cn s_dn s_dn_CN S_dn_CN i_dn I_dn S_DN_RAW);
        push @names, map { lc "${x}_$_" } qw(M_SERIAL V_START A_KEY SAN_DNS_0);
        for my $attribute (@ATTRIBUTES) {
            push @names, map { "${x}_S_DN_$attribute$_" } '', qw(_0 _1 _RAW _1_RAW);
            push @names, "${x}_I_DN_$attribute";
        }
        push @names, map { "${x}_S_DN_CN$_" } qw(_2 _3 _4 _5 _6 _7 _8 _6_RAW _7_RAW X);
        push @names, map { "${x}_S_DN_OU$_" } qw(_ _01 _x _1x _-1 _raw _RAW_1 __RAW _RAW_RAW _1_RAWX RAW _11 _99999999999999999999);
        push @names, map { "${x}_SAN_$_" } qw(DNS_0 DNS_1 DNS_2 DNS_3 DNS_63 DNS_64 DNS_0000 DNS_00000 DNS_1x DNS_ DNS dns_0
          Email_0 EMAIL_0 Email_1 Email_2 OTHER_msUPN_0 OTHER_msUPN_1 OTHER_msUPN_2 OTHER_msUPN_3 OTHER_msupn_0 other_msUPN_0
          OTHER_dnsSRV_0 OTHER_dnsSRV_1 URI_0 IP_0);
    }
    push @names, qw(HTTP_USER_AGENT HTTP_REFERER HTTP_COOKIE HTTP_FORWARDED HTTP_HOST HTTP_PROXY_CONNECTION HTTP_ACCEPT
      HTTP:User-Agent http:x-odd HTTP:none HTTP: HTTP_X_ODD THE_REQUEST the_request REQUEST_METHOD REQUEST_SCHEME REQUEST_URI
      REQUEST_FILENAME SCRIPT_FILENAME PATH_INFO QUERY_STRING REMOTE_ADDR REMOTE_HOST REMOTE_IDENT REMOTE_USER AUTH_TYPE
      IS_SUBREQ DOCUMENT_ROOT SERVER_ADMIN SERVER_NAME SERVER_PORT SERVER_PROTOCOL ENV:FOO ENV:PATH ENV:nothere env:foo ENV:
      SERVER_SOFTWARE API_VERSION TIME_YEAR TIME_MON TIME_DAY TIME_HOUR TIME_MIN TIME_SEC TIME_WDAY TIME time_sec UNKNOWN
      CONTEXT_PREFIX SERVER_ADDR REMOTE_PORT SCRIPT_NAME GATEWAY_INTERFACE);
    my %seen;
    return grep { !$seen{$_}++ } @names;
}

# Directives for logs/<tag>.log: an entry for each request, with a line <name=value> for each name.
sub log_format ($tag, @names) {
    return log_entries($tag, join '\\n', map { "<$_=%{$_}x>" } @names);
}

# The same in a format of one's own, made of <name=value>. An entry says which request it is about and
# where it ends: it is written after the client has its answer, and may be read while it is written.
sub log_entries ($tag, $format) {
    return qq{LogFormat "entry %{X-Entry}i\\n$format\\n(end)" $tag\nCustomLog logs/$tag.log $tag\n};
}

# What a request for `path` adds to logs/<tag>.log, by name. Values are escaped there, so a line is a line.
sub log_lines ($server, $tag, $path, %how) {
    state $count = 0;
    my $number = ++$count;
    $server->get($path, %how, headers => [@{ $how{headers} // [] }, "X-Entry: $number"]);
    my $entry = '';
    wait_until(15, sub { ($entry) = slurp($server->root . "/logs/$tag.log") =~ /^entry $number\n(.*?)^\(end\)\n/ms });
    return { ($entry // '') =~ /<([^=\n]*)=([^\n]*?)>(?=[\n ])/g };
}

# A CGI program that shows what this is about of its environment; values may hold line ends.
sub cgi_program {
    return <<'CGI';
print "Content-Type: text/plain\r\n\r\n";
print map { "<$_=$ENV{$_}>\n" } grep { /SSL|^HTTPS$|REMOTE_USER|AUTH_TYPE|REQUEST_SCHEME|SERVER_PORT/ } sort keys %ENV;
CGI
}

sub environment_of ($answer) {
    return { $answer->body =~ /^<([^=]*)=(.*?)>\r?$/gms };
}

1;
