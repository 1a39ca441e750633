import type { AnsweredCall, ModelFormat, RefusalStyle, Ruling } from '../../adapters/model-format.ts'

export interface Seen { readonly out: string, readonly calls: readonly AnsweredCall[] }

export interface RunOptions {
  readonly rule?: (call: AnsweredCall) => Ruling
  readonly style?: RefusalStyle
  /** Text of a call's arguments that may not leave before that call is allowed. */
  readonly secret?: RegExp
  /** Leaves the stream open, as a provider does that breaks. */
  readonly breaks?: boolean
}

export const denyBash = (call: AnsweredCall): Ruling => call.native === 'bash' ? { allowed: false, feedback: 'no' } : { allowed: true }
export const allow = (): Ruling => ({ allowed: true })

/** Feeds the pieces to a stream of the format; checks at every write that no undecided argument is among what left. */
export async function runStream (format: ModelFormat, pieces: readonly Buffer[], { rule = allow, style = 'invalid-tool', secret, breaks = false }: RunOptions = {}): Promise<Seen> {
  const calls: AnsweredCall[] = []
  let out = ''
  let undecided = true
  const stream = format.openStream({
    refusalStyle: style,
    hidesUsage: false,
    write (bytes) {
      out += bytes.toString()
      if (undecided && secret?.test(out) === true) throw new Error('arguments left before the decision')
    },
    async rule (call) {
      await new Promise((resolve) => setImmediate(resolve))
      calls.push(call)
      const ruling = rule(call)
      undecided &&= !ruling.allowed || secret?.test(call.argumentsText) === false
      return ruling
    },
  })
  for (const piece of pieces) await stream.push(piece)
  if (!breaks) await stream.end()
  else {
    await stream.settled()
    stream.broken()
  }
  return { out, calls }
}

export function cutAt (bytes: Buffer, ...cuts: number[]): Buffer[] {
  return [0, ...cuts].map((from, at) => bytes.subarray(from, [...cuts, bytes.length][at]))
}

/** The payloads of a stream's events, parsed. */
export function payloadsOf (out: string): any[] { // eslint-disable-line @typescript-eslint/no-explicit-any -- test reading of arbitrary JSON
  return out.split('\n').filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]').map((line) => JSON.parse(line.slice(6)))
}
