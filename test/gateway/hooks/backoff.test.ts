import fc from 'fast-check'
import t from 'tap'
import { backoffMs } from '../../../gateway/hooks/backoff.ts'
import { isAllowedAddress } from '../../../gateway/hooks/address-guard.ts'

await t.test('waits double up to five minutes, with jitter, and are no shorter than the receiver asks for', (t) => {
  t.same([1, 2, 3, 9, 10, 1_000].map((failures) => backoffMs(failures, null, () => 1)), [1_000, 2_000, 4_000, 256_000, 300_000, 300_000])
  t.equal(backoffMs(1, null, () => 0), 500)
  fc.assert(fc.property(fc.integer({ min: 1, max: 10_000 }), fc.option(fc.integer({ min: 0, max: 3_600_000 })), (failures, asked) => {
    const ms = backoffMs(failures, asked)
    return ms >= Math.max(500, asked ?? 0) && ms <= Math.max(300_000, asked ?? 0)
  }))
  t.end()
})

await t.test('only public addresses are allowed, and private ones when the configuration says so', (t) => {
  const kinds: ReadonlyArray<readonly [string, boolean, boolean]> = [
    ['93.184.216.34', true, true], ['2606:2800:220:1::1', true, true],
    ['127.0.0.1', false, true], ['::1', false, true], ['10.1.2.3', false, true], ['192.168.0.1', false, true], ['172.31.0.1', false, true], ['100.64.0.1', false, true], ['fd12::1', false, true], ['::ffff:10.0.0.1', false, true], ['0.0.0.0', false, true],
    ['169.254.169.254', false, false], ['::ffff:169.254.169.254', false, false], ['fe80::1', false, false], ['fe80::1%eth0', false, false], ['100.100.100.200', false, false], ['fd00:ec2::254', false, false], ['', false, false], ['not-an-address', false, false],
  ]
  for (const [address, usual, allowed] of kinds) t.same([isAllowedAddress(address, false), isAllowedAddress(address, true)], [usual, allowed], address)
  t.end()
})
