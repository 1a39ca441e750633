import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { provesConsistency } from '../../../gateway/transparency/check-proof.ts'
import { openCheckpoint, type Checkpoint } from '../../../gateway/transparency/checkpoint.ts'
import type { NoteKey } from '../../../gateway/transparency/signed-note.ts'

interface Teardown { teardown (cleanUp: () => unknown): void }

export interface WitnessServer {
  readonly url: string
  /** As it is configured: name, id and key. */
  readonly key: string
  /** The last tree it cosigned. */
  last: Checkpoint | null
  readonly statuses: number[]
  /** `wrong`: signs another text; `away`: 503. */
  mode: 'sound' | 'wrong' | 'away'
}

/** A witness after C2SP tlog-witness and tlog-cosignature, for one log. Its signatures are made here, not by the code under test. */
export async function startWitness (t: Teardown, name: string, logKey: () => NoteKey): Promise<WitnessServer> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url')
  const id = createHash('sha256').update(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(4), raw])).digest().subarray(0, 4)

  function answer (body: string): { readonly status: number, readonly text: string } {
    const at = body.indexOf('\n\n')
    const [first = '', ...lines] = body.slice(0, at).split('\n')
    const note = body.slice(at + 2)
    const checkpoint = openCheckpoint(note, logKey())
    if (witness.mode === 'away') return { status: 503, text: '' }
    if (checkpoint === null) return { status: 403, text: '' }
    const old = Number(/^old (\d+)$/.exec(first)?.[1])
    if (old !== (witness.last?.size ?? 0)) return { status: 409, text: `${witness.last?.size ?? 0}\n` }
    const proof = lines.map((line) => Buffer.from(line, 'base64'))
    if (witness.last === null ? proof.length > 0 : !provesConsistency(witness.last, checkpoint, proof)) return { status: 422, text: '' }
    witness.last = checkpoint
    const time = BigInt(Math.floor(Date.now() / 1_000))
    const text = note.slice(0, note.indexOf('\n\n') + 1)
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${witness.mode === 'wrong' ? 'x' : ''}${text}`), privateKey)
    const stamp = Buffer.alloc(8)
    stamp.writeBigUInt64BE(time)
    return { status: 200, text: `\u2014 ${name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n` }
  }

  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => { body += piece }).on('end', () => {
      const { status, text } = request.url === '/w/add-checkpoint' ? answer(body) : { status: 404, text: '' }
      witness.statuses.push(status)
      response.writeHead(status, { 'content-type': status === 409 ? 'text/x.tlog.size' : 'text/plain' }).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const witness: WitnessServer = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/w/`, key: `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.of(4), raw]).toString('base64')}`, last: null, statuses: [], mode: 'sound' }
  return witness
}
