# SPDX-License-Identifier: Apache-2.0
#
# A real httpd for one test: own server root in a temporary folder, ports from the kernel, loopback
# only, the module under test loaded, the test's own configuration included.
#
#   my $server = TLSplus::Server->start(certs => $certs, conf => <<'CONF');
#   <VirtualHost *:@PORT@>
#     ServerName a.test
#     SSLEngine on
#     SSLCertificateFile    @CERTS@/a.crt
#     SSLCertificateKeyFile @CERTS@/a.key
#   </VirtualHost>
#   CONF
#   is $server->get('/', name => 'a.test')->status, 200;
#
# The test's text is conf/test.conf line for line, so that a message about "test.conf:3" can be
# checked. Every port named in it (@PORT@, @PORT2@, @PLAIN@ ...) gets a Listen on 127.0.0.1.
# Whatever way the test file ends, the server is stopped, and a server that crashed, left a process
# or a sanitizer report behind, or had to be killed, fails it.
package TLSplus::Server;
use v5.36;
use File::Path qw(make_path);
use IO::Socket::INET ();
use POSIX        qw(:sys_wait_h);
use Scalar::Util qw(weaken);
use Socket       qw(SOCK_STREAM inet_aton pack_sockaddr_in);
use TLSplus::Client ();
use TLSplus::Env
  qw(builddir has_module httpd is_tlsplus module_so modules_dir mpm run_as sanitized sanitizer_env scratch_dir srcdir);
use TLSplus::Process qw(run slurp spawn spew wait_until);

use constant START_SECONDS => 60;    # a sanitized httpd on a busy machine needs several
use constant STOP_SECONDS  => 30;
use constant LET_FINISH_SECONDS => 2;
use constant PORT_TRIES    => 5;

# Loaded for every server; what a test needs beside them it names in `modules`.
my @USUAL_MODULES = qw(authz_core dir mime alias setenvif env socache_shmcb);

my %MPM_SETTINGS = (
    event   => "StartServers 1\nServerLimit 4\nThreadsPerChild 25\nMinSpareThreads 1\nMaxRequestWorkers 100\n",
    worker  => "StartServers 1\nServerLimit 4\nThreadsPerChild 25\nMinSpareThreads 1\nMaxRequestWorkers 100\n",
    prefork => "StartServers 4\nMinSpareServers 2\nMaxSpareServers 16\nMaxRequestWorkers 32\n",
);

my %live;     # servers not yet stopped, by address; weak
my $failed;   # a server of this test file ended badly

# Options: conf, certs (TLSplus::Certs), modules => [names], files => {path => text | [text, mode]},
# load => name in LoadModule (ssl_module; undef loads nothing), mpm, loglevel, env => {...},
# so => another module's file in the place of ours, before => configuration lines placed before that LoadModule,
# through => [command] that runs httpd, crashes => 1 if a crash is expected, patience => seconds a start or a reload may take.
sub new ($class, %opt) {
    my $self = bless {
        load     => 'ssl_module',
        mpm      => mpm(),
        loglevel => 'info',
        patience => START_SECONDS,
        modules  => [],
        files    => {},
        env      => {},
        through  => [],
        before   => '',
        conf     => '',
        owner    => $$,
        port     => {},
        %opt
    }, $class;
    $self->{root} = scratch_dir('tlsplus');
    make_path(map { "$self->{root}/$_" } qw(conf logs run htdocs cgi));
    my ($user) = run_as();
    if (defined $user) {
        chown scalar getpwnam($user), -1, "$self->{root}/logs", "$self->{root}/run";
    }
    $self->put('htdocs/index.html' => "hello over TLS\n");
    $self->put($_ => $self->{files}{$_}) for sort keys %{ $self->{files} };
    return $self;
}

# new() and begin(), or the test file ends with what the server said.
sub start ($class, %opt) {
    my $self = $class->new(%opt);
    $self->begin or die "httpd did not start:\n" . $self->said . "\n";
    return $self;
}

