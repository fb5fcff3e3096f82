#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Makes territory.mmdb beside it, with MaxMind's own writer (Debian: libmaxmind-db-writer-perl): the
# addresses kept for documentation (RFC 5737, RFC 3849), each with a country.
use strict;
use warnings;
use File::Basename;
use MaxMind::DB::Writer::Tree;

my %types = (country => 'map', registered_country => 'map', iso_code => 'utf8_string', names => 'map', en => 'utf8_string');
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => 6, record_size => 24, database_type => 'Primrose-Test-Country', languages => ['en'],
    description => { en => 'Documentation addresses with made-up countries' },
    remove_reserved_networks => 0, map_key_type_callback => sub { $types{ $_[0] } },
);
$tree->insert_network('192.0.2.0/24',    { country => { iso_code => 'DE' } });
$tree->insert_network('198.51.100.0/25', { country => { iso_code => 'FR' } });
$tree->insert_network('198.51.100.128/25', { registered_country => { iso_code => 'US' } }); # no country of its own
$tree->insert_network('2001:db8::/32',   { country => { iso_code => 'AT' } });
open my $out, '>:raw', dirname(__FILE__) . '/territory.mmdb' or die $!;
$tree->write_tree($out);
