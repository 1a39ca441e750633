import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A message of the gateway; `docs/tool-protocol.schema.json` has the members of each type. */
export interface Answer { readonly type: string, readonly id?: string | number | null, readonly [name: string]: unknown }

/** A message of the client, without its `id`. */
export interface Wish { readonly verb: 'plan' | 'apply' | 'observe' | 'revert' | 'log', readonly [name: string]: unknown }

/** How a request ended: `allow` when all of it was done, `pending` when something waits for a second person. */
export type Status = 'allow' | 'pending' | 'deny' | 'failed' | 'cancelled'

export interface AskOptions {
  /** Takes each answer. The next one, and in the end the command that prints them, waits until this is done. */
  readonly onAnswer?: (answer: Answer) => Promise<void> | void
  /** Cancels the request. */
  readonly signal?: AbortSignal
}

export interface Weir {
  /** Sends a request. Resolves when it has ended. @throws Error when the conversation broke off first */
  ask (wish: Wish, options?: AskOptions): Promise<Status>
  /** Ends the conversation. @returns the exit code: 0 all was done, 1 something was refused or failed, 3 something waits */
  close (): Promise<number>
}

export interface WeirOptions {
  /** Program and arguments that carry the lines. Default: `weir agent --stdio`. */
  readonly command?: readonly [string, ...string[]]
  readonly env?: NodeJS.ProcessEnv
  /** What this client shows itself: `diff`, `plan-tree`, `approval-prompt`. It gets text for the others. */
  readonly renders?: readonly string[]
}

interface Open { readonly onAnswer: (answer: Answer) => Promise<void> | void, end (status: Status): void, fail (error: Error): void }

/** Begins a conversation of Weir's wire protocol. */
export function connectWeir ({ command: [program, ...args] = ['weir', 'agent', '--stdio'], env = process.env, renders = [] }: WeirOptions = {}): Weir {
  const agent = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env })
  const closed = once(agent, 'close')
  const open = new Map<string, Open>()
  let last = 0

  const say = (message: object): void => { agent.stdin.write(`${JSON.stringify(message)}\n`) }
  const over = (error: Error): void => { for (const { fail } of open.values()) fail(error) }

  async function listen (): Promise<void> {
    for await (const line of createInterface({ input: agent.stdout })) {
      const answer = JSON.parse(line) as Answer
      const request = open.get(String(answer.id))
      if (answer.type === 'end') request?.end(answer['status'] as Status)
      else await request?.onAnswer(answer)
    }
    over(new Error('Weir ended the conversation.'))
  }

  agent.stdin.on('error', () => undefined) // who cannot be told any more has ended, which `listen` hears
  closed.catch(over)
  listen().catch(over)
  say({ verb: 'hello', protocol: 1, client: 'weir-typescript/1', renders })
  return {
    ask (wish, { onAnswer = () => undefined, signal } = {}) {
      const id = `r${++last}`
      const cancel = (): void => { say({ verb: 'cancel', of: id }) }
      const ended = new Promise<Status>((resolve, reject) => { open.set(id, { onAnswer, end: resolve, fail: reject }) })
      say({ ...wish, id })
      if (signal?.aborted === true) cancel()
      signal?.addEventListener('abort', cancel, { once: true })
      return ended.finally(() => {
        open.delete(id)
        signal?.removeEventListener('abort', cancel)
      })
    },
    async close () {
      agent.stdin.end()
      const [code] = await closed as [number | null]
      return code ?? 1
    },
  }
}
