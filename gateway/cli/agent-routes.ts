import { routeDrift } from '../../adapters/opencode/route-drift.ts'
import { GatewayError } from '../core/errors.ts'
import { agentDocument } from '../sessions/agent-document.ts'

const SHOWN = 5 // of each kind; a newer agent may have dozens

/** Says that the agent's API is the one in Weir's table. @throws GatewayError WEIR_ERR_AGENT_START naming the routes that differ */
export async function agentRoutes (binary: string): Promise<string> {
  const { known, fresh, gone } = routeDrift(await agentDocument(binary))
  if (fresh.length === 0 && gone.length === 0) return `${known} routes, each one known`
  const found = [...listed(fresh, 'new and refused'), ...listed(gone, 'gone')].join('; ')
  throw new GatewayError('WEIR_ERR_AGENT_START', `The agent's routes are not those that this Weir knows: ${found}.`)
}

function listed (routes: readonly string[], what: string): readonly string[] {
  if (routes.length === 0) return []
  const rest = routes.length > SHOWN ? `, and ${routes.length - SHOWN} more` : ''
  return [`${routes.length} ${what} (${routes.slice(0, SHOWN).join(', ')}${rest})`]
}