sub root  ($self) { $self->{root} }
sub pid   ($self) { $self->{process} ? $self->{process}->pid : undef }
sub certs ($self) { $self->{certs} }
sub port  ($self, $name = 'PORT') { $self->{port}{$name} //= $self->_new_port }

# The kernel may give one that was given before: nobody listens there yet.
sub _new_port ($self) {
    my %taken = map { $_ => 1 } grep { defined } values %{ $self->{port} };
    while (1) {
        my $port = _free_port();
        return $port unless $taken{$port};
    }
}

# Writes a file below the server root: put('htdocs/x.html' => 'text' or ['text', 0755]).
sub put ($self, $path, $content) {
    my ($text, $mode) = ref $content ? @$content : ($content, 0644);
    make_path("$self->{root}/$path" =~ s{/[^/]*$}{}r);
    return spew("$self->{root}/$path", $text, $mode);
}

# A CGI program in perl at /cgi/<name>; needs modules => ['cgi'] and `ScriptAlias /cgi/ @ROOT@/cgi/`.
sub cgi ($self, $name, $code) { $self->put("cgi/$name", ["#!/usr/bin/perl\n$code", 0755]) }

# ---- configuration ----

# Puts values for @PORT@, @PORT2@, @PLAIN@ ..., @ROOT@, @CERTS@, @SRCDIR@, @MODULES@, @SO@.
sub expand ($self, $text) {
    $text =~ s{\@((?:PORT|PLAIN)\d*)\@}{ $self->port($1) }ge;
    my %value = (
        ROOT    => $self->{root},
        SRCDIR  => srcdir(),
        MODULES => modules_dir(),
        SO      => module_so(),
        CERTS   => $self->{certs} ? $self->{certs}->dir : "$self->{root}/no-certs",
    );
    $text =~ s{\@([A-Z]+)\@}{ $value{$1} // die "no value for \@$1\@\n" }ge;
    return $text;
}

# Replaces the test's configuration; a running server reads it at its next (graceful) restart.
sub configure ($self, $conf) {
    $self->{conf} = $conf;
    $self->write_conf;
}

sub write_conf ($self) {
    my $text = $self->expand($self->{conf});
    spew("$self->{root}/conf/test.conf",  $text);
    spew("$self->{root}/conf/mime.types", "text/html html\ntext/plain txt\n");
    spew("$self->{root}/conf/httpd.conf", $self->_main_conf);
}

sub _main_conf ($self) {
    my @listen = map { "Listen 127.0.0.1:$_" } map { $self->port($_) } $self->_named_ports;
    # httpd refuses to start without any listening socket
    @listen = ('Listen 127.0.0.1:' . $self->port('PLAIN')) unless @listen || $self->{conf} =~ /^\s*Listen\s/mi;
    my ($user, $group) = run_as();
    my @lines = (
        qq{ServerRoot "$self->{root}"},
        'ServerName localhost',
        'DefaultRuntimeDir run',
        'PidFile run/httpd.pid',
        'ErrorLog logs/error.log',
        "LogLevel $self->{loglevel}",
        $self->_load_lines,
        (defined $user ? ("User $user", "Group $group") : ()),
        (sanitized() ? 'CoreDumpDirectory run' : ()),
        split(/\n/, $MPM_SETTINGS{ $self->{mpm} }),
        'TypesConfig conf/mime.types',
        'LogFormat "%v %p %h \"%r\" %>s %B %k" test',
        'CustomLog logs/access.log test',
        'DocumentRoot htdocs',
        '<Directory "/">', 'Require all granted', '</Directory>',
        (grep({ /^cgi$/ } @{ $self->{modules} }) && $self->{mpm} ne 'prefork' ? 'ScriptSock cgid.sock' : ()),
        @listen,
        'Include conf/test.conf',
    );
    return join '', map { "$_\n" } @lines;
}

# Ports the test's text names, unless it has Listen lines of its own for them.
sub _named_ports ($self) {
    my $own = join "\n", $self->{conf} =~ /^\s*Listen\s+(.*)$/gmi;
    my %seen;
    return grep { !$seen{$_}++ && $own !~ /\@$_\@/ } $self->{conf} =~ /\@((?:PORT|PLAIN)\d*)\@/g;
}

sub _load_lines ($self) {
    my %seen;
    my @wanted = grep { !$seen{$_}++ } "mpm_$self->{mpm}", @USUAL_MODULES, @{ $self->{modules} };
    my @lines;
    for my $name (map { $_ eq 'cgi' && $self->{mpm} ne 'prefork' ? 'cgid' : $_ } @wanted) {
        my $how = has_module($name) or die "httpd has no mod_$name\n";
        push @lines, "LoadModule ${name}_module " . modules_dir() . "/mod_$name.so" if $how eq 'shared';
    }
    push @lines, split /\n/, $self->expand($self->{before});
    push @lines, "LoadModule $self->{load} " . ($self->{so} // module_so()) if defined $self->{load};
    return @lines;
}

# ---- running ----

# Starts httpd; true once it serves. On failure said() has its words and the server is down.
sub begin ($self) {
    for my $try (1 .. PORT_TRIES) {
        $self->write_conf;
        return 1 if $self->_launch;
        last unless $self->said =~ /Address already in use/i;
        $self->{port} = {};    # somebody else was given the port meanwhile
        unlink glob "$self->{root}/logs/*";
    }
    return 0;
}

sub _launch ($self) {
    my $mark = $self->mark;
    $self->{process} = spawn($self->_command('-DFOREGROUND'), env => $self->_env);
    $live{$self} = $self;
    weaken $live{$self};
    my $up = wait_until($self->{patience},
        sub { !$self->{process}->running ? 'ended' : $self->_serves($mark) ? 'up' : '' });
    return 1 if $up eq 'up';
    $self->{process}->stop('KILL') if !$up;
    $self->_forget($self->{process});
    return 0;
}

sub _serves ($self, $mark) {
    return 0 if $self->log($mark) !~ /resuming normal operations/;
    return -s "$self->{root}/run/httpd.pid" ? 1 : 0;
}

sub _command ($self, @more) {
    return [@{ $self->{through} }, httpd(), '-d', $self->{root}, '-f', "$self->{root}/conf/httpd.conf", @more];
}

# A server that has mod_ssl in our place runs without the sanitizers: it keeps what OpenSSL gives it in the memory
# of pools, where LeakSanitizer does not look, so that each of its configurations is reported as lost. Beside ours,
# mod_md does so, too, and the threads of mod_proxy_hcheck end with the process; to know those (t/lsan.supp) takes whole
# stacks.
sub _env ($self) {
    my $has_threads = grep { $_ eq 'md' || $_ eq 'proxy_hcheck' } @{ $self->{modules} };
    my @sanitizer   = is_tlsplus($self->{so} // module_so()) ? sanitizer_env("$self->{root}/logs/sanitizer", whole_stacks => $has_threads) : ();
    return { TMPDIR => undef, @sanitizer, %{ $self->{env} } };
}

# What a configtest finds: {exit, out, err, text}. define => ['DUMP_CERTS'], arguments => [...].
sub configtest ($self, %opt) {
    $self->write_conf;
    my @define = map { ('-D', $_) } @{ $opt{define} // [] };
    my $done   = run($self->_command(@{ $opt{arguments} // ['-t'] }, @define), env => $self->_env, timeout => $self->{patience});
    $done->{text} = $done->{out} . $done->{err};
    _tell($self->_sanitizer_reports);
    return $done;
}

# Everything a server has said so far, on the console (where lines from reading the configuration
# go) and in its log.
sub said ($self) {
    my $process = $self->{process};
    return ($process ? $process->out . $process->err : $self->{console} // '') . $self->log;
}

# Sends the signal that loads the configuration anew and waits until that has happened.
sub graceful ($self) { $self->_reload('USR1') }

# What _let_finish() is for concerns this as well, and here nothing can be finished first.
sub restart ($self) {
    wait_until(STOP_SECONDS, sub { !$self->_has_clients && $self->_rests });
    return $self->_reload('HUP');
}

sub _reload ($self, $signal) {
    my $mark = $self->mark;
    kill $signal => $self->pid or return 0;
    return wait_until($self->{patience},
        sub { !$self->running ? 'ended' : $self->log($mark) =~ /resuming normal operations/ ? 'up' : '' }) eq 'up';
}

# The same with a configuration that cannot be served: httpd ends; true if it did, and did not crash.
sub refuses_graceful ($self) {
    my $process = $self->{process};
    kill USR1 => $self->pid or return 0;
    return 0 unless wait_until($self->{patience}, sub { !$process->running });
    $self->_forget($process);
    my @trouble = ($self->_crashes, $self->_sanitizer_reports);
    return !@trouble;
}

sub running ($self) { $self->{process} ? $self->{process}->running : 0 }

# On SIGTERM event and worker close the sockets of busy threads from another thread, and prefork runs
# its clean-up in the signal handler: httpd crashes now and then whatever module it has loaded. So
# what is under way may end first, unless it takes long although clients are still there and no thread
# is at work: then it waits for them.
sub _let_finish ($self, $process) {
    my $mark = $self->mark;
    kill WINCH => $process->pid;
    # a SIGTERM that comes before httpd has turned to its graceful end is lost
    wait_until(STOP_SECONDS, sub { !$process->running || $self->log($mark) =~ /caught SIGWINCH/ });
    my $patience = time + LET_FINISH_SECONDS;
    wait_until(STOP_SECONDS, sub {
        !$process->running || !$self->children($process->pid)
            || (time > $patience && $self->_has_clients && $self->_rests($process->pid));
    });
}

# Whether no thread of a child is at work.
sub _rests ($self, $parent = $self->pid) {
    return !grep { slurp($_) =~ /^\d+ \(.*\) [RD] /s } map { glob "/proc/$_/task/[0-9]*/stat" } $self->children($parent);
}

# Whether a connection to one of our ports is open, by the server's end of it (proc(5), net/tcp).
sub _has_clients ($self) {
    my $open  = '0[1458]';    # ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT
    my $ports = join '|', map { sprintf '%04X', $_ } values %{ $self->{port} };
    return length $ports && slurp('/proc/net/tcp') =~ /^ *\d+: [0-9A-F]{8}:(?:$ports) [0-9A-F:]+ $open /m;
}

# Ends httpd and waits for it; true if all its processes left by themselves, none by a crash.
sub stop ($self, $signal = 'TERM') {
    my $process = delete $self->{process} or return 1;
    my $group   = $process->pid;
    my @trouble;
    push @trouble, 'httpd had ended before it was told to' unless $process->running;
    $self->_let_finish($process) if $signal eq 'TERM';
    $process->stop($signal, STOP_SECONDS);
    push @trouble, 'httpd had to be killed'     if $process->{timed_out};
    push @trouble, "httpd died of signal $process->{signal}" if $process->{signal} && !$process->{timed_out};
    push @trouble, "httpd exit status $process->{exit}" if $process->{exit} > 0;
    push @trouble, 'processes were left behind' unless wait_until(STOP_SECONDS, sub { !kill 0 => -$group });
    kill KILL => -$group;
    $self->_forget($process);
    push @trouble, $self->_crashes, $self->_sanitizer_reports;
    return 1 if !@trouble || $self->{crashes};
    $failed = 1;
    _tell(@trouble);
    return 0;
}

sub _tell (@trouble) { print STDERR map { "# $_\n" } map { split /\n/ } @trouble }

# The same on SIGWINCH: connections under way are finished first.
sub stop_gracefully ($self) { $self->stop('WINCH') }

sub _crashes ($self) { $self->log =~ /^(.*exit signal .*|.*seg fault.*)$/gm }

sub _sanitizer_reports ($self) {
    my @found;
    for my $file (glob "$self->{root}/logs/sanitizer*") {
        push @found, slurp($file);
        unlink $file;
    }
    $failed = 1 if @found && !$self->{crashes};
    return @found;
}

# httpd's processes: pids of its children.
sub children ($self, $parent = $self->pid) {
    return if !defined $parent;
    my @found;
    for my $stat (glob '/proc/[0-9]*/stat') {
        my ($pid, $above) = slurp($stat) =~ /^(\d+) \(.*\) \S (\d+) /s or next;
        push @found, $pid if $above == $parent;
    }
    return sort { $a <=> $b } @found;
}

# ---- logs ----

# A place in the error log; log($mark) and wait_log(..., mark => $mark) look only behind it.
sub mark ($self) { -s "$self->{root}/logs/error.log" // 0 }

sub log ($self, $mark = 0) { substr slurp("$self->{root}/logs/error.log"), $mark }

sub access_log ($self) { slurp("$self->{root}/logs/access.log") }

# The first complete line of the error log that matches, waiting for it; undef after the limit.
sub wait_log ($self, $pattern, %opt) {
    my $found = wait_until($opt{seconds} // 15, sub {
        my ($line) = grep { $_ =~ $pattern } $self->log($opt{mark} // 0) =~ /^(.*)\n/gm;
        defined $line ? \$line : undef;
    });
    return $found ? $$found : undef;
}

# All complete ones, at once.
sub log_lines ($self, $pattern, $mark = 0) { grep { $_ =~ $pattern } $self->log($mark) =~ /^(.*)\n/gm }

# ---- clients, aimed at this server ----

sub client ($self) { $self->{client} //= TLSplus::Client->new(server => $self) }
sub get       ($self, @what) { $self->client->get(@what) }
sub post      ($self, @what) { $self->client->post(@what) }
sub handshake ($self, @what) { $self->client->handshake(@what) }

# ---- the end ----

# A port nobody listens on right now. Between this and httpd's own bind another may take it; begin()
# then tries anew.
sub _free_port {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1, Proto => 'tcp')
      or die "no port: $!\n";
    return $socket->sockport;
}

# Keeps what an ended process has said.
sub _forget ($self, $process) {
    $self->{console} = $process->out . $process->err;
    delete $live{$self};
    delete $self->{process};
}

sub DESTROY ($self) {
    return if ($self->{owner} // 0) != $$;
    local ($@, $!, $?);
    $self->stop;
}

# A test ended by a signal takes its servers down too; SIGPIPE is what it gets when prove is gone.
my %ENDING = (HUP => 1, INT => 2, PIPE => 13, TERM => 15);
for my $signal (keys %ENDING) {
    $SIG{$signal} = sub { exit 128 + $ENDING{$signal} }
      if !defined $SIG{$signal} || $SIG{$signal} eq 'DEFAULT';
}

END {
    my $status = $?;
    $_->stop for grep { defined && $_->{owner} == $$ } values %live;
    $? = $status || ($failed ? 1 : 0);
}

1;
