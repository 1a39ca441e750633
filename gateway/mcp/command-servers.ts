import type { Actor } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { openCommandWay, type CommandWayPorts, type CommandWaySpec } from './command-way.ts'
import type { McpWay } from './mcp-way.ts'

const MAX_RUNNING = 64
const MAX_OF_ACTOR = 16
const MAX_DEATHS = 5
const DEATHS_MS = 60_000

export interface CommandServersPorts extends CommandWayPorts {
  /** Hears of a server that ended without being asked to. */
  readonly onDied: (server: string, lastWords: string) => void
  readonly nowMs: () => number
}

/** The MCP servers that are commands. Each connection has a process of its own: clients share nothing with each other by it. */
export interface CommandServers {
  /**
   * Starts one. Not while too many run, and not one that died again and again for this actor.
   *
   * @throws GatewayError WEIR_ERR_RATE, WEIR_ERR_UPSTREAM, WEIR_ERR_SANDBOX
   */
  start (server: string, spec: Omit<CommandWaySpec, 'onEnded'>, actor: Actor, signal: AbortSignal): Promise<McpWay>
}

export function createCommandServers (ports: CommandServersPorts): CommandServers {
  const running = new Map<object, string>()
  let deaths: ReadonlyArray<{ readonly of: string, readonly atMs: number }> = []
  const recent = (): typeof deaths => deaths.filter(({ atMs }) => ports.nowMs() - atMs < DEATHS_MS)

  return {
    async start (server, spec, { id, org }, signal) {
      const actor = JSON.stringify([org, id])
      const of = JSON.stringify([server, actor])
      if (running.size >= MAX_RUNNING || [...running.values()].filter((other) => other === actor).length >= MAX_OF_ACTOR) throw new GatewayError('WEIR_ERR_RATE', 'Too many MCP servers that are commands are running.')
      // Clients ask again at once, and each start costs more than the call.
      if (recent().filter((death) => death.of === of).length >= MAX_DEATHS) throw new GatewayError('WEIR_ERR_UPSTREAM', `The MCP server ended ${MAX_DEATHS} times within a minute, and is not started again before that has passed.`)
      const place = {}
      running.set(place, actor)
      try {
        const way = await openCommandWay({
          ...spec,
          onEnded (lastWords) {
            deaths = [...recent(), { of, atMs: ports.nowMs() }]
            ports.onDied(server, lastWords)
          },
        }, ports, signal)
        return { ...way, close: async () => { await way.close().finally(() => running.delete(place)) } }
      } catch (thrown) {
        running.delete(place)
        throw thrown
      }
    },
  }
}
