#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Makes network.mmdb beside it, with MaxMind's own writer (Debian: libmaxmind-db-writer-perl): the
# addresses kept for documentation (RFC 5737, RFC 3849), in autonomous systems kept for the same (RFC 5398).
use strict;
use warnings;
use utf8;
use File::Basename;
use MaxMind::DB::Writer::Tree;

my %types = (autonomous_system_number => 'uint32', autonomous_system_organization => 'utf8_string');
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version => 6, record_size => 24, database_type => 'Primrose-Test-ASN', languages => ['en'],
    description => { en => 'Documentation addresses with made-up networks' },
    remove_reserved_networks => 0, map_key_type_callback => sub { $types{ $_[0] } },
);
my %networks = (
    '192.0.2.0/24'    => { autonomous_system_number => 64496, autonomous_system_organization => 'Example Net' },
    '198.51.100.0/25' => { autonomous_system_number => 64497 },
    '2001:db8::/32'   => { autonomous_system_number => 64498, autonomous_system_organization => 'Kabel Süd' },
    '203.0.113.0/24'  => { autonomous_system_number => 64499, autonomous_system_organization => 'n' x 200 },
);
$tree->insert_network($_, $networks{$_}) for sort keys %networks;
open my $out, '>:raw', dirname(__FILE__) . '/network.mmdb' or die $!;
$tree->write_tree($out);
