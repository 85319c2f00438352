# SPDX-License-Identifier: Apache-2.0
#
# The folder of responses on a disk that is full, and in a folder that the children may not write to any more: one line,
# responses go on being stapled from memory, and are on disk again when that works.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use TLSplus::Certs;
use TLSplus::Env qw(needs_tlsplus scratch_dir);
use TLSplus::Host;
use TLSplus::Process qw(run wait_until);
use TLSplus::Responder;
use TLSplus::Server;
use TLSplus::Staples;
use TLSplus::Test;

needs_tlsplus();
plan skip_all => 'root alone can make a small disk' if $> != 0;

my $certs     = TLSplus::Certs->new;
my $responder = TLSplus::Responder->start(certs => $certs);
$certs->ca;
$certs->leaf('a', san => ['a.test'], extensions => ['authorityInfoAccess=OCSP;URI:' . $responder->url('a')]);
$certs->write('a.rooted', $certs->read('a.crt'), $certs->read('a.root'));

# Responses are renewed every second, and each is another one.
sub server ($folder) {
    return TLSplus::Server->start(certs => $certs, conf => "TLSPlusStapleStore $folder\n"
          . tls_host('a.test', pair('a', 'rooted'), '  SSLUseStapling on', '  SSLStaplingStandardCacheTimeout 1'));
}
sub stored ($folder) { grep { /\.ocsp\z/ } glob "$folder/*" }

# Good, while nothing can be written; then revoked and good again, all from memory; then `repair`, and it is on disk.
sub goes_on_from_memory ($server, $folder, $words, $repair) {
    ok comes_to_staple($server, 'good'), 'fetched, and stapled';
    logs $server, qr/TP0866: .*\.ocsp": cannot be written: $words/, 'that it cannot be kept is told';
    $responder->answers('a', status => 'revoked', this => 0);
    ok comes_to_staple($server, 'revoked'), 'the next is stapled as well';
    $responder->answers('a', this => 0);
    ok comes_to_staple($server, 'good'), 'as is the one after it';
    is scalar(my @none = stored($folder)), 0, 'nothing is on disk';
    is scalar(glob "$folder/*.unfinished"), undef, 'and nothing is left half written';
    is scalar($server->log_lines(qr/TP0866: /)), 1, 'told once';
    $repair->();
    ok wait_until(90, sub { stored($folder) == 1 }), 'when it can be, it is kept';
    $responder->answers('a', http => 'close');
    ok $server->stop,  'stops cleanly';
    ok $server->begin, 'starts while the responder is of no use';
    is stapled($server), 'good', 'and staples what was kept';
    ok $server->stop, 'stops cleanly';
}

subtest 'a disk that is full' => sub {
    my $disk = scratch_dir('tlsplus-disk');
    plan skip_all => 'nothing can be mounted here' if run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tlsplus-test', $disk])->{exit};
    my $is_mounted = 1;
    my $unmount = sub { run(['umount', $disk]) if $is_mounted; $is_mounted = 0 };
    eval {
        $responder->answers('a', this => 0);
        mkdir "$disk/staples" or die "mkdir: $!\n";
        open my $filler, '>', "$disk/filler" or die "filler: $!\n";
        1 while syswrite $filler, 'x' x 4096;
        close $filler;
        goes_on_from_memory(server("$disk/staples"), "$disk/staples", qr/No space left on device/, sub { unlink "$disk/filler" });
        1;
    } or fail $@;
    $unmount->();
};

subtest 'a folder that nobody may write to any more' => sub {
    my $folder = scratch_dir('tlsplus-folder') . '/staples';
    chmod 0755, $folder =~ s{/staples}{}r;
    $responder->answers('a', wait_for => 'the folder is closed', this => 0);
    my $server = server($folder);
    my ($mode, $user, $group) = (stat $folder)[2, 4, 5];
    plan skip_all => 'the children are root' if $user == 0;
    chmod 0500, $folder;
    chown 0, 0, $folder;
    $responder->let_go('the folder is closed');
    goes_on_from_memory($server, $folder, qr/Permission denied/, sub { chown $user, $group, $folder; chmod $mode & 07777, $folder });
};

$responder->stop;
done_testing;
