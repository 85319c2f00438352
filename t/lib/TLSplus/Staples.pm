# SPDX-License-Identifier: Apache-2.0
#
# What a client that asks for a staple is given.
#
#   is stapled($server, tls => 'TLSv1.3'), 'good';          # as handshake(): name, tls, ...
#   ok comes_to_staple($server, 'good'), 'fetched in the background';
package TLSplus::Staples;
use v5.36;
use Exporter 'import';
use TLSplus::Process qw(wait_until);

our @EXPORT = qw(stapled comes_to_staple);

use constant PATIENCE => 30;

# 'good', 'revoked', 'unknown'; 'none'; what the responder said instead of an answer: 'trylater'; 'no word' where a
# session was resumed; 'failed' without a handshake.
sub stapled ($server, %opt) {
    my $answer = $server->handshake(name => 'a.test', args => ['-status'], %opt);
    return 'failed' if !$answer->protocol;
    my $output = $answer->output;
    return 'none' if $output =~ /^OCSP response: no response sent/m;
    return lc $1  if $output =~ /^    OCSP Response Status: (\w+) \((?!0x0\))/m;
    return $output =~ /^\s+Cert Status: (\w+)/m ? lc $1 : 'no word';
}

sub comes_to_staple ($server, $status, %opt) {
    return wait_until(PATIENCE, sub { stapled($server, %opt) eq $status });
}

1;
