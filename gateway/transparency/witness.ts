import { Agent, request } from 'undici'
import { cosignatureIn } from './cosignature.ts'
import type { LogReader } from './read-log.ts'
import type { NoteKey } from './signed-note.ts'

const MAX_ANSWER_BYTES = 65_536

export interface Witness {
  /** Has the checkpoint cosigned. @returns its signature line, checked. @throws Error in words, without addresses */
  cosign (log: LogReader): Promise<string>
  close (): Promise<void>
}

export interface WitnessOptions {
  /** Submission prefix. */
  readonly url: string
  readonly key: NoteKey
  readonly timeoutMs: number
  readonly nowMs: () => number
}

/** A witness over HTTP (C2SP tlog-witness). What size it knows is remembered, and asked for when it is another. */
export function openWitness ({ url, key, timeoutMs, nowMs }: WitnessOptions): Witness {
  const agent = new Agent({ connections: 1, connect: { timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  const address = `${url.replace(/\/+$/, '')}/add-checkpoint`
  let known = 0

  async function submit (log: LogReader): Promise<{ readonly status: number, readonly text: string }> {
    const { hashes } = known === 0 || known === log.signed.size ? { hashes: [] } : await log.consistency(known, log.signed.size)
    const body = [`old ${known}`, ...hashes.map((hash) => hash.toString('base64')), '', log.note].join('\n')
    return await post(address, body, agent, timeoutMs)
  }

  return {
    async cosign (log) {
      let answer = await submit(log)
      if (answer.status === 409) {
        known = sizeIn(answer.text, log.signed.size)
        answer = await submit(log)
      }
      if (answer.status !== 200) throw new Error(`the witness answered ${answer.status}`)
      const cosignature = cosignatureIn(`${log.note}${answer.text}`, key, nowMs())
      if (cosignature === null) throw new Error('the witness answered with no signature of its key')
      known = log.signed.size
      return cosignature.line
    },
    close: async () => await agent.destroy(),
  }
}

/** The size in a 409. A larger one than ours would mean a tree that this log does not have: its key was used elsewhere, or the ledger was set back. */
function sizeIn (text: string, size: number): number {
  const known = Number(text)
  if (!/^(?:0|[1-9]\d{0,15})\n$/.test(text)) throw new Error('the witness answered 409 without a size')
  if (known > size) throw new Error(`the witness has cosigned ${known} entries of this ledger, which has ${size}`)
  return known
}

async function post (url: string, body: string, dispatcher: Agent, timeoutMs: number): Promise<{ readonly status: number, readonly text: string }> {
  try {
    const answer = await request(url, { dispatcher, method: 'POST', headers: { 'user-agent': 'Weir', 'content-type': 'text/plain; charset=utf-8' }, body, signal: AbortSignal.timeout(timeoutMs) })
    let text = ''
    for await (const piece of answer.body) {
      text += (piece as Buffer).toString('utf8')
      if (text.length > MAX_ANSWER_BYTES) throw new Error('too long')
    }
    return { status: answer.statusCode, text }
  } catch {
    throw new Error('the witness could not be reached, or did not answer in time')
  }
}
