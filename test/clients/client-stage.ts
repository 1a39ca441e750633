import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { ModelFormatName } from '../../adapters/model-format.ts'
import { startFakeUpstream, type FakeUpstream } from '../gateway/planes/model/fake-upstream.ts'
import { openInProcessGateway } from '../support/in-process-gateway.ts'
import { WIRES } from '../support/scripted-provider.ts'
import type { Step } from '../support/wire.ts'

export interface ClientStage {
  /** What a client takes as its base URL, without a version. */
  readonly base: string
  readonly upstream: FakeUpstream
  /** The gateway's own address and data directory. */
  readonly url: string
  readonly dataDir: string
  close (): Promise<void>
  tokenFor (role: string): string
  /** The next answers, whole or streamed as the request asks; the last is given from then on. */
  say (...steps: readonly [Step, ...Step[]]): void
  /** The next answers: this status and body. */
  fail (status: number, body: unknown, headers?: Readonly<Record<string, string>>): void
  /** The next answers: these bytes at once and no end. Resolves when the upstream's connection is closed. */
  hang (...events: readonly string[]): Promise<void>
}

interface Teardown { teardown (cleanUp: () => unknown): void }

export interface StageOptions {
  /** Where the gateway logs. Default: nowhere. */
  readonly log?: Logger
  /** Variables beside those of the test. */
  readonly env?: NodeJS.ProcessEnv
  /** Settings beside the provider. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Providers at the upstream's address. Default: `upstream` alone. */
  readonly providers?: (baseUrl: string) => Readonly<Record<string, object>>
}

/** A real gateway on a real socket with one provider of this format, `upstream`, and the shipped policy. */
export async function openClientStage (t: Teardown, format: ModelFormatName, options: StageOptions = {}): Promise<ClientStage> {
  const wire = WIRES[format]
  const upstream = await startFakeUpstream()
  const providers = options.providers?.(upstream.baseUrl) ?? { upstream: { format, baseUrl: upstream.baseUrl, keyless: true, models: { 'model-1': { name: 'Model One' } } } }
  t.teardown(() => upstream.close())
  const { url, dataDir, tokenFor, close } = await openInProcessGateway(t, {
    settings: { providers, ...options.settings }, ...(options.log === undefined ? {} : { log: options.log }), ...(options.env === undefined ? {} : { env: options.env }),
  })
  return {
    base: `${url}/weir/model/upstream`,
    upstream,
    url,
    dataDir,
    close,
    tokenFor,
    say (...steps) {
      const left = [...steps]
      upstream.answer = (response, { url, body }) => {
        const step = (left.length > 1 ? left.shift() : left[0]) ?? steps[0]
        const streams = wire.streams(url, JSON.parse(body))
        response.writeHead(200, { 'content-type': streams ? 'text/event-stream' : 'application/json' })
        response.end(streams ? wire.events(step, upstream.seen.length).join('') : JSON.stringify(wire.whole(step, upstream.seen.length)))
      }
    },
    fail (status, body, headers = {}) {
      upstream.answer = (response) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers })
        response.end(JSON.stringify(body))
      }
    },
    hang: async (...events) => await new Promise((resolve) => {
      upstream.answer = (response: ServerResponse) => {
        once(response, 'close').then(() => resolve(), resolve)
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(events.join(''))
      }
    }),
  }
}

/** Calls that the shipped policy allows, denies and, for a contributor, leaves to somebody else. */
export const CALLS = {
  read: ['read', { filePath: '/workspace/README.md' }],
  denied: ['write', { filePath: '/workspace/.env', content: 'SECRET=1' }],
  held: ['write', { filePath: '/workspace/src/a.js', content: 'SECRET' }],
} as const

/** A picture of one pixel. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
