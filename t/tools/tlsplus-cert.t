# SPDX-License-Identifier: Apache-2.0
#
# tlsplus-cert: what it makes is looked at with the openssl program, used by httpd, and never in the place
# of something else; what goes wrong leaves nothing behind. The server that intermediates are fetched
# from is a local one, and answers as badly as it likes.
use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use POSIX qw(mkfifo);
use Test::More;
use TLSplus::Env     qw(find_program run_as scratch_dir tool);
use TLSplus::Process qw(run slurp spawn spew wait_until);
use TLSplus::Server;
use TLSplus::Terminal qw(type_to);
use TLSplus::Tool;

my $dir = scratch_dir('tlsplus-cert');

sub names_in ($what, $file) {
    my ($names) = openssl($dir, $what, '-noout', '-text', '-in', $file) =~ /Alternative Name:[^\n]*\n\s*(.*)/;
    return $names;
}
sub files_in ($where) { join ' ', sort map { s{.*/}{}r } glob "$where/* $where/.[!.]*" }

# ---- how it is called ----

subtest 'help, and being called in a wrong way' => sub {
    my $done = cert($dir, '--help');
    is $done->{exit}, 0, '--help succeeds';
    like $done->{out}, qr/^usage: tlsplus-cert COMMAND/, 'and says how';
    for my $command (qw(selfsigned csr ca issue crl fetch-chain)) {
        like $done->{out}, qr/^  \Q$command\E /m, "it names $command";
        my $help = cert($dir, $command, '--help');
        is $help->{exit}, 0, "$command --help succeeds";
        like $help->{out}, qr/^usage: tlsplus-cert \Q$command\E /, "and says how to call $command";
    }
    for my $row (
        [[], qr/no command/],
        [['selfsign'], qr/no command "selfsign"/],
        [['selfsigned'], qr/--name is missing/],
        [[qw(selfsigned --name a.test extra)], qr/takes no word/],
        [[qw(selfsigned --name https://a.test/)], qr/not a host name/],
        [[qw(selfsigned --name a.test --days 0)], qr/--days "0"/],
        [[qw(selfsigned --nmae a.test)], qr/no option "--nmae"/],
        [['csr', '--name', 'a.test,DNS:b.test'], qr/neither a host name nor an address/],
        [[qw(ca)], qr/--name is missing/],
        [[qw(issue --name a.test)], qr/--server or --client/],
        [[qw(issue --server)], qr/--name or --csr/],
        [[qw(crl --reason boredom)], qr/"boredom" is none of/],
        [[qw(fetch-chain)], qr/takes one word/],
    ) {
        my ($arguments, $says) = @$row;
        my $wrong = cert($dir, @$arguments);
        is $wrong->{exit}, 2, "status 2: @$arguments";
        like $wrong->{err}, $says, 'and what is wrong';
    }
    is files_in($dir), '', 'nothing was written';
};

# ---- selfsigned ----

subtest 'a self-signed certificate is served, and nothing is overwritten' => sub {
    my $made = cert($dir, qw(selfsigned --name host.test --name 127.0.0.1));
    is $made->{exit}, 0, 'made' or diag $made->{err};
    is file_mode("$dir/server.key"), '0600', 'nobody else may read the key';
    is file_mode("$dir/server.crt"), '0644', 'everybody the certificate';
    is names_in('x509', 'server.crt'), 'DNS:host.test, IP Address:127.0.0.1', 'for both names';
    my $text = openssl($dir, qw(x509 -noout -text -in server.crt));
    like $text, qr/CA:FALSE/, 'it is no authority';
    like $text, qr/TLS Web Server Authentication/, 'it is for servers';
    like $text, qr/prime256v1/, 'its key is on P-256';
    my ($days) = map { ($_->[1] - $_->[0]) / 86_400 } [map { `date -d '@{[(split /=/, $_)[1]]}' +%s` }
          openssl($dir, qw(x509 -noout -startdate -enddate -in server.crt)) =~ /(not\w+=.*)/g];
    cmp_ok abs($days - 90), '<', 0.1, 'for 90 days';

    my $server = TLSplus::Server->start(conf => "<VirtualHost *:\@PORT\@>\nServerName host.test\nSSLEngine on\n$made->{out}</VirtualHost>\n");
    is $server->get('/', name => 'host.test', ca => "$dir/server.crt")->status, 200, 'the printed lines serve it';
    ok !$server->get('/', name => 'other.test', ca => "$dir/server.crt")->ok, 'and for no other name';
    $server->stop;

    my %before = map { $_ => slurp("$dir/server.$_") } qw(key crt);
    for my $gone ('', 'key', 'crt') {
        unlink "$dir/server.$gone" if $gone;
        my $again = cert($dir, qw(selfsigned --name other.test));
        is $again->{exit}, 1, 'refused: ' . ($gone ? "there is all but .$gone" : 'both are there');
        like $again->{err}, qr/server\.\w+ exists already, and nothing was written/, 'it says which';
        unlike $again->{out}, qr/SSL/, 'and prints no directive';
        ok !-e "$dir/server.$gone", "no new .$gone" if $gone;
        is slurp("$dir/server.$_"), $before{$_}, "server.$_ is the old one" for grep { $_ ne $gone } qw(key crt);
        spew("$dir/server.$gone", $before{$gone}, 0600) if $gone;
    }
};

subtest 'kinds of keys' => sub {
    my %seen = (ec => qr/prime256v1/, p384 => qr/secp384r1/, ed25519 => qr/ED25519/, 'rsa:3072' => qr/3072 bit/, rsa => qr/3072 bit/);
    for my $type (sort keys %seen) {
        my $base = "key-$type" =~ tr/:/-/r;
        is cert($dir, qw(selfsigned --name a.test --key-type), $type, '--out', $base)->{exit}, 0, $type;
        like openssl($dir, qw(pkey -noout -text -in), "$base.key"), $seen{$type}, 'as openssl sees it';
        like openssl($dir, qw(verify -CAfile), "$base.crt", "$base.crt"), qr/OK/, 'and its signature is right';
    }
    is cert($dir, qw(selfsigned --name a.test --key-type rsa:1024 --out weak))->{exit}, 1, 'no weak key';
    ok !-e "$dir/weak.key", 'is made';
};

# ---- encrypted keys ----

spew("$dir/phrase", "open sesame\nsecond line\n", 0600);

subtest 'a key encrypted with a phrase from a file' => sub {
    my $made = cert($dir, qw(selfsigned --name a.test --pass phrase --out locked));
    is $made->{exit}, 0, 'made' or diag $made->{err};
    like slurp("$dir/locked.key"), qr/BEGIN ENCRYPTED PRIVATE KEY/, 'encrypted';
    like openssl($dir, qw(asn1parse -in locked.key)), qr/aes-256-cbc/, 'with AES-256';
    like openssl($dir, 'pkey', '-in', 'locked.key', '-passin', 'pass:open sesame'), qr/BEGIN PRIVATE KEY/, 'the first line opens it';
    isnt run(['openssl', 'pkey', '-in', "$dir/locked.key", '-passin', 'pass:open sesame2'])->{exit}, 0, 'another phrase does not';
    like $made->{err}, qr/httpd asks for its phrase/, 'and what that means is said';

    my $none = cert($dir, qw(selfsigned --name a.test --encrypt --out asked));
    is $none->{exit}, 1, 'without a terminal nobody can be asked';
    like $none->{err}, qr/no terminal.*--pass FILE/s, 'which is said, with what to do';
    ok !-e "$dir/asked.key", 'and nothing written';

    chmod 0644, "$dir/phrase";
    like cert($dir, qw(csr --name a.test --pass phrase --out open))->{err}, qr/others may read the pass phrase/, 'a phrase for all is noted';
    chmod 0600, "$dir/phrase";
};

subtest 'a phrase from a person' => sub {
    my @command = (tool('tlsplus-cert'), qw(selfsigned --name a.test --encrypt --out typed));
    my $done = type_to(\@command, dir => $dir, dialog => [[qr/New pass phrase for typed.key: /, "sesame\r"], [qr/Once more: /, "sesamm\r"]]);
    is $done->{exit}, 1, 'two different ones are refused';
    like $done->{screen}, qr/the two pass phrases differ; nothing was written/, 'which is said';
    $done = type_to(\@command, dir => $dir, dialog => [[qr/phrase/, "sesame\r"], [qr/more/, "\x03"]]);
    is $done->{exit}, 1, '^C gives up';
    ok $done->{echoes}, 'and the terminal is as it was';
    ok !-e "$dir/typed.key", 'nothing is left';
    $done = type_to(\@command, dir => $dir, dialog => [[qr/phrase/, "sesame\r"], [qr/more/, "sesame\r"]]);
    is $done->{exit}, 0, 'twice the same is taken' or diag $done->{screen};
    unlike $done->{screen}, qr/sesame/, 'and not shown';
    like openssl($dir, qw(pkey -in typed.key -passin pass:sesame)), qr/PRIVATE/, 'it opens the key';
};

# ---- csr ----

subtest 'a certificate request' => sub {
    my $made = cert($dir, qw(csr --name a.test --name b.test --out req));
    is $made->{exit}, 0, 'made' or diag $made->{err};
    ok run([qw(openssl req -verify -noout -in), "$dir/req.csr"])->{exit} == 0, 'openssl verifies it';
    is names_in('req', 'req.csr'), 'DNS:a.test, DNS:b.test', 'it has both names';
    is file_mode("$dir/req.key"), '0600', 'the key is private';
    my $key = slurp("$dir/req.key");
    is cert($dir, qw(csr --name c.test --key req.key --out req2))->{exit}, 0, 'one more for the same key';
    is slurp("$dir/req.key"), $key, 'which stays as it is';
    ok !-e "$dir/req2.key", 'and no other is made';
    is openssl($dir, qw(req -noout -pubkey -in req2.csr)), openssl($dir, qw(pkey -pubout -in req.key)), 'the request is about that key';
    is cert($dir, qw(csr --name c.test --key locked.key --pass phrase --out req3))->{exit}, 0, 'an encrypted key is opened with --pass';
    my $wrong = cert($dir, qw(csr --name c.test --key server.crt --out req4));
    is $wrong->{exit}, 1, 'a certificate is no key';
    like $wrong->{err}, qr/holds a certificate and no private key/, 'it says what the file holds';
};

# ---- an authority ----

subtest 'an authority of one\'s own' => sub {
    my $made = cert($dir, 'ca', '--name', 'Example Test CA');
    is $made->{exit}, 0, 'made' or diag $made->{err};
    is file_mode("$dir/ca"), '0700', 'its folder is private';
    is file_mode("$dir/ca/ca.key"), '0600', 'and its key';
    my $text = openssl($dir, qw(x509 -noout -text -in ca/ca.crt));
    like $text, qr/Basic Constraints: critical\s+CA:TRUE, pathlen:0/, 'an authority that makes no further ones';
    like $text, qr/Key Usage: critical\s+Certificate Sign, CRL Sign/, 'and its key does nothing else';
    my $again = cert($dir, 'ca', '--name', 'Another');
    is $again->{exit}, 1, 'no second one in the same folder';
    like $again->{err}, qr/ca exists already and is not empty/, 'which is said';

    is cert($dir, qw(issue --server --name localhost --name ::1 --out web))->{exit}, 0, 'a server';
    is cert($dir, qw(issue --client --name), 'Jane Doe', qw(--email jane@x.test --out jane))->{exit}, 0, 'a client';
    is cert($dir, qw(issue --server --csr req.csr --out req))->{exit}, 0, 'a request';
    like openssl($dir, qw(verify -CAfile ca/ca.crt -purpose sslserver web.crt req.crt)), qr/web.crt: OK\nreq.crt: OK/, 'openssl verifies servers';
    like openssl($dir, qw(verify -CAfile ca/ca.crt -purpose sslclient jane.crt)), qr/OK/, 'and clients';
    isnt run([qw(openssl verify -CAfile ca/ca.crt -purpose sslserver jane.crt)], dir => $dir)->{exit}, 0, 'a client is no server';
    is names_in('x509', 'req.crt'), 'DNS:a.test, DNS:b.test', 'the names of the request are in';
    is openssl($dir, qw(x509 -noout -pubkey -in req.crt)), openssl($dir, qw(pkey -pubout -in req.key)), 'and its key';

    my $long = cert($dir, qw(issue --server --name a.test --days 800 --out long));
    is $long->{exit}, 0, 'a server for 800 days';
    like $long->{err}, qr/warning: clients refuse .* more than 397 days/, 'is warned about';
    ok run([qw(openssl x509 -noout -checkend), 398 * 86_400, '-in', "$dir/long.crt"])->{exit} != 0, 'and made for 397';
    like cert($dir, qw(issue --client --name x --days 9999 --out late))->{err}, qr/the authority itself ends/, 'nothing outlives its authority';

    spew("$dir/forged.csr", slurp("$dir/req.csr") =~ s/^(.{40})(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/mer);
    my $forged = cert($dir, qw(issue --server --csr forged.csr --out forged));
    is $forged->{exit}, 1, 'a damaged request is refused';
    ok !-e "$dir/forged.crt", 'and nothing made';
};

subtest 'revocation' => sub {
    my $first = cert($dir, qw(crl));
    is $first->{exit}, 0, 'an empty list' or diag $first->{err};
    like $first->{out}, qr{^SSLCARevocationFile\s+"\Q$dir\E/ca/ca\.crl"$}m, 'the directive for it';
    my ($serial) = openssl($dir, qw(x509 -noout -serial -in jane.crt)) =~ /=(\S+)/;
    mkdir "$dir/crls";
    my $done = cert($dir, qw(crl --revoke jane.crt --reason keyCompromise --hash-dir crls));
    is $done->{exit}, 0, 'a certificate revoked by its file' or diag $done->{err};
    is cert($dir, qw(crl --revoke), openssl($dir, qw(x509 -noout -serial -in long.crt)) =~ /=(\S+)/)->{exit}, 0, 'another by its serial number';
    my $list = openssl($dir, qw(crl -noout -text -CAfile ca/ca.crt -in ca/ca.crl));
    like $list, qr/Serial Number: $serial\n.*?Key Compromise/s, 'the list has it and the reason';
    like $list, qr/CRL Number:\s+3/, 'lists are numbered';
    my ($hash) = openssl($dir, qw(crl -noout -hash -in ca/ca.crl)) =~ /(\S+)/;
    ok -f "$dir/crls/$hash.r0", 'a copy has the name openssl rehash gives it';
    cert($dir, qw(crl --hash-dir crls));
    is files_in("$dir/crls"), "$hash.r0", 'and is replaced by the next list';
    isnt run([qw(openssl verify -CAfile ca/ca.crt -CRLfile ca/ca.crl -crl_check jane.crt)], dir => $dir)->{exit}, 0, 'openssl finds it revoked';
    like openssl($dir, qw(verify -CAfile ca/ca.crt -CRLfile ca/ca.crl -crl_check req.crt)), qr/OK/, 'and another not';

    # A key, a pipe or /dev/null is nothing that a list may replace.
    mkfifo("$dir/pipe", 0600) or die "mkfifo: $!\n";
    spew("$dir/empty", '');
    for my $file (qw(jane.key jane.crt pipe empty crls)) {
        my $before = [stat "$dir/$file"];
        my $wrong  = cert($dir, qw(crl --out), $file);
        is $wrong->{exit}, 1, "refused as --out: $file";
        like $wrong->{err}, qr/\Q$file\E exists and is no revocation list of this authority; nothing was written/, 'which is said';
        is_deeply [(stat "$dir/$file")[1, 2, 7]], [@$before[1, 2, 7]], '... and is what it was';
    }
    like cert($dir, qw(issue --server --csr empty))->{err}, qr/"empty" is empty/, 'a file with nothing in it is called so';

    for my $row (['0BADF00D', qr/no certificate with serial number 0BADF00D was issued/], ['server.crt', qr/was not issued by this authority/],
        ['none.crt', qr/neither a serial number nor a certificate/]) {
        my $wrong = cert($dir, qw(crl --revoke), $row->[0]);
        is $wrong->{exit}, 1, "refused: $row->[0]";
        like $wrong->{err}, $row->[1], 'which is said';
    }
    like cert($dir, qw(crl --revoke jane.crt))->{err}, qr/revoked already/, 'twice does no harm';

    # the index is openssl ca's own
    spew("$dir/ca.cnf", "[ca]\ndefault_ca=it\n[it]\ndatabase=$dir/ca/index.txt\ncertificate=$dir/ca/ca.crt\nprivate_key=$dir/ca/ca.key\n"
          . "crlnumber=$dir/ca/crlnumber\ndefault_md=sha256\ndefault_crl_days=3\n");
    like run([qw(openssl ca -config), "$dir/ca.cnf", '-status', $serial])->{err}, qr/=Revoked/, 'openssl ca reads the index';
    openssl($dir, qw(ca -config ca.cnf -revoke web.crt));
    is cert($dir, 'crl')->{exit}, 0, 'and we read what it has written';
    like openssl($dir, qw(crl -noout -text -in ca/ca.crl)), qr/@{[openssl($dir, qw(x509 -noout -serial -in web.crt)) =~ m{=(\S+)}]}/, 'the certificate it revoked is in our list';
};

subtest 'an encrypted authority, and several hands at once' => sub {
    is cert($dir, 'ca', '--name', 'Locked CA', qw(--dir locked --pass phrase))->{exit}, 0, 'made';
    my $wrong = cert($dir, qw(issue --ca locked --client --name x --out x));
    is $wrong->{exit}, 1, 'without phrase and terminal it issues nothing';
    spew("$dir/wrong", "wrong\n", 0600);
    like cert($dir, qw(issue --ca locked --ca-pass wrong --client --name x --out x))->{err}, qr/phrase does not open/, 'nor with a wrong one';
    my @hands = map { spawn([tool('tlsplus-cert'), qw(issue --ca locked --ca-pass phrase --client --name), "client $_", '--out', "client$_"], dir => $dir) } 1 .. 6;
    is join(' ', map { $_->wait(120)->{exit} } @hands), '0 0 0 0 0 0', 'six at once all succeed';
    is scalar(() = slurp("$dir/locked/index.txt") =~ /^V\t/mg), 6, 'and all are written down';
};

# ---- when things go wrong ----

sub in_shell ($limit, @arguments) {
    # standard output and error go through cat: the limit is for files
    return run(['sh', '-c', "{ ($limit; \"\$\@\"); echo \"status \$?\"; } 2>&1 | cat", 'sh', tool('tlsplus-cert'), @arguments], dir => $dir,
        env => {ASAN_OPTIONS => 'detect_leaks=0'});
}

subtest 'a full disk, a folder that is not there' => sub {
    mkdir "$dir/full";
    my $done = in_shell('ulimit -f 0', qw(selfsigned --name a.test --out full/a));
    like $done->{out}, qr{cannot write full/a\.key: File too large.*status 1}s, 'said, with status 1';
    is files_in("$dir/full"), '', 'and nothing is left';
    my $index = slurp("$dir/ca/index.txt");
    like in_shell('ulimit -f 0', qw(issue --client --name y --out full/y))->{out}, qr/status 1/, 'nothing issued';
    is files_in("$dir/full"), '', 'nothing left';
    is slurp("$dir/ca/index.txt"), $index, 'and the index is as it was';
    my $none = cert($dir, qw(selfsigned --name a.test --out nowhere/a));
    is $none->{exit}, 1, 'a folder that does not exist';
    like $none->{err}, qr{cannot write nowhere/a\.key: No such file}, 'is said';
    like cert($dir, qw(issue --ca nowhere --client --name y))->{err}, qr/no authority in nowhere.*tlsplus-cert ca makes one/s, 'so is an authority that does not exist';
};

subtest 'a signal in the middle' => sub {
    my $strace = find_program('strace') or plan skip_all => 'no strace (Debian: strace)';
    mkdir "$dir/signal";
    my $try = sub (@inject) {
        return run([$strace, '-f', '-qq', '-o', '/dev/null', @inject, tool('tlsplus-cert'),
            qw(selfsigned --name a.test --out signal/a)], dir => $dir, env => {ASAN_OPTIONS => 'detect_leaks=0'});
    };
    plan skip_all => 'no process may be traced here' if run([$strace, '-o', '/dev/null', 'true'])->{exit} != 0;
    isnt $try->('-e', 'inject=fsync:signal=TERM:when=1')->{exit}, 0, 'while the key is written';
    is files_in("$dir/signal"), '', 'nothing is left';
    $try->('-e', 'inject=linkat:signal=TERM:when=1');
    is files_in("$dir/signal"), 'a.crt a.key', 'while the files get their names: both have them';
    unlink "$dir/signal/a.key";
    my $taken = $try->('-e', 'inject=linkat:error=EEXIST:when=2');
    is files_in("$dir/signal"), 'a.crt', 'a name that is taken in the last moment: the other one goes again';

    unlink "$dir/signal/a.crt";
    my @without = ('-P', 'signal', '-e', 'inject=openat,open:error=EOPNOTSUPP');
    is $try->(@without)->{exit}, 0, 'a file system that has no nameless files';
    is files_in("$dir/signal"), 'a.crt a.key', 'serves as well';
    is file_mode("$dir/signal/a.key"), '0600', 'with the same mode';
    is $try->(@without)->{exit}, 1, 'and the same care';
    unlink glob "$dir/signal/*";
};

# Root may name a nameless file through its descriptor alone, others through /proc.
subtest 'somebody who is not root' => sub {
    my ($user)  = run_as() or plan skip_all => 'the other subtests were run by somebody who is not root';
    my $setpriv = find_program('setpriv') // plan skip_all => 'no setpriv (Debian: util-linux)';
    mkdir "$dir/mine";
    chown scalar getpwnam($user), -1, "$dir/mine";
    my @as  = ($setpriv, '--reuid', $user, '--regid', scalar((getpwnam $user)[3]), '--clear-groups');
    my $try = sub { run([@as, tool('tlsplus-cert'), qw(selfsigned --name a.test)], dir => "$dir/mine") };
    plan skip_all => "$user cannot run what was built here" if run([@as, tool('tlsplus-cert'), '--version'])->{exit} != 0;
    my $done = $try->();
    is $done->{exit}, 0, 'makes a certificate' or diag $done->{err};
    is files_in("$dir/mine"), 'server.crt server.key', 'both files are there';
    is file_mode("$dir/mine/server.key"), '0600', 'the key is private';
    is $try->()->{exit}, 1, 'and is not overwritten';
};

# ---- fetch-chain ----

# root <- m1 <- m2 <- leaf, each saying where its issuer is; the files are read when they are asked for.
mkdir "$dir/aia";
my $port = answering(sub ($client, $line) {
    my ($path) = $line =~ m{^GET /(\S*) HTTP/1\.0} or return;
    my $here = 'http://127.0.0.1:' . $client->sockport;
    my $body = slurp("$dir/aia/$path");
    return until_gone($client) if $path eq 'silent';
    return print {$client} "HTTP/1.0 302 Found\r\nLocation: $here/m1.der\r\n\r\n" if $path eq 'moved';
    return print {$client} "HTTP/1.0 307 Temporary Redirect\r\nLocation: /m1.der\r\n\r\n" if $path eq 'near';
    return print {$client} "HTTP/1.0 302 Found\r\nLocation: $here/loop\r\n\r\n"   if $path eq 'loop';
    return print {$client} "HTTP/1.0 200 OK\r\n\r\n", 'x' x 400_000               if $path eq 'huge';
    return print {$client} "HTTP/1.0 200 OK\r\nContent-Length: 100000\r\n\r\n", slurp("$dir/aia/m1.der") if $path eq 'short';
    return print {$client} "SSH-2.0-nothing of this kind\r\n"                     if $path eq 'other';
    return print {$client} length $body ? "HTTP/1.0 200 OK\r\n\r\n$body" : "HTTP/1.0 404 Not Found\r\n\r\n";
});

# A certificate issued by `issuer` with the openssl program; `where` is the path, or the URL, of that issuer.
sub below ($issuer, $name, $where = undef, $is_ca = 0) {
    my @url = defined $where ? 'authorityInfoAccess=caIssuers;URI:' . ($where =~ /^\w+:/ ? $where : "http://127.0.0.1:$port/$where") : ();
    spew("$dir/$name.ext", join "\n", $is_ca ? 'basicConstraints=critical,CA:TRUE' : 'basicConstraints=CA:FALSE', @url, '');
    openssl($dir, qw(req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout), "$name.key", '-out', "$name.csr", '-subj', "/CN=$name");
    openssl($dir, qw(x509 -req -days 30 -in), "$name.csr", '-out', "$name.crt", '-extfile', "$name.ext",
        defined $issuer ? ('-CA', "$issuer.crt", '-CAkey', "$issuer.key", '-CAcreateserial') : ('-key', "$name.key"));
    openssl($dir, 'x509', '-in', "$name.crt", '-outform', 'DER', '-out', "aia/$name.der") if $is_ca;
    return;
}

sub fetch_chain ($file, @more) { cert($dir, 'fetch-chain', $file, @more) }

subtest 'intermediates are fetched and verified' => sub {
    below(undef, 'root', undef, 1);
    below('root', 'm1', undef,    1);
    below('m1',   'm2', 'm1.der', 1);
    below('m2',   'leaf', 'm2.p7');
    openssl($dir, qw(crl2pkcs7 -nocrl -certfile root.crt -certfile m2.crt -outform DER -out aia/m2.p7));
    my $done = fetch_chain('leaf.crt');
    is $done->{exit}, 0, 'fetched' or return diag $done->{err};
    my $chain = slurp("$dir/leaf.chain.pem");
    is scalar(() = $chain =~ /BEGIN CERT/g), 3, 'the leaf and two intermediates';
    is index($chain, slurp("$dir/leaf.crt")), 0, 'the leaf comes first';
    like openssl($dir, qw(verify -CAfile root.crt -untrusted leaf.chain.pem leaf.crt)), qr/OK/, 'openssl builds the chain with them';
    like $done->{err}, qr/CN=m1 does not say where its issuer is; clients must know it: CN=root/, 'why it ends there is said';
    like $done->{out}, qr{^SSLCertificateFile    "\Q$dir\E/leaf\.chain\.pem"$}, 'and the directive';
    is fetch_chain('leaf.crt')->{exit}, 1, 'nothing is overwritten';

    my $conf = sub ($file) { "<VirtualHost *:\@PORT\@>\nServerName leaf\nSSLEngine on\nSSLCertificateFile $dir/$file\nSSLCertificateKeyFile $dir/leaf.key\n</VirtualHost>\n" };
    my $server = TLSplus::Server->start(conf => $conf->('leaf.crt'));
    is $server->handshake(ca => "$dir/root.crt")->verify, 21, 'served as it was, no client can verify it';
    $server->configure($conf->('leaf.chain.pem'));
    ok $server->graceful, 'with the file that was written';
    is $server->handshake(ca => "$dir/root.crt")->verify, 0, 'every client can';
    $server->stop;

    below('m1', 'pem', 'm1.pem');
    openssl($dir, qw(x509 -in m1.crt -out aia/m1.pem));
    is fetch_chain('pem.crt')->{exit}, 0, 'PEM is read too';
    below('m1', 'moved', 'moved');
    is fetch_chain('moved.crt')->{exit}, 0, 'a redirect is followed';
    below('m1', 'near', 'near');
    is fetch_chain('near.crt')->{exit}, 0, 'one to a path of the same server, too';
    below('m1', 'proxy', 'm1.der');
    {
        local @ENV{qw(http_proxy HTTP_PROXY)} = ('http://127.0.0.1:1/') x 2;
        is fetch_chain('proxy.crt')->{exit}, 0, 'no proxy of the environment is asked';
    }
    spew("$dir/has.crt", slurp("$dir/leaf.crt") . slurp("$dir/m2.crt"));
    unlink "$dir/aia/m2.p7";
    is fetch_chain('has.crt')->{exit}, 0, 'what the file has already is not fetched';
    below('root', 'direct', 'root.der');
    my $root = fetch_chain('direct.crt');
    is scalar(() = slurp("$dir/direct.chain.pem") =~ /BEGIN CERT/g), 1, 'the root is not written';
    like $root->{err}, qr/the root, which clients have themselves, is CN=root/, 'but named';
};

subtest 'what comes over the network is not believed' => sub {
    # another m1, of the same name and with another key
    my $right = slurp("$dir/aia/m1.der");
    rename "$dir/m1.$_", "$dir/kept.$_" for qw(crt key);
    below('root', 'm1', undef, 1);
    rename "$dir/kept.$_", "$dir/m1.$_" for qw(crt key);
    my $forged = fetch_chain('pem.crt', qw(--out forged.pem));
    is $forged->{exit}, 0, 'control: the right one is at m1.pem';
    below('m1', 'victim', 'm1.der');
    my $done = fetch_chain('victim.crt');
    is $done->{exit}, 1, 'an issuer of the right name and another key is refused';
    like $done->{err}, qr/what came, CN=m1, has not signed CN=victim/, 'which is said';
    spew("$dir/aia/m1.der", $right);
    is fetch_chain('victim.crt')->{exit}, 0, 'control: with the right one it works';

    for my $row (
        ['none.der', qr/the answer is status 404/], ['loop', qr/too many redirects/], ['huge', qr/longer than 65536 bytes/],
        ['short', qr/bytes came instead of 100000/], ['other', qr/the answer is no HTTP/], ['page', qr/no certificate in the answer/],
        ['https://ca.test/m1.der', qr/is not an http:\/\/ URL/], ['ldap://ca.test/x', qr/is not an http:\/\/ URL/],
        ['http://127.0.0.1:1/m1.der', qr/connection refused/], ['file:///etc/passwd', qr/is not an http:\/\/ URL/],
    ) {
        my ($where, $says) = @$row;
        spew("$dir/aia/page", '<html>no</html>');
        below('m1', 'bad', $where);
        my $bad = fetch_chain('bad.crt', qw(--timeout 20));
        is $bad->{exit}, 1, "refused: $where";
        like $bad->{err}, $says, 'which is said';
        ok !-e "$dir/bad.chain.pem", 'and nothing written';
    }
    my $alone = fetch_chain('root.crt');
    is $alone->{exit}, 1, 'a self-signed certificate';
    like $alone->{err}, qr/self-signed: it has no chain/, 'has no chain';
    below('m1', 'slow', 'silent');
    my $slow = fetch_chain('slow.crt', qw(--timeout 1));
    is $slow->{exit}, 1, 'a server that says nothing is given up';
    like $slow->{err}, qr/no complete answer in time/, 'which is said';
};

done_testing;
