import { closeSync, openSync, readSync, realpathSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { GatewayError } from '../gateway/core/errors.ts'

const ELF = Buffer.from([0x7F, 0x45, 0x4C, 0x46])

/** Where to look for the agent. `root` is Weir's package folder, whose `node_modules` may hold the pinned agent. */
export interface AgentLookup {
  readonly command: string
  readonly root: string
  readonly path: string
  readonly arch: string
}

/**
 * The agent's executable: the platform package that npm installed beside Weir, else the command on PATH.
 * It must be a real executable, not a script: a launcher script would look for its binary outside the sandbox.
 *
 * @throws GatewayError WEIR_ERR_AGENT_START naming what to install
 */
export function findAgentBinary (lookup: AgentLookup): string {
  const found = candidates(lookup).find(isExecutableImage)
  if (found === undefined) {
    throw new GatewayError('WEIR_ERR_AGENT_START', `No ${lookup.command} executable was found. Run npm install with optional dependencies, or set agent.command to its binary.`)
  }
  return realpathSync(found)
}

function candidates ({ command, root, path, arch }: AgentLookup): string[] {
  if (isAbsolute(command)) return [command]
  const names = [`${command}-linux-${arch}`, `${command}-linux-${arch}-baseline`]
  const installed = names.map((name) => join(root, 'node_modules', name, 'bin', command))
  return [...installed, ...path.split(delimiter).filter(isAbsolute).map((folder) => join(folder, command))]
}

function isExecutableImage (file: string): boolean {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return false // not here: the next candidate may be
  }
  try {
    const head = Buffer.alloc(ELF.length)
    return readSync(descriptor, head) === ELF.length && head.equals(ELF)
  } finally {
    closeSync(descriptor)
  }
}
