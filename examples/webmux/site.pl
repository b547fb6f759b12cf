#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The application behind the terminator: it shows the orders of garex AG to its employees, and to
# others something else, by what the header X-WebMux-SSL-Client says of the client's certificate.
#
#   site.pl SOCKET LIST
#
# It listens on a unix socket that its own user alone may open, and httpd runs as that user: so
# nobody else can send it such a header.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($socket, $list) = @ARGV;

# Who is employed: the list that the certificates were issued by. It is read for each request, so
# who is taken off it is a stranger at once.
sub employees {
    open my $file, '<', $list or die "cannot read $list: $!\n";
    return map { /^(\w+) (.+)$/ ? ($1 => $2) : () } <$file>;
}

# The fields of the header: key="value" with "; " between them. A backslash takes the quote or the
# backslash behind it for text, so a name of somebody's choice cannot pass for another field.
sub fields {
    my ($text) = @_;
    my %fields;
    while ($text =~ /\G(?:\A|; )([a-zA-Z-]+)="((?:[^"\\]|\\.)*)"/gc) {
        my ($key, $value) = ($1, $2);
        $value =~ s/\\(.)/$1/g;
        $fields{$key} //= $value;
    }
    die "unreadable\n" unless $text ne '' && (pos($text) // 0) == length $text;
    return %fields;
}

# What somebody gets to see: the status, and the name of a page.
sub decide {
    my ($client, $state) = @_;
    if ($client ne 'NO CLIENT CERTIFICATE') {
        my %certificate = fields($client);
        my ($user) = $certificate{subject} =~ /^UID=([a-z]+[0-9]+),/;
        my %employees = employees();
        return (200, 'orders', $user, $employees{$user}) if defined $user && $employees{$user};
        return (403, 'stranger');
    }
    return (200, 'register') if $state eq 'NONE';
    return (403, 'expired') if $state eq 'FAILED:expired';
    return (503, 'later') if $state =~ /^FAILED:(crl-|error)/;    # our own trouble, not his
    return (200, 'decoy');    # revoked, forged, of another CA
}

sub table {
    return '<table><tr><th>Customer<th>Pieces</tr>'
        . join('', map { "<tr><td>$_->[0]<td>$_->[1]</tr>" } @_) . '</table>';
}

# The decoy looks like the real page. Its figures are made up.
my %pages = (
    orders => ['Orders', table(['Meier KG', 1200], ['Odera SpA', 350])],
    decoy => ['Orders', table(['Muster GmbH', 10], ['Example Ltd.', 10])],
    register => ['You have no certificate yet', '<p>Ask the people of IT for one; bring your badge.'
        . '<p>Had you one? When it has expired your browser may keep it to itself. IT gives you a new one.'],
    expired => ['Your certificate has expired', '<p>It is yours, but too old. IT gives you a new one.'],
    later => ['Please come again later', '<p>Just now nobody can tell whether your certificate is still good.'],
    stranger => ['You are not on our list', '<p>Your certificate is good. Ask IT what has happened.'],
);
my $style = ':root{color-scheme:light dark}body{font:1rem/1.5 sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}'
    . 'h1{border-bottom:.3rem solid #e07b00}td,th{text-align:left;padding:.2rem 2rem .2rem 0}';

sub answer {
    my ($status, $page, $user, $name) = @_;
    my ($title, $text) = @{ $pages{$page} };
    my $phrase = { 200 => 'OK', 403 => 'Forbidden', 503 => 'Service Unavailable' }->{$status};
    my $hello = defined $user ? "<p>Hello, $name ($user)." : '';
    my $body = <<END;
<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>$title - garex AG</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>$style</style>
<main>
<h1>$title</h1>
$hello$text
</main>
END
    return "HTTP/1.1 $status $phrase\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
        . 'Content-Length: ' . length($body) . "\r\nConnection: close\r\n\r\n$body";
}

sub serve {
    my ($client) = @_;
    my %header;
    my $request = <$client> // return;
    while (defined(my $line = <$client>)) {
        $line =~ s/\r?\n$//;
        last if $line eq '';
        my ($name, $value) = split /: ?/, $line, 2;
        push @{ $header{ lc $name } }, $value;
    }
    my @client = @{ $header{'x-webmux-ssl-client'} // [] };
    my @state = @{ $header{'x-webmux-ssl-client-verify'} // [] };
    die "not behind the terminator\n" unless @client == 1 && @state == 1;
    my @decision = decide($client[0], $state[0]);
    print "page '$decision[1]': I was told $state[0], $client[0]\n";
    print $client answer(@decision);
}

umask 0177;    # the socket: for our user alone
my $server = IO::Socket::UNIX->new(Local => $socket, Listen => 64)
    or die "cannot listen on $socket: $!\n";
STDOUT->autoflush(1);
print "listening on $socket\n";
$SIG{PIPE} = 'IGNORE';    # a client that has gone is no reason to end
while (my $client = $server->accept) {
    eval { serve($client); 1 } or do {
        print "refused: $@";
        print $client "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    };
}
