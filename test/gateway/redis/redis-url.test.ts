import fc from 'fast-check'
import t from 'tap'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { redisPlace } from '../../../gateway/redis/redis-url.ts'

await t.test('addresses of one server, by TCP, TLS and socket', async (t) => {
  t.same(redisPlace('redis://localhost'), { kind: 'single', options: { host: 'localhost', port: 6379, db: 0 } })
  t.same(redisPlace('redis://u:p%40ss@[::1]:7000/3'), { kind: 'single', options: { username: 'u', password: 'p@ss', host: '::1', port: 7000, db: 3 } })
  t.same(redisPlace('rediss://:secret@redis.acme.test'), { kind: 'single', options: { password: 'secret', tls: {}, host: 'redis.acme.test', port: 6379, db: 0 } })
  t.same(redisPlace('unix:///run/redis.sock'), { kind: 'single', options: { path: '/run/redis.sock' } })
})

await t.test('addresses of sentinels and of a cluster', async (t) => {
  t.same(redisPlace('redis-sentinel://:s@a,b:1/main'), { kind: 'single', options: { password: 's', sentinels: [{ host: 'a', port: 26379 }, { host: 'b', port: 1 }], name: 'main' } })
  t.same(redisPlace('rediss-cluster://a,b:7001'), { kind: 'cluster', nodes: [{ host: 'a', port: 6379 }, { host: 'b', port: 7001 }], options: { tls: {} } })
})

await t.test('an authority is for TLS only', async (t) => {
  t.same(redisPlace('rediss://a', 'PEM'), { kind: 'single', options: { tls: { ca: 'PEM' }, host: 'a', port: 6379, db: 0 } })
  t.match(redisPlace('rediss-sentinel://a/main', 'PEM'), { options: { tls: { ca: 'PEM' }, sentinelTLS: { ca: 'PEM' } } })
  for (const url of ['redis://a', 'unix:///a', 'redis-cluster://a']) t.throws(() => redisPlace(url, 'PEM'), { code: 'WEIR_ERR_CONFIG_INVALID' })
})

await t.test('what cannot be read is refused without being repeated', async (t) => {
  const wrong = [
    '', 'localhost', 'http://s3cret', 'redis://', 'redis://s3cret@host', 'redis://a,b', 'redis://a:0', 'redis://a:70000', 'redis://a/s3cret', 'redis://a?x=1',
    'redis://u:%zz@a', 'unix://', 'unix://host/path', 'redis-sentinel://a', 'redis-sentinel://a/', 'redis-cluster://a/1', `redis://${'a'.repeat(3_000)}`, `redis-cluster://${'a,'.repeat(40)}a`,
  ]
  for (const url of wrong) {
    const error = thrownBy(url)
    t.equal(error?.code, 'WEIR_ERR_CONFIG_INVALID', url.slice(0, 40))
    t.notMatch(error?.message, 's3cret')
  }
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `redis://${text}`)), (url) => { thrownBy(url) }))
})

function thrownBy (url: string): GatewayError | null {
  try {
    redisPlace(url)
    return null
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown
    throw thrown
  }
}
