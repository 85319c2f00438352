# SPDX-License-Identifier: Apache-2.0
#
# A browser: headless Chromium, the test CA trusted in its own certificate store, loads a page, a
# 100 MB file and posts 10 MB, over HTTP/1.1 and HTTP/2. The page's script computes digests itself
# and posts what it found to a CGI program that leaves it in a file.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA qw(sha256_hex);
use File::Path  qw(make_path);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(find_program has_http2 needs_program scratch_dir);
use TLSplus::Process qw(run slurp spawn wait_until);
use TLSplus::Server;

needs_program('chromium', 'certutil');

use constant MIB   => 1 << 20;
use constant LIMIT => 180;       # seconds; a browser starts slowly on a busy machine

my $certs = TLSplus::Certs->new;
$certs->leaf('a', san => ['a.test', 'one.test'], intermediates => 1);

my $server = TLSplus::Server->start(certs => $certs, modules => ['cgi', has_http2() ? 'http2' : ()], conf => <<'CONF');
SSLCertificateFile    @CERTS@/a.full
SSLCertificateKeyFile @CERTS@/a.key
ScriptAlias /cgi/ @ROOT@/cgi/
<VirtualHost *:@PORT@>
  ServerName a.test
  SSLEngine on
  <IfModule mod_http2.c>
    Protocols h2 http/1.1
  </IfModule>
</VirtualHost>
<VirtualHost *:@PORT@>
  ServerName one.test
  SSLEngine on
  Protocols http/1.1
</VirtualHost>
CONF
my $root = $server->root;

# The digest of what was posted; and a note to this test, whole or not at all.
$server->cgi('digest', 'use Digest::SHA; binmode STDIN; print "Content-Type: text/plain\n\n", Digest::SHA->new(256)->addfile(\*STDIN)->hexdigest;');
$server->cgi('report', <<"PERL");
local \$/;
my \$said = <STDIN>;
open my \$out, '>', "$root/run/report.new" or die;
print {\$out} \$said;
close \$out;
rename "$root/run/report.new", "$root/run/report";
print "Content-Type: text/plain\\n\\nok\\n";
PERL
$server->put('htdocs/page.html', <<'HTML');
<!DOCTYPE html><title>t</title><p id="p">page</p>
<script>
const hex = bytes => Array.from(new Uint8Array(bytes), b => b.toString(16).padStart(2, '0')).join('');
const sha = async bytes => hex(await crypto.subtle.digest('SHA-256', bytes));
async function all() {
  const large = await (await fetch('/large')).arrayBuffer();
  const body = large.slice(1000, 1000 + 10 * 1024 * 1024);
  const digest = await (await fetch('/cgi/digest', {method: 'POST', body})).text();
  return {
    page: document.getElementById('p').textContent,
    secure: window.isSecureContext,
    protocol: performance.getEntriesByType('navigation')[0].nextHopProtocol,
    large: await sha(large),
    posted: await sha(body),
    arrived: digest,
  };
}
const tell = found => fetch('/cgi/report', {method: 'POST', body: Object.entries(found).map(e => e.join('=')).join('\n')});
all().then(tell, error => tell({error}));
</script>
HTML
{
    my $block = join '', map { chr int rand 256 } 1 .. 65_532;
    open my $out, '>:raw', "$root/htdocs/large" or die "large: $!\n";
    print {$out} pack('N', $_), $block for 1 .. 1600;
    close $out or die "large: $!\n";
}
my $large = slurp("$root/htdocs/large");

# A home of its own, with the CA in the store Chromium reads there.
my $home = scratch_dir('tlsplus-browser');
make_path("$home/.pki/nssdb");
for my $step (['-N', '--empty-password'], ['-A', '-t', 'C,,', '-n', 'test', '-i', $certs->ca]) {
    my $done = run(['certutil', '-d', "sql:$home/.pki/nssdb", @$step]);
    is $done->{exit}, 0, "certutil $step->[0]" or BAIL_OUT($done->{err});
}

my %PROTOCOL = ('a.test' => has_http2() ? 'h2' : 'http/1.1', 'one.test' => 'http/1.1');
for my $name (sort keys %PROTOCOL) {
    subtest "$name, $PROTOCOL{$name}" => sub {
        my $port    = $server->port;
        my $browser = spawn([
                'chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
                '--disable-background-networking', '--disable-component-update', '--disable-sync',
                '--disable-dev-shm-usage', '--remote-debugging-port=0', "--user-data-dir=$home/$name",
                '--host-resolver-rules=MAP * 127.0.0.1', "https://$name:$port/page.html"
            ], env => { HOME => $home, XDG_CONFIG_HOME => "$home/config", XDG_CACHE_HOME => "$home/cache" });
        my $came = wait_until(LIMIT, sub { -e "$root/run/report" || !$browser->running });
        my $log  = $browser->err;
        $browser->stop('TERM', 20);
        ok -e "$root/run/report", 'the page reported' or return diag substr $log, -2000;
        my %found = map { split /=/, $_, 2 } split /\n/, slurp("$root/run/report");
        unlink "$root/run/report";
        is $found{error},    undef,             'without an error';
        is $found{page},     'page',            'the page is there';
        is $found{secure},   'true',            'in a secure context';
        is $found{protocol}, $PROTOCOL{$name},  'by this protocol';
        is $found{large},    sha256_hex($large), 'a 100 MB file, byte-exact';
        is $found{posted},   sha256_hex(substr $large, 1000, 10 * MIB), '10 MB to post';
        is $found{arrived},  $found{posted},    'arrived byte-exact';
    };
}

ok $server->stop, 'stops cleanly';
done_testing;
