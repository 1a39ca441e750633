import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip as gzipCallback } from 'node:zlib'
import { agentConfig } from '../../adapters/opencode/agent-config.ts'
import { connectAgent, type AgentHttp } from '../../adapters/opencode/agent-http.ts'
import { INSIDE, type Sandbox, type SandboxDriver } from '../../sandbox/sandbox.ts'
import { GatewayError } from '../core/errors.ts'
import type { Permit } from '../core/permit.ts'
import type { WebFile, WebFiles } from '../planes/client/web-files.ts'

const MAX_FILE_BYTES = 16_777_216 // the largest of OpenCode 1.18 has 2.7 MB
const MAX_HELD_BYTES = 134_217_728 // all of them have 36 MB
const IDLE_MS = 20_000 // it takes 400 MB; a page asks for its files within seconds
const SILENCE_MS = 30_000
const MIN_GZIP_BYTES = 1_024

const gzip = promisify(gzipCallback)

export interface WebFilesOptions {
  readonly sandboxes: Pick<SandboxDriver, 'open'>
  /** Where an empty folder may be made. */
  readonly dataDir: string
  readonly onError: (cause: unknown) => void
}

interface Source { readonly sandbox: Sandbox, readonly agent: AgentHttp }

/**
 * The files of the web interface, taken from an agent of their own: one without a project, a session or a model, in a sandbox that no
 * client reaches. The agent of a session runs what a model wrote; a script from there would act with the credentials of whoever opens the page.
 *
 * The agent is started for the first file that is not at hand and stopped when it was not asked for a while; files are kept.
 */
export function openWebFiles ({ sandboxes, dataDir, onError }: WebFilesOptions): WebFiles {
  const files = new Map<string, WebFile>()
  let heldBytes = 0
  let source: Promise<Source> | null = null
  let idle: NodeJS.Timeout | null = null
  let asking = 0

  async function start (permit: Permit): Promise<Source> {
    const lowerDir = join(dataDir, 'web-interface')
    mkdirSync(lowerDir, { recursive: true, mode: 0o700 })
    const sandbox = await sandboxes.open(permit, { lowerDir, onLimit: (_hit, ending) => { if (ending === 'session') stop().catch(onError) } })
    try {
      await sandbox.startAgent({ config: agentConfig({ modelBaseUrl: () => INSIDE.modelBaseUrl, modelToken: '', providers: {}, shell: INSIDE.shell }) })
    } catch (cause) {
      await sandbox.stop()
      throw cause
    }
    return { sandbox, agent: connectAgent({ socketPath: sandbox.agentSocketPath, authorization: sandbox.authorization, directory: INSIDE.workspace }) }
  }

  async function stop (): Promise<void> {
    if (idle !== null) clearTimeout(idle)
    idle = null
    const stopped = source
    source = null
    if (stopped === null) return
    const { sandbox, agent } = await stopped
    await agent.close()
    await sandbox.stop()
  }

  function running (permit: Permit): Promise<Source> {
    if (source !== null) return source
    const started = start(permit)
    source = started
    started.catch(() => { if (source === started) source = null })
    return started
  }

  function keep (path: string, file: WebFile): void {
    const bytes = file.bytes.length + (file.gzip?.length ?? 0)
    if (files.has(path) || heldBytes + bytes > MAX_HELD_BYTES) return
    files.set(path, file)
    heldBytes += bytes
  }

  return {
    held: (path) => files.get(path) ?? null,
    async fetch (permit, path) {
      if (idle !== null) clearTimeout(idle)
      asking += 1
      try {
        const file = await read((await running(permit)).agent, path)
        if (file !== null) keep(path, file)
        return file
      } finally {
        asking -= 1
        if (asking === 0 && source !== null) idle = setTimeout(() => { stop().catch(onError) }, IDLE_MS).unref()
      }
    },
    close: stop,
  }
}

async function read (agent: AgentHttp, path: string): Promise<WebFile | null> {
  const answer = await agent.request({ method: 'GET', path, bodyTimeoutMs: SILENCE_MS })
  const isPage = String(answer.headers['content-type']).startsWith('text/html')
  // The agent answers with its page where it has nothing else.
  if (answer.statusCode !== 200 || isPage !== (path === '/')) {
    await answer.body.dump()
    return null
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer.body) {
    size += (chunk as Buffer).length
    if (size > MAX_FILE_BYTES) throw new GatewayError('WEIR_ERR_UPSTREAM', 'A file of the web interface is too large.')
    chunks.push(chunk as Buffer)
  }
  const bytes = Buffer.concat(chunks)
  const smaller = bytes.length < MIN_GZIP_BYTES ? bytes : await gzip(bytes)
  return { bytes, gzip: smaller.length < bytes.length ? smaller : null }
}
