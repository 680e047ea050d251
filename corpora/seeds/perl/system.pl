my $p = fork; if (!$p) { exec 'true' or exit 1 } waitpid $p, 0; my $o = `echo x`; system 'true'; pipe R, W; kill 0, $$;
opendir D, '.'; my @d = readdir D; mkdir '/tmp/d'; rmdir '/tmp/d'; rename '/tmp/a', '/tmp/b'; symlink 'a', '/tmp/l'; unlink '/tmp/l'; chmod 0600, '/tmp/o'; utime 0, 0, '/tmp/o';
use Socket; socket S, AF_INET, SOCK_STREAM, 0; connect S, pack_sockaddr_in 1, INADDR_LOOPBACK; select undef, undef, undef, 0.01; alarm 1; my @s = stat '/'; print time, "@{[times]}", getpwuid $<; flock R, 2; sleep 0; __END__
