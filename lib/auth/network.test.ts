import { BlockList, isIP } from 'node:net';
import { expect, test } from 'vitest';
import { networkOf } from './network.ts';

const SAME = [
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
  ['2001:db8:1:2::1', '2001:0DB8:0001:0002:0:0:0:9'],
  ['2001:db8::1', '2001:db8:0:0:5::'],
  ['2001:db8:0:0:1::1', '2001:db8::1:0:0:2'],
  ['::1', '0:0:0:0::'],
  ['fe80::1%eth0', 'fe80::2'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:202'],
] as const;

const APART = [
  ['2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['2001:db8::1', '2001:db8:0:1::1'],
  ['::1', '0:0:0:1::1'],
  ['192.0.2.1', '192.0.2.2'],
] as const;

test('addresses of one /64 are one client however they are written, and those of two are two', () => {
  for (const [a, b] of SAME) expect(networkOf(a), `${a} and ${b}`).toBe(networkOf(b));
  for (const [a, b] of APART) expect(networkOf(a), `${a} and ${b}`).not.toBe(networkOf(b));
});

test('an IPv4 address stands for itself, and a network holds the address it was made from', () => {
  expect(networkOf('192.0.2.1')).toBe('192.0.2.1');
  for (const ip of SAME.flat()) {
    const [network = '', bits = ''] = networkOf(ip).split('/');
    expect(isIP(network), network).toBe(6);
    const list = new BlockList();
    list.addSubnet(network, Number(bits), 'ipv6');
    expect(list.check(ip.split('%')[0] ?? '', 'ipv6'), ip).toBe(true);
  }
});
