import { routeDrift } from '../../adapters/opencode/route-drift.ts'
import { GatewayError } from '../core/errors.ts'
import { agentDocument } from '../sessions/agent-document.ts'

const SHOWN = 5 // of each kind; a newer agent may have dozens

/** Says that the agent's API is the one in Weir's table. @throws GatewayError WEIR_ERR_AGENT_START naming the routes that differ, and how */
export async function agentRoutes (binary: string): Promise<string> {
  const { known, fresh, gone, changed } = routeDrift(await agentDocument(binary))
  const found = [...listed(fresh, 'new and refused'), ...listed(gone, 'gone'), ...listed(changed, 'with other parameters')].join('; ')
  if (found === '') return `${known} routes, each one known`
  throw new GatewayError('WEIR_ERR_AGENT_START', `The agent's routes are not those that this Weir knows: ${found}.`)
}

function listed (routes: readonly string[], what: string): readonly string[] {
  if (routes.length === 0) return []
  const rest = routes.length > SHOWN ? `, and ${routes.length - SHOWN} more` : ''
  return [`${routes.length} ${what} (${routes.slice(0, SHOWN).join(', ')}${rest})`]
}
