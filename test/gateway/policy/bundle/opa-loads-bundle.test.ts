import { spawn } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import t from 'tap'
import { packBundle, type BundleFiles } from '../../../../gateway/policy/bundle/archive.ts'
import { signBundle } from '../../../../gateway/policy/bundle/signature.ts'
import { findOpa } from '../../../../gateway/policy/opa-binary.ts'
import { startBundleServer } from '../../../support/bundle-server.ts'
import { rsaKeys } from '../../../support/signing-keys.ts'
import { testFolder } from '../../../support/test-folder.ts'

const keys = rsaKeys()
const opa = await findOpa(process.env)

async function bundle (answer: number, privateKey = keys.privateKey): Promise<Uint8Array> {
  const files: BundleFiles = new Map([
    ['data.json', Buffer.from(`{"answer": ${answer}}`)],
    ['.manifest', Buffer.from(`{"revision":"r${answer}","roots":["answer"],"metadata":{"weir":{"format":1}}}`)],
  ])
  return await packBundle(signBundle(files, { key: createPrivateKey(privateKey), algorithm: 'RS256', scope: 'test', signedAt: Math.floor(Date.now() / 1_000) }))
}

await t.test('a real OPA loads what Weir signed from the same server, follows it, and refuses what is not right', async (t) => {
  const server = await startBundleServer({ token: 'opa-token' })
  t.teardown(() => server.close())
  server.publish(await bundle(1))
  const config = {
    services: { weir: { url: new URL('/', server.url).href, credentials: { bearer: { token: 'opa-token' } } } },
    keys: { weir: { algorithm: 'RS256', key: keys.publicKey } },
    bundles: { weir: { service: 'weir', resource: 'bundle.tar.gz', signing: { keyid: 'weir', scope: 'test' }, polling: { long_polling_timeout_seconds: 10, min_delay_seconds: 1, max_delay_seconds: 1 } } },
  }
  const file = join(testFolder(t), 'opa.json')
  writeFileSync(file, JSON.stringify(config))
  const child = spawn(opa.path, ['run', '--server', '--addr', '127.0.0.1:0', '--log-level', 'info', '--log-format', 'json', '--disable-telemetry', '--config-file', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(async () => {
    child.kill()
    await once(child, 'exit')
  })
  const lines = createInterface({ input: child.stderr })
  const said: string[] = []
  lines.on('line', (line) => said.push(line))
  const says = async (pattern: RegExp): Promise<void> => {
    while (!said.some((line) => pattern.test(line))) await once(lines, 'line')
    said.length = 0
  }
  await says(/Bundle loaded and activated successfully/)
  server.publish(await bundle(2))
  await says(/Bundle loaded and activated successfully/)
  server.publish(await bundle(3, rsaKeys().privateKey))
  await says(/Bundle load failed/)
  t.ok(server.requests.some(({ headers }) => String(headers['prefer']).includes('wait=10')))
})
