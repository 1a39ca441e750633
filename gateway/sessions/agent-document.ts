import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GatewayError } from '../core/errors.ts'

const MAX_DOCUMENT_BYTES = 33_554_432 // 1 MB in OpenCode 1.18
const LONGEST_MS = 60_000 // five seconds on an idle machine

/**
 * The OpenAPI document of an agent's executable, which prints it without serving anything. It runs in an empty folder with an
 * empty home and without the caller's environment: it can load no configuration, plugin or credential.
 *
 * @throws GatewayError WEIR_ERR_AGENT_START
 */
export async function agentDocument (binary: string): Promise<unknown> {
  const home = await mkdtemp(join(tmpdir(), 'weir-doc-'))
  try {
    const models = join(home, 'models.json')
    await writeFile(models, '{}')
    const { stdout } = await promisify(execFile)(binary, ['generate'], {
      cwd: home,
      env: { PATH: '/usr/bin:/bin', HOME: home, OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_MODELS_PATH: models, OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_PROJECT_CONFIG: '1' },
      timeout: LONGEST_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_DOCUMENT_BYTES,
    })
    return JSON.parse(stdout) as unknown
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_AGENT_START', 'The agent did not print the list of its routes.', { cause })
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
}
