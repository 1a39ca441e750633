import { DEFAULT_LIMITS, type SandboxLimits } from '../sandbox/limits.ts'
import type { ConfigFile } from './config-schema.ts'
import { GatewayError } from './core/errors.ts'
import { durationMs } from './duration.ts'

const MIB = 1_048_576
const HOUR_MS = 3_600_000
const MAX_COMMAND_MS = 24 * HOUR_MS
const MAX_SESSION_MS = 480 * HOUR_MS // timers hold 24 days

type LimitsFile = NonNullable<ConfigFile['agent']>['limits']

/** What sessions may use, by the configuration. @throws GatewayError WEIR_ERR_CONFIG_INVALID */
export function agentLimitsOf (file: LimitsFile = {}): SandboxLimits {
  const bytes = (mib: number | undefined, otherwise: number): number => mib === undefined ? otherwise : mib * MIB
  return Object.freeze({
    memoryBytes: bytes(file.memoryMiB, DEFAULT_LIMITS.memoryBytes),
    processes: file.processes ?? DEFAULT_LIMITS.processes,
    cpus: file.cpus ?? DEFAULT_LIMITS.cpus,
    diskBytes: bytes(file.diskMiB, DEFAULT_LIMITS.diskBytes),
    files: file.files ?? DEFAULT_LIMITS.files,
    scratchBytes: bytes(file.scratchMiB, DEFAULT_LIMITS.scratchBytes),
    commandMs: within(file.command, DEFAULT_LIMITS.commandMs, MAX_COMMAND_MS, 'command'),
    sessionMs: within(file.session, DEFAULT_LIMITS.sessionMs, MAX_SESSION_MS, 'session'),
  })
}

function within (text: string | undefined, otherwise: number, most: number, name: string): number {
  const ms = text === undefined ? otherwise : durationMs(text)
  if (ms < 1 || ms > most) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', `agent.limits.${name} must be more than nothing and at most ${most / HOUR_MS}h.`)
  return ms
}
