import { GatewayError } from '../../gateway/core/errors.ts'
import { CommandFailed, processIo, type Io } from '../../gateway/cli/io.ts'
import { policyCommand } from '../../gateway/cli/policy/policy.ts'

export interface Ran { readonly code: number, readonly stdout: string, readonly stderr: string }

/** Runs `weir policy …` in this process, with the real OPA. Throws on what is no refusal, bad usage included. */
export async function weirPolicy (cwd: string, ...args: readonly string[]): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const io: Io = { ...processIo(), cwd, hasTerminal: false, stdout (text) { stdout += text }, stderr (text) { stderr += text } }
  try {
    await policyCommand(io).parseAsync(['node', 'policy', ...args])
    return { code: 0, stdout, stderr }
  } catch (thrown) {
    if (!(thrown instanceof CommandFailed || thrown instanceof GatewayError)) throw thrown
    return { code: 1, stdout, stderr: `${stderr}${thrown.message}\n` }
  }
}
