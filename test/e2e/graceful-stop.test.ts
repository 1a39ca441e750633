import { createHash } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket } from 'undici'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'
import { openStage } from '../support/weir-stage.ts'

// Node is a program that can be started as the agent is, with `serve` and a port: it runs this, which is in the project. OpenCode itself
// keeps no terminal open in a sandbox. It answers a prompt when its event stream ends, which is what a gateway that stops does first.
const AGENT = `import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
let turn = null
const server = createServer((request, response) => {
  const path = request.url.split('?')[0]
  if (path.endsWith('/event')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: {"type":"server.connected","properties":{}}\\n\\n')
    if (path === '/event') response.once('close', () => { turn?.end('{"info":{"id":"msg_1"},"parts":[{"text":"the whole answer"}]}') })
    return
  }
  response.setHeader('content-type', 'application/json')
  if (path.endsWith('/message')) turn = response
  else response.end(path === '/session/ses_1' ? '{"id":"ses_1","directory":"/workspace"}' : '{}')
})
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: websocket\\r\\nsec-websocket-accept: ' + accept + '\\r\\n\\r\\n')
  let line = 0
  let rest = Buffer.alloc(0)
  const writing = setInterval(() => {
    const text = Buffer.from((turn === null ? 'line ' : 'busy ') + (line += 1) + '\\r\\n')
    const frame = Buffer.concat([Buffer.from([0x81, text.length]), text])
    const half = 1 + line % (frame.length - 1)
    socket.write(Buffer.concat([rest, frame.subarray(0, half)])) // whenever it is asked to stop, it is in the middle of a frame
    rest = frame.subarray(half)
  }, 5)
  socket.on('error', () => {}).on('close', () => clearInterval(writing)).on('end', () => socket.end()).resume()
})
server.listen(4096, '127.0.0.1')
`
const STREAMS = ['/event', '/global/event', '/api/session/ses_1/event', '/weir/api/v1/audit/stream']

// As shipped, with terminals for contributors.
const policies = join(testFolder(t), 'policies')
cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
const routesFile = join(policies, 'weir/data/routes/data.json')
const routes = JSON.parse(readFileSync(routesFile, 'utf8')) as { contributor: { all: string[] } }
routes.contributor.all.push('pty')
writeFileSync(routesFile, JSON.stringify(routes))

const stage = await openStage(t, { policies, agent: { command: process.execPath }, listen: { drain: '10m' } })
writeFileSync(join(stage.project, 'serve.js'), AGENT)
stage.git('add', '-A')
stage.git('-c', 'user.name=Test', '-c', 'user.email=test@acme.test', 'commit', '-q', '-m', 'an agent')

const carol = stage.tokenFor('contributor', 'carol@acme.test')
const authorization = `Bearer ${carol}`

await t.test('a gateway that is told to end answers what runs, ends each stream at its end, and closes a terminal with its recording whole', async (t) => {
  const streams = await Promise.all(STREAMS.map(async (path) => {
    const response = await fetch(stage.gateway.url + path, { headers: { authorization } })
    t.equal(response.status, 200, path)
    return { path, text: response.text() }
  }))
  const prompt = stage.call('POST', '/session/ses_1/message', carol, { parts: [{ type: 'text', text: 'x' }] })
  const socket = new WebSocket(`${stage.gateway.url.replace('http', 'ws')}/pty/pty_1/connect`, { headers: { authorization } })
  let shown = ''
  socket.addEventListener('message', ({ data }) => { shown += String(data) })
  const closed = new Promise<{ code: number, wasClean: boolean }>((resolve) => socket.addEventListener('close', resolve))
  await until(() => shown.includes('busy'))

  await stage.gateway.end('SIGTERM')
  t.equal(stage.gateway.child.exitCode, 0, 'it ended by itself')
  t.match(await prompt, { status: 200, text: /the whole answer/ })
  // A stream that is cut rejects.
  for (const { path, text } of streams) t.type(await text, 'string', path)
  t.match(await closed, { code: 1001, wasClean: true })

  const ledger = await stage.ledger()
  const [opened] = eventsOf(ledger, 'terminal-opened')
  const [ended, ...more] = eventsOf(ledger, 'terminal-closed')
  t.same(more, [])
  const recording = String(opened?.detail['recording'])
  const cast = readFileSync(join(stage.dataDir, 'recordings', `${recording}.cast`), 'utf8')
  t.match(ended?.detail, { recording, opened: opened?.index, reason: 'gateway-stopping', whole: true, bytes: Buffer.byteLength(cast), sha256: createHash('sha256').update(cast).digest('hex') })
  const lines = cast.trimEnd().split('\n').slice(1).map((line) => (JSON.parse(line) as [number, string, string])[2]).join('')
  t.equal(lines, shown, 'what was shown is what was recorded, to the last line')
  t.ok(ledger.some((entry) => entry.kind === 'outcome' && entry.status === 'done' && entry.detail['recording'] === recording), 'the decision that opened it names it')
  t.ok((ended?.index ?? 0) > (eventsOf(ledger, 'gateway-stopping')[0]?.index ?? Infinity))
})

function eventsOf (ledger: readonly LedgerEntry[], name: string): Array<Extract<LedgerEntry, { kind: 'event' }>> {
  return ledger.flatMap((entry) => entry.kind === 'event' && entry.name === name ? [entry] : [])
}
