import { askForEverything } from './agent-config.ts'
import { isRecord } from './json-record.ts'

const KEY = 'weir' // models are asked in the name of whoever started the agent; it proves nothing itself

/**
 * OpenCode's managed configuration for an agent that an editor starts: the providers that the gateway names for this caller, reached at `modelOrigin`,
 * everything asked about, and no plugin, server, formatter or share. Null when the gateway names no provider.
 *
 * @param callers the answer of `GET /weir/api/v1/opencode`
 */
export function editorConfig (callers: unknown, modelOrigin: string): Readonly<Record<string, unknown>> | null {
  const config = isRecord(callers) ? callers['config'] : undefined
  const named = isRecord(config) ? config['provider'] : undefined
  if (!isRecord(named)) return null
  const provider = Object.fromEntries(Object.entries(named).filter(([, one]) => isRecord(one)).map(([id, one]) => [id, movedTo(modelOrigin, id, one as Readonly<Record<string, unknown>>)]))
  const model = firstModel(named)
  if (model === null) return null
  return {
    $schema: 'https://opencode.ai/config.json',
    provider,
    enabled_providers: Object.keys(provider),
    model,
    small_model: model,
    permission: askForEverything(),
    share: 'disabled',
    autoupdate: false,
    formatter: false,
    lsp: false,
    mcp: {},
    plugin: [],
    experimental: { continue_loop_on_deny: true },
  }
}

function movedTo (origin: string, id: string, { npm, name, models, whitelist }: Readonly<Record<string, unknown>>): object {
  return { npm, name, models, whitelist, options: { baseURL: `${origin}/weir/model/${encodeURIComponent(id)}/v1`, apiKey: KEY } }
}

function firstModel (providers: Readonly<Record<string, unknown>>): string | null {
  for (const [id, provider] of Object.entries(providers)) {
    const models = isRecord(provider) && isRecord(provider['models']) ? Object.keys(provider['models']) : []
    if (models[0] !== undefined) return `${id}/${models[0]}`
  }
  return null
}
