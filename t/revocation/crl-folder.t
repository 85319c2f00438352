# SPDX-License-Identifier: Apache-2.0
#
# Lists in a folder: one that is replaced, one that is added, one that cannot be read, one that is gone, and the whole
# folder exchanged under its link. And TLSPlusReload off, with which OpenSSL looks for them as it does elsewhere.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy qw(copy);
use File::Path qw(make_path);
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus);
use TLSplus::Process qw(run spew wait_until);
use TLSplus::Server;

needs_tlsplus();
use constant SECONDS => 60;

my $certs = TLSplus::Certs->new;
my $dir   = $certs->dir;
$certs->leaf('server', san => ['a.test']);
$certs->ca($_) for qw(ca elsewhere);
$certs->leaf($_, cn => $_) for qw(good bad worse);
$certs->leaf($_, cn => $_, issuer => 'elsewhere') for qw(foreign stranger);
$certs->write('both.pem', $certs->read('ca.crt'), $certs->read('elsewhere.crt'));
$certs->crl('first',  number => 5);
$certs->crl('second', number => 6, revoked => ['bad']);
$certs->crl('third',  number => 7, revoked => ['bad', 'worse']);
$certs->crl('other',  number => 1, by => 'elsewhere', revoked => ['stranger']);
$certs->crl('later',  number => 2, by => 'elsewhere', revoked => ['stranger', 'foreign']);

# A folder of these lists, with links.
sub folder ($name, %lists) {
    make_path("$dir/$name");
    unlink glob "$dir/$name/*";
    copy("$dir/$lists{$_}.pem", "$dir/$name/$_") or die "copy: $!\n" for keys %lists;
    run(['openssl', 'rehash', "$dir/$name"])->{exit} == 0 or die "no links\n";
}
sub link_to ($name) { symlink $name, "$dir/lists.new" or die "symlink: $!\n"; rename "$dir/lists.new", "$dir/lists" or die "rename: $!\n" }
sub replace ($what, $file) { copy("$dir/$what.pem", "$file.new") or die "copy: $!\n"; rename "$file.new", $file or die "rename: $!\n" }

sub conf ($top = '') {
    return <<"CONF";
$top
<VirtualHost *:\@PORT\@>
  ServerName a.test
  SSLEngine on
  SSLCertificateFile \@CERTS\@/server.crt
  SSLCertificateKeyFile \@CERTS\@/server.key
  SSLCACertificateFile \@CERTS\@/both.pem
  SSLCARevocationPath \@CERTS\@/lists
  SSLCARevocationCheck leaf no_crl_for_cert_ok
  SSLVerifyClient require
</VirtualHost>
CONF
}
sub is_in ($server, $who) { ($server->get('/', name => 'a.test', cert => "$dir/$who.crt", key => "$dir/$who.key")->status // 0) eq '200' }
sub let_in ($server) { join ' ', grep { is_in($server, $_) } qw(good bad worse foreign stranger) }

folder('one', 'a.pem' => 'first');
link_to('one');
{
    my $server = TLSplus::Server->start(certs => $certs, conf => conf());
    is let_in($server), 'good bad worse foreign stranger', 'nobody is revoked';
    replace('second', "$dir/one/a.pem");
    ok wait_until(SECONDS, sub { !is_in($server, 'bad') }), 'a list that is replaced is in force';
    is let_in($server), 'good worse foreign stranger', 'for whom it names';

    copy("$dir/other.pem", "$dir/one/b.pem") or die;
    run(['openssl', 'rehash', "$dir/one"]);
    ok wait_until(SECONDS, sub { !is_in($server, 'stranger') }), 'so is one that is added';
    is let_in($server), 'good worse foreign', 'beside the one before';

    my $mark = $server->mark;
    spew("$dir/one/a.pem", 'nothing of the kind');
    like $server->wait_log(qr/TP0911/, mark => $mark, seconds => SECONDS), qr{folder .*lists.*neither PEM.*there is no list of}, 'one that cannot be read is told';
    is let_in($server), 'good worse foreign', 'and stays what it was';
    $mark = $server->mark;
    folder('one', 'b.pem' => 'other');
    like $server->wait_log(qr/TP0911/, mark => $mark, seconds => SECONDS), qr/there is no list of/, 'so is one that is gone';
    is let_in($server), 'good worse foreign', 'which stays, too';

    # A download that came to nothing, of one list; the link of before leads to it.
    my $rest = $server->mark;
    folder('one', 'a.pem' => 'second', 'b.pem' => 'other');
    spew("$dir/one/a.pem", '');
    replace('later', "$dir/one/b.pem");
    ok wait_until(SECONDS, sub { !is_in($server, 'foreign') }), 'beside an empty file another one is replaced';
    is let_in($server), 'good worse', 'and the list that was in its place is in force';
    like $server->wait_log(qr/TP0911/, mark => $rest, seconds => SECONDS), qr{\.r0" is empty}, 'which is told';

    folder('two', 'a.pem' => 'third', 'b.pem' => 'later');
    link_to('two');
    ok wait_until(SECONDS, sub { !is_in($server, 'worse') }), 'a folder that is exchanged under its link';
    is let_in($server), 'good', 'has all of its lists in force';
    folder('two', 'a.pem' => 'third');
    ok $server->graceful, 'a graceful restart';
    is let_in($server), 'good foreign stranger', 'takes the folder as it is';
    $server->stop;
}

folder('three', 'a.pem' => 'second');
link_to('three');
my $server = TLSplus::Server->start(certs => $certs, conf => conf('TLSPlusReload off'));
is let_in($server), 'good worse foreign stranger', 'off: OpenSSL finds the list';
$server->stop;

done_testing;
