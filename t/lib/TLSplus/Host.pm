# SPDX-License-Identifier: Apache-2.0
#
# TLSplus::Host: the virtual host with TLS that nearly every test serves. Messages name lines, so each part is one:
#
#   tls_host('a.test', pair('a'), 'Protocols h2')      <VirtualHost *:@PORT@>
#                                                        ServerName a.test
#                                                        SSLEngine on
#                                                        SSLCertificateFile @CERTS@/a.crt
#                                                        SSLCertificateKeyFile @CERTS@/a.key
#                                                      Protocols h2
#                                                      </VirtualHost>
package TLSplus::Host;
use v5.36;
use Exporter 'import';

our @EXPORT = qw(pair tls_host);

# Lines may be several in one text. ['a.test', 'PORT2'] for another port.
sub tls_host ($name, @lines) {
    my ($server_name, $port) = ref $name ? @$name : ($name, 'PORT');
    my @texts = map { s/\n\z//r } grep { length } @lines;
    return join '', map { "$_\n" } "<VirtualHost *:\@$port\@>", "  ServerName $server_name", '  SSLEngine on', @texts, '</VirtualHost>';
}

# The certificate and the key that TLSplus::Certs has made under this name; pair('a', 'full') with the chain.
sub pair ($name, $crt = 'crt') {
    return ("  SSLCertificateFile \@CERTS\@/$name.$crt", "  SSLCertificateKeyFile \@CERTS\@/$name.key");
}

1;
