#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The application behind the proxy: a little HTTP server that answers with the request headers that
# reached it, just as they came.
#
#   application.pl ADDRESS:PORT [NAME]
use strict;
use warnings;
use IO::Socket::INET;

my ($where, $name) = (@ARGV, 'the application');
my $server = IO::Socket::INET->new(LocalAddr => $where, Listen => 16, ReuseAddr => 1)
    or die "cannot listen on $where: $@\n";
STDOUT->autoflush(1);
print "listening on $where\n";

$SIG{PIPE} = 'IGNORE';    # a client that has gone is no reason to end
while (my $client = $server->accept) {
    my @head;
    while (defined(my $line = <$client>)) {
        $line =~ s/\r?\n$//;
        last if $line eq '';
        push @head, $line;
    }
    my $request = shift @head // next;
    my $body = "Hello, I am $name. I got '$request' and these headers:\n"
        . join('', map { "  $_\n" } @head);
    print $client "HTTP/1.1 200 OK\r\nServer: $name\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}
